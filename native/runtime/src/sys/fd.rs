//! Descriptors that the runtime itself opened, and small calls on any descriptor.

use super::clock;
use super::signal::SigSet;
use crate::Nanos;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// A descriptor of ours, closed on drop.
#[derive(Debug)]
pub struct Fd(OwnedFd);

impl Fd {
    /// Takes over what a system call returned; a negative result is its error.
    pub(crate) fn from_result(result: i32) -> Result<Fd, i32> {
        let raw = super::check(result)?;
        // SAFETY: the number came from a call that opened it for us alone, and callers
        // of this crate-private function use it once.
        Ok(Fd(unsafe { OwnedFd::from_raw_fd(raw) }))
    }

    /// The number.
    pub fn raw(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// Another descriptor of the same file, of ours, not inherited over exec.
pub fn duplicate(fd: RawFd) -> Result<Fd, i32> {
    // SAFETY: the call takes plain numbers.
    let copy = unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) };
    Fd::from_result(super::result_of(copy))
}

/// Closes a descriptor: 0 or `-errno`. After any result the number is free, so a failed
/// close is never repeated.
pub fn close(fd: RawFd) -> i32 {
    // SAFETY: the call takes a plain number and touches no memory of ours.
    super::result_of(unsafe { libc::close(fd) })
}

/// What is ready on `fd` now, without waiting: a mask of `POLL*` bits, 0 for nothing.
pub fn poll_now(fd: RawFd, events: u32) -> i32 {
    let mut one = libc::pollfd {
        fd,
        events: events as libc::c_short,
        revents: 0,
    };
    // SAFETY: one pollfd of ours is passed with the count 1.
    let result = super::result_of(unsafe { libc::poll(&mut one, 1, 0) });
    if result < 0 {
        return result;
    }
    i32::from(one.revents as u16)
}

/// Waits until one of `fds` is ready, a signal comes, which `mask` lets in, or the time is over;
/// without one, for as long as it takes.
pub fn poll_many(fds: &mut [libc::pollfd], time: Option<Nanos>, mask: Option<&SigSet>) -> i32 {
    let mask = mask.map_or(std::ptr::null(), SigSet::as_ptr);
    let time = time.map(clock::timespec);
    let time = time.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let count = fds.len() as libc::nfds_t;
    // SAFETY: pointer and length are those of one slice; a null time means no end, and the
    // time and the mask are null or live for the call.
    super::result_of(unsafe { libc::ppoll(fds.as_mut_ptr(), count, time, mask) })
}

/// Does the open file have `O_NONBLOCK`?
pub fn nonblocking(fd: RawFd) -> bool {
    // SAFETY: F_GETFL takes no argument and touches no memory of ours.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    flags >= 0 && flags & libc::O_NONBLOCK != 0
}

/// Can readiness of `fd` change? Regular files, directories and block devices are always
/// ready, and epoll refuses them.
pub fn pollable(fd: RawFd) -> bool {
    let mut stat = std::mem::MaybeUninit::<libc::stat>::uninit();
    // SAFETY: fstat fills the whole struct when it returns 0, and only then it is read.
    let mode = unsafe {
        if libc::fstat(fd, stat.as_mut_ptr()) != 0 {
            return true;
        }
        stat.assume_init().st_mode
    };
    !matches!(
        mode & libc::S_IFMT,
        libc::S_IFREG | libc::S_IFDIR | libc::S_IFBLK
    )
}
