//! epoll: registrations and waits, without policy.

use super::fd::Fd;
use super::signal::SigSet;
use super::{clock, result_of};
use crate::Nanos;
use std::os::fd::RawFd;

/// One ready registration as the kernel writes it.
pub type Event = libc::epoll_event;

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Not at all.
    None,
    /// At most so many nanoseconds.
    For(Nanos),
    /// Without end.
    Endless,
}

/// Size of the kernel's `sigset_t` in bytes, which is not libc's.
const KERNEL_SIGSET: usize = 8;

/// An epoll instance.
#[derive(Debug)]
pub struct Epoll(Fd);

impl Epoll {
    /// Opens one; the error number otherwise.
    pub fn new() -> Result<Self, i32> {
        // SAFETY: the call takes a plain number.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        Fd::from_result(result_of(fd)).map(Epoll)
    }

    /// Registers `fd`: 0, or `-EPERM` for files that are always ready.
    pub fn add(&self, fd: RawFd, events: u32, data: u64) -> i32 {
        self.control(libc::EPOLL_CTL_ADD, fd, events, data)
    }

    /// Changes a registration and looks at readiness anew; `-ENOENT` if there is none.
    pub fn modify(&self, fd: RawFd, events: u32, data: u64) -> i32 {
        self.control(libc::EPOLL_CTL_MOD, fd, events, data)
    }

    /// Ends a registration.
    pub fn remove(&self, fd: RawFd) -> i32 {
        self.control(libc::EPOLL_CTL_DEL, fd, 0, 0)
    }

    fn control(&self, verb: i32, fd: RawFd, events: u32, data: u64) -> i32 {
        let mut event = Event { events, u64: data };
        // SAFETY: `event` is ours and only read.
        result_of(unsafe { libc::epoll_ctl(self.0.raw(), verb, fd, &mut event) })
    }

    /// Waits with nanosecond precision (epoll_pwait2, Linux 5.11): the number of events,
    /// or `-errno`; `-ENOSYS` where the call does not exist.
    pub fn wait_precise(
        &self,
        events: &mut [Event],
        patience: Patience,
        mask: Option<&SigSet>,
    ) -> i32 {
        let time = match patience {
            Patience::None => Some(clock::timespec(0)),
            Patience::For(time) => Some(clock::timespec(time)),
            Patience::Endless => None,
        };
        let time = time
            .as_ref()
            .map_or(std::ptr::null(), std::ptr::from_ref::<libc::timespec>);
        // SAFETY: pointer and length are those of one slice; time and mask are null or
        // live for the call, and the kernel reads KERNEL_SIGSET bytes of the mask.
        let result = unsafe {
            libc::syscall(
                libc::SYS_epoll_pwait2,
                self.0.raw(),
                events.as_mut_ptr(),
                events.len() as libc::c_int,
                time,
                mask.map_or(std::ptr::null(), SigSet::as_ptr),
                KERNEL_SIGSET,
            )
        };
        result_of(result as libc::c_int)
    }

    /// Waits in whole milliseconds (epoll_pwait): -1 for ever.
    pub fn wait_coarse(&self, events: &mut [Event], ms: i32, mask: Option<&SigSet>) -> i32 {
        // SAFETY: pointer and length are those of one slice; the mask is null or lives.
        result_of(unsafe {
            libc::epoll_pwait(
                self.0.raw(),
                events.as_mut_ptr(),
                events.len() as libc::c_int,
                ms,
                mask.map_or(std::ptr::null(), SigSet::as_ptr),
            )
        })
    }

    /// The descriptor itself.
    pub fn fd(&self) -> RawFd {
        self.0.raw()
    }
}

/// Has this kernel epoll_pwait2, and does no filter forbid it? 0 or the error number.
pub fn precise_errno() -> i32 {
    match Epoll::new() {
        Ok(epoll) => {
            let mut events = [Event { events: 0, u64: 0 }];
            -epoll.wait_precise(&mut events, Patience::None, None).min(0)
        }
        Err(errno) => errno,
    }
}
