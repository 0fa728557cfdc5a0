//! The io_uring instance: queues, the one enter call, and reaping.
//!
//! Invariants:
//! 1. An entry that is pushed names memory of an op which the pusher keeps until the
//!    final completion of that entry was reaped. Only `driver::uring` pushes (and the
//!    probe, with entries that name no memory), and its slot table keeps the op.
//! 2. The ring is used by the thread that opened it, and by no child of a fork: the
//!    mapping is shared with the parent, which would run what the child pushed.
//! 3. Deferred work runs only in enter with GETEVENTS, so completions appear only there
//!    (with DEFER_TASKRUN); without it they may appear at any time.

use super::signal::SigSet;
use crate::Nanos;
use io_uring::{EnterFlags, IoUring, cqueue, squeue, types};
use std::marker::PhantomData;

/// Which set-up flags to ask for, from best to plainest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// SINGLE_ISSUER, DEFER_TASKRUN, COOP_TASKRUN, TASKRUN_FLAG (Linux 6.1).
    Deferred,
    /// COOP_TASKRUN, TASKRUN_FLAG (Linux 5.19).
    Cooperative,
    /// Nothing but the completion queue's size (Linux 5.5).
    Plain,
}

/// When to return from enter though nothing completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    /// So many nanoseconds from now.
    For(Nanos),
    /// At this point of the monotonic clock (`IORING_ENTER_ABS_TIMER`, Linux 6.12).
    At(Nanos),
}

/// `struct io_uring_getevents_arg`. The crate's own `SubmitArgs::sigmask` passes the size
/// of libc's set, which the kernel refuses; it wants the size of its own.
#[repr(C)]
#[derive(Default)]
struct GetEventsArg {
    sigmask: u64,
    sigmask_size: u32,
    min_wait_usec: u32,
    timespec: u64,
}

const KERNEL_SIGSET: u32 = 8;

/// An io_uring instance that is closed on drop.
pub struct Ring {
    ring: IoUring,
    setup: Setup,
    // Bound to the thread that opened it (invariant 2).
    _thread: PhantomData<*const ()>,
}

impl Ring {
    /// Opens a ring, or the error number.
    pub fn open(setup: Setup, entries: u32, completions: u32) -> Result<Ring, i32> {
        let mut builder = IoUring::builder();
        builder.setup_cqsize(completions).setup_clamp();
        match setup {
            Setup::Deferred => {
                builder
                    .setup_single_issuer()
                    .setup_defer_taskrun()
                    .setup_coop_taskrun()
                    .setup_taskrun_flag();
            }
            Setup::Cooperative => {
                builder.setup_coop_taskrun().setup_taskrun_flag();
            }
            Setup::Plain => {}
        }
        match builder.build(entries) {
            Ok(ring) => Ok(Ring {
                ring,
                setup,
                _thread: PhantomData,
            }),
            Err(error) => Err(error.raw_os_error().unwrap_or(libc::EIO)),
        }
    }

    /// The flags it was opened with.
    pub fn setup(&self) -> Setup {
        self.setup
    }

    /// Can enter take a time-out and a signal mask together (`IORING_FEAT_EXT_ARG`, 5.11)?
    pub fn ext_arg(&self) -> bool {
        self.ring.params().is_feature_ext_arg()
    }

    /// Does the kernel keep completions that do not fit (`IORING_FEAT_NODROP`, 5.5)?
    pub fn nodrop(&self) -> bool {
        self.ring.params().is_feature_nodrop()
    }

    /// Is `IOSQE_CQE_SKIP_SUCCESS` known (5.17)?
    pub fn skips(&self) -> bool {
        self.ring.params().is_feature_skip_cqe_on_success()
    }

    /// Which op codes the kernel has: `IORING_REGISTER_PROBE` (5.6), or the error number.
    pub fn probe(&self) -> Result<io_uring::Probe, i32> {
        let mut probe = io_uring::Probe::new();
        match self.ring.submitter().register_probe(&mut probe) {
            Ok(()) => Ok(probe),
            Err(error) => Err(error.raw_os_error().unwrap_or(libc::EIO)),
        }
    }

