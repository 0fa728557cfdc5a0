//! Checks of arguments that several classes share.

use crate::exception::Thrown;
use crate::zend::call::Call;
use crate::zend::engine;

/// A duration that must be given: zero or more seconds.
pub fn seconds(call: &Call, index: u32, name: &str) -> Result<f64, Thrown> {
    Ok(duration(call, index, name)?.unwrap_or(0.0))
}

/// A duration that may be null (for ever): zero or more seconds.
pub fn duration(call: &Call, index: u32, name: &str) -> Result<Option<f64>, Thrown> {
    let value = call.double(index, true)?;
    if let Some(value) = value
        && (value.is_nan() || value < 0.0)
    {
        return Err(engine::argument_error(
            index,
            &format!("must be zero or more seconds, {value} given (${name})"),
        ));
    }
    Ok(value)
}
