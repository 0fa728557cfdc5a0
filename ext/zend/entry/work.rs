//! Calls of C that block, made on a thread while the coroutine waits; and reads and writes
//! of files and pipes. libc/libc.h says what C promises.
//!
//! States of a work, and who moves it: RUNNING to DONE by the thread; RUNNING to ABANDONED by
//! the coroutine that is cancelled. Whoever comes second drops the job, so it is dropped
//! once, and never while the other still uses it.

use std::ffi::{c_int, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tusk_runtime::buf::{Buf, BufRef, RawBuf, RawBufRef};
use tusk_runtime::error::Kind;
use tusk_runtime::op::{Op, Read, Write};
use tusk_runtime::pool::Pool;
use tusk_runtime::reactor::{Letter, OpId, Reactor};
use tusk_runtime::sys::clock;
use tusk_runtime::task::{Ends, Waiter};
use tusk_runtime::timer::due_after;

use super::wait::{code, deadline};
use super::{guarded, waiting};
use crate::core;
use crate::coroutine::{self, Ended};
use crate::zend::engine;

/// How long a call waits before it asks again for a place in a full pool. A PHP function
/// waits where Tusk has a bound: plain PHP would have waited too.
const FULL_POOL_NS: u64 = 1_000_000;

const RUNNING: u8 = 0;
const DONE: u8 = 1;
const ABANDONED: u8 = 2;

type Run = extern "C" fn(*mut c_void);

/// See the module's description.
struct Work {
    run: Run,
    /// Frees the job; none when the job lies in the waiting frame, which then waits in any case.
    drop: Option<Run>,
    job: *mut c_void,
    state: AtomicU8,
}

// SAFETY: C promises that the job may be used in any thread, by one at a time. The states
// see to the latter: the thread uses it until DONE, the coroutine after that.
unsafe impl Send for Work {}
// SAFETY: as above; the only shared part is atomic.
unsafe impl Sync for Work {}

impl Work {
    fn end(&self, as_state: u8) {
        if self.state.swap(as_state, Ordering::AcqRel) != RUNNING {
            if let Some(drop) = self.drop {
                drop(self.job);
            }
        }
    }
}

/// The thread's share: a work whose pool is closed before it ran is done too.
struct InThread(Arc<Work>);

impl Drop for InThread {
    fn drop(&mut self) {
        self.0.end(DONE);
    }
}

/// The pools, in the order of libc/libc.h.
fn pool(reactor: &Reactor, which: u32) -> &Pool {
    match which {
        0 => reactor.file_pool(),
        2 => reactor.long_pool(),
        _ => reactor.pool(),
    }
}

enum Began {
    /// The coroutine is being cancelled: the wait did not even begin.
    Unasked,
    No,
    /// The pool is full.
    Full,
    Yes,
}

fn begin(
    reactor: &mut Reactor,
    waiter: Waiter,
    which: u32,
    work: &Arc<Work>,
    began: &mut Began,
) -> Option<OpId> {
    *began = Began::No;
    let op = reactor.open_letter(Some(waiter));
    let sender = reactor.sender();
    let share = InThread(Arc::clone(work));
    let job = Box::new(move || {
        if share.0.state.load(Ordering::Acquire) == RUNNING {
            (share.0.run)(share.0.job);
        }
        drop(share);
        // Without a receiver the script has ended, and nobody waits.
        sender.send_owed(Letter { op, result: 0 });
    });
    match pool(reactor, which).try_run(job) {
        Ok(()) => {
            *began = Began::Yes;
            Some(op)
        }
        Err(error) => {
            reactor.withdraw_letter(op);
            if error.kind() == Kind::Overloaded && error.errno().is_none() {
                *began = Began::Full;
            }
            None
        }
    }
}

/// The job was not begun, and will not be.
fn given_up(drop: Option<Run>, job: *mut c_void, ended: Ended) -> c_int {
    if let Some(drop) = drop {
        drop(job);
    }
    code(ended)
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_wait_work(
    which: u32,
    run: Run,
    drop: Option<Run>,
    job: *mut c_void,
) -> c_int {
    waiting(-libc::EAGAIN, || {
        if drop.is_none() && engine::has_exception() {
            // A job on the caller's frame would be waited for, and nothing may wait here.
            return -libc::EAGAIN;
        }
        loop {
            // One for each attempt: a job that the pool refused counts as done.
            let work = Arc::new(Work {
                run,
                drop,
                job,
                state: AtomicU8::new(RUNNING),
            });
            let mut began = Began::Unasked;
            let ends = if drop.is_some() {
                Ends::OnCancel
            } else {
                Ends::Never
            };
            let start =
                |reactor: &mut Reactor, waiter| begin(reactor, waiter, which, &work, &mut began);
            let end = if drop.is_some() {
                coroutine::read_letter(ends, None, start)
            } else {
                coroutine::await_letter(start).map(Ok)
            };
            match (end, began) {
                (Some(Ok(_)), _) => return 0,
                (Some(Err(ended)), Began::Unasked) => return given_up(drop, job, ended),
                (Some(Err(ended)), _) => {
                    work.end(ABANDONED);
                    return code(ended);
                }
                (None, Began::Full) => {
                    let until = due_after(clock::now(), FULL_POOL_NS);
                    if let Err(ended) = coroutine::sleep(until, ends) {
                        return given_up(drop, job, ended);
                    }
                }
                (None, _) => return -libc::EAGAIN,
            }
        }
    })
}

/// A job that nobody waits for.
struct Left(Run, *mut c_void);

// SAFETY: C promises that the job may be used in any thread, and lets go of it.
unsafe impl Send for Left {}

impl Left {
    fn run(self) {
        (self.0)(self.1);
    }
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_leave_work(which: u32, run: Run, job: *mut c_void) -> bool {
    guarded(false, || {
        let left = Left(run, job);
        core::with(|core| {
            pool(&core.reactor, which)
                .try_run(Box::new(move || left.run()))
                .is_ok()
        })
    })
}

/// Can files be read in the ring? Else they are read on a thread.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_files_in_ring() -> bool {
    guarded(false, || {
        core::with(|core| core.reactor.files_are_asynchronous())
    })
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_wait_read(fd: c_int, buf: *mut c_void, len: usize) -> isize {
    waiting(-(libc::ECANCELED as isize), || {
        let end = coroutine::wait_op(Ends::OnCancel, None, |reactor, waiter| {
            // SAFETY: C keeps the buffer until this returns, and wait_op returns only after
            // the op's final completion.
            let buf = Buf::Raw(unsafe { RawBuf::new(buf.cast(), len) });
            let offset = None;
            reactor.submit(Op::Read(Read { fd, buf, offset }), Some(waiter))
        });
        end.unwrap_or_else(code) as isize
    })
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_wait_write(
    fd: c_int,
    buf: *const c_void,
    len: usize,
    timeout_ns: i64,
) -> isize {
    waiting(-(libc::ECANCELED as isize), || {
        let end = coroutine::wait_op(Ends::OnCancel, deadline(timeout_ns), |reactor, waiter| {
            // SAFETY: as for the read; the kernel only reads it.
            let buf = BufRef::Raw(unsafe { RawBufRef::new(buf.cast(), len) });
            let offset = None;
            reactor.submit(Op::Write(Write { fd, buf, offset }), Some(waiter))
        });
        end.unwrap_or_else(code) as isize
    })
}

/// Lets others run, timers and the kernel's news included. Never fails.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_breathe() {
    guarded((), coroutine::breathe);
}
