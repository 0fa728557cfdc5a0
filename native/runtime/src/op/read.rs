//! Read: reads from a file, pipe or socket.

use super::{Need, Readiness};
use crate::buf::Buf;
use crate::sys::file::{self, Blocking, CURRENT};
use io_uring::{opcode, squeue, types};
use std::os::fd::RawFd;

/// Result: bytes read, 0 at the end. May be short.
#[derive(Debug)]
pub struct Read {
    /// The file.
    pub fd: RawFd,
    /// Where the bytes go.
    pub buf: Buf,
    /// Where to read; `None` is the file's own position, and all that a pipe or socket
    /// knows (they ignore a given one).
    pub offset: Option<u64>,
}

impl Read {
    pub(super) fn entry(&self) -> squeue::Entry {
        opcode::Read::new(types::Fd(self.fd), self.buf.as_ptr(), self.buf.len() as u32)
            .offset(self.offset.unwrap_or(CURRENT))
            .build()
    }

    pub(super) fn call(&mut self, readiness: Readiness) -> i32 {
        let fd = self.fd;
        let offset = self.offset.unwrap_or(CURRENT);
        let mut read = |blocking| match file::read(fd, &mut self.buf, offset, blocking) {
            // The ring ignores the offset on what has no position.
            result if result == -libc::ESPIPE => file::read(fd, &mut self.buf, CURRENT, blocking),
            result => result,
        };
        match (-read(Blocking::Never), readiness) {
            (libc::EAGAIN | libc::EOPNOTSUPP | libc::ENOSYS, Readiness::Always) => {
                read(Blocking::Allowed)
            }
            (libc::EOPNOTSUPP | libc::ENOSYS, Readiness::Reported) => read(Blocking::Allowed),
            (libc::EOPNOTSUPP | libc::ENOSYS, Readiness::Unknown) => -libc::EAGAIN,
            (negated, _) => -negated,
        }
    }

    pub(super) fn need(&self) -> Need {
        Need::Ready {
            fd: self.fd,
            events: libc::POLLIN as u32,
        }
    }
}
