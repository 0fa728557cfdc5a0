//! The functions of the namespace.

use super::arguments::seconds;
use super::spawning::{check_can_spawn, spawn};
use crate::coroutine::{self, deadline_in};
use crate::exception::Thrown;
use crate::zend::call::Call;
use crate::zend::class::{Function, static_method};
use crate::zend::engine;
use crate::zend::worker::Held;
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
    call.give(spawn(call)?.into_value());
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
