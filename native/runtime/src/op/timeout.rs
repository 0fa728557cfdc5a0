//! Timeout: waits for a point in time.

use super::{Need, Readiness};
use crate::Nanos;
use crate::sys::clock;
use io_uring::{opcode, squeue, types};

/// Result: `-ETIME` when the deadline was reached, never earlier. The scheduler's own
/// timers live in [`crate::timer::Wheel`]; this is for callers without one.
#[derive(Debug)]
pub struct Timeout {
    deadline: Nanos,
    // On the heap: the kernel reads it when the entry is submitted, by which time
    // the op has been moved into the driver's table.
    spec: Box<types::Timespec>,
}

impl Timeout {
    /// Completes at `deadline` on the monotonic clock.
    pub fn at(deadline: Nanos) -> Self {
        let time = clock::timespec(deadline);
        let spec = types::Timespec::new()
            .sec(time.tv_sec as u64)
            .nsec(time.tv_nsec as u32);
        Timeout {
            deadline,
            spec: Box::new(spec),
        }
    }

    /// The point in time.
    pub fn deadline(&self) -> Nanos {
        self.deadline
    }

    pub(super) fn entry(&self) -> squeue::Entry {
        opcode::Timeout::new(&*self.spec)
            .flags(types::TimeoutFlags::ABS)
            .build()
    }

    pub(super) fn call(&mut self, _: Readiness) -> i32 {
        if clock::now() < self.deadline {
            return -libc::EAGAIN;
        }
        -libc::ETIME
    }

    pub(super) fn need(&self) -> Need {
        Need::Later(self.deadline.saturating_sub(clock::now()))
    }
}
