//! Recv: receives from a socket.

use super::{Need, Readiness};
use crate::buf::Buf;
use crate::sys::socket;
use io_uring::{opcode, squeue, types};
use std::os::fd::RawFd;

/// Result: bytes received, 0 at the end of a connection. May be short. With
/// `MSG_DONTWAIT` it does not wait and says `-EAGAIN`.
#[derive(Debug)]
pub struct Recv {
    /// The socket.
    pub fd: RawFd,
    /// Where the bytes go.
    pub buf: Buf,
    /// `MSG_PEEK` and the like.
    pub flags: i32,
}

impl Recv {
    pub(super) fn entry(&self) -> squeue::Entry {
        opcode::Recv::new(types::Fd(self.fd), self.buf.as_ptr(), self.buf.len() as u32)
            .flags(self.flags)
            .build()
    }

    pub(super) fn call(&mut self, _: Readiness) -> i32 {
        socket::recv(self.fd, &mut self.buf, self.flags)
    }

    pub(super) fn need(&self) -> Need {
        if self.flags & libc::MSG_DONTWAIT != 0 {
            return Need::Nothing;
        }
        Need::Ready {
            fd: self.fd,
            events: libc::POLLIN as u32,
        }
    }
}
