//! The functions of the namespace.

use super::arguments::seconds;
use crate::core;
use crate::coroutine::{self, deadline_in};
use crate::exception::{self, Class, Thrown};
use crate::zend::call::Call;
use crate::zend::class::{Function, static_method};
use crate::zend::engine;
use crate::zend::worker::{Held, Worker};
use std::time::Duration;
use tusk_runtime::task::{Ends, GroupId};

/// Registered at start-up.
pub static FUNCTIONS: &[Function] = &[
    /// Spawns a coroutine that calls `$callable(...$args)`. It starts when its turn comes,
    /// first in first out: at the next suspension of the running code, or at the script's end.
    static_method!(
        "Tusk\\go(callable $callable, mixed ...$args): Tusk\\Coroutine",
        go
    ),
    /// Calls `$callable` in a coroutine and waits for it and for every coroutine that it
    /// spawned, directly or not. Returns its result or throws its exception. **Suspends.**
    static_method!("Tusk\\run(callable $callable): mixed", run),
    /// Waits for `$seconds`; zero lets every coroutine that is ready run first. **Suspends.**
    static_method!("Tusk\\sleep(float $seconds): void", sleep),
    /// Calls `$callable` in a coroutine of its own. After `$seconds` it is cancelled, its
    /// `finally` blocks run, and a TimeoutException is thrown here. **Suspends.**
    static_method!(
        "Tusk\\timeout(float $seconds, callable $callable): mixed",
        timeout
    ),
];

fn go(call: &Call) -> Result<(), Thrown> {
    let callable = call.callable(0)?;
    check_can_spawn()?;
    let group = core::with(|core| {
        let task = Worker::current().task();
        core.reactor.scheduler.group_of(task)
    });
    let coroutine = call.spawn(&callable, 1, group.number()).ok_or(Thrown)?;
    call.give(coroutine.into_value());
    Ok(())
}

fn run(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let callable = call.callable(0)?;
    check_can_spawn()?;
    let result = coroutine::run_group(|group: GroupId| call.spawn(&callable, 1, group.number()))?;
    call.give(result);
    Ok(())
}

fn sleep(call: &Call) -> Result<(), Thrown> {
    let seconds = match call.single_double() {
        Some(seconds) if seconds >= 0.0 => seconds,
        _ => {
            call.expect(1, 1)?;
            seconds(call, 0)?
        }
    };
    if !engine::is_cli() || !engine::may_switch() {
        // In a destructor and the like, and where there are no coroutines, everybody waits, as
        // with PHP's own sleep.
        std::thread::sleep(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
        return Ok(());
    }
    let ended = if seconds == 0.0 {
        coroutine::yield_now()
    } else {
        match deadline_in(Some(seconds)) {
            Some(deadline) => coroutine::sleep(deadline, Ends::OnCancelOrSignal),
            None => coroutine::wait(Ends::OnCancelOrSignal, None, |_, _| true),
        }
    };
    match ended {
        // A signal ends PHP's own sleep too.
        Ok(()) | Err(coroutine::Ended::Interrupted) => Ok(()),
        Err(ended) => Err(ended.throw("Tusk\\sleep()")),
    }
}

fn timeout(call: &Call) -> Result<(), Thrown> {
    call.expect(2, 2)?;
    let seconds = seconds(call, 0)?;
    let callable = call.callable(1)?;
    check_can_spawn()?;
    let spawn = |group: GroupId| -> Option<Held> { call.spawn(&callable, 2, group.number()) };
    let result = coroutine::timeout(seconds, spawn)?;
    call.give(result);
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

/// Coroutines exist on the command line only, and until the script has ended.
fn check_can_spawn() -> Result<(), Thrown> {
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
