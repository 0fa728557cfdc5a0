//! Checks of arguments that several classes share.

use crate::exception::Thrown;
use crate::zend::call::Call;
use crate::zend::engine;

/// A duration that must be given: zero or more seconds.
pub fn seconds(call: &Call, index: u32) -> Result<f64, Thrown> {
    check(index, call.double(index, false)?.unwrap_or(0.0))
}

/// A duration that may be null (for ever): zero or more seconds.
pub fn duration(call: &Call, index: u32) -> Result<Option<f64>, Thrown> {
    call.double(index, true)?
        .map(|seconds| check(index, seconds))
        .transpose()
}

fn check(index: u32, seconds: f64) -> Result<f64, Thrown> {
    if seconds.is_nan() || seconds < 0.0 {
        let message = format!("must be zero or more seconds, {seconds} given");
        return Err(engine::argument_error(index, &message));
    }
    Ok(seconds)
}

/// A checked number of seconds as the native crates take it.
pub fn native_duration(seconds: f64) -> std::time::Duration {
    std::time::Duration::try_from_secs_f64(seconds).unwrap_or(std::time::Duration::MAX)
}
