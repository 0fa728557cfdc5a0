//! Send: sends to a connected socket.

use super::{Need, Readiness};
use crate::buf::BufRef;
use crate::sys::socket;
use io_uring::{opcode, squeue, types};
use std::os::fd::RawFd;

/// Result: bytes taken by the socket; may be short. A broken connection is `-EPIPE` or
/// `-ECONNRESET`, never a signal. With `MSG_DONTWAIT` it does not wait and says `-EAGAIN`.
#[derive(Debug)]
pub struct Send {
    /// The socket.
    pub fd: RawFd,
    /// What is sent.
    pub buf: BufRef,
    /// `MSG_MORE` and the like.
    pub flags: i32,
}

impl Send {
    pub(super) fn entry(&self) -> squeue::Entry {
        opcode::Send::new(types::Fd(self.fd), self.buf.as_ptr(), self.buf.len() as u32)
            .flags(self.flags | libc::MSG_NOSIGNAL)
            .build()
    }

    pub(super) fn call(&mut self, _: Readiness) -> i32 {
        socket::send(self.fd, &self.buf, self.flags | libc::MSG_NOSIGNAL)
    }

    pub(super) fn need(&self) -> Need {
        if self.flags & libc::MSG_DONTWAIT != 0 {
            return Need::Nothing;
        }
        Need::Ready {
            fd: self.fd,
            events: libc::POLLOUT as u32,
        }
    }
}
