//! Models on ONNX Runtime, whose library is found and opened at run time: without it
//! everything else works, and loading a model says where it was looked for.

mod convert;
pub mod library;
mod model;
pub mod runtime;

pub use model::{Model, Options, Provider, Stop, Tensors};

use std::any::Any;

use tusk_runtime::error::{Error, Kind};

/// ONNX Runtime refused.
fn failed(operation: &'static str, error: &ort::Error) -> Error {
    Error::new(Kind::Device, operation, error.to_string())
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it panicked".to_owned())
}
