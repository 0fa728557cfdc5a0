//! Cancel: ends another op and tells whether it was there.

use super::{Need, Readiness, Token};
use io_uring::{opcode, squeue};

/// Result: 0 when the target was asked to end, `-ENOENT` when no such op is in flight,
/// `-EALREADY` when it runs and can only be waited for. The target completes by itself,
/// with `-ECANCELED` or its own result. Whoever needs no answer calls `Driver::cancel`.
#[derive(Debug)]
pub struct Cancel {
    /// The op to end.
    pub target: Token,
}

impl Cancel {
    pub(super) fn entry(&self) -> squeue::Entry {
        // The driver resolves the token; an entry of this form would find nothing.
        opcode::AsyncCancel::new(u64::MAX).build()
    }

    pub(super) fn call(&mut self, _: Readiness) -> i32 {
        // As for the entry: drivers resolve the token themselves before they come here.
        -libc::ENOENT
    }

    pub(super) fn need(&self) -> Need {
        Need::Nothing
    }
}
