//! OpenAt: opens a file.

use super::{Need, Readiness};
use crate::sys::file;
use io_uring::{opcode, squeue, types};
use std::ffi::CString;
use std::os::fd::RawFd;

/// Result: the new descriptor. A cancelled open may still complete with one, which the
/// caller closes.
#[derive(Debug)]
pub struct OpenAt {
    /// The directory that a relative path starts from, or `AT_FDCWD`.
    pub directory: RawFd,
    /// The path; the kernel reads it, so it stays with the op.
    pub path: CString,
    /// `O_*`.
    pub flags: i32,
    /// Permissions of a file that is created.
    pub mode: u32,
}

impl OpenAt {
    pub(super) fn entry(&self) -> squeue::Entry {
        opcode::OpenAt::new(types::Fd(self.directory), self.path.as_ptr())
            .flags(self.flags)
            .mode(self.mode)
            .build()
    }

    pub(super) fn call(&mut self, _: Readiness) -> i32 {
        file::open_at(self.directory, &self.path, self.flags, self.mode)
    }

    pub(super) fn need(&self) -> Need {
        Need::Nothing
    }
}
