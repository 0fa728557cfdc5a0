//! A place where a number of tasks wait for each other, again and again.
//!
//! ```text
//!   round r: arrive, arrive, …, the last arrives ──▶ all of round r go on; round r + 1
//! ```
//!
//! Invariants:
//! 1. A round ends when `parties` tasks are in it at once: those in line, and the one that
//!    arrives. Who gives up before that has taken its arrival back; the barrier stays whole
//!    and waits for another one.
//! 2. A task that was woken was in a full round, also when it is cancelled before it runs:
//!    the others have gone on and are not called back.
//! 3. Who arrives while those of a full round have not run yet belongs to the next round.

use super::wait_queue::WaitQueue;
use crate::scheduler::Scheduler;
use crate::task::Waiter;

/// See the module's description.
#[derive(Debug)]
pub struct Barrier {
    parties: usize,
    rounds: u64,
    line: WaitQueue,
}

impl Barrier {
    /// A barrier for `parties` tasks, at least one.
    pub const fn new(parties: usize) -> Barrier {
        Barrier {
            parties,
            rounds: 0,
            line: WaitQueue::new(),
        }
    }

    /// A task arrives. True: it is the last, all go on and it need not wait. False: it
    /// waits with [`Barrier::wait`].
    pub fn arrive(&mut self, scheduler: &mut Scheduler) -> bool {
        // Those who gave up are still in line; they are looked for only when it matters.
        if self.line.entries() + 1 < self.parties {
            return false;
        }
        self.line.sweep(scheduler);
        if self.line.entries() + 1 < self.parties {
            return false;
        }
        self.rounds += 1;
        self.line.wake_all(scheduler);
        true
    }

    /// The task that has arrived waits. It may give up by itself: nobody need be told.
    pub fn wait(&mut self, scheduler: &Scheduler, waiter: Waiter) {
        self.line.push(scheduler, waiter);
    }

    /// How many it is for.
    pub fn parties(&self) -> usize {
        self.parties
    }

    /// Tasks of this round that wait.
    pub fn waiting(&mut self, scheduler: &Scheduler) -> usize {
        self.line.sweep(scheduler);
        self.line.entries()
    }

    /// Rounds that have ended.
    pub fn rounds(&self) -> u64 {
        self.rounds
    }
}
