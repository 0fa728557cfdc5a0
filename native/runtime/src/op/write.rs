//! Write: writes to a file, pipe or socket.

use super::{Need, Readiness};
use crate::buf::BufRef;
use crate::limits::{BLOCKING_PIPE_WRITE, TRANSFER_BYTES};
use crate::sys::fd;
use crate::sys::file::{self, Blocking, CURRENT};
use io_uring::{opcode, squeue, types};
use std::os::fd::RawFd;

/// Result: bytes written; may be short.
#[derive(Debug)]
pub struct Write {
    /// The file.
    pub fd: RawFd,
    /// What is written.
    pub buf: BufRef,
    /// Where to write; `None` is the file's own position, and all that a pipe or socket
    /// knows (they ignore a given one).
    pub offset: Option<u64>,
}

impl Write {
    pub(super) fn entry(&self) -> squeue::Entry {
        opcode::Write::new(types::Fd(self.fd), self.buf.as_ptr(), self.buf.len() as u32)
            .offset(self.offset.unwrap_or(CURRENT))
            .build()
    }

    pub(super) fn call(&mut self, readiness: Readiness) -> i32 {
        let offset = self.offset.unwrap_or(CURRENT);
        let write = |most, blocking| match file::write(self.fd, &self.buf, offset, most, blocking) {
            // The ring ignores the offset on what has no position.
            result if result == -libc::ESPIPE => {
                file::write(self.fd, &self.buf, CURRENT, most, blocking)
            }
            result => result,
        };
        match (-write(TRANSFER_BYTES, Blocking::Never), readiness) {
            (libc::EAGAIN | libc::EOPNOTSUPP | libc::ENOSYS, Readiness::Always) => {
                write(TRANSFER_BYTES, Blocking::Allowed)
            }
            (libc::EOPNOTSUPP | libc::ENOSYS, Readiness::Reported) => {
                // A writable pipe that blocks takes this much without waiting.
                let most = if fd::nonblocking(self.fd) {
                    TRANSFER_BYTES
                } else {
                    BLOCKING_PIPE_WRITE
                };
                write(most, Blocking::Allowed)
            }
            (libc::EOPNOTSUPP | libc::ENOSYS, Readiness::Unknown) => -libc::EAGAIN,
            (negated, _) => -negated,
        }
    }

    pub(super) fn need(&self) -> Need {
        Need::Ready {
            fd: self.fd,
            events: libc::POLLOUT as u32,
        }
    }
}
