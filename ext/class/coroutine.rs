//! `Tusk\Coroutine`.

use super::arguments::{duration, seconds};
use super::spawning::spawn;
use crate::core;
use crate::coroutine;
use crate::exception::Thrown;
use crate::zend::call::Call;
use crate::zend::class::{Class, raw_method, static_method};
use crate::zend::value::Value;
use crate::zend::worker::{CoroutineRef, Worker};
use tusk_runtime::task::State;

/// A coroutine: a function that runs on a Fiber of its own and gives way to others while it
/// waits. Made by `Tusk\go()`; the main script is coroutine 0.
pub static CLASS: Class = Class {
    name: "Tusk\\Coroutine",
    interfaces: &[],
    native: false,
    methods: &[
        /// The running coroutine.
        static_method!("current(): Tusk\\Coroutine", current),
        /// Spawns a coroutine as `Tusk\go()` does, but runs it at once, before all who are ready;
        /// the calling one goes on as soon as it waits or ends. **Suspends.**
        static_method!(
            "start(callable $callable, mixed ...$args): Tusk\\Coroutine",
            start
        ),
        /// Its number; 0 is the main script.
        raw_method!("id(): int", id),
        /// Waits for its end and returns what it returned; its exception is thrown here.
        /// Joining a coroutine that was cancelled throws its CancelledException. **Suspends.**
        raw_method!("join(?float $timeout = null): mixed", join),
        /// Asks it to stop: a CancelledException is thrown where it waits, and again at every
        /// later wait. One that has not started never runs.
        raw_method!("cancel(): void", cancel),
        /// Has it ended?
        raw_method!("isDone(): bool", is_done),
        /// Was it asked to stop?
        raw_method!("isCancelled(): bool", is_cancelled),
        /// Calls `$callable` when the running coroutine ends, last in first out.
        static_method!("defer(callable $callable): void", defer),
        /// Calls `$callable` now, with cancels held back until it returns, for `$grace` seconds
        /// at most: for clean-up that must wait. **Suspends.**
        static_method!(
            "shield(callable $callable, float $grace = 5.0): mixed",
            shield
        ),
        /// Waits until another coroutine calls `resume()`, and returns the value it gave. **Suspends.**
        static_method!("suspend(): mixed", suspend),
        /// Lets a coroutine in `suspend()` go on with `$value`.
        raw_method!("resume(mixed $value = null): void", resume),
        /// As `resume()`, but it goes on at once, before all who are ready; the calling one goes
        /// on as soon as it waits or ends. The coroutine that was spawned last begins. **Suspends.**
        raw_method!("resumeNow(mixed $value = null): void", resume_now),
        /// Lets the coroutine that became ready last run at once, before all others; the calling
        /// one goes on as soon as it waits or ends. For who has just woken somebody. **Suspends.**
        static_method!("giveWay(): void", give_way),
        /// Where it is, as `debug_backtrace()` without arguments.
        raw_method!("getTrace(): array", get_trace),
        /// All coroutines that have not ended, by their number, the main script's included.
        static_method!("all(): array", all),
    ],
};

fn own() -> Result<CoroutineRef, Thrown> {
    super::require_core()?;
    Worker::current().coroutine().ok_or(Thrown)
}

fn current(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(own()?.value());
    Ok(())
}

fn start(call: &Call) -> Result<(), Thrown> {
    let held = spawn(call)?;
    let started = coroutine::run_now(Some(held.get()));
    call.give(held.into_value());
    started
}

fn id(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(call.this_coroutine().id()));
    Ok(())
}

fn join(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    let timeout = duration(call, 0)?;
    call.give(coroutine::join(call.this_coroutine(), timeout)?);
    Ok(())
}

fn cancel(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    coroutine::cancel(call.this_coroutine());
    Ok(())
}

fn is_done(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::bool(call.this_coroutine().is_done()));
    Ok(())
}

fn is_cancelled(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let this = call.this_coroutine();
    let cancelled = if this.is_done() {
        this.was_cancelled()
    } else {
        core::with(|core| core.reactor.scheduler.is_cancelled(this.task()))
    };
    call.give(Value::bool(cancelled));
    Ok(())
}

fn defer(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let callable = call.callable(0)?;
    own()?.defer(&callable);
    Ok(())
}

fn shield(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let mut callable = call.callable(0)?;
    let grace = if call.given() > 1 {
        seconds(call, 1)?
    } else {
        5.0
    };
    super::require_core()?;
    call.give(coroutine::shield(&mut callable, grace)?);
    Ok(())
}

fn suspend(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    super::require_core()?;
    call.give(coroutine::park()?);
    Ok(())
}

fn resume(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    coroutine::resume(call.this_coroutine(), call.value(0))
}

fn resume_now(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    let target = call.this_coroutine();
    let queued = core::with(|core| core.reactor.scheduler.state(target.task()));
    if queued != Some(State::Queued) {
        coroutine::resume(target, call.value(0))?;
    }
    let held = target.hold();
    let resumed = coroutine::run_now(Some(held.get()));
    held.release();
    resumed
}

fn give_way(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    super::require_core()?;
    coroutine::run_now(None)
}

fn get_trace(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(match call.this_coroutine().worker() {
        Some(worker) => worker.trace(),
        None => Value::list([]),
    });
    Ok(())
}

fn all(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    super::require_core()?;
    let hosts: Vec<(State, usize)> = core::with(|core| {
        let scheduler = &core.reactor.scheduler;
        scheduler
            .ids()
            .filter(|&task| !scheduler.is_placeholder(task))
            .filter_map(|task| Some((scheduler.state(task)?, scheduler.host(task)?)))
            .collect()
    });
    let mut coroutines: Vec<CoroutineRef> = hosts
        .into_iter()
        .filter_map(|(state, host)| match state {
            State::Queued => Some(CoroutineRef::from_host(host)),
            _ => Worker::from_host(host).coroutine(),
        })
        .collect();
    coroutines.sort_by_key(|coroutine| coroutine.id());
    let mut list = crate::zend::value::Array::new();
    for coroutine in coroutines {
        list.set_index(coroutine.id(), coroutine.value());
    }
    call.give(list.into());
    Ok(())
}
