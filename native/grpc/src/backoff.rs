//! Pauses between attempts, to connect or to make a call: they grow by a factor (1.6 in gRPC's
//! connection backoff), with 20 % of jitter so that many clients do not come back at once.

use std::time::Duration;

#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    min: Duration,
    max: Duration,
    factor: f64,
    current: Option<Duration>,
    /// State of a small generator; jitter needs no better one.
    random: u64,
}

impl Backoff {
    pub(crate) fn new(min: Duration, max: Duration, seed: u64) -> Backoff {
        Backoff {
            min,
            max: max.max(min),
            factor: 1.6,
            current: None,
            random: seed | 1,
        }
    }

    /// They grow by another factor.
    pub(crate) fn growing(mut self, factor: f64) -> Backoff {
        self.factor = factor;
        self
    }

    /// A connection was there: the next pause is the first again.
    pub(crate) fn reset(&mut self) {
        self.current = None;
    }

    /// The pause after another failure.
    pub(crate) fn next(&mut self) -> Duration {
        let current = match self.current {
            None => self.min,
            Some(current) => grown(current, self.factor).min(self.max),
        };
        self.current = Some(current);
        // xorshift64
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let jitter = (self.random >> 11) as f64 / (1u64 << 53) as f64;
        current.mul_f64(0.8 + 0.4 * jitter)
    }
}

/// A factor may be anything that JSON can say.
fn grown(pause: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(pause.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_to_its_bound_within_jitter_and_starts_again() {
        let (min, max) = (Duration::from_secs(1), Duration::from_secs(10));
        for seed in 0..50 {
            let mut backoff = Backoff::new(min, max, seed);
            for expected in [1.0, 1.6, 2.56, 4.096, 6.5536, 10.0, 10.0] {
                let pause = backoff.next().as_secs_f64();
                assert!(
                    (expected * 0.8..=expected * 1.2).contains(&pause),
                    "{pause}"
                );
            }
            backoff.reset();
            assert!(backoff.next().as_secs_f64() <= 1.2);
        }
    }
}
