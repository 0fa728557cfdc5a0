//! Tasks as C sees them: made, started, ended, and who runs next.

use std::ffi::c_void;
use std::rc::Rc;

use tusk_runtime::sys::clock;
use tusk_runtime::task::{GroupId, TaskId};

use super::guarded;
use crate::core::{self, Core};
use crate::zend::worker::{CoroutineRef, Worker};
use crate::{coroutine, exception, pool};

/// Makes a task by `insert` and gives it the next number. 0: thrown.
fn number_task(
    id: *mut i64,
    insert: impl FnOnce(&mut Core) -> Result<TaskId, tusk_runtime::error::Error>,
) -> u64 {
    let made = core::with(|core| {
        let task = insert(core)?;
        let number = core.next_id;
        core.next_id += 1;
        core.note_concurrency();
        Ok((task, number))
    });
    match made {
        Ok((task, number)) => {
            // SAFETY: C passes a place for the number.
            unsafe { *id = number };
            task.0
        }
        Err(error) => {
            exception::native(&error);
            0
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_spawn(coroutine: CoroutineRef, group: u32, id: *mut i64) -> u64 {
    guarded(0, || {
        number_task(id, |core| {
            let group = GroupId::from_number(group);
            let scheduler = &mut core.reactor.scheduler;
            let task = scheduler.spawn(coroutine.to_host(), group)?;
            // Who has been asked to stop starts nothing that goes on, but in a shield.
            if group != GroupId::ROOT
                && scheduler.cancel_due(Worker::current().task(), clock::now)
                && scheduler.is_inside_stopped(group)
            {
                scheduler.cancel(task, clock::now());
            }
            core.spawned += 1;
            Ok(task)
        })
    })
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_adopt(worker: Worker, id: *mut i64) -> u64 {
    guarded(0, || {
        number_task(id, |core| {
            core.reactor
                .scheduler
                .adopt(worker.to_host(), GroupId::ROOT)
        })
    })
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_started(task: TaskId, worker: Worker) {
    guarded((), || {
        core::with(|core| core.reactor.scheduler.set_host(task, worker.to_host()))
    });
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_finished(task: TaskId) {
    guarded((), || {
        core::with(|core| {
            core.reactor.scheduler.finish(task);
            core.abandon_locks(task);
            core.note_concurrency();
            if core.reactor.scheduler.len() <= 1 {
                if let Some(waiter) = core.drain_waiter.take() {
                    let done = tusk_runtime::task::Wake::Done;
                    core.reactor.scheduler.wake(waiter, done);
                }
            }
        });
    });
}

/// A coroutine that was started in a scope has ended.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_scope_member_ended(scope: *const c_void, coroutine: CoroutineRef) {
    guarded((), || {
        // SAFETY: C passes what `CoroutineRef::set_scope` gave it, once.
        let scope = unsafe { Rc::from_raw(scope.cast::<coroutine::Nursery>()) };
        coroutine::member_ended(&scope, coroutine);
    });
}

/// A job has ended with leases of pools.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_pool_job_ended(worker: Worker) {
    guarded((), || pool::job_ended(worker));
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_pool_upkeep() {
    guarded((), pool::upkeep);
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_is_cancelled(task: TaskId) -> bool {
    guarded(false, || {
        core::with(|core| core.reactor.scheduler.is_cancelled(task))
    })
}

/// Does `owner` (0: the main script) wait until the running coroutine has ended?
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_is_joined_by(owner: TaskId, main: bool) -> bool {
    guarded(false, || {
        core::with(|core| {
            let owner = if main { core.main } else { owner };
            let own = Worker::current().task();
            core.reactor.scheduler.needs_end_of(owner, own)
        })
    })
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_task_alive(task: TaskId) -> bool {
    guarded(false, || {
        core::is_up() && core::with(|core| core.reactor.scheduler.is_alive(task))
    })
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_current_task() -> u64 {
    guarded(0, || {
        coroutine::current_task(Worker::current()).map_or(0, |task| task.0)
    })
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_next_job(worker: Worker) {
    guarded((), || coroutine::next_job(worker));
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_run_others() {
    guarded((), coroutine::run_others);
}

/// The running coroutine calls `Fiber::suspend()`. False: its cancel was thrown.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_step_out(task: TaskId) -> bool {
    guarded(true, || coroutine::step_out(task))
}

/// `Fiber::suspend()` returns.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_step_in(task: TaskId) {
    guarded((), || coroutine::step_in(task));
}

/// A coroutine in `Fiber::suspend()` was cancelled: it goes on, as a job.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_call_in() {
    guarded((), coroutine::call_in);
}

/// Nothing can resume a coroutine in `Fiber::suspend()`: it is unwound, as a job.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_unwind() {
    guarded((), coroutine::unwind);
}

/// C switches to the main script by itself: a fatal error ends it.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_main_resumes() {
    guarded((), || {
        core::with(|core| {
            let main = core.main;
            core.reactor.scheduler.force_running(main);
        });
    });
}

/// The main script goes on next, out of turn: exit() was called elsewhere.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_main_urgent() {
    guarded((), || {
        core::with(|core| {
            let main = core.main;
            core.reactor.make_urgent(main);
        });
    });
}

/// A signal's handler is about to run, in whatever coroutine the VM was in.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_interrupted() {
    guarded((), || {
        core::with(|core| {
            let main = core.main;
            core.reactor.scheduler.interrupt(main);
        });
    });
}

/// The dump signal arrived while PHP code ran.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_dump() {
    guarded((), || {
        if core::is_up() {
            crate::zend::engine::log(&coroutine::dump());
        }
    });
}

// ---- guests (zend/guest/) ----

/// So many Fibers of foreign event loops there are.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_guests(count: u32) {
    guarded((), || {
        if core::is_up() {
            core::with(|core| {
                core.guests = count;
                core.note_concurrency();
            });
        }
    });
}

/// The running code waits on behalf of such a loop, or no more.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_loop_waits(waits: bool) {
    guarded((), || {
        let task = if waits {
            coroutine::current_task(Worker::current()).unwrap_or(TaskId::NONE)
        } else {
            TaskId::NONE
        };
        core::with(|core| core.loop_waits = task);
    });
}

/// Lets everybody run who is ready, so that guests whose waits are over become due.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_guest_look() {
    guarded((), coroutine::look);
}

/// Is there nobody but the main script and so many tasks of Fibers that do not wait?
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_is_alone(idle: u32) -> bool {
    guarded(false, || {
        core::with(|core| !core.looping && core.reactor.scheduler.len() <= 1 + idle as usize)
    })
}

/// The process sleeps on purpose, or no more: for the watchdog.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_sleeps(sleeps: bool) {
    crate::watchdog::IDLE.store(sleeps, std::sync::atomic::Ordering::Relaxed);
}
