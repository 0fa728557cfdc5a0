//! The end of the script: the rest runs to completion, or is cancelled after `exit()`.
//!
//! What is left when nothing can wake it any more (parked for ever, or still there after
//! the grace time) is cancelled, so that its `finally` blocks run; what ignores even that
//! is abandoned, and its destructors run with the script's.

use tusk_runtime::sys::clock;
use tusk_runtime::task::{Ends, State, TaskId};

use super::wait::{Ended, wait};
use crate::core;
use crate::ini;
use crate::zend::worker::Worker;

/// The main script has ended, and shutdown functions come next: calls what it deferred. Who
/// cancelled it has cancelled what is over now, not what they wait for.
pub fn main_ended() {
    core::with(|core| core.reactor.scheduler.absolve(core.main));
    Worker::run_main_defers();
}

/// Runs the rest. Called in the main script's stack, as a shutdown function.
pub fn drain(cancel: bool) {
    if core::with(|core| core.reactor.scheduler.len() <= 1) {
        return;
    }
    Worker::guests_go_on();
    if !cancel {
        wait_for_all(None);
    }
    let deadline = clock::now() + ini::stop_grace();
    while left() > 0 && clock::now() < deadline {
        let before = left();
        cancel_all();
        unwind_user_suspended();
        if wait_for_all(Some(deadline)) == Some(Ended::Deadlock) && left() >= before {
            break;
        }
    }
    unwind_user_suspended();
    if left() > 0 {
        Worker::are_abandoned();
    }
}

fn left() -> usize {
    core::with(|core| core.reactor.scheduler.len()) - 1
}

/// Waits until only the main task is alive; why it stopped earlier.
fn wait_for_all(deadline: Option<u64>) -> Option<Ended> {
    while left() > 0 {
        let ended = wait(Ends::OnCancelOrSignal, deadline, |core, waiter| {
            core.drain_waiter = Some(waiter);
            core.loop_waits = waiter.task;
            true
        });
        core::with(|core| {
            core.drain_waiter = None;
            core.loop_waits = TaskId::NONE;
        });
        Worker::guests_go_on();
        match ended {
            Ok(()) | Err(Ended::Interrupted) => {}
            Err(ended) => return Some(ended),
        }
    }
    None
}

fn others() -> Vec<TaskId> {
    core::with(|core| {
        core.reactor
            .scheduler
            .ids()
            .filter(|&task| task != core.main)
            .collect()
    })
}

fn cancel_all() {
    for task in others() {
        core::with(|core| core.reactor.scheduler.cancel(task, clock::now()));
    }
}

/// Coroutines that suspended themselves with `Fiber::suspend()` wait in no queue.
fn unwind_user_suspended() {
    for task in others() {
        let host = core::with(|core| {
            let scheduler = &core.reactor.scheduler;
            match scheduler.state(task) {
                Some(State::Running) => scheduler.host(task),
                _ => None,
            }
        });
        if let Some(host) = host {
            Worker::from_host(host).unwind();
        }
    }
}
