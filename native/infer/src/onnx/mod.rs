//! Models on ONNX Runtime, whose library is found and opened at run time: without it
//! everything else works, and loading a model says where it was looked for.

mod convert;
mod device;
pub mod library;
mod open;
mod run;
pub mod runtime;

pub(crate) use run::OnnxModel;

use std::any::Any;

use tusk_runtime::error::{Error, Kind};

/// ONNX Runtime refused.
fn failed(operation: &'static str, error: &ort::Error) -> Error {
    Error::new(Kind::Device, operation, error.to_string())
}

pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it panicked".to_owned())
}
