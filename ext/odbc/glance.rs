//! Looking for an answer for a moment before the coroutine waits for it.
//!
//! A wait for another thread costs a trip into the kernel on both sides, and where the processor's core
//! went to sleep meanwhile ten microseconds and more. Where a database answers faster than that,
//! looking is cheaper, for who asks and for the machine.
//!
//! States of a pool: *looking*; and *not*, for so many quick answers to come. A look in vain moves it from
//! the first to the second, each time for twice as many, up to [`MOST_SKIPPED`]; quick answers back. So a
//! database that is not quick costs next to no looks. Nobody looks while another coroutine could run,
//! or while the kernel was not asked for [`OTHERS`]: what others wait for comes in time.

use std::cell::Cell;
use std::sync::Arc;

use tusk_odbc::flow::Flow;
use tusk_runtime::sys::clock;

use crate::core;
use crate::zend::worker::Worker;

/// How long a look lasts, in nanoseconds: a little more than it spares.
const LOOK: u64 = 15_000;
/// An answer that came within this time, a wait included, would have been seen by a look.
const QUICK: u64 = 40_000;
/// The kernel is asked at least so often. Also whoever asks again and again without waiting does.
const OTHERS: u64 = 200_000;
/// Looks in vain are at most one in so many answers then.
const MOST_SKIPPED: u32 = 64;

/// See the module's description.
#[derive(Default)]
pub(super) struct Glance {
    /// Quick answers that are waited for before the next look.
    skip: Cell<u32>,
    /// How many those were the last time.
    skipped: Cell<u32>,
}

impl Glance {
    /// Has the flow ended, at once or within a moment? False: it is to be waited for.
    pub(super) fn sees(&self, flow: &Arc<Flow>, many_cores: bool) -> bool {
        if self.skip.get() > 0 || !many_cores || !is_alone() {
            return false;
        }
        let until = clock::now() + LOOK;
        while !flow.has_ended() {
            if clock::now() >= until {
                let skip = (self.skipped.get() * 2).clamp(1, MOST_SKIPPED);
                self.skipped.set(skip);
                self.skip.set(skip);
                return false;
            }
            std::hint::spin_loop();
        }
        self.skipped.set(0);
        true
    }

    /// An answer was waited for, so long.
    pub(super) fn waited(&self, nanoseconds: u64) {
        if nanoseconds < QUICK {
            self.skip.set(self.skip.get().saturating_sub(1));
        }
    }
}

/// Could nobody else run now? A coroutine that was cancelled waits, to be told.
fn is_alone() -> bool {
    let me = Worker::current().task();
    core::with(|core| {
        let scheduler = &core.reactor.scheduler;
        scheduler.ready_len() == 0
            && clock::now().saturating_sub(core.reactor.polled_at()) < OTHERS
            && !scheduler.is_cancelled(me)
    })
}
