//! Inference without PHP: models on ONNX Runtime or other machines, and how
//! requests become batches.
//!
//! The modules stand in reading order: each uses only what is declared above it. Nothing here
//! knows PHP, and nothing here is unsafe.

pub mod limits;

pub mod batcher;

pub mod port;

pub mod gather;

pub mod onnx;

pub mod remote;
