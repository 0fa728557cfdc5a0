//! `Tusk\Pool\Pool`.

use std::rc::Rc;

use tusk_pool::config::Config;
use tusk_pool::pool::Fate;
use tusk_runtime::task::Ends;
use tusk_runtime::timer::of_seconds;

use super::lease;
use crate::budget::Budget;
use crate::class::arguments::{duration, not_negative};
use crate::coroutine::{self, Ended, check_may_wait, deadline_in};
use crate::exception::{self, Thrown};
use crate::pool::{self, Closures, End, Host};
use crate::zend::call::{Call, Callable};
use crate::zend::class::{Class, NativeClass, Visitor, method, raw_method};
use crate::zend::engine;
use crate::zend::kind::Kind;
use crate::zend::value::Value;

/// Connections, or any objects that only one coroutine may use at a time. A coroutine takes
/// one, uses it and gives it back; while all are lent, takers wait, first come first served.
pub static CLASS: Class = Class {
    name: "Tusk\\Pool\\Pool",
    interfaces: &[],
    native: true,
    methods: &[
        /// `$factory` makes a connection, `$reset` gets one that was given back and makes it as
        /// good as new, `$isAlive` says whether one that was idle for `$checkAfter` seconds, or
        /// was in use when its user failed, still works. All three may suspend. Durations are
        /// seconds; null is never. `$budget` (`['name' => 'orders', 'limit' => 60]`) is what all
        /// processes that name it may have together. docs/pools.md has the rest.
        raw_method!(
            "__construct(callable $factory, int $max = 8, int $min = 0, ?callable $reset = null, ?callable $isAlive = null, float $waitTimeout = 10.0, ?float $idleTimeout = 60.0, ?float $maxLifetime = 1800.0, ?float $checkAfter = 1.0, ?float $leakAfter = null, string $name = 'pool', int $maxWaiters = 100000, ?array $budget = null)",
            construct
        ),
        /// Lends a connection. Throws what `$factory` threw, TimeoutException after `$timeout`
        /// (by default `waitTimeout`), ConnectionException while the server is known to be down,
        /// OverloadedException when too many wait, MisuseError when the pool was closed. With
        /// `$look`, a connection that its peer has closed while it was idle is replaced by another
        /// (see Lease::hasHungUp(), which says where that can be seen). **Suspends.**
        method!(
            "acquire(?float $timeout = null, bool $look = false): Tusk\\Pool\\Lease",
            Pool,
            acquire
        ),
        /// Lends an idle connection, or null. Never waits, never connects.
        method!("tryAcquire(): ?Tusk\\Pool\\Lease", Pool, try_acquire),
        /// Calls `$callable` with a connection, and gives it back whatever it returns or
        /// throws. **Suspends.**
        method!(
            "with(callable $callable, ?float $timeout = null): mixed",
            Pool,
            with
        ),
        /// Changes the bounds. What is too much is closed as it comes back.
        method!("resize(int $max, int $min = 0): void", Pool, resize),
        /// Nobody gets a connection any more. Waits until all have come back; false after
        /// `$timeout`. **Suspends.**
        method!("close(?float $timeout = null): bool", Pool, close),
        /// Connections by their state, and what was done so far.
        method!("stats(): array", Pool, stats),
    ],
};

/// The class as registered.
pub static KIND: Kind<Pool> = Kind::new();

/// The state behind the object.
pub struct Pool(Rc<Host>);

impl Pool {
    /// Who keeps the connections.
    pub fn host(&self) -> Rc<Host> {
        Rc::clone(&self.0)
    }
}

impl NativeClass for Pool {
    fn visit(&self, visitor: &mut Visitor) {
        self.0.visit(visitor);
    }

    fn describe(&self) -> Option<String> {
        Some(self.0.describe())
    }
}

fn optional_duration(call: &Call, index: u32, otherwise: f64) -> Result<Option<u64>, Thrown> {
    if call.given() <= index {
        return Ok(Some(of_seconds(otherwise)));
    }
    Ok(duration(call, index)?.map(of_seconds))
}

