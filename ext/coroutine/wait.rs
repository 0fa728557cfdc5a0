//! One wait of the running coroutine.

use tusk_runtime::sys::clock;
use tusk_runtime::task::{Ends, TaskId, Waiter, Wake};
use tusk_runtime::timer::{LONGEST, due_after, of_seconds};

use super::{suspend, suspend_for};
use crate::core::{self, Core};
use crate::exception::{self, Class, Thrown};
use crate::zend::callback;
use crate::zend::engine;
use crate::zend::worker::Worker;

/// Why a wait ended before its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Its deadline.
    Deadline,
    /// A cancel, exit(), or the end of the script: [`Ended::throw`] raises it.
    Cancelled,
    /// A signal (coroutine 0 only).
    Interrupted,
    /// Nothing could ever have ended it.
    Deadlock,
    /// It could not begin, and the exception that says why is set.
    Refused,
}

impl Ended {
    /// The exception for PHP; `what` timed out.
    #[cold]
    pub fn throw(self, what: &str) -> Thrown {
        match self {
            Ended::Deadline => exception::throw(Class::Timeout, &format!("{what} timed out")),
            Ended::Cancelled => raise_cancel(),
            Ended::Refused => Thrown,
            Ended::Interrupted => {
                exception::throw(Class::Cancelled, &format!("{what} was ended by a signal"))
            }
            Ended::Deadlock => deadlocked(what),
        }
    }
}

/// Nothing can end the wait: because nobody will, or because there is no driver to wait with.
#[cold]
fn deadlocked(what: &str) -> Thrown {
    if let Some(error) = core::with(|core| core.reactor.take_no_driver()) {
        return exception::native(&error);
    }
    let report = core::with(|core| std::mem::take(&mut core.deadlock));
    exception::misuse(&format!(
        "deadlock: {what} can never end, because every coroutine waits for another and no timer or \
         I/O is under way; look for a channel nobody sends to, or a coroutine nobody resumes. \
         Who waits for what:{report}"
    ))
}

/// Throws what ends the running coroutine: exit() on its way, or its cancel.
#[cold]
pub fn raise_cancel() -> Thrown {
    let me = Worker::current();
    if me.must_end() {
        return me.raise();
    }
    exception::throw(Class::Cancelled, "the coroutine was cancelled")
}

/// The running task; a callback gets one now.
#[inline]
pub fn current_task(me: Worker) -> Option<TaskId> {
    let task = me.task();
    callback::forget_shared();
    if !task.is_none() {
        return Some(task);
    }
    Some(me.adopt()).filter(|task| !task.is_none())
}

/// May the running code wait? Throws a `MisuseError` that says why not.
pub fn check_may_wait(what: &str) -> Result<(), Thrown> {
    if engine::may_switch() {
        return Ok(());
    }
    Err(exception::misuse(&format!(
        "{what} cannot wait here: inside a destructor or the garbage collector (PHP 8.2 and 8.3 \
         forbid switching there), the compiler or an output handler; do it before, or in Tusk\\go()"
    )))
}

/// Waits. `register` tells whoever will wake the waiter; it returns false when there is
/// nothing to wait for after all.
#[inline]
pub fn wait(
    ends: Ends,
    deadline: Option<u64>,
    register: impl FnOnce(&mut Core, Waiter) -> bool,
) -> Result<(), Ended> {
    engine::settle_fork();
    let me = Worker::current();
    let Some(task) = current_task(me) else {
        return Err(Ended::Refused);
    };
    if ends != Ends::Never && me.must_end() {
        return Err(Ended::Cancelled);
    }
    // Submitting and waiting in the kernel on this very stack set errno too, not only a switch.
    let errno = engine::errno();
    let waits = core::with(|core| {
        let waiter = core
            .reactor
            .scheduler
            .begin_wait(task, ends, deadline, clock::now)?;
        if register(core, waiter) {
            Some(true)
        } else {
            core.reactor.scheduler.abort_wait(waiter);
            Some(false)
        }
    });
    match waits {
        None => return Err(refused(me, task)),
        Some(false) => return Ok(()),
        Some(true) => {}
    }
    suspend(me);
    engine::set_errno(errno);
    after(me, task, ends)
}

