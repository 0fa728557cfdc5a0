//! `Tusk\Barrier`, over `tusk_runtime::sync::Barrier`.

use std::cell::RefCell;

use super::arguments::duration;
use crate::core;
use crate::coroutine::{self, check_may_wait, deadline_in};
use crate::exception::Thrown;
use crate::zend::call::Call;
use crate::zend::class::{Class, NativeClass, method, raw_method};
use crate::zend::engine;
use crate::zend::value::Value;
use tusk_runtime::sync;
use tusk_runtime::task::Ends;

/// A number of coroutines wait for each other, again and again. One that gives up waiting
/// (cancelled, timed out) takes its arrival back; the others go on waiting for another.
pub static CLASS: Class = Class {
    name: "Tusk\\Barrier",
    interfaces: &[],
    native: true,
    methods: &[
        /// A barrier for `$parties` coroutines.
        raw_method!("__construct(int $parties)", construct),
        /// Waits until `$parties` coroutines are here; true for the one that came last.
        /// Throws TimeoutException. **Suspends.**
        method!("wait(?float $timeout = null): bool", Barrier, wait),
        /// How many wait now.
        method!("waiting(): int", Barrier, waiting),
        /// How often all were here.
        method!("rounds(): int", Barrier, rounds),
    ],
};

/// The state behind the object. Borrows last one call of the native barrier.
pub struct Barrier(RefCell<sync::Barrier>);

impl NativeClass for Barrier {
    fn describe(&self) -> Option<String> {
        core::with(|core| {
            let mut barrier = self.0.borrow_mut();
            Some(format!(
                "{} of {} are here",
                barrier.waiting(&core.reactor.scheduler),
                barrier.parties()
            ))
        })
    }
}

fn construct(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let parties = call.long(0, false)?.unwrap_or(0);
    let Some(parties) = usize::try_from(parties).ok().filter(|&parties| parties > 0) else {
        return Err(engine::argument_error(0, "must be one or more"));
    };
    super::require_core()?;
    call.construct(Barrier(RefCell::new(sync::Barrier::new(parties))))
}

fn wait(barrier: &Barrier, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    let deadline = deadline_in(duration(call, 0)?);
    let last = core::with(|core| barrier.0.borrow_mut().arrive(&mut core.reactor.scheduler));
    if !last {
        check_may_wait("Barrier::wait()")?;
        let ended = coroutine::wait(Ends::OnCancel, deadline, |core, waiter| {
            barrier.0.borrow_mut().wait(&core.reactor.scheduler, waiter);
            true
        });
        ended.map_err(|ended| ended.throw("Barrier::wait()"))?;
    }
    call.give(Value::bool(last));
    Ok(())
}

fn waiting(barrier: &Barrier, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let count = core::with(|core| barrier.0.borrow_mut().waiting(&core.reactor.scheduler));
    call.give(Value::long(count as i64));
    Ok(())
}

fn rounds(barrier: &Barrier, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(barrier.0.borrow().rounds() as i64));
    Ok(())
}
