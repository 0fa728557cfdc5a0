//! Devices, their memory, and tensors over it.
//!
//! The modules stand in reading order: each uses only what is declared above it.
//! Nothing here knows PHP, and unsafe code lives in `sys` alone.

pub mod limits;

pub mod dtype;
pub mod layout;

pub mod driver;

pub mod sys;

pub mod storage;
pub mod tensor;

pub mod registry;

pub mod device;

pub mod npy;
pub mod safetensors;
