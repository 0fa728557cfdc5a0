//! Opening a model, and reading what it says of itself.

use std::path::Path;

use ort::execution_providers::{CANNExecutionProvider, CUDAExecutionProvider};
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::ValueType;

use super::convert;
use crate::options::{Options, Provider};
use crate::port::{ANY, Port};

/// A copy of the model of a file.
pub(super) fn build(path: &Path, options: &Options) -> ort::Result<Session> {
    let mut builder =
        Session::builder()?.with_optimization_level(GraphOptimizationLevel::Level3)?;
    let provider = match options.provider {
        Provider::Cpu => None,
        Provider::Cuda => Some(
            CUDAExecutionProvider::default()
                .with_device_id(options.ordinal as i32)
                .build(),
        ),
        Provider::Cann => Some(
            CANNExecutionProvider::default()
                .with_device_id(options.ordinal as i32)
                .build(),
        ),
    };
    if let Some(provider) = provider {
        builder = builder.with_execution_providers([provider.error_on_failure()])?;
    }
    builder.commit_from_file(path)
}

/// An input or output, in our words.
pub(super) fn port_of(name: &str, kind: &ValueType) -> Port {
    let (dtype, shape, symbols) = match kind {
        ValueType::Tensor {
            ty,
            shape,
            dimension_symbols,
        } => (
            convert::dtype_of(*ty),
            shape
                .iter()
                .map(|&length| if length < 0 { ANY } else { length })
                .collect(),
            dimension_symbols.iter().cloned().collect(),
        ),
        _ => (None, Vec::new(), Vec::new()),
    };
    Port {
        name: name.to_owned(),
        dtype,
        kind: kind.to_string(),
        shape,
        symbols,
    }
}

/// What its maker wrote into it.
pub(super) fn metadata(session: &Session) -> Vec<(String, String)> {
    let Ok(metadata) = session.metadata() else {
        return Vec::new();
    };
    let known = [
        ("producer", metadata.producer()),
        ("name", metadata.name()),
        ("domain", metadata.domain()),
        ("description", metadata.description()),
        (
            "version",
            metadata.version().map(|version| version.to_string()),
        ),
    ];
    let known = known
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value.ok()?)));
    let keys = metadata.custom_keys().unwrap_or_default();
    let own = keys.into_iter().filter_map(|key| {
        let value = metadata.custom(&key).ok()??;
        Some((key, value))
    });
    known.chain(own).collect()
}
