//! Who gives up waiting for others: `Tusk\timeout()`, `Tusk\run()`, a scope.
//!
//! ```text
//!   waits ──its wait ends early──▶ others are cancelled ──all have ended──▶ throws why
//! ```
//!
//! Invariant: nothing goes on behind its back. It waits for the others as long as their `finally`
//! blocks take, and is not cancelled in that. But exit() and the engine's unwinding do not wait
//! here, the end of the script does.

use tusk_runtime::sys::clock;
use tusk_runtime::task::{Ends, GroupId};

use super::wait::{Ended, wait};
use crate::core;
use crate::exception::Thrown;
use crate::zend::worker::{CoroutineRef, Worker};

/// Whom a coroutine waits for.
#[derive(Clone, Copy)]
pub(super) enum Others {
    /// A coroutine; whoever waits holds it.
    One(CoroutineRef),
    /// All in a group; whoever waits keeps it open.
    Group(GroupId),
}

impl Others {
    /// Is anybody left?
    fn are_left(self) -> bool {
        match self {
            Others::One(coroutine) => !coroutine.is_done(),
            Others::Group(group) => core::with(|core| core.reactor.scheduler.group_len(group)) > 0,
        }
    }

    /// Waits until nobody is left. Inlined: each frame between a PHP method and a switch costs a
    /// return that the processor mispredicts.
    #[inline(always)]
    pub fn wait(self, ends: Ends, deadline: Option<u64>) -> Result<(), Ended> {
        wait(ends, deadline, |core, waiter| match self {
            Others::One(coroutine) => core.reactor.scheduler.join(coroutine.task(), waiter),
            Others::Group(group) => core.reactor.scheduler.wait_group(group, waiter),
        })
    }

    fn cancel(self) {
        core::with(|core| {
            let scheduler = &mut core.reactor.scheduler;
            match self {
                Others::One(coroutine) => scheduler.cancel(coroutine.task(), clock::now()),
                Others::Group(group) => scheduler.cancel_group(group, clock::now()),
            }
        });
    }

    /// Asks them to stop, and waits until they have ended.
    #[cold]
    pub fn end(self) {
        self.cancel();
        while self.are_left() && may_wait() {
            // Refused: there is no task for whoever waits.
            if self.wait(Ends::Never, None).is_err() {
                return;
            }
        }
    }
}

fn may_wait() -> bool {
    !Worker::current().must_end()
}

/// The exception for a wait that was given up. An exception other than its cancel, that the
/// other side ended with, is its previous one.
pub(super) fn exception(other: CoroutineRef, ended: Ended, what: &str) -> Thrown {
    if may_wait() && other.failed_by_itself() {
        let _ = other.result();
    }
    ended.throw(what)
}
