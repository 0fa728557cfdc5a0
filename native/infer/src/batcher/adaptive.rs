//! How long it pays to wait for more.
//!
//! A delay is spent on the chance that somebody else comes. Where requests come rarely the
//! chance is nil and the delay pure loss; where they come in bursts (every caller waits for
//! its answer before it asks again) it is over when the burst is. Both show in the gaps
//! between arrivals, so their moving average decides; the configured delay stays the bound.

use tusk_runtime::Nanos;

/// The weight of the last gap is one in this many: five arrivals change its mind.
const WEIGHT: u64 = 5;

/// Gaps this many times the usual one mean that no more will come. With random arrivals fewer
/// than one in fifty gaps is longer (e^-4).
const QUIET: u64 = 4;

/// See the module's description.
#[derive(Debug, Default)]
pub(super) struct Adaptive {
    last: Option<Nanos>,
    gap: Nanos,
}

impl Adaptive {
    /// Somebody came.
    pub(super) fn arrived(&mut self, now: Nanos, max_delay: Nanos) {
        if let Some(last) = self.last {
            // A pause of an hour says no more than one that outlasts the delay, and must not
            // take an hour of arrivals to forget.
            let gap = now
                .saturating_sub(last)
                .min(max_delay.saturating_mul(QUIET));
            self.gap = (self.gap * (WEIGHT - 1) + gap) / WEIGHT;
        }
        self.last = Some(now);
    }

    /// When to wait no longer for company of an item that came at `oldest`.
    pub(super) fn due(&self, oldest: Nanos, max_delay: Nanos) -> Nanos {
        let bound = oldest.saturating_add(max_delay);
        if self.gap >= max_delay {
            return oldest;
        }
        let quiet = self
            .last
            .unwrap_or(oldest)
            .saturating_add(self.gap.saturating_mul(QUIET));
        quiet.clamp(oldest, bound)
    }
}

#[cfg(test)]
mod tests {
    use super::Adaptive;

    #[test]
    fn who_comes_rarely_is_not_made_to_wait() {
        let mut adaptive = Adaptive::default();
        for at in 0..20 {
            adaptive.arrived(at * 1_000_000, 1000);
        }
        assert_eq!(adaptive.due(19_000_000, 1000), 19_000_000);
    }

    #[test]
    fn a_burst_is_waited_for_until_it_is_quiet() {
        let mut adaptive = Adaptive::default();
        for at in 0..20 {
            adaptive.arrived(at * 10, 1000);
        }
        let due = adaptive.due(0, 1000);
        assert!((190..=230).contains(&due), "{due}");
        // Never longer than was allowed.
        for at in 20..200 {
            adaptive.arrived(at * 10, 1000);
        }
        assert_eq!(adaptive.due(0, 1000), 1000);
    }

    #[test]
    fn after_a_long_pause_a_few_arrivals_are_enough() {
        let mut adaptive = Adaptive::default();
        adaptive.arrived(0, 1000);
        adaptive.arrived(1 << 50, 1000);
        for at in 1..20 {
            adaptive.arrived((1 << 50) + at * 10, 1000);
        }
        assert!(adaptive.due(1 << 50, 1000) > 1 << 50);
    }
}
