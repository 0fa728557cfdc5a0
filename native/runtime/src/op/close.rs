//! Close: gives a descriptor back.

use super::{Need, Readiness};
use crate::sys::fd;
use io_uring::{opcode, squeue, types};
use std::os::fd::RawFd;

/// Result: 0 or `-errno`; the number is free in either case. Ops that are in flight on the
/// descriptor hold its file open, so they are cancelled first.
#[derive(Debug)]
pub struct Close {
    /// The descriptor.
    pub fd: RawFd,
}

impl Close {
    pub(super) fn entry(&self) -> squeue::Entry {
        opcode::Close::new(types::Fd(self.fd)).build()
    }

    pub(super) fn call(&mut self, _: Readiness) -> i32 {
        fd::close(self.fd)
    }

    pub(super) fn need(&self) -> Need {
        Need::Nothing
    }
}
