//! Fsync: brings a file's data to the disk.

use super::{Need, Readiness};
use crate::sys::file;
use io_uring::{opcode, squeue, types};
use std::os::fd::RawFd;

/// Result: 0 or `-errno`. An error is reported once by the kernel; the data may be lost.
#[derive(Debug)]
pub struct Fsync {
    /// The file.
    pub fd: RawFd,
    /// Only the data and what is needed to read it back (`fdatasync`).
    pub data_only: bool,
}

impl Fsync {
    pub(super) fn entry(&self) -> squeue::Entry {
        let mut flags = types::FsyncFlags::empty();
        flags.set(types::FsyncFlags::DATASYNC, self.data_only);
        opcode::Fsync::new(types::Fd(self.fd)).flags(flags).build()
    }

    pub(super) fn call(&mut self, _: Readiness) -> i32 {
        file::fsync(self.fd, self.data_only)
    }

    pub(super) fn need(&self) -> Need {
        Need::Nothing
    }
}
