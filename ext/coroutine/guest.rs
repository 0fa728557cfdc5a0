//! Waits of guests: Fibers that a foreign event loop started (ext/zend/guest/ has their states).
//!
//! A guest has a task but no stack of its own to be switched to: it runs inside the loop. When it
//! waits, control goes back to the loop as by `Fiber::suspend()`. When the scheduler's choice
//! falls on it, it becomes *due*, and the wait that the loop itself is in ends, so that the loop
//! can resume it. Where it may not leave, it waits transparently: its task is lent the worker on
//! whose stack it stands.

use tusk_runtime::scheduler::Next;

use super::{next, suspend_for, wait};
use crate::core;
use crate::zend::worker::Worker;

/// The running guest, in a wait or back in the queue, lets its loop go on.
#[cold]
pub(super) fn suspend(me: Worker) {
    if me.leave_to_loop() {
        return;
    }
    let (task, carrier) = (me.task(), me.carrier());
    core::with(|core| core.reactor.scheduler.set_host(task, carrier.to_host()));
    suspend_for(carrier, next());
    core::with(|core| core.reactor.scheduler.set_host(task, me.to_host()));
}

/// The scheduler's choice, when it may be a guest: that one is due, and the next is asked for.
#[inline(always)]
pub(super) fn pass_over(choice: Next) -> Next {
    match choice {
        Next::Resume(host) if Worker::is_guest_host(host) => due(host),
        other => other,
    }
}

#[cold]
fn due(host: usize) -> Next {
    Worker::from_host(host).set_due();
    wake_loop();
    next()
}

/// Ends the wait of a foreign loop, if it is in one: as if its time had come.
pub(super) fn wake_loop() {
    core::with(|core| {
        let waits = core.loop_waits;
        if core.reactor.scheduler.can_break(waits) {
            core.reactor.scheduler.wake_now(waits);
        }
    });
}

/// Lets everybody run who is ready, before a loop looks which of its guests are due.
pub fn look() {
    wait::breathe();
}
