//! A FIFO of waits.
//!
//! Invariant: entries are in the order in which their tasks began to wait. An entry whose
//! wait has ended (deadline, cancel) is skipped when it is met; it costs its slot until
//! then, and `push` sweeps when stale entries could be the majority.

use std::collections::VecDeque;

use crate::scheduler::Scheduler;
use crate::task::{Waiter, Wake};

/// A place in the line. It outlives the wait, for a task that was woken in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(u32);

impl Place {
    /// Numbers wrap; no two places that are compared are 2^31 apart.
    fn is_before(self, other: Place) -> bool {
        (self.0.wrapping_sub(other.0) as i32) < 0
    }
}

/// Tasks that wait their turn, longest first.
#[derive(Debug, Default)]
pub struct WaitQueue {
    waiters: VecDeque<(Waiter, Place)>,
    next_place: u32,
    sweep_at: usize,
}

impl WaitQueue {
    /// An empty queue; allocates nothing.
    pub const fn new() -> WaitQueue {
        WaitQueue {
            waiters: VecDeque::new(),
            next_place: 0,
            sweep_at: 0,
        }
    }

    /// Adds a wait at the end, and says which place that is.
    pub fn push(&mut self, scheduler: &Scheduler, waiter: Waiter) -> Place {
        if self.waiters.len() >= self.sweep_at {
            self.sweep(scheduler);
            // Twice what is alive: sweeping then costs O(1) per push, amortised.
            self.sweep_at = (self.waiters.len() * 2).max(16);
        }
        let place = Place(self.next_place);
        self.next_place = self.next_place.wrapping_add(1);
        self.waiters.push_back((waiter, place));
        place
    }

    /// Adds a wait at a place it had before: it had been woken, and what it was woken for
    /// was gone.
    pub fn push_again(&mut self, waiter: Waiter, place: Place) {
        let passed = |&(_, other): &(Waiter, Place)| other.is_before(place);
        let index = self
            .waiters
            .iter()
            .take_while(|&entry| passed(entry))
            .count();
        self.waiters.insert(index, (waiter, place));
    }

    /// Wakes the longest waiter and names it.
    pub fn wake_one(&mut self, scheduler: &mut Scheduler) -> Option<Waiter> {
        while let Some((waiter, _)) = self.waiters.pop_front() {
            if scheduler.wake(waiter, Wake::Done) {
                return Some(waiter);
            }
        }
        None
    }

    /// Wakes all, in order.
    pub fn wake_all(&mut self, scheduler: &mut Scheduler) {
        while self.wake_one(scheduler).is_some() {}
    }

    /// Forgets entries whose wait has ended.
    pub fn sweep(&mut self, scheduler: &Scheduler) {
        self.waiters
            .retain(|&(entry, _)| scheduler.is_waiting(entry));
    }

    /// Entries, of which some may be stale.
    pub fn len(&self) -> usize {
        self.waiters.len()
    }

    /// Is nobody waiting?
    pub fn is_empty(&mut self, scheduler: &Scheduler) -> bool {
        while let Some(&(front, _)) = self.waiters.front() {
            if scheduler.is_waiting(front) {
                return false;
            }
            self.waiters.pop_front();
        }
        true
    }
}
