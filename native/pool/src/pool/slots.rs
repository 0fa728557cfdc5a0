//! Slots change their state here, and nowhere else, so that `count` is right.
//!
//! Who calls these has checked that the slot is in the state it leaves.

use tusk_runtime::Nanos;

use super::{Lease, Pool, Refusal, Slot, State, Taken};
use crate::counters::Closed;
use crate::limits;

impl<W: Copy> Pool<W> {
    #[inline]
    pub(super) fn in_state(&self, lease: Lease, state: State) -> bool {
        self.slots
            .get(lease.index())
            .is_some_and(|slot| slot.generation == lease.generation && slot.state == state)
    }

    pub(super) fn lease(&self, index: u32) -> Lease {
        Lease {
            index,
            generation: self.slots[index as usize].generation,
        }
    }

    #[inline]
    pub(super) fn set(&mut self, index: u32, state: State, since: Nanos) {
        let slot = &mut self.slots[index as usize];
        self.count[slot.state as usize] -= 1;
        self.count[state as usize] += 1;
        slot.state = state;
        slot.since = since;
        slot.reported = false;
    }

    #[inline]
    pub(super) fn renumber(&mut self, index: u32) {
        let slot = &mut self.slots[index as usize];
        slot.generation = slot.generation.wrapping_add(1);
    }

    /// An idle connection, or the right to make one.
    #[inline]
    pub(super) fn grant(&mut self, now: Nanos) -> Option<Taken> {
        if let Some(taken) = self.grant_idle(now) {
            return Some(taken);
        }
        let lease = self.reserve(now)?;
        self.counters.taken += 1;
        Some(Taken::Create(lease))
    }

    #[inline]
    pub(super) fn grant_idle(&mut self, now: Nanos) -> Option<Taken> {
        while let Some(index) = self.idle.pop_back() {
            let slot = self.slots[index as usize];
            if slot.expires <= now {
                self.retire(index, Closed::Lifetime, now);
                self.retired.push(index);
                continue;
            }
            self.counters.taken += 1;
            let stale = self
                .config
                .check_after
                .is_some_and(|after| now.saturating_sub(slot.since) > after);
            if stale || slot.since < self.suspect_before {
                // `since` stays what it was: see `unchecked`.
                self.set(index, State::Checking, slot.since);
                return Some(Taken::Check(self.lease(index)));
            }
            self.set(index, State::Leased, now);
            return Some(Taken::Lease(self.lease(index)));
        }
        None
    }

    pub(super) fn reserve(&mut self, now: Nanos) -> Option<Lease> {
        if self.live() >= self.config.max || !self.breaker.would_permit(now) {
            return None;
        }
        self.short = !self.allowance.try_take();
        if self.short {
            return None;
        }
        self.breaker.permit(now);
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                state: State::Free,
                generation: 0,
                expires: Nanos::MAX,
                since: 0,
                reported: false,
            });
            self.count[State::Free as usize] += 1;
            (self.slots.len() - 1) as u32
        });
        self.set(index, State::Creating, now);
        Some(self.lease(index))
    }

    pub(super) fn born(&mut self, index: u32, now: Nanos) {
        self.breaker.success();
        self.wanted = false;
        self.counters.created += 1;
        self.slots[index as usize].expires = match self.config.max_lifetime {
            Some(lifetime) => {
                let part = 1.0 - limits::LIFETIME_JITTER * self.random.fraction();
                now.saturating_add((lifetime as f64 * part) as Nanos)
            }
            None => Nanos::MAX,
        };
    }

    #[inline]
    pub(super) fn put_back(&mut self, index: u32, now: Nanos) {
        self.renumber(index);
        self.set(index, State::Idle, now);
        self.idle.push_back(index);
        if self.line.waiting() > 0 {
            self.serve(now);
        }
    }

    pub(super) fn retire_idle(&mut self, at: usize, why: Closed, now: Nanos) {
        if let Some(index) = self.idle.remove(at) {
            self.retire(index, why, now);
            self.retired.push(index);
        }
    }

    /// A connection ends. Its place is free when the host has been told: at once, if it is
    /// told by what this call returns.
    pub(super) fn retire(&mut self, index: u32, why: Closed, now: Nanos) {
        self.counters.closed(why);
        if why == Closed::Broken {
            self.suspect_before = now;
        }
        let told = self.slots[index as usize].state != State::Idle;
        self.renumber(index);
        self.set(index, State::Free, now);
        self.allowance.give_back();
        if told {
            self.free.push(index);
        }
    }

    /// A connection that never was.
    pub(super) fn forget(&mut self, index: u32) {
        self.renumber(index);
        self.set(index, State::Free, 0);
        self.allowance.give_back();
        self.free.push(index);
    }

    /// Is there nothing to wait for?
    pub(super) fn hopeless(&self, now: Nanos) -> Option<Refusal> {
        if self.closed {
            return Some(Refusal::Closed);
        }
        let at = self.breaker.retry_at()?;
        (self.live() == 0 && at > now).then_some(Refusal::Down(at))
    }

    /// Serves the line, as far as there is anything to give (invariants 2 and 4).
    pub(super) fn serve(&mut self, now: Nanos) {
        while self.line.waiting() > 0 {
            let taken = if let Some(refusal) = self.hopeless(now) {
                self.counters.refused += 1;
                self.wanted |= !self.closed;
                Taken::Refused(refusal)
            } else if let Some(taken) = self.grant(now) {
                taken
            } else {
                return;
            };
            if let Some((waiter, since)) = self.line.give(taken) {
                self.counters.waited_for(now.saturating_sub(since));
                self.woken.push_back(waiter);
            }
        }
    }
}
