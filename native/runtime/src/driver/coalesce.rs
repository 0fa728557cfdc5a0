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
//! - it ends in any case within twice `limits::COALESCE_PATIENCE` (see `bell`);
//! - those in flight answer: where most belong to connections that are idle, batches do not
//!   fill. One that has not in twice `GATHER` is the last for a while, which doubles
//!   from one to the next (`FIRST_PAUSE`, `LONGEST_PAUSE`).
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

/// How long none is asked for after a batch that did not fill: first, and at most. At most the
/// four-hundredth part of the time goes into batches that do not fill then.
const FIRST_PAUSE: Nanos = 8 * COALESCE_PATIENCE;
const LONGEST_PAUSE: Nanos = 512 * COALESCE_PATIENCE;

/// How fast answers come, and how many are outstanding.
#[derive(Debug)]
pub(super) struct Coalesce {
    in_flight: u32,
    /// Answers since then.
    seen: u32,
    since: Nanos,
    /// Between two answers, as last measured.
    apart: Nanos,
    /// When a batch was asked for last.
    asked: Nanos,
    /// No batch is asked for before, because one did not fill.
    paused_until: Nanos,
    /// The next pause.
    pause: Nanos,
}

impl Coalesce {
    pub(super) fn new() -> Self {
        Coalesce {
            in_flight: 0,
            seen: 0,
            since: 0,
            apart: Nanos::MAX,
            asked: 0,
            paused_until: 0,
            pause: FIRST_PAUSE,
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
        let now = now();
        self.measure(now);
        let wanted = (GATHER / self.apart).min(Nanos::from(self.in_flight / SHARE)) as u32;
        if wanted < LEAST || now < self.paused_until {
            return 1;
        }
        self.asked = now;
        wanted
    }

    /// A wait for `wanted` completions, more than one, has ended with `came`.
    #[inline]
    pub(super) fn ended(&mut self, came: usize, wanted: u32, now: impl FnOnce() -> Nanos) {
        if came >= wanted as usize {
            self.pause = FIRST_PAUSE;
        } else {
            self.not_filled(now());
        }
    }

    #[cold]
    fn not_filled(&mut self, now: Nanos) {
        if now.saturating_sub(self.asked) >= 2 * GATHER {
            self.paused_until = now + self.pause;
            self.pause = (2 * self.pause).min(LONGEST_PAUSE);
        }
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
    fn ones_that_belong_to_idle_connections_end_it() {
        let (mut coalesce, mut now) = busy(60, 10 * MICROSECOND);
        let (mut tried, mut pauses) = (0, Vec::new());
        let mut last = now;
        // Three of the sixty go on answering: after each batch that does not fill, as before.
        while tried < 12 {
            let wanted = coalesce.want(|| now);
            if wanted > 1 {
                pauses.push(now - last);
                now += COALESCE_PATIENCE;
                last = now;
                (0..3).for_each(|_| coalesce.ends());
                coalesce.ended(3, wanted, || now);
                tried += 1;
            } else {
                now += 10 * MICROSECOND;
                coalesce.ends();
            }
            (coalesce.in_flight..60).for_each(|_| coalesce.begins());
        }
        assert!(pauses.windows(2).all(|two| two[0] <= two[1]), "{pauses:?}");
        assert!(pauses[11] >= LONGEST_PAUSE, "{pauses:?}");

        // One that fills, and all is as before.
        now += LONGEST_PAUSE;
        (0..SAMPLE).for_each(|_| {
            coalesce.want(|| now);
            now += 10 * MICROSECOND;
            coalesce.ends();
            coalesce.begins();
        });
        let wanted = coalesce.want(|| now);
        assert!(wanted > 1);
        coalesce.ended(wanted as usize, wanted, || unreachable!());
        assert_eq!(coalesce.pause, FIRST_PAUSE);
    }

    #[test]
    fn a_batch_that_the_bell_cut_short_is_no_sign_of_that() {
        let (mut coalesce, now) = busy(60, 10 * MICROSECOND);
        let wanted = coalesce.want(|| now);
        coalesce.ended(1, wanted, || now + GATHER);
        assert!(coalesce.want(|| now + GATHER) > 1);
    }

    #[test]
    fn what_was_fast_is_forgotten_after_a_pause() {
        let (mut coalesce, now) = busy(60, 10 * MICROSECOND);
        assert!(coalesce.want(|| now) > 1);
        assert_eq!(coalesce.want(|| now + COALESCE_PATIENCE + 1), 1);
        assert_eq!(coalesce.want(|| now + 3 * COALESCE_PATIENCE), 1);
    }
}
