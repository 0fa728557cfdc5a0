//! Poll: waits until a descriptor is ready, once or at every change.

use super::{Need, Readiness};
use crate::sys::fd;
use io_uring::{opcode, squeue, types};
use std::os::fd::RawFd;

/// Result: the `POLL*` bits that are ready, with `POLLERR` and `POLLHUP` always watched.
///
/// With `multi` it completes with `more` set whenever readiness changes: at once if the
/// descriptor is ready, then at least once after every later event (new bytes, room,
/// end of the connection). It is edge-like: bytes that were not read are not reported
/// again, events may be merged into one, and an event may be reported that was already
/// dealt with. It ends by cancelling or with an error. A file that is always ready ends
/// it with its first result.
#[derive(Debug)]
pub struct Poll {
    /// The descriptor.
    pub fd: RawFd,
    /// `POLLIN`, `POLLOUT`, `POLLPRI`, `POLLRDHUP`.
    pub events: u16,
    /// Report every change, not only the first.
    pub multi: bool,
}

impl Poll {
    #[inline]
    pub(super) fn entry(&self) -> squeue::Entry {
        opcode::PollAdd::new(types::Fd(self.fd), u32::from(self.events))
            .multi(self.multi)
            .build()
    }

    pub(super) fn call(&mut self, _: Readiness) -> i32 {
        match fd::poll_now(self.fd, u32::from(self.events)) {
            0 => -libc::EAGAIN,
            ready if ready > 0 && ready & i32::from(libc::POLLNVAL) != 0 => -libc::EBADF,
            result => result,
        }
    }

    pub(super) fn need(&self) -> Need {
        Need::Ready {
            fd: self.fd,
            events: u32::from(self.events),
        }
    }
}
