//! How long to wait before the next try: `delay`, then `factor` times as long each time, up
//! to `max_delay`; with jitter somewhere in the upper half of that, so that those who failed
//! together do not come back together.
//!
//! Half and not all of it is left to chance: a wait of nearly nothing would be a try at once.

use crate::random::Random;

/// See the module's description. Durations are seconds.
#[derive(Clone, Debug)]
pub struct Backoff {
    next: f64,
    factor: f64,
    max_delay: f64,
    jitter: bool,
}

impl Backoff {
    /// All are zero or more.
    pub fn new(delay: f64, factor: f64, max_delay: f64, jitter: bool) -> Backoff {
        Backoff {
            next: delay,
            factor,
            max_delay,
            jitter,
        }
    }

    /// The next wait.
    pub fn next_wait(&mut self, random: &mut Random) -> f64 {
        let full = self.next.min(self.max_delay);
        // Never above what counts, or it would be infinite some day.
        self.next = (full * self.factor).min(self.max_delay);
        match self.jitter {
            true => full * (0.5 + random.fraction() / 2.0),
            false => full,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Backoff, Random};

    #[test]
    fn waits_grow_as_the_powers_do_and_stay_in_their_half() {
        let mut random = Random::new(1);
        for (delay, factor, max_delay) in [
            (0.1, 2.0, 30.0),
            (1.0, 1.0, 5.0),
            (0.5, 3.0, 0.2),
            (0.0, 2.0, 1.0),
            (2.0, 0.5, 10.0),
            (1.0, 1e300, 1e300),
        ] {
            let mut plain = Backoff::new(delay, factor, max_delay, false);
            let mut jittered = Backoff::new(delay, factor, max_delay, true);
            for tries in 0..50 {
                let expected = (delay * f64::powi(factor, tries)).min(max_delay);
                let wait = plain.next_wait(&mut random);
                assert!(
                    (wait - expected).abs() <= expected * 1e-9,
                    "{wait}, not {expected}"
                );
                let wait = jittered.next_wait(&mut random);
                assert!((expected * 0.499..=expected * 1.001).contains(&wait));
            }
        }
    }
}
