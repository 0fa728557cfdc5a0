//! The functions of the namespace.

use super::arguments::{duration, limit, native_duration, not_negative, seconds};
use super::spawning::spawn;
use crate::coroutine::{self, Retry, deadline_in};
use crate::exception::Thrown;
use crate::zend::call::{Call, Callable};
use crate::zend::class::{Function, static_method};
use crate::zend::engine;
use crate::zend::worker::Held;
use tusk_runtime::sync::Backoff;
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
    /// Calls all `$callables` at the same time, `$limit` of them at most, and returns their
    /// results by their keys. The first failure cancels the others, and is thrown when all
    /// have ended; so does TimeoutException after `$timeout` seconds. **Suspends.**
    static_method!(
        "Tusk\\parallel(array $callables, ?int $limit = null, ?float $timeout = null): array",
        parallel
    ),
    /// Calls `$callable($attempt)`, and again after an exception of the classes `$on`:
    /// `$attempts` times at most, after `$delay` seconds, then `$factor` times as long each
    /// time, up to `$maxDelay`; with `$jitter` after half to all of that, by chance. No call
    /// begins more than `$timeout` seconds after the first. The last exception is thrown as it
    /// is; a cancel ends it at once. **Suspends.**
    static_method!(
        "Tusk\\retry(callable $callable, int $attempts = 3, float $delay = 0.1, float $factor = 2.0, float $maxDelay = 30.0, bool $jitter = true, array|string $on = 'Exception', ?float $timeout = null): mixed",
        retry
    ),
];

fn go(call: &Call) -> Result<(), Thrown> {
    call.give(spawn(call)?.into_value());
    Ok(())
}

fn run(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let callable = call.callable(0)?;
    super::require_spawn()?;
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
        std::thread::sleep(native_duration(seconds));
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
    super::require_spawn()?;
    let spawn = |group: GroupId| -> Option<Held> { call.spawn(&callable, 2, group.number()) };
    let result = coroutine::timeout(seconds, spawn)?;
    call.give(result);
    Ok(())
}

fn parallel(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 3)?;
    let callables = call.array_value(0)?.entries().unwrap_or_default();
    let limit = limit(call, 1)?;
    let timeout = duration(call, 2)?;
    super::require_spawn()?;
    for (_, callable) in &callables {
        if Callable::from_value(callable).is_none() {
            return Err(engine::argument_type_error(0, "must hold callables"));
        }
    }
    call.give(coroutine::parallel(&callables, limit, timeout)?);
    Ok(())
}

fn retry(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 8)?;
    let mut callable = call.callable(0)?;
    let attempts = call.long(1, false)?.unwrap_or(3);
    if attempts < 1 {
        return Err(engine::argument_error(1, "must be one or more"));
    }
    let number = |index, otherwise| match call.double(index, false)? {
        Some(given) => not_negative(index, given),
        None => Ok(otherwise),
    };
    let (delay, factor, max_delay) = (number(2, 0.1)?, number(3, 2.0)?, number(4, 30.0)?);
    let jitter = call.given() <= 5 || call.truth(5)?;
    let on = match call.given() > 6 {
        true => call.strings(6)?.ok_or_else(|| {
            engine::argument_type_error(6, "must be a class name or a list of them")
        })?,
        false => vec!["Exception".to_owned()],
    };
    let timeout = duration(call, 7)?;
    super::require_core()?;
    if let Some(unknown) = on.iter().find(|class| !engine::class_exists(class)) {
        return Err(engine::argument_error(
            6,
            &format!("must name classes of exceptions, \"{unknown}\" is none"),
        ));
    }
    let how = Retry {
        attempts,
        backoff: Backoff::new(delay, factor, max_delay, jitter),
        on,
        timeout,
    };
    call.give(coroutine::retry(&mut callable, how)?);
    Ok(())
}
