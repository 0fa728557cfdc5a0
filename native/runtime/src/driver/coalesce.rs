//! Coalescing: how many answers a wait asks the kernel for, as a network card gathers
//! packets before it interrupts (adaptive interrupt moderation).
//!
//! A loop whose peers answer every 10 µs and that needs 8 µs for each sleeps after every
//! one, and a sleep costs about as much as what it waited for. Here it sleeps until a few
//! are there. Who is first in such a batch waits longer, so it is done only where that
//! is little beside what an op takes anyway:
//!
//! - many ops are in flight that wait for an answer (`LEAST_IN_FLIGHT`), and a batch is at most
//!   a `SHARE` of them: by Little's law they take no longer to come than that share of
//!   the time that an op takes on average;
//! - answers came fast last: the batch is expected within `GATHER`;
//! - it ends in any case within `limits::COALESCE_PATIENCE`: the driver keeps a timeout in the
//!   ring whose end ends the wait. It is not a time-out of each wait, because to program the
//!   clock for one costs more than the sleep that is saved, but stays armed from batch to batch.
//!
//! Counted are the ops that the kernel ends on this thread, when it looks (receiving, one-shot
//! polls): of others each wakes the thread anyway. Watches of an event loop do not count as far
//! as they are multishot.

use crate::Nanos;
use crate::limits::COALESCE_PATIENCE;
use crate::op::Op;

/// Fewer in flight than this are not worth a look at the clock.
const LEAST_IN_FLIGHT: u32 = 16;

/// A batch is at most one of so many parts of the ops in flight.
const SHARE: u32 = 3;

/// Nor more than came in this time.
const GATHER: Nanos = 200_000;

/// A batch smaller than this saves nothing.
const LEAST: u32 = 4;

/// Answers over which the time between two is measured.
const SAMPLE: u32 = 32;

/// How fast answers come, and how many are outstanding.
#[derive(Debug)]
pub(super) struct Coalesce {
    in_flight: u32,
    /// Answers since then.
    seen: u32,
    since: Nanos,
    /// Between two answers, as last measured.
    apart: Nanos,
}

impl Coalesce {
    pub(super) fn new() -> Self {
        Coalesce {
            in_flight: 0,
            seen: 0,
            since: 0,
            apart: Nanos::MAX,
        }
    }

    /// Does this op wait for an answer?
    #[inline]
    pub(super) fn counts(op: &Op) -> bool {
        match op {
            Op::Recv(_) => true,
            Op::Poll(poll) => !poll.multi,
            _ => false,
        }
    }

    /// An op that counts is in flight.
    #[inline]
    pub(super) fn begins(&mut self) {
        self.in_flight += 1;
    }

    /// An op that counts has ended.
    #[inline]
    pub(super) fn ends(&mut self) {
        self.in_flight -= 1;
        self.seen = self.seen.saturating_add(1);
    }

    /// How many completions the wait that is about to begin should ask for.
    #[inline]
    pub(super) fn want(&mut self, now: impl FnOnce() -> Nanos) -> u32 {
        if self.in_flight < LEAST_IN_FLIGHT {
            return 1;
        }
        self.measure(now());
        let wanted = (GATHER / self.apart).min(Nanos::from(self.in_flight / SHARE)) as u32;
        if wanted < LEAST { 1 } else { wanted }
    }

    fn measure(&mut self, now: Nanos) {
        let time = now.saturating_sub(self.since);
        if self.seen >= SAMPLE {
            self.apart = (time / Nanos::from(self.seen)).max(1);
        } else if time > COALESCE_PATIENCE {
            self.apart = Nanos::MAX;
        } else {
            return;
        }
        self.seen = 0;
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MICROSECOND: Nanos = 1_000;

    /// So many ops in flight, of which every answer was followed by another question.
    fn busy(in_flight: u32, apart: Nanos) -> (Coalesce, Nanos) {
        let (mut coalesce, mut now) = (Coalesce::new(), 5_000_000);
        (0..in_flight).for_each(|_| coalesce.begins());
        for _ in 0..10 * SAMPLE {
            coalesce.want(|| now);
            now += apart;
            coalesce.ends();
            coalesce.begins();
        }
        (coalesce, now)
    }

    #[test]
    fn answers_that_come_fast_are_gathered() {
        let (mut coalesce, now) = busy(60, 10 * MICROSECOND);
        assert_eq!(coalesce.want(|| now), 20);
        let (mut coalesce, now) = busy(30, 10 * MICROSECOND);
        assert_eq!(coalesce.want(|| now), 10, "a third of those in flight");
        let (mut coalesce, now) = busy(600, 20 * MICROSECOND);
        assert_eq!(coalesce.want(|| now), 10, "no more than are soon there");
    }

    #[test]
    fn few_or_slow_ones_are_not() {
        let (mut coalesce, now) = busy(LEAST_IN_FLIGHT - 1, MICROSECOND);
        assert_eq!(coalesce.want(|| now), 1);
        let (mut coalesce, now) = busy(1000, 100 * MICROSECOND);
        assert_eq!(coalesce.want(|| now), 1);
        assert_eq!(Coalesce::new().want(|| unreachable!()), 1);
    }

    #[test]
    fn what_was_fast_is_forgotten_after_a_pause() {
        let (mut coalesce, now) = busy(60, 10 * MICROSECOND);
        assert!(coalesce.want(|| now) > 1);
        assert_eq!(coalesce.want(|| now + COALESCE_PATIENCE + 1), 1);
        assert_eq!(coalesce.want(|| now + 3 * COALESCE_PATIENCE), 1);
    }
}