/// Lets everybody who is ready run first.
#[inline(always)]
pub fn yield_now() -> Result<(), Ended> {
    let me = Worker::current();
    let Some(task) = current_task(me) else {
        return Err(Ended::Refused);
    };
    if me.must_end() {
        return Err(Ended::Cancelled);
    }
    if me.is_guest() {
        return yield_to_loop(me, task);
    }
    let next = core::with(|core| {
        core.reactor
            .scheduler
            .yield_now(task, clock::now)
            .then(|| core.pick())
    });
    let Some(next) = next else {
        return Err(refused(me, task));
    };
    suspend_for(me, next);
    after(me, task, Ends::OnCancel)
}

/// The same for a guest, which has no stack to be left for another's.
#[cold]
fn yield_to_loop(me: Worker, task: TaskId) -> Result<(), Ended> {
    if !core::with(|core| core.reactor.scheduler.yield_now(task, clock::now)) {
        return Err(refused(me, task));
    }
    suspend(me);
    after(me, task, Ends::OnCancel)
}

/// Lets everybody run who is ready, those included for whom the kernel or a timer has news.
/// It never fails: for calls that cannot end here, whatever their coroutine was asked.
pub fn breathe() {
    engine::settle_fork();
    if engine::has_exception() {
        return;
    }
    let me = Worker::current();
    let Some(task) = current_task(me) else {
        return;
    };
    let errno = engine::errno();
    // A look, not a wait with a deadline that has come: that would enter the kernel and set a
    // timer there, for 14 µs.
    let queued = core::with(|core| {
        core.reactor.look();
        core.reactor.scheduler.requeue(task)
    });
    if queued {
        suspend(me);
    }
    engine::set_errno(errno);
}

/// A cancel that was thrown before is thrown again. Others run first, or code that catches
/// it in a loop would never let go of the process, not even for the end of the script.
///
/// Where the exception is set already, PHP's C code goes on below a function that was cancelled:
/// nobody may run before it has returned.
#[cold]
fn refused(me: Worker, task: TaskId) -> Ended {
    if !engine::has_exception() && core::with(|core| core.reactor.scheduler.requeue(task)) {
        suspend(me);
    }
    Ended::Cancelled
}

/// Is every wait of the running coroutine refused: was it cancelled, or does the script end?
pub fn gives_up() -> bool {
    let me = Worker::current();
    me.must_end()
        || core::with(|core| {
            let scheduler = &core.reactor.scheduler;
            scheduler.cancel_due(me.task(), clock::now)
        })
}

#[inline(always)]
fn after(me: Worker, task: TaskId, ends: Ends) -> Result<(), Ended> {
    if ends == Ends::Never {
        return Ok(());
    }
    if me.must_end() {
        return Err(Ended::Cancelled);
    }
    let (woken, cancelled) = core::with(|core| core.reactor.scheduler.outcome(task, clock::now));
    match woken {
        _ if cancelled => Err(Ended::Cancelled),
        Wake::Done => Ok(()),
        Wake::Cancelled if was_deadlocked(task) => Err(Ended::Deadlock),
        Wake::Deadline => Err(Ended::Deadline),
        Wake::Cancelled => Err(Ended::Cancelled),
        Wake::Interrupted => Err(Ended::Interrupted),
    }
}

/// Was the wait broken because nothing could end it? Asked once.
#[cold]
fn was_deadlocked(task: TaskId) -> bool {
    core::with(|core| {
        let broken = core.deadlocked == task;
        if broken {
            core.deadlocked = TaskId::NONE;
        }
        broken
    })
}

/// Was the running coroutine's last wait ended by its event, whatever it returned?
pub fn was_woken() -> bool {
    let task = Worker::current().task();
    core::with(|core| core.reactor.scheduler.woken_by(task) == Wake::Done)
}

/// Sleeps until `deadline`.
pub fn sleep(deadline: u64, ends: Ends) -> Result<(), Ended> {
    match wait(ends, Some(deadline), |_, _| true) {
        Err(Ended::Deadline) => Ok(()),
        other => other,
    }
}

/// A deadline `seconds` from now; a huge number means never.
pub fn deadline_in(seconds: Option<f64>) -> Option<u64> {
    let nanos = of_seconds(seconds?);
    (nanos < LONGEST).then(|| due_after(clock::now(), nanos))
}
