//! Accept: takes one connection from a listening socket.

use super::{Need, Readiness};
use crate::sys::socket;
use io_uring::{opcode, squeue, types};
use std::os::fd::RawFd;

/// Result: the new descriptor. A cancelled accept may still complete with one, which the
/// caller closes. The peer's address is asked with `getpeername`.
#[derive(Debug)]
pub struct Accept {
    /// The listening socket.
    pub fd: RawFd,
    /// `SOCK_CLOEXEC`, `SOCK_NONBLOCK`.
    pub flags: i32,
}

impl Accept {
    pub(super) fn entry(&self) -> squeue::Entry {
        let none = std::ptr::null_mut();
        opcode::Accept::new(types::Fd(self.fd), none, std::ptr::null_mut())
            .flags(self.flags)
            .build()
    }

    pub(super) fn call(&mut self, _: Readiness) -> i32 {
        socket::accept(self.fd, self.flags)
    }

    pub(super) fn need(&self) -> Need {
        Need::Ready {
            fd: self.fd,
            events: libc::POLLIN as u32,
        }
    }
}
