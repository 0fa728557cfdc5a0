//! Connect: connects a socket to an address.

use super::{Need, Readiness};
use crate::Nanos;
use crate::sys::address::Address;
use crate::sys::{fd, socket};
use io_uring::{opcode, squeue, types};
use std::os::fd::RawFd;

/// How long to wait before asking a Unix listener with a full queue again: nothing
/// becomes readable or writable when there is room, so only asking helps.
const FULL_QUEUE: Nanos = 1_000_000;

/// Result: 0 or `-errno` (`-ECONNREFUSED`, `-ETIMEDOUT`, ...). After a cancelled connect
/// the socket is in no defined state and is closed.
#[derive(Debug)]
pub struct Connect {
    fd: RawFd,
    // The kernel reads these bytes; they stay with the op until its completion.
    address: Address,
    phase: Phase,
}

/// How far the plain call has come. Only `call` moves it.
#[derive(Debug, PartialEq, Eq)]
enum Phase {
    /// connect(2) was not called, or had no effect.
    Fresh,
    /// A Unix listener's queue was full; connect(2) is called again later.
    QueueFull,
    /// The handshake runs; writability tells its end.
    Started,
}

impl Connect {
    /// Connects `fd` to `address`.
    pub fn new(fd: RawFd, address: Address) -> Self {
        Connect {
            fd,
            address,
            phase: Phase::Fresh,
        }
    }

    pub(super) fn entry(&self) -> squeue::Entry {
        opcode::Connect::new(
            types::Fd(self.fd),
            self.address.as_ptr(),
            self.address.len(),
        )
        .build()
    }

    pub(super) fn call(&mut self, _: Readiness) -> i32 {
        if self.phase == Phase::Started {
            // SO_ERROR is 0 during the handshake too, so writability is asked first.
            return match fd::poll_now(self.fd, libc::POLLOUT as u32) {
                0 => -libc::EAGAIN,
                failed if failed < 0 => failed,
                _ => socket::connect_result(self.fd),
            };
        }
        let result = socket::connect(self.fd, &self.address);
        self.phase = match -result {
            libc::EINPROGRESS => Phase::Started,
            libc::EAGAIN => Phase::QueueFull,
            _ => return result,
        };
        -libc::EAGAIN
    }

    pub(super) fn need(&self) -> Need {
        if self.phase == Phase::QueueFull {
            return Need::Later(FULL_QUEUE);
        }
        Need::Ready {
            fd: self.fd,
            events: libc::POLLOUT as u32,
        }
    }
}
