//! What nobody's call brings about: time that passes, and a pool that grows, shrinks and ends.

use tusk_runtime::Nanos;

use super::{Lease, Pool, Slot, State};
use crate::config::Config;
use crate::counters::Closed;
use crate::limits;

impl<W: Copy> Pool<W> {
    /// Retires what was idle for too long or is too old, and serves who waited for time to
    /// pass. To be called at [`Pool::next_due`].
    pub fn tick(&mut self, now: Nanos) {
        let mut index = 0;
        while index < self.idle.len() {
            let slot = self.slots[self.idle[index] as usize];
            let why = if slot.expires <= now {
                Some(Closed::Lifetime)
            } else if self.live() > self.config.min
                && (self.config.idle_timeout)
                    .is_some_and(|timeout| slot.since.saturating_add(timeout) <= now)
            {
                Some(Closed::Idle)
            } else {
                None
            };
            match why {
                Some(why) => self.retire_idle(index, why, now),
                None => index += 1,
            }
        }
        self.serve(now);
    }

    /// The right to make a connection that nobody asked for now: up to `min`, or because the
    /// server was down when somebody asked. The host makes it and says
    /// [`Pool::created_idle`] or [`Pool::fill_failed`].
    pub fn fill(&mut self, now: Nanos) -> Option<Lease> {
        let missing = self.live() < self.config.min || (self.wanted && self.live() == 0);
        if self.closed || !missing {
            return None;
        }
        self.reserve(now)
    }

    /// When the connection at this place, idle since now, is to be looked at.
    #[inline]
    pub fn due_of(&self, index: usize, now: Nanos) -> Nanos {
        let expires = self
            .slots
            .get(index)
            .map_or(Nanos::MAX, |slot| slot.expires);
        match self.config.idle_timeout {
            Some(timeout) if self.live() > self.config.min => {
                expires.min(now.saturating_add(timeout))
            }
            _ => expires,
        }
    }

    /// When [`Pool::tick`] and [`Pool::fill`] have something to do, unless something else
    /// happens before.
    pub fn next_due(&self, now: Nanos) -> Option<Nanos> {
        let spare = self.live() > self.config.min;
        let idle = self.idle.iter().flat_map(|&index| {
            let slot = &self.slots[index as usize];
            let timeout = self.config.idle_timeout.filter(|_| spare);
            let unused = timeout.map(|timeout| slot.since.saturating_add(timeout));
            [Some(slot.expires).filter(|&at| at != Nanos::MAX), unused]
        });
        let leak = self.config.leak_after.and_then(|after| {
            let unreported = |slot: &&Slot| slot.state == State::Leased && !slot.reported;
            let lent = self.slots.iter().filter(unreported);
            lent.map(|slot| slot.since.saturating_add(after)).min()
        });
        let waiting = self.line.waiting() > 0;
        let below = self.live() < self.config.min;
        let retry = (waiting || self.wanted || below)
            .then(|| self.breaker.retry_at())
            .flatten();
        let ask =
            (self.short && (waiting || below)).then(|| now.saturating_add(limits::ALLOWANCE_RETRY));
        idle.chain([leak, retry, ask]).flatten().min()
    }

    /// Loans that have lasted longer than `leak_after`, each once, and since when.
    pub fn leaks(&mut self, now: Nanos) -> Vec<(Lease, Nanos)> {
        let Some(after) = self.config.leak_after else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (index, slot) in self.slots.iter_mut().enumerate() {
            let overdue = slot.since.saturating_add(after) <= now;
            if slot.state == State::Leased && !slot.reported && overdue {
                slot.reported = true;
                self.counters.leaked += 1;
                let lease = Lease {
                    index: index as u32,
                    generation: slot.generation,
                };
                found.push((lease, slot.since));
            }
        }
        found
    }

    /// Retires one that is idle, the longest first, because somebody else needs the room. False:
    /// none is.
    pub fn shed(&mut self, now: Nanos) -> bool {
        let sheds = !self.idle.is_empty();
        if sheds {
            self.retire_idle(0, Closed::Idle, now);
        }
        sheds
    }

    /// The places of connections that are idle.
    pub fn idle(&self) -> impl Iterator<Item = usize> + '_ {
        self.idle.iter().map(|&index| index as usize)
    }

    /// An idle connection was found broken.
    pub fn found_broken(&mut self, index: usize, now: Nanos) {
        let place = self.idle.iter().position(|&idle| idle as usize == index);
        if let Some(place) = place {
            self.retire_idle(place, Closed::Broken, now);
            self.serve(now);
        }
    }

    /// Changes the bounds. What is too much is closed as it becomes idle.
    ///
    /// # Errors
    /// As [`Config::check`].
    pub fn resize(&mut self, min: usize, max: usize, now: Nanos) -> Result<(), String> {
        let config = Config {
            min,
            max,
            ..self.config
        };
        config.check()?;
        self.config = config;
        while self.live() > max && !self.idle.is_empty() {
            self.retire_idle(0, Closed::Resized, now);
        }
        self.serve(now);
        Ok(())
    }

    /// Nobody takes any more: who waits is refused, what is idle is retired, what is lent is
    /// closed when it comes back.
    pub fn close(&mut self, now: Nanos) {
        self.closed = true;
        while !self.idle.is_empty() {
            self.retire_idle(0, Closed::Drained, now);
        }
        self.serve(now);
    }

    /// Was it closed, and is nothing left?
    pub fn is_drained(&self) -> bool {
        self.closed && self.live() == 0
    }

    /// Was it closed?
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Connections of any state.
    pub fn live(&self) -> usize {
        self.slots.len() - self.count[State::Free as usize]
    }
}
