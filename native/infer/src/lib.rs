//! Inference without PHP: models on ONNX Runtime or other machines, and how
//! requests become batches.
//!
//! The modules stand in reading order: each uses only what is declared above it. Nothing here
//! knows PHP, and unsafe code lives in `sys` alone.

pub mod limits;

pub mod batcher;

pub mod port;

pub mod gather;

pub mod value;

pub mod stop;

mod sys;

pub mod options;

mod backend;

mod om;
pub mod onnx;

pub mod model;

pub mod remote;
