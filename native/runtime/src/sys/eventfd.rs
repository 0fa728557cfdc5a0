//! A counter with a descriptor: how other threads wake a sleeping loop.

use super::fd::Fd;
use std::os::fd::RawFd;

/// A non-blocking eventfd, not inherited over exec.
#[derive(Debug)]
pub struct EventFd(Fd);

impl EventFd {
    /// Opens one; the error number otherwise (`EMFILE`, `ENFILE`, `ENOMEM`).
    pub fn new() -> Result<Self, i32> {
        // SAFETY: the call takes plain numbers.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        Fd::from_result(super::result_of(fd)).map(EventFd)
    }

    /// Adds one. A full counter (2^64 - 2) is already a signal, so nothing can fail.
    pub fn signal(&self) {
        let one = 1u64;
        // SAFETY: eight bytes of ours are read.
        unsafe { libc::write(self.0.raw(), (&raw const one).cast(), 8) };
    }

    /// Takes all; how many there were.
    pub fn clear(&self) -> u64 {
        let mut count = 0u64;
        // SAFETY: eight bytes of ours are written; on EAGAIN none are and 0 stays.
        unsafe { libc::read(self.0.raw(), (&raw mut count).cast(), 8) };
        count
    }

    /// The descriptor to poll for reading.
    pub fn fd(&self) -> RawFd {
        self.0.raw()
    }
}
