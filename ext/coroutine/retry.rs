//! `Tusk\retry()`: calls again what failed, after longer and longer waits.

use tusk_runtime::sync::Backoff;
use tusk_runtime::sys::clock;
use tusk_runtime::task::Ends;

use super::wait::{check_may_wait, deadline_in, sleep};
use crate::core;
use crate::exception::Thrown;
use crate::zend::call::Callable;
use crate::zend::engine;
use crate::zend::value::Value;

/// How often, how long between, and after which exceptions.
pub struct Retry {
    /// Calls at most, the first included.
    pub attempts: i64,
    /// The waits between them.
    pub backoff: Backoff,
    /// Classes of exceptions after which another call makes sense.
    pub on: Vec<String>,
    /// No call begins later than this many seconds from now.
    pub timeout: Option<f64>,
}

/// Calls until it returns, with the number of the attempt. The last exception is thrown as it
/// is; a cancel and exit() are never followed by another call.
pub fn retry(callable: &mut Callable, mut how: Retry) -> Result<Value, Thrown> {
    let deadline = deadline_in(how.timeout);
    for attempt in 1.. {
        let result = callable.call_with(&[Value::long(attempt)]);
        if result.is_ok()
            || attempt >= how.attempts
            || !how.on.iter().any(|class| engine::exception_is(class))
        {
            return result;
        }
        let wait = core::with(|core| how.backoff.next_wait(&mut core.random));
        let until = deadline_in(Some(wait));
        if deadline.is_some_and(|deadline| until.unwrap_or(u64::MAX) > deadline) {
            return result;
        }
        engine::clear_exception();
        check_may_wait("Tusk\\retry()")?;
        sleep(until.unwrap_or(u64::MAX).max(clock::now()), Ends::OnCancel)
            .map_err(|ended| ended.throw("Tusk\\retry()"))?;
    }
    Ok(Value::NULL)
}
