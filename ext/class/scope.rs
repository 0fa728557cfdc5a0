//! `Tusk\Scope`, over `coroutine::Nursery`.

use std::rc::Rc;

use super::arguments::{duration, limit};
use crate::coroutine::Nursery;
use crate::exception::Thrown;
use crate::zend::call::Call;
use crate::zend::class::{Class, Interface, NativeClass, method, raw_method, static_method};
use crate::zend::kind::Kind;
use crate::zend::value::Value;

/// Structured concurrency: coroutines that belong together. The first one that fails stops the
/// others, and what is started in a scope has ended before `run()` or `join()` returns: the
/// coroutines of `go()`, and all that they start with `Tusk\go()`, `Tusk\run()` or in scopes
/// of their own. Prefer `Scope::run()`; an object that goes away stops what is left in it.
pub static CLASS: Class = Class {
    name: "Tusk\\Scope",
    interfaces: &[Interface::Countable],
    native: true,
    methods: &[
        /// A scope for at most `$limit` coroutines of its `go()` at a time, which are all
        /// stopped after `$timeout` seconds. It lies inside the scope of the running coroutine.
        raw_method!(
            "__construct(?int $limit = null, ?float $timeout = null)",
            construct
        ),
        /// Calls `$callable(Scope)` in a coroutine and waits for it and for everything started
        /// in the scope. Returns its result; throws the first failure of it or of `go()`, or
        /// TimeoutException after `$timeout`, when all have ended; returns null when `cancel()`
        /// of the scope itself ended it. **Suspends.**
        static_method!(
            "run(callable $callable, ?int $limit = null, ?float $timeout = null): mixed",
            run
        ),
        /// Starts a coroutine in the scope; waits for a place where the limit is reached.
        /// CancelledException when the scope has stopped. **Suspends.**
        method!(
            "go(callable $callable, mixed ...$args): Tusk\\Coroutine",
            Scope,
            go
        ),
        /// Waits until all have ended, and throws the first failure, or TimeoutException when
        /// the scope's deadline stopped it. `$timeout` ends only this wait. **Suspends.**
        method!("join(?float $timeout = null): void", Scope, join),
        /// Asks all to stop, and nothing more can be started.
        method!("cancel(): void", Scope, cancel),
        /// Has it stopped: cancelled, failed, past its deadline, or over?
        method!("isCancelled(): bool", Scope, is_cancelled),
        /// Coroutines that have not ended; those of an inner scope or run count as one.
        method!("count(): int", Scope, count),
    ],
};

/// The class as registered.
pub static KIND: Kind<Scope> = Kind::new();

/// The state behind the object.
pub struct Scope(Rc<Nursery>);

impl NativeClass for Scope {
    fn describe(&self) -> Option<String> {
        Some(format!("{} inside", self.0.len()))
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        self.0.object_gone();
    }
}

fn construct(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 2)?;
    let limit = limit(call, 0)?;
    let timeout = duration(call, 1)?;
    super::require_core()?;
    call.construct(Scope(Nursery::open(limit, timeout)))
}

fn run(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 3)?;
    let callable = call.callable(0)?;
    let limit = limit(call, 1)?;
    let timeout = duration(call, 2)?;
    super::require_spawn()?;
    let nursery = Nursery::open(limit, timeout);
    let object = KIND.make(Scope(nursery.clone()));
    let result = nursery.run(|group| Call::spawn_with(&callable, &[object], group))?;
    call.give(result);
    Ok(())
}

fn go(scope: &Scope, call: &Call) -> Result<(), Thrown> {
    let callable = call.callable(0)?;
    super::require_spawn()?;
    let held = scope.0.start(|group| call.spawn(&callable, 1, group))?;
    call.give(held.into_value());
    Ok(())
}

fn join(scope: &Scope, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    scope.0.join(duration(call, 0)?)
}

fn cancel(scope: &Scope, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    scope.0.cancel();
    Ok(())
}

fn is_cancelled(scope: &Scope, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::bool(scope.0.is_stopped()));
    Ok(())
}

fn count(scope: &Scope, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(scope.0.len() as i64));
    Ok(())
}