    /// Queues an entry; false when the queue is full. The caller keeps invariant 1.
    #[inline]
    #[must_use]
    pub(crate) fn push(&mut self, entry: &squeue::Entry) -> bool {
        // SAFETY: invariant 1 keeps what the entry names alive until its completion.
        unsafe { self.ring.submission().push(entry).is_ok() }
    }

    /// Entries pushed that the kernel has not taken.
    #[inline]
    pub fn pending(&mut self) -> u32 {
        self.ring.submission().len() as u32
    }

    /// Must enter be called, though nothing is pending, for completions to appear?
    /// (Deferred work, or completions that did not fit.)
    #[inline]
    pub fn flagged(&mut self) -> bool {
        let queue = self.ring.submission();
        queue.taskrun() || queue.cq_overflow()
    }

    /// Are there completions that did not fit the queue?
    #[inline]
    pub fn overflowed(&mut self) -> bool {
        self.ring.submission().cq_overflow()
    }

    /// Submits all that is pending without collecting completions.
    pub fn submit(&mut self) -> Result<u32, i32> {
        let pending = self.pending();
        self.call::<libc::sigset_t>(pending, 0, EnterFlags::empty(), None)
    }

    /// Submits all that is pending, runs deferred work and waits for `want` completions,
    /// the time-out or a signal. `Ok` counts what was submitted, which hides why the wait
    /// ended; `ETIME` and `EINTR` come only when nothing was submitted. A time-out or a mask
    /// needs [`Ring::ext_arg`], without which the probe rejects the ring.
    pub fn enter(
        &mut self,
        want: u32,
        timeout: Option<Timeout>,
        mask: Option<&SigSet>,
    ) -> Result<u32, i32> {
        let pending = self.pending();
        let mut flags = EnterFlags::GETEVENTS;
        let time = timeout.map(|timeout| {
            let time = match timeout {
                Timeout::For(time) => time,
                Timeout::At(time) => {
                    flags |= EnterFlags::ABS_TIMER;
                    time
                }
            };
            types::Timespec::new()
                .sec(time / 1_000_000_000)
                .nsec((time % 1_000_000_000) as u32)
        });
        if time.is_none() && mask.is_none() {
            return self.call::<libc::sigset_t>(pending, want, flags, None);
        }
        let arg = GetEventsArg {
            sigmask: mask.map_or(0, |mask| mask.as_ptr() as u64),
            sigmask_size: if mask.is_some() { KERNEL_SIGSET } else { 0 },
            timespec: time
                .as_ref()
                .map_or(0, |time| std::ptr::from_ref(time) as u64),
            ..GetEventsArg::default()
        };
        self.call(pending, want, flags | EnterFlags::EXT_ARG, Some(&arg))
    }

    fn call<T>(
        &mut self,
        pending: u32,
        want: u32,
        flags: EnterFlags,
        arg: Option<&T>,
    ) -> Result<u32, i32> {
        // SAFETY: the argument is the struct that the flags announce, and what it points
        // to lives in the caller's frame for the call.
        let result = unsafe {
            self.ring
                .submitter()
                .enter(pending, want, flags.bits(), arg)
        };
        match result {
            Ok(count) => Ok(count as u32),
            Err(error) => Err(error.raw_os_error().unwrap_or(libc::EIO)),
        }
    }

    /// Hands each completion in the queue to `take(user_data, result, more)`.
    #[inline]
    pub(crate) fn reap(&mut self, mut take: impl FnMut(u64, i32, bool)) {
        for entry in self.ring.completion() {
            take(
                entry.user_data(),
                entry.result(),
                cqueue::more(entry.flags()),
            );
        }
    }

    /// Is a completion waiting in the queue?
    #[inline]
    pub fn reapable(&mut self) -> bool {
        !self.ring.completion().is_empty()
    }
}
