//! Checks of arguments that several classes share.

use tusk_runtime::timer::of_seconds;

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

/// A number that is zero or more.
pub fn not_negative(index: u32, number: f64) -> Result<f64, Thrown> {
    if number.is_nan() || number < 0.0 {
        let message = format!("must be zero or more, {number} given");
        return Err(engine::argument_error(index, &message));
    }
    Ok(number)
}

/// A limit that may be null (none): one or more.
pub fn limit(call: &Call, index: u32) -> Result<Option<usize>, Thrown> {
    let Some(limit) = call.long(index, true)? else {
        return Ok(None);
    };
    match usize::try_from(limit) {
        Ok(limit) if limit > 0 => Ok(Some(limit)),
        _ => Err(engine::argument_error(index, "must be null or one or more")),
    }
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
    std::time::Duration::from_nanos(of_seconds(seconds))
}
