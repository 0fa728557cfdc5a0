//! How a connection comes back, and what becomes of it.

use tusk_runtime::Nanos;

use super::{Fate, Lease, Pool, Released, State};
use crate::counters::Closed;

impl<W: Copy> Pool<W> {
    /// A lease ends, or a reset has.
    #[inline]
    pub fn release(&mut self, lease: Lease, fate: Fate, now: Nanos) -> Released {
        if !self.in_state(lease, State::Leased) && !self.in_state(lease, State::Resetting) {
            return Released::Stale;
        }
        let index = lease.index;
        if self.closed {
            return self.close_slot(index, Closed::Drained, now);
        }
        if self.live() > self.config.max {
            return self.close_slot(index, Closed::Resized, now);
        }
        match fate {
            Fate::Retire => self.close_slot(index, Closed::Broken, now),
            _ if self.slots[lease.index()].expires <= now => {
                self.close_slot(index, Closed::Lifetime, now)
            }
            Fate::Reset => {
                self.renumber(index);
                self.set(index, State::Resetting, now);
                Released::Reset(self.lease(index))
            }
            Fate::Keep => {
                self.put_back(index, now);
                Released::Kept
            }
        }
    }

    fn close_slot(&mut self, index: u32, why: Closed, now: Nanos) -> Released {
        self.retire(index, why, now);
        self.serve(now);
        Released::Close
    }
}
