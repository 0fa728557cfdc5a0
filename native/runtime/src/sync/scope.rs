//! Structured concurrency: what is started in a scope has ended before the scope has.
//!
//! ```text
//!            first failure               cancel()                 the deadline
//!   Open ─────────────────▶ Failed    Open ──▶ Cancelled       Open ──▶ Expired
//!     └── the first of these counts; from then on all members are asked to stop ──┘
//! ```
//!
//! Invariants:
//! 1. Members are the tasks of the scope's group: those that it admitted, and all that they
//!    spawn, directly or not. The scope is over when the group is empty, however it went.
//! 2. Only an admitted member's failure fails the scope. The first one is kept; later ones,
//!    usually the consequence, go back to the host.
//! 3. With a limit, so many admitted members run at a time; who wants to start one more waits
//!    in line for a place, which a member that has ended gives back.
//! 4. A scope that has stopped admits nobody.
//!
//! Who may move it: `ended` (→ Failed), `cancel` (→ Cancelled), the scheduler's timer through
//! the group (→ Expired). `F` is the host's failure.

use super::semaphore::Semaphore;
use crate::scheduler::Scheduler;
use crate::task::{GroupId, Waiter};

/// See the module's description.
#[derive(Debug)]
pub struct Scope<F> {
    group: GroupId,
    places: Option<Semaphore>,
    failed: bool,
    failure: Option<F>,
}

/// What `admit` did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admit {
    /// A member may be spawned in the scope's group.
    Admitted,
    /// The limit is reached: wait with [`Scope::wait_for_place`].
    Full,
    /// The scope has stopped.
    Stopped,
}

/// Why a scope stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A member failed.
    Failed,
    /// Its deadline came.
    Expired,
    /// It was cancelled.
    Cancelled,
}

impl<F> Scope<F> {
    /// A scope inside `parent`, for at most `limit` members at a time, until `deadline`.
    pub fn open(
        scheduler: &mut Scheduler,
        parent: GroupId,
        limit: Option<usize>,
        deadline: Option<u64>,
    ) -> Scope<F> {
        let group = scheduler.open_group(parent);
        if let Some(deadline) = deadline {
            scheduler.set_group_deadline(group, deadline);
        }
        Scope {
            group,
            places: limit.map(Semaphore::new),
            failed: false,
            failure: None,
        }
    }

    /// Where members are spawned.
    pub fn group(&self) -> GroupId {
        self.group
    }

    /// Asks for a place for one more member. One that was not spawned after all gives it
    /// back with [`Scope::ended`].
    pub fn admit(&mut self, scheduler: &Scheduler) -> Admit {
        if scheduler.is_group_stopped(self.group) {
            return Admit::Stopped;
        }
        let placed = match &mut self.places {
            Some(places) => places.try_acquire(scheduler, 1),
            None => true,
        };
        if placed { Admit::Admitted } else { Admit::Full }
    }

    /// The task waits for a place; woken with `Wake::Done` it has one, else it calls
    /// [`Scope::withdraw`].
    pub fn wait_for_place(&mut self, scheduler: &Scheduler, waiter: Waiter) {
        if let Some(places) = &mut self.places {
            places.wait(scheduler, waiter, 1);
        }
    }

    /// A wait for a place ended without it; `granted`: it had been woken for one.
    pub fn withdraw(&mut self, scheduler: &mut Scheduler, granted: bool) {
        if let Some(places) = &mut self.places {
            places.withdraw(scheduler, 1, granted);
        }
    }

    /// An admitted member has ended, or was not spawned. A failure that is not the first, or
    /// comes after the scope has stopped, is given back.
    pub fn ended(&mut self, scheduler: &mut Scheduler, now: u64, failure: Option<F>) -> Option<F> {
        if let Some(places) = &mut self.places {
            places.release(scheduler, 1);
        }
        self.failed_with(scheduler, now, failure)
    }

    /// A member without a place, the body of the scope, has ended.
    pub fn failed_with(
        &mut self,
        scheduler: &mut Scheduler,
        now: u64,
        failure: Option<F>,
    ) -> Option<F> {
        let failure = failure?;
        if scheduler.is_group_stopped(self.group) {
            return Some(failure);
        }
        self.failed = true;
        self.failure = Some(failure);
        scheduler.cancel_group(self.group, now);
        None
    }

    /// Asks all members to stop.
    pub fn cancel(&mut self, scheduler: &mut Scheduler, now: u64) {
        scheduler.cancel_group(self.group, now);
    }

    /// Has it stopped, and why?
    pub fn stopped(&self, scheduler: &Scheduler) -> Option<Stop> {
        if !scheduler.is_group_stopped(self.group) {
            None
        } else if self.failed {
            Some(Stop::Failed)
        } else if scheduler.is_group_expired(self.group) {
            Some(Stop::Expired)
        } else {
            Some(Stop::Cancelled)
        }
    }

    /// The first failure, once.
    pub fn take_failure(&mut self) -> Option<F> {
        self.failure.take()
    }

    /// Tasks inside; an inner scope that is not empty is one.
    pub fn len(&self, scheduler: &Scheduler) -> usize {
        scheduler.group_len(self.group)
    }

    /// Nobody refers to it any more: whoever is still inside is asked to stop.
    pub fn close(&mut self, scheduler: &mut Scheduler, now: u64) {
        if scheduler.group_len(self.group) > 0 {
            scheduler.cancel_group(self.group, now);
        }
        scheduler.close_group(self.group);
    }
}
