//! The monotonic clock: never goes back, is the same in every process of the machine, and
//! is the clock that the ring, epoll and timerfd wait on.

use crate::Nanos;

const PER_SECOND: Nanos = 1_000_000_000;

/// Nanoseconds since some fixed point in the past, never 0.
pub fn now() -> Nanos {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a timespec of ours. CLOCK_MONOTONIC exists on every Linux, so the
    // call cannot fail.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as Nanos * PER_SECOND + time.tv_nsec as Nanos
}

/// A length or point of time as the kernel takes it.
pub(crate) fn timespec(time: Nanos) -> libc::timespec {
    libc::timespec {
        tv_sec: (time / PER_SECOND) as _,
        tv_nsec: (time % PER_SECOND) as _,
    }
}
