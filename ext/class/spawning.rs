//! Spawning by a call, for the functions and methods that do.

use crate::core;
use crate::exception::Thrown;
use crate::zend::call::Call;
use crate::zend::worker::{Held, Worker};

/// Spawns the call's first argument, with those after it as its own, in the group of the
/// running coroutine.
#[inline]
pub fn spawn(call: &Call) -> Result<Held, Thrown> {
    let callable = call.callable(0)?;
    super::require_spawn()?;
    let group = core::with(|core| {
        let task = Worker::current().task();
        core.reactor.scheduler.group_of(task)
    });
    call.spawn(&callable, 1, group.number()).ok_or(Thrown)
}
