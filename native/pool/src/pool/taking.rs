//! How a taker gets a connection: at once, in line, by making or by checking one.
//!
//! Invariant: whatever a call takes from one taker it gives to another, or puts back, before
//! it returns (`serve`).

use tusk_runtime::Nanos;

use super::{Fate, Lease, Pool, Refusal, State, Taken};
use crate::counters::Closed;
use crate::line::Ticket;

impl<W: Copy> Pool<W> {
    /// A connection, the right to make one, or a reason why not.
    #[inline]
    pub fn take(&mut self, now: Nanos) -> Taken {
        if self.closed {
            return Taken::Refused(Refusal::Closed);
        }
        if self.line.waiting() > 0 {
            // What only time has made possible goes to those who came before.
            self.serve(now);
        }
        if self.line.waiting() == 0 {
            if let Some(taken) = self.grant(now) {
                return taken;
            }
        }
        if let Some(refusal) = self.hopeless(now) {
            self.counters.refused += 1;
            self.wanted = true;
            return Taken::Refused(refusal);
        }
        if self.line.waiting() >= self.config.max_waiters {
            self.counters.refused += 1;
            return Taken::Refused(Refusal::Full);
        }
        Taken::Wait
    }

    /// Enters the line, after [`Taken::Wait`].
    pub fn wait(&mut self, waiter: W, now: Nanos) -> Ticket {
        self.line.push((waiter, now), false)
    }

    /// The same in front of all others: for who was served, and lost what it got through no
    /// fault of its own.
    pub fn wait_first(&mut self, waiter: W, now: Nanos) -> Ticket {
        self.line.push((waiter, now), true)
    }

    /// What a waiter that was woken got; [`Taken::Wait`] if nothing yet.
    pub fn collect(&mut self, ticket: Ticket) -> Taken {
        self.line.collect(ticket).unwrap_or(Taken::Wait)
    }

    /// A waiter gives up. What it was given meanwhile goes to the next.
    pub fn leave(&mut self, ticket: Ticket, now: Nanos) {
        match self.line.leave(ticket) {
            Some(Taken::Lease(lease)) => {
                self.release(lease, Fate::Keep, now);
            }
            Some(Taken::Check(lease)) => self.unchecked(lease, now),
            Some(Taken::Create(lease)) => self.given_up(lease, now),
            Some(Taken::Wait | Taken::Refused(_)) | None => {}
        }
    }

    /// The connection was made; who made it has it.
    pub fn created(&mut self, lease: Lease, now: Nanos) {
        if self.in_state(lease, State::Creating) {
            self.born(lease.index, now);
            self.set(lease.index, State::Leased, now);
            self.serve(now);
        }
    }

    /// The same ahead of time: nobody has it.
    pub fn created_idle(&mut self, lease: Lease, now: Nanos) {
        if self.in_state(lease, State::Creating) {
            self.born(lease.index, now);
            self.put_back(lease.index, now);
        }
    }

    /// It could not be made. Who tried goes on with what is returned: a connection that came
    /// back meanwhile, [`Pool::wait_first`] while there are others to wait for, or being made, or,
    /// refused, with the error.
    pub fn failed(&mut self, lease: Lease, now: Nanos) -> Taken {
        if !self.note_failure(lease, now) {
            return Taken::Wait;
        }
        // Those that are being made count: while one may still come, nobody fails for want of another.
        let others = self.live() > 0;
        let taken = if self.closed {
            Taken::Refused(Refusal::Closed)
        } else if !others {
            Taken::Refused(Refusal::Down(self.breaker.retry_at().unwrap_or(now)))
        } else {
            self.grant_idle(now).unwrap_or(Taken::Wait)
        };
        self.serve(now);
        taken
    }

    /// The same for one that nobody asked for, see [`Pool::fill`].
    pub fn fill_failed(&mut self, lease: Lease, now: Nanos) {
        if self.note_failure(lease, now) {
            self.serve(now);
        }
    }

    fn note_failure(&mut self, lease: Lease, now: Nanos) -> bool {
        if !self.in_state(lease, State::Creating) {
            return false;
        }
        self.counters.create_failed += 1;
        self.breaker.failure(now);
        self.forget(lease.index);
        true
    }

    /// Nobody tried to make it, or who tried was cancelled: that says nothing of the server.
    pub fn given_up(&mut self, lease: Lease, now: Nanos) {
        if self.in_state(lease, State::Creating) {
            self.breaker.given_up(now);
            self.forget(lease.index);
            self.serve(now);
        }
    }

    /// A check has ended. The taker goes on with what is returned: the connection, or, if it
    /// is broken (the host closes it first), another way to get one; `Wait` is
    /// [`Pool::wait_first`] then.
    pub fn recycled(&mut self, lease: Lease, alive: bool, now: Nanos) -> Taken {
        if !self.in_state(lease, State::Checking) {
            return Taken::Wait;
        }
        if alive {
            self.set(lease.index, State::Leased, now);
            return Taken::Lease(lease);
        }
        self.retire(lease.index, Closed::Broken, now);
        if self.closed {
            return Taken::Refused(Refusal::Closed);
        }
        match self.grant(now) {
            Some(taken) => taken,
            None => match self.hopeless(now) {
                Some(refusal) => Taken::Refused(refusal),
                None => Taken::Wait,
            },
        }
    }

    /// Who was to check it was cancelled: it is as it was before.
    pub fn unchecked(&mut self, lease: Lease, now: Nanos) {
        if !self.in_state(lease, State::Checking) {
            return;
        }
        // It stays the one that was idle longest, so that the next taker checks it too.
        let since = self.slots[lease.index()].since;
        self.set(lease.index, State::Idle, since);
        self.renumber(lease.index);
        self.idle.push_front(lease.index);
        self.serve(now);
    }
}
