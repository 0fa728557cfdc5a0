//! What a pool is asked to be.
//!
//! Invariant: a `Config` that [`Config::check`] accepted has `min <= max`, a `max` above zero,
//! and no duration that overflows when it is added to the clock.

use tusk_runtime::Nanos;

use crate::limits;

/// Settings of a pool; durations in nanoseconds, `None` is "never".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Connections at most, those being made included.
    pub max: usize,
    /// Connections that are made ahead and kept although nobody uses them.
    pub min: usize,
    /// An idle connection above `min` is closed after this.
    pub idle_timeout: Option<Nanos>,
    /// A connection is renewed when it is older, as soon as nobody has it.
    pub max_lifetime: Option<Nanos>,
    /// One that was idle for longer is checked before it is lent.
    pub check_after: Option<Nanos>,
    /// A loan that lasts longer is reported, once.
    pub leak_after: Option<Nanos>,
    /// Who may wait at once.
    pub max_waiters: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            max: 8,
            min: 0,
            idle_timeout: Some(60 * limits::SECOND),
            max_lifetime: Some(1800 * limits::SECOND),
            check_after: Some(limits::SECOND),
            leak_after: None,
            max_waiters: limits::WAITERS,
        }
    }
}

impl Config {
    /// What is wrong with it, in words for who wrote it.
    ///
    /// # Errors
    /// The first setting that cannot be.
    pub fn check(&self) -> Result<(), String> {
        if self.max == 0 || self.max > limits::CONNECTIONS {
            return Err(format!(
                "max must be between 1 and {}, and is {}",
                limits::CONNECTIONS,
                self.max
            ));
        }
        if self.min > self.max {
            return Err(format!(
                "min ({}) must not be above max ({})",
                self.min, self.max
            ));
        }
        Ok(())
    }
}
