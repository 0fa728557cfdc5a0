//! Which parts of io_uring the driver uses.

use crate::limits::{RING_COMPLETIONS, RING_ENTRIES};
use crate::op::{VERB_TABLE, VERBS};
use crate::sys::ring::Setup;

/// Verbs without which the ring is not used.
pub(super) const REQUIRED: [&str; 3] = ["poll", "timeout", "cancel"];

/// Verbs that came later than multishot poll: waitid with Linux 6.7.
const NEWER: [&str; 1] = ["waitid"];

/// What of the ring is used. The probe finds out what works; tests take things away.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Flags of the ring.
    pub setup: Setup,
    /// Submission entries.
    pub entries: u32,
    /// Completion entries.
    pub completions: u32,
    /// Waits end at absolute times (6.12); otherwise the time left is computed.
    pub absolute_waits: bool,
    /// Successful cancels post no completion of their own (5.17).
    pub skip_success: bool,
    /// Which verbs the ring has; the others are called after a poll.
    pub verbs: [bool; VERBS],
}

impl Plan {
    /// Everything a kernel of 5.13 has, and nothing newer.
    pub fn plain() -> Self {
        Plan {
            setup: Setup::Plain,
            entries: RING_ENTRIES,
            completions: RING_COMPLETIONS,
            absolute_waits: false,
            skip_success: false,
            verbs: VERB_TABLE.map(|(name, _)| !NEWER.contains(&name)),
        }
    }

    /// Takes all verbs away that have a plain call to fall back to. The call is made when
    /// a poll, or a timeout, says so; these two and cancelling are the ring's own.
    pub fn without_verbs(mut self) -> Self {
        for (there, (name, _)) in self.verbs.iter_mut().zip(VERB_TABLE) {
            *there = REQUIRED.contains(&name);
        }
        self
    }
}
