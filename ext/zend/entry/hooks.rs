//! What closing a PHP stream needs of the scheduler (stream/flight.c): to end the wait of
//! another coroutine that stands in it, and to wait for that without being cancelled.

use tusk_runtime::task::{Ends, TaskId};

use super::guarded;
use crate::zend::engine;
use crate::{core, coroutine};

/// Ends the wait the task is in: its op is cancelled and reaped, and C gets -ECANCELED
/// (0 for a turn and for several descriptors), with no exception. A wait that must not
/// end early stays.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_end_wait(task: TaskId) {
    guarded((), || {
        core::with(|core| {
            if core.reactor.scheduler.can_break(task) {
                core.reactor.scheduler.wake_now(task);
            }
        });
    });
}

/// Lets those run that are ready, after a look at the kernel and the timers.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_give_way() {
    guarded((), || {
        if engine::has_exception() {
            return;
        }
        core::with(|core| core.reactor.look());
        if let Err(ended) = coroutine::yield_now() {
            ended.throw("this call");
        }
    });
}

/// Waits until [`tusk_rt_unpark`] names the running task, whatever else happens.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_park() {
    guarded((), || {
        let _ = coroutine::wait(Ends::Never, None, |_, _| true);
    });
}

/// Lets a task in [`tusk_rt_park`] go on.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_unpark(task: TaskId) {
    guarded((), || {
        core::with(|core| core.reactor.scheduler.wake_now(task))
    });
}
