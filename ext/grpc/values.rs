//! Metadata and statuses between PHP and the native crate.

use tusk_grpc::call::Call;
use tusk_grpc::metadata::Metadata;
use tusk_grpc::status::{Code, Origin, Status};

use crate::exception::{self, Class, Thrown};
use crate::zend::engine;
use crate::zend::value::{Array, Value};

/// Entries of an array with their keys as bytes, an index in its decimal form; `None` when it
/// is none.
pub(super) fn entries(array: &Value) -> Option<Vec<(Vec<u8>, Value)>> {
    let named = |(key, value): (Value, Value)| {
        let name = match key.as_bytes() {
            Some(name) => name.to_vec(),
            None => key.as_long().unwrap_or_default().to_string().into_bytes(),
        };
        (name, value)
    };
    Some(array.entries()?.into_iter().map(named).collect())
}

/// Metadata of an argument: `name => value` or `name => [values]`, strings all.
pub fn read_metadata(value: &Value, index: u32) -> Result<Metadata, Thrown> {
    let mut metadata = Metadata::default();
    let refuse = || {
        engine::argument_error(
            index,
            "must be an array of names to strings or lists of strings",
        )
    };
    for (name, value) in entries(value).unwrap_or_default() {
        let values = match entries(&value) {
            Some(values) => values.into_iter().map(|(_, value)| value).collect(),
            None => vec![value],
        };
        for value in &values {
            let bytes = value.as_bytes().ok_or_else(refuse)?;
            metadata
                .add(&name, bytes)
                .map_err(|error| exception::native(&error))?;
        }
    }
    Ok(metadata)
}

/// `name => [values]`
pub fn metadata_to_php(metadata: &Metadata) -> Value {
    let mut names: Vec<(&str, Vec<Value>)> = Vec::new();
    for (name, value) in metadata.iter() {
        let value = Value::bytes(value);
        match names.iter_mut().find(|(other, _)| *other == name) {
            Some((_, values)) => values.push(value),
            None => names.push((name, vec![value])),
        }
    }
    let mut array = Array::new();
    for (name, values) in names {
        array.set(name, Value::list(values));
    }
    array.into()
}

/// `['code' => …, 'details' => …, 'metadata' => …]`
pub fn status_to_php(status: &Status) -> Value {
    let mut array = Array::new();
    array.set("code", Value::long(i64::from(status.code.0)));
    array.set("details", Value::string(&status.details));
    array.set("metadata", metadata_to_php(&status.metadata));
    array.into()
}

/// The only answer of a call that has ended; its failure is thrown.
pub fn answer_of(call: &Call, method: &str) -> Result<Value, Thrown> {
    let native = |error| exception::native(&error);
    let status = call.status().map_err(native)?;
    let answer = call.take().map_err(native)?;
    match (status, answer) {
        (Some(status), _) if !status.is_ok() => Err(throw_status(&status, method)),
        (_, Some(answer)) => Ok(Value::bytes(&answer)),
        (_, None) => Err(exception::throw(
            Class::Protocol,
            &format!("{method}: the server said OK and sent no message"),
        )),
    }
}

/// The exception for a call that failed; its code is gRPC's.
#[cold]
pub fn throw_status(status: &Status, method: &str) -> Thrown {
    let class = match (status.code, status.origin) {
        (Code::DEADLINE_EXCEEDED, _) => Class::Timeout,
        (_, Origin::Server) => Class::Remote,
        (_, Origin::Connection) => Class::Connection,
        (_, Origin::Protocol) => Class::Protocol,
        (Code::CANCELLED, Origin::Local) => Class::Cancelled,
        (_, Origin::Local) => Class::Overloaded,
    };
    let message = format!(
        "{method} failed with {} ({}): {}",
        status.code.name(),
        status.code.0,
        status.details
    );
    exception::throw_code(class, i64::from(status.code.0), &message)
}
