//! `Tusk\WaitGroup`.

use std::cell::{Cell, RefCell};

use super::arguments::duration;
use crate::core;
use crate::coroutine::{self, Ended, check_may_wait, deadline_in};
use crate::exception::{self, Thrown};
use crate::zend::call::Call;
use crate::zend::class::{Class, NativeClass, method, raw_method};
use crate::zend::engine;
use tusk_runtime::sync::WaitQueue;
use tusk_runtime::task::Ends;

/// Waits for a number of things to be done.
pub static CLASS: Class = Class {
    name: "Tusk\\WaitGroup",
    interfaces: &[],
    native: true,
    methods: &[
        /// Nothing to wait for yet, or `$count` things.
        raw_method!("__construct(int $count = 0)", construct),
        /// `$count` more things.
        method!("add(int $count = 1): void", WaitGroup, add),
        /// One thing less; at zero all who wait go on.
        method!("done(): void", WaitGroup, done),
        /// Waits until nothing is left. Throws TimeoutException. **Suspends.**
        method!("wait(?float $timeout = null): void", WaitGroup, wait),
    ],
};

/// The state behind the object.
pub struct WaitGroup {
    count: Cell<i64>,
    waiters: RefCell<WaitQueue>,
}

impl NativeClass for WaitGroup {
    fn describe(&self) -> Option<String> {
        Some(format!("{} not done", self.count.get()))
    }
}

fn construct(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    let count = call.long(0, false)?.unwrap_or(0);
    if count < 0 {
        return Err(engine::argument_error(0, "must be zero or more"));
    }
    super::require_core()?;
    call.construct(WaitGroup {
        count: Cell::new(count),
        waiters: RefCell::new(WaitQueue::new()),
    })
}

fn add(group: &WaitGroup, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    let more = call.long(0, false)?.unwrap_or(1);
    match group.count.get().checked_add(more) {
        Some(count) if more >= 0 => {
            group.count.set(count);
            Ok(())
        }
        _ if more < 0 => Err(engine::argument_error(
            0,
            "must be zero or more; done() counts down",
        )),
        _ => Err(engine::argument_error(0, "is more than can be counted")),
    }
}

fn done(group: &WaitGroup, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    match group.count.get() {
        0 => Err(exception::misuse(
            "WaitGroup::done() was called more often than add() announced",
        )),
        count => {
            group.count.set(count - 1);
            if count == 1 {
                core::with(|core| {
                    group
                        .waiters
                        .borrow_mut()
                        .wake_all(&mut core.reactor.scheduler)
                });
            }
            Ok(())
        }
    }
}

fn wait(group: &WaitGroup, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    let deadline = deadline_in(duration(call, 0)?);
    while group.count.get() > 0 {
        check_may_wait("WaitGroup::wait()")?;
        let ended = coroutine::wait(Ends::OnCancel, deadline, |core, waiter| {
            group
                .waiters
                .borrow_mut()
                .push(&core.reactor.scheduler, waiter);
            true
        });
        match ended {
            Ok(()) => {}
            // The last thing was done after the deadline and before this ran.
            Err(Ended::Deadline) if group.count.get() == 0 => {}
            Err(ended) => return Err(ended.throw("WaitGroup::wait()")),
        }
    }
    Ok(())
}
