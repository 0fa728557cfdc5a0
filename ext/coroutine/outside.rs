//! Coroutines in `Fiber::suspend()`: outside, as the scheduler calls it
//! (`native/runtime/src/scheduler/outside.rs` has the states).
//!
//! To be cancelled there means that `Fiber::suspend()` throws, as a wait of Tusk's does. Who
//! cancels goes on at once; the coroutine is resumed by a job of its own, so that its `finally`
//! blocks hold up nobody but itself.

use tusk_runtime::sys::clock;
use tusk_runtime::task::TaskId;

use super::wait::yield_now;
use crate::core;
use crate::zend::engine;
use crate::zend::worker::Worker;

/// The running coroutine calls `Fiber::suspend()`. False: its cancel was thrown instead.
pub fn step_out(task: TaskId) -> bool {
    if !core::is_up()
        || core::with(|core| core.reactor.scheduler.step_out(task, clock::now))
        // `Fiber::suspend()` says by itself that it may not.
        || !engine::may_switch()
    {
        return true;
    }
    match yield_now() {
        Ok(()) => true,
        Err(ended) => {
            ended.throw("Fiber::suspend()");
            false
        }
    }
}

/// `Fiber::suspend()` returns.
pub fn step_in(task: TaskId) {
    if core::is_up() {
        core::with(|core| core.reactor.scheduler.step_in(task));
    }
}

/// A job: throws its cancel into a coroutine that was called in.
pub fn call_in() {
    let worker = core::with(|core| {
        let scheduler = &mut core.reactor.scheduler;
        let task = scheduler.take_called_in(clock::now)?;
        scheduler.host(task)
    });
    if let Some(host) = worker {
        Worker::from_host(host).throw_cancel();
    }
}

/// A job: nothing can ever happen, and nobody resumes this one. It is unwound; a cancel could be
/// caught, and it would suspend itself again.
pub fn unwind() {
    let worker = core::with(|core| {
        let scheduler = &mut core.reactor.scheduler;
        let task = scheduler.any_outside()?;
        // Whatever becomes of it, it is not looked at again.
        scheduler.step_in(task);
        scheduler.host(task)
    });
    if let Some(host) = worker {
        Worker::from_host(host).unwind();
    }
}
