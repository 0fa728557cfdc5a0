//! A FIFO of waits.
//!
//! Invariant: entries are in the order in which their tasks began to wait. An entry whose
//! wait has ended (deadline, cancel) is skipped when it is met; it costs its slot until
//! then, and `push` sweeps when stale entries could be the majority.

use std::collections::VecDeque;

use crate::scheduler::Scheduler;
use crate::task::{Waiter, Wake};

/// Tasks that wait their turn, longest first.
#[derive(Debug, Default)]
pub struct WaitQueue {
    waiters: VecDeque<Waiter>,
    sweep_at: usize,
}

impl WaitQueue {
    /// An empty queue; allocates nothing.
    pub const fn new() -> WaitQueue {
        WaitQueue {
            waiters: VecDeque::new(),
            sweep_at: 0,
        }
    }

    /// Adds a wait at the end.
    pub fn push(&mut self, scheduler: &Scheduler, waiter: Waiter) {
        if self.waiters.len() >= self.sweep_at {
            self.sweep(scheduler);
            // Twice what is alive: sweeping then costs O(1) per push, amortised.
            self.sweep_at = (self.waiters.len() * 2).max(16);
        }
        self.waiters.push_back(waiter);
    }

    /// Forgets entries whose wait has ended.
    pub fn sweep(&mut self, scheduler: &Scheduler) {
        self.waiters.retain(|&entry| scheduler.is_waiting(entry));
    }

    /// Entries, of which some may be stale.
    pub fn entries(&self) -> usize {
        self.waiters.len()
    }

    /// How many wait.
    pub fn live(&self, scheduler: &Scheduler) -> usize {
        let waits = |&&entry: &&Waiter| scheduler.is_waiting(entry);
        self.waiters.iter().filter(waits).count()
    }

    /// Wakes the longest waiter and names it.
    pub fn wake_one(&mut self, scheduler: &mut Scheduler) -> Option<Waiter> {
        while let Some(waiter) = self.waiters.pop_front() {
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

    /// Is nobody waiting?
    pub fn is_empty(&mut self, scheduler: &Scheduler) -> bool {
        while let Some(&front) = self.waiters.front() {
            if scheduler.is_waiting(front) {
                return false;
            }
            self.waiters.pop_front();
        }
        true
    }
}
