//! Spawning, for the functions and methods that do.

use crate::core;
use crate::exception::{self, Class, Thrown};
use crate::zend::call::Call;
use crate::zend::engine;
use crate::zend::worker::{Held, Worker};

/// Spawns the call's first argument, with those after it as its own, in the group of the
/// running coroutine.
#[inline]
pub fn spawn(call: &Call) -> Result<Held, Thrown> {
    let callable = call.callable(0)?;
    check_can_spawn()?;
    let group = core::with(|core| {
        let task = Worker::current().task();
        core.reactor.scheduler.group_of(task)
    });
    call.spawn(&callable, 1, group.number()).ok_or(Thrown)
}

/// Coroutines exist on the command line only, and until the script has ended.
pub fn check_can_spawn() -> Result<(), Thrown> {
    if !engine::is_cli() || !core::is_up() {
        return Err(unsupported());
    }
    engine::settle_fork();
    let (ended, first) = core::with(|core| (core.ended, core.spawned == 0));
    if first && engine::is_preloading() {
        return Err(unsupported());
    }
    if ended {
        return Err(exception::misuse(
            "the script has ended: nothing can be spawned from a destructor that runs at shutdown; \
             spawn it before, or do the work right there",
        ));
    }
    Ok(())
}

#[cold]
fn unsupported() -> Thrown {
    exception::throw(
        Class::Unsupported,
        "coroutines need the command line SAPI: under FPM, Apache and preloading a request must not \
         outlive its script; start the script with php-cli (workerman does)",
    )
}
