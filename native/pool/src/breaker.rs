//! Whether it is worth trying to connect.
//!
//! ```text
//!            BREAKER_FAILURES failures              the pause is over, one asks
//!   Closed ───────────────────────────▶ Open(until) ─────────────────────────▶ Trying
//!      ▲                                     ▲                                   │ │
//!      │ success                             └────────── failure, longer pause ──┘ │
//!      └───────────────────────────────────────────────────────────────── success ─┘
//! ```
//!
//! Who may move it: who was permitted to connect, by `success` and `failure`; `permit` moves
//! Open to Trying, for exactly one. `given_up` takes a permit back that was not used.
//! Invariant: while Trying, one attempt is under way and nobody else is permitted.

use tusk_runtime::Nanos;

use crate::limits::{BREAKER_FAILURES, BREAKER_FIRST_PAUSE, BREAKER_LONGEST_PAUSE};

/// See the module's description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    Open { until: Nanos },
    Trying,
}

/// Failures in a row, and what follows from them.
#[derive(Clone, Copy, Debug)]
pub struct Breaker {
    state: State,
    failures: u32,
    pause: Nanos,
}

impl Default for Breaker {
    fn default() -> Breaker {
        Breaker {
            state: State::Closed,
            failures: 0,
            pause: BREAKER_FIRST_PAUSE,
        }
    }
}

impl Breaker {
    /// May somebody connect now? The one who may reports how it ended.
    pub fn permit(&mut self, now: Nanos) -> bool {
        match self.state {
            State::Closed => true,
            State::Open { until } if now >= until => {
                self.state = State::Trying;
                true
            }
            State::Open { .. } | State::Trying => false,
        }
    }

    /// Would [`Breaker::permit`] say yes?
    pub fn would_permit(&self, now: Nanos) -> bool {
        match self.state {
            State::Closed => true,
            State::Open { until } => now >= until,
            State::Trying => false,
        }
    }

    /// Connected.
    pub fn success(&mut self) {
        *self = Breaker::default();
    }

    /// Could not connect. True: nobody is to try before a pause has passed.
    pub fn failure(&mut self, now: Nanos) -> bool {
        self.failures = self.failures.saturating_add(1);
        match self.state {
            State::Closed if self.failures < BREAKER_FAILURES => false,
            // Attempts that began before it opened end while it is open, and count for nothing.
            State::Open { .. } => true,
            State::Closed | State::Trying => {
                self.state = State::Open {
                    until: now.saturating_add(self.pause),
                };
                self.pause = (self.pause * 2).min(BREAKER_LONGEST_PAUSE);
                true
            }
        }
    }

    /// Who was permitted did not try after all.
    pub fn given_up(&mut self, now: Nanos) {
        if self.state == State::Trying {
            self.state = State::Open { until: now };
        }
    }

    /// Is it known that connecting fails?
    pub fn is_open(&self) -> bool {
        self.state != State::Closed
    }

    /// When the next may try; `None` while everybody may, or somebody does.
    pub fn retry_at(&self) -> Option<Nanos> {
        match self.state {
            State::Open { until } => Some(until),
            State::Closed | State::Trying => None,
        }
    }

    /// Failures since the last success.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for failure in 1..=BREAKER_FAILURES {
            assert!(breaker.permit(0));
            assert_eq!(breaker.failure(0), failure == BREAKER_FAILURES);
        }
        breaker
    }

    #[test]
    fn one_tries_after_the_pause_and_the_pause_grows() {
        let mut breaker = opened();
        let mut now = 0;
        let mut pause = BREAKER_FIRST_PAUSE;
        for _ in 0..12 {
            assert_eq!(breaker.retry_at(), Some(now + pause));
            assert!(!breaker.permit(now + pause - 1));
            now += pause;
            assert!(breaker.permit(now));
            assert!(!breaker.permit(now), "one at a time");
            assert!(breaker.failure(now));
            pause = (pause * 2).min(BREAKER_LONGEST_PAUSE);
        }
        assert!(breaker.permit(now + pause));
        breaker.success();
        assert!(!breaker.is_open() && breaker.permit(0) && breaker.permit(0));
    }

    #[test]
    fn failures_that_began_before_it_opened_do_not_lengthen_the_pause() {
        let mut breaker = opened();
        for _ in 0..100 {
            assert!(breaker.failure(50));
        }
        assert_eq!(breaker.retry_at(), Some(BREAKER_FIRST_PAUSE));
    }

    #[test]
    fn a_permit_that_was_not_used_goes_to_the_next() {
        let mut breaker = opened();
        assert!(breaker.permit(BREAKER_FIRST_PAUSE));
        breaker.given_up(BREAKER_FIRST_PAUSE);
        assert!(breaker.permit(BREAKER_FIRST_PAUSE));
    }
}
