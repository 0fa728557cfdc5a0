//! What coroutines do to each other: join, cancel, park and resume, run, shield, timeout.

use tusk_runtime::sys::clock;
use tusk_runtime::task::{Ends, GroupId, TaskId};

use super::give_up::{self, Others};
use super::suspend_for;
use super::wait::{Ended, check_may_wait, current_task, deadline_in, wait};
use crate::core;
use crate::exception::{self, Thrown};
use crate::zend::call::Callable;
use crate::zend::engine;
use crate::zend::value::Value;
use crate::zend::worker::{CoroutineRef, Held, Worker};

/// Waits until the coroutine has ended: its result, or its exception thrown.
pub fn join(target: CoroutineRef, timeout: Option<f64>) -> Result<Value, Thrown> {
    join_for(target, timeout, || {
        format!("join() of coroutine #{}", target.id())
    })
}

/// The same, for a call that `what` names.
pub(super) fn join_for(
    target: CoroutineRef,
    timeout: Option<f64>,
    what: impl FnOnce() -> String,
) -> Result<Value, Thrown> {
    if !target.is_done() {
        if target.task() == Worker::current().task() {
            return Err(exception::misuse(
                "a coroutine cannot join itself: it would wait for its own end for ever",
            ));
        }
        if target.is_main() {
            return Err(exception::misuse(
                "coroutine 0, the main script, cannot be joined: it ends after all others",
            ));
        }
        check_may_wait("join()")?;
        let held = target.hold();
        let ended = wait(Ends::OnCancel, deadline_in(timeout), |core, waiter| {
            core.reactor.scheduler.join(target.task(), waiter)
        });
        if let Err(ended) = ended {
            if !(target.is_done() && ended == Ended::Deadline) {
                let thrown = ended.throw(&what());
                held.release();
                return Err(thrown);
            }
        }
        let result = target.result();
        held.release();
        return result;
    }
    target.result()
}

/// `Coroutine::start()` and `resumeNow()`: the coroutine that just became ready runs at once,
/// until it waits or ends; without a target, whichever became ready last. Where nobody may
/// switch, and in a guest, its turn comes as that of others.
#[inline]
pub fn run_now(target: Option<CoroutineRef>) -> Result<(), Thrown> {
    let me = Worker::current();
    if me.is_guest() || !engine::may_switch() {
        return Ok(());
    }
    let Some(running) = current_task(me) else {
        return Err(Thrown);
    };
    let errno = engine::errno();
    let next = core::with(|core| match target {
        Some(target) => core.reactor.scheduler.run_now(target.task(), running),
        None => core.reactor.scheduler.run_last(running),
    });
    if let Some(next) = next {
        suspend_for(me, next);
        engine::set_errno(errno);
        if me.must_end() {
            return Err(me.raise());
        }
    }
    Ok(())
}

/// Asks a coroutine to stop.
pub fn cancel(target: CoroutineRef) {
    if !target.is_done() {
        let task = target.task();
        core::with(|core| core.reactor.scheduler.cancel(task, clock::now()));
    }
}

/// `Coroutine::suspend()`: waits until somebody calls `resume()`.
pub fn park() -> Result<Value, Thrown> {
    check_may_wait("Coroutine::suspend()")?;
    let me = Worker::current();
    let Some(own) = me.coroutine() else {
        return Err(Thrown);
    };
    own.set_parked(true);
    let ended = wait(Ends::OnCancel, None, |_, _| true);
    own.set_parked(false);
    match ended {
        Ok(()) => Ok(own.taken()),
        Err(ended) => Err(ended.throw("Coroutine::suspend()")),
    }
}

/// `resume()`: a parked coroutine goes on.
pub fn resume(target: CoroutineRef, value: Value) -> Result<(), Thrown> {
    if target.is_done() {
        return Err(exception::misuse(&format!(
            "coroutine #{} has ended; it cannot be resumed",
            target.id()
        )));
    }
    if !target.is_parked() {
        return Err(exception::misuse(&format!(
            "coroutine #{} is not in Coroutine::suspend(): it was resumed already, runs, or waits for \
             something else; resume() answers exactly one suspend()",
            target.id()
        )));
    }
    target.set_parked(false);
    target.give(value);
    core::with(|core| core.reactor.scheduler.wake_now(target.task()));
    Ok(())
}

/// `Tusk\run()`: waits for the coroutine and for everything it spawned. When that is given
/// up, all of them are cancelled, and end before it returns.
pub fn run_group(spawn: impl FnOnce(GroupId) -> Option<Held>) -> Result<Value, Thrown> {
    check_may_wait("Tusk\\run()")?;
    let group = core::with(|core| {
        let scheduler = &mut core.reactor.scheduler;
        let outer = scheduler.group_of(Worker::current().task());
        scheduler.open_group(outer)
    });
    let Some(held) = spawn(group) else {
        core::with(|core| core.reactor.scheduler.close_group(group));
        return Err(Thrown);
    };
    let first = held.get();
    let others = Others::Group(group);
    let ended = others.wait(Ends::OnCancel, None);
    if ended.is_err() {
        others.end();
    }
    core::with(|core| core.reactor.scheduler.close_group(group));
    let result = match ended {
        Ok(()) => first.result(),
        Err(ended) => Err(give_up::exception(first, ended, "Tusk\\run()")),
    };
    held.release();
    result
}

/// `Coroutine::shield()`: cancels wait until the callable has returned, at most `grace`.
pub fn shield(callable: &mut Callable, grace: f64) -> Result<Value, Thrown> {
    let me = Worker::current();
    let Some(task) = current_task(me) else {
        return Err(Thrown);
    };
    let until = deadline_in(Some(grace)).unwrap_or(u64::MAX);
    let outer = core::with(|core| core.reactor.scheduler.shield(task, until));
    let result = callable.call();
    core::with(|core| core.reactor.scheduler.unshield(task, outer));
    result
}

/// `Tusk\timeout()`: the callee runs in a coroutine of its own; at the deadline it is
/// cancelled, its `finally` blocks run, and then the TimeoutException is thrown.
pub fn timeout(seconds: f64, spawn: impl FnOnce(GroupId) -> Option<Held>) -> Result<Value, Thrown> {
    check_may_wait("Tusk\\timeout()")?;
    let task: TaskId = match current_task(Worker::current()) {
        Some(task) => task,
        None => return Err(Thrown),
    };
    let group = core::with(|core| core.reactor.scheduler.group_of(task));
    let Some(held) = spawn(group) else {
        return Err(Thrown);
    };
    let child = held.get();
    let others = Others::One(child);
    let ended = others.wait(Ends::OnCancel, deadline_in(Some(seconds)));
    let outcome = match ended {
        _ if child.is_done() => child.result(),
        Ok(()) => child.result(),
        Err(ended) => {
            others.end();
            Err(give_up::exception(
                child,
                ended,
                &format!("Tusk\\timeout() of {seconds} seconds"),
            ))
        }
    };
    held.release();
    outcome
}