fn count(call: &Call, index: u32, otherwise: usize) -> Result<usize, Thrown> {
    match call.long(index, false)? {
        None => Ok(otherwise),
        Some(count) => usize::try_from(count)
            .map_err(|_| engine::argument_error(index, "must be zero or more")),
    }
}

fn optional_callable(call: &Call, index: u32) -> Result<Value, Thrown> {
    let value = call.value(index);
    if !value.is_null() {
        call.callable(index)?;
    }
    Ok(value)
}

fn construct(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 13)?;
    super::super::require_core()?;
    call.callable(0)?;
    let defaults = Config::default();
    let config = Config {
        max: count(call, 1, defaults.max)?,
        min: count(call, 2, defaults.min)?,
        idle_timeout: optional_duration(call, 6, 60.0)?,
        max_lifetime: optional_duration(call, 7, 1800.0)?,
        check_after: optional_duration(call, 8, 1.0)?,
        leak_after: duration(call, 9)?.map(of_seconds),
        max_waiters: count(call, 11, defaults.max_waiters)?,
    };
    config
        .check()
        .map_err(|wrong| exception::misuse(&format!("new Tusk\\Pool\\Pool(): {wrong}")))?;
    let closures = Closures {
        factory: call.value(0),
        reset: optional_callable(call, 3)?,
        is_alive: optional_callable(call, 4)?,
    };
    let wait_timeout = not_negative(5, call.double(5, false)?.unwrap_or(10.0))?;
    let name = match call.bytes(10)? {
        Some(name) => String::from_utf8_lossy(name).into_owned(),
        None => "pool".into(),
    };
    let budget = match call.value(12) {
        value if value.is_null() => None,
        value => Some(Budget::read(&value)?.ok_or_else(|| {
            engine::argument_error(
                12,
                "must be ['name' => 'orders', 'limit' => 60]: all that share it, and their most connections",
            )
        })?),
    };
    let host = Host::new(name, config, wait_timeout, Rc::new(closures), budget);
    call.construct(Pool(host.clone()))?;
    pool::start(&host);
    Ok(())
}

fn acquire(pool: &Pool, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 2)?;
    let timeout = duration(call, 0)?;
    let look = call.given() > 1 && call.truth(1)?;
    let lease = pool::take(&pool.0, timeout, look)?;
    call.give(lease::of(pool.0.clone(), lease));
    Ok(())
}

fn try_acquire(pool: &Pool, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    if let Some(lease) = pool::try_take(&pool.0) {
        call.give(lease::of(pool.0.clone(), lease));
    }
    Ok(())
}

fn with(pool: &Pool, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let timeout = duration(call, 1)?;
    let mut callable: Callable = call.callable(0)?;
    let lease = pool::take(&pool.0, timeout, false)?;
    let thing = pool.0.thing(lease).unwrap_or(Value::NULL);
    match callable.call_with(std::slice::from_ref(&thing)) {
        Ok(result) => {
            drop(thing);
            pool.0.end(lease, End::Given);
            call.give(result);
            Ok(())
        }
        Err(thrown) => {
            drop(thing);
            if engine::exception_is("Throwable") {
                pool.0.end(lease, End::Doubt);
            } else {
                pool.0.release(lease, Fate::Retire, false);
            }
            Err(thrown)
        }
    }
}

fn resize(pool: &Pool, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let max = count(call, 0, 0)?;
    let min = count(call, 1, 0)?;
    pool.0
        .resize(min, max)
        .map_err(|wrong| exception::misuse(&format!("Pool::resize(): {wrong}")))
}

fn close(pool: &Pool, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    let deadline = deadline_in(duration(call, 0)?);
    pool.0.close();
    while !pool.0.is_drained() {
        check_may_wait("Pool::close()")?;
        let ended = coroutine::wait(Ends::OnCancel, deadline, |_, waiter| {
            pool.0.when_drained(waiter);
            true
        });
        match ended {
            Ok(()) => {}
            Err(Ended::Deadline) => break,
            Err(ended) => return Err(ended.throw("Pool::close()")),
        }
    }
    call.give(Value::bool(pool.0.is_drained()));
    Ok(())
}

fn stats(pool: &Pool, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(pool::stats(&pool.0));
    Ok(())
}
