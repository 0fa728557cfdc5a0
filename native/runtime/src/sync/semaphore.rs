//! A number of permits that tasks take and give back, FIFO.
//!
//! ```text
//!                    begin_wait               serve                 take
//!   (comes) ─────────▶ waiting ─────────▶ granted (woken) ─────────▶ has its permits
//!      │ free permits     │ deadline,          │ cancelled before it ran
//!      │ and no line      ▼ cancel             ▼
//!      └──────▶ has   `withdraw(false)`   `withdraw(true)`: they go to the next
//! ```
//!
//! Invariants:
//! 1. `free + granted + held by tasks` is `total`, always. A permit is granted to a waiter
//!    at the moment it is woken, so whoever runs in between cannot take it: neither a task
//!    that comes new nor the one that gave it back.
//! 2. Permits are granted in the order in which tasks began to wait. One who asks for more
//!    than is free holds up those behind it, or it would starve.
//! 3. Nobody waits for permits that are free, unless it stands behind one who needs more.
//!
//! Who may move them: `try_acquire` (comes → has), the host's wait and `wait` (→ waiting),
//! `release`, `withdraw` (waiting → granted, through `serve`), the woken task itself
//! (granted → has, by going on). Not here: who holds what; a mutex and the host know that, and
//! say in the child of a fork what is left ([`Semaphore::forget_parents`]).

use std::collections::VecDeque;

use crate::scheduler::Scheduler;
use crate::task::{Waiter, Wake};

/// See the module's description.
#[derive(Debug)]
pub struct Semaphore {
    total: usize,
    free: usize,
    line: VecDeque<Request>,
    sweep_at: usize,
}

/// One who waits, and for how many.
#[derive(Clone, Copy, Debug)]
struct Request {
    waiter: Waiter,
    permits: usize,
}

impl Semaphore {
    /// `total` permits, all free. Allocates nothing.
    pub const fn new(total: usize) -> Semaphore {
        Semaphore {
            total,
            free: total,
            line: VecDeque::new(),
            sweep_at: 0,
        }
    }

    /// Takes permits if they are free and nobody waits. Never waits.
    #[inline]
    pub fn try_acquire(&mut self, scheduler: &Scheduler, permits: usize) -> bool {
        if self.free < permits || !self.is_unclaimed(scheduler) {
            return false;
        }
        self.free -= permits;
        true
    }

    /// The task will wait for its permits. It has them when it is woken with
    /// [`Wake::Done`]; ended any other way, it calls [`Semaphore::withdraw`].
    pub fn wait(&mut self, scheduler: &Scheduler, waiter: Waiter, permits: usize) {
        if self.line.len() >= self.sweep_at {
            self.line
                .retain(|request| scheduler.is_waiting(request.waiter));
            // Twice what is alive: sweeping then costs O(1) per wait, amortised.
            self.sweep_at = (self.line.len() * 2).max(16);
        }
        self.line.push_back(Request { waiter, permits });
    }

    /// A wait ended without its task taking the permits. `granted`: it had been woken for
    /// them and was cancelled before it ran. Otherwise it may have held up those behind it.
    pub fn withdraw(&mut self, scheduler: &mut Scheduler, permits: usize, granted: bool) {
        if granted {
            self.free += permits;
        }
        self.serve(scheduler);
    }

    /// Gives permits back. False: more than were taken, and nothing is changed.
    #[inline]
    pub fn release(&mut self, scheduler: &mut Scheduler, permits: usize) -> bool {
        if permits > self.total - self.free {
            return false;
        }
        self.free += permits;
        if !self.line.is_empty() {
            self.serve(scheduler);
        }
        true
    }

    /// In the child of a fork, before anybody waits there: of all permits `held` are still
    /// somebody's. The others are held by tasks of the parent, or were granted to them.
    pub fn forget_parents(&mut self, held: usize) {
        self.free = self.total.saturating_sub(held);
    }

    /// All permits, free or not.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Permits that are free; they may still be claimed by who waits for more.
    pub fn free(&self) -> usize {
        self.free
    }

    /// Tasks that wait.
    pub fn waiting(&self, scheduler: &Scheduler) -> usize {
        self.line
            .iter()
            .filter(|request| scheduler.is_waiting(request.waiter))
            .count()
    }

    /// Wakes from the front, as far as the permits go.
    fn serve(&mut self, scheduler: &mut Scheduler) {
        while let Some(&Request { waiter, permits }) = self.line.front() {
            if !scheduler.is_waiting(waiter) {
                self.line.pop_front();
            } else if permits <= self.free {
                self.line.pop_front();
                self.free -= permits;
                scheduler.wake(waiter, Wake::Done);
            } else {
                return;
            }
        }
    }

    /// Wakes everybody who waits, with nothing: there will be no permits any more. They withdraw.
    pub(super) fn dismiss(&mut self, scheduler: &mut Scheduler) {
        for request in self.line.drain(..) {
            scheduler.wake(request.waiter, Wake::Done);
        }
    }

    /// Does nobody wait?
    #[inline]
    fn is_unclaimed(&mut self, scheduler: &Scheduler) -> bool {
        while let Some(request) = self.line.front() {
            if scheduler.is_waiting(request.waiter) {
                return false;
            }
            self.line.pop_front();
        }
        true
    }
}
