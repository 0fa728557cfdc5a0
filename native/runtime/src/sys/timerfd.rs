//! A clock with a descriptor: sub-millisecond waits where epoll_pwait2 is missing (Linux
//! before 5.11).

use super::fd::Fd;
use crate::Nanos;
use std::os::fd::RawFd;

/// A monotonic timer that becomes readable at a point in time.
#[derive(Debug)]
pub struct TimerFd(Fd);

impl TimerFd {
    /// Opens one; the error number otherwise.
    pub fn new() -> Result<Self, i32> {
        let flags = libc::TFD_CLOEXEC | libc::TFD_NONBLOCK;
        // SAFETY: the call takes plain numbers.
        let fd = unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, flags) };
        Fd::from_result(super::result_of(fd)).map(TimerFd)
    }

    /// Fires once at `deadline` (absolute). Setting it again takes back what fired.
    pub fn set(&self, deadline: Nanos) {
        let spec = libc::itimerspec {
            it_interval: super::clock::timespec(0),
            // A zero time would disarm it; the clock never shows 0 again.
            it_value: super::clock::timespec(deadline.max(1)),
        };
        let absolute = libc::TFD_TIMER_ABSTIME;
        // SAFETY: `spec` is ours; a null pointer says that the old value is not wanted.
        unsafe { libc::timerfd_settime(self.0.raw(), absolute, &spec, std::ptr::null_mut()) };
    }

    /// The descriptor to poll for reading.
    pub fn fd(&self) -> RawFd {
        self.0.raw()
    }
}
