//! Tasks on fibers: the only place where coroutines suspend and go on.
//!
//! Switching is symmetric. Who suspends asks the scheduler who is next and switches
//! straight there; if nobody is, it waits in the kernel on its own stack. A worker whose
//! job has ended takes the next job without a switch. So there is no scheduler context,
//! and the event loop is nothing but workers taking callbacks as jobs.
//!
//! Invariant: no borrow of the core is alive at a switch, and nothing learned before a
//! switch is used after it without asking again.

mod drain;
mod flight;
mod fork;
mod give_up;
mod guest;
mod join;
mod letter;
mod op;
mod outside;
mod pipe;
mod report;
mod retry;
mod scope;
mod wait;

pub use drain::{drain, main_ended};
pub use flight::Flight;
pub use fork::after_fork_in_child;
pub use guest::look;
pub use join::{cancel, join, park, resume, run_group, run_now, shield, timeout};
pub use letter::{await_letter, read_letter, wait_letter};
pub use op::{poll, poll_many, wait_op};
pub use outside::{call_in, step_in, step_out, unwind};
pub use pipe::{Pipe, PipeCase, refused};
pub use report::{dump, metrics, name_of, report};
pub use retry::{Retry, retry};
pub use scope::{Nursery, member_ended, parallel};
pub use wait::{
    Ended, breathe, check_may_wait, current_task, deadline_in, gives_up, raise_cancel, sleep, wait,
    was_woken, yield_now,
};

use std::sync::atomic::Ordering;

use tusk_runtime::reactor::Turn;
use tusk_runtime::scheduler::Next;
use tusk_runtime::sys::signal;
use tusk_runtime::task::TaskId;

use crate::core::{self, Core, INTERRUPT, UNWIND};
use crate::watchdog;
use crate::zend::engine;
use crate::zend::worker::{self, CoroutineRef, Worker};

/// The running task, in a wait or back in the queue, lets others run until it is its turn.
#[inline(always)]
pub(crate) fn suspend(me: Worker) {
    if me.is_guest() {
        return guest::suspend(me);
    }
    suspend_for(me, next());
}

/// The same when it is known who is next. Inlined to the PHP method: after a switch the
/// processor mispredicts the return of every frame in between.
#[inline(always)]
pub(crate) fn suspend_for(me: Worker, next: Next) {
    match guest::pass_over(next) {
        Next::Resume(host) if host != me.to_host() => worker::switch(me, Worker::from_host(host)),
        Next::Resume(_) => {}
        other => suspend_slowly(me, other),
    }
}

fn suspend_slowly(me: Worker, mut next_up: Next) {
    // Callbacks in the queue for which there was no stack since this began.
    let mut without_stack = 0;
    loop {
        match next_up {
            Next::Resume(host) if host == me.to_host() => return,
            Next::Resume(host) => return worker::switch(me, Worker::from_host(host)),
            Next::Start(host) => {
                if worker::switch_to_job(me, host as u64, false) {
                    return;
                }
                CoroutineRef::from_host(host).fail_unstarted();
            }
            Next::Call(key) => {
                // Nobody has ended since one was asked for in vain.
                if without_stack == 0 && worker::switch_to_job(me, key, true) {
                    return;
                }
                without_stack = call_without_stack(key, without_stack + 1);
            }
            Next::Idle => turn(),
        }
        next_up = next();
    }
}

/// A worker's job has ended: gives it the next, or parks it until there is one.
pub(crate) fn next_job(me: Worker) {
    loop {
        match next() {
            Next::Start(host) => return me.set_job(host as u64, false),
            Next::Call(key) => return me.set_job(key, true),
            Next::Resume(host) => return worker::idle_switch(me, Worker::from_host(host)),
            Next::Idle => turn(),
        }
    }
}

/// The hub's body: PHP code called `Fiber::suspend()` in a coroutine, and came here.
pub(crate) fn run_others() {
    suspend(Worker::hub());
}

#[inline]
fn next() -> Next {
    guest::pass_over(core::with(Core::pick))
}

/// No stack can be had for a callback now: it goes to the end of the queue, and somebody
/// who has a stack makes progress first. Only when all in the queue are such callbacks does the
/// process wait for news; then one is tried again. `failed` counts them, this one too.
#[cold]
fn call_without_stack(key: u64, failed: usize) -> usize {
    engine::clear_exception();
    let (queued, told) = core::with(|core| {
        let told = std::mem::replace(&mut core.told_no_stack, true);
        core.reactor.scheduler.call(key);
        (core.reactor.scheduler.ready_len(), told)
    });
    if !told {
        engine::log(
            "Tusk: callbacks of the event loop wait, because there is no room for another stack until a \
             coroutine ends; look at ulimit -v, vm.max_map_count and tusk.stack_size",
        );
    }
    if failed < queued {
        return failed;
    }
    turn();
    0
}

/// Nobody is ready: waits.
fn turn() {
    let signals = core::with(|core| core.signals);
    // Waiting here holds nobody up.
    let idle = watchdog::IDLE.load(Ordering::Relaxed);
    watchdog::IDLE.store(true, Ordering::Relaxed);
    // Between the look at the VM's interrupt flag and the wait, a signal must not slip
    // through: it is blocked, and unblocked by the kernel for exactly the wait. Only while
    // PHP code handles signals; nothing is inherited, because nothing forks in between.
    let end = if signals {
        let blocked = signal::block_all();
        if engine::interrupt_pending() {
            Turn::Interrupted
        } else {
            core::with(|core| core.reactor.turn(Some(blocked.previous()), true))
        }
    } else {
        core::with(|core| core.reactor.turn(None, core.looping))
    };
    watchdog::IDLE.store(idle, Ordering::Relaxed);
    match end {
        Turn::Done => {}
        Turn::Interrupted => interrupted(),
        Turn::Deadlock => deadlock(),
    }
}

/// A signal arrived while all waited: its handler runs as a job of its own, and a wait of
/// coroutine 0 that a signal ends in plain PHP ends now.
fn interrupted() {
    // The kernel may say so without a signal for PHP; the VM's flag knows. A loop in PHP code
    // that asks pcntl by itself is woken to do so.
    if !engine::interrupt_pending() {
        return guest::wake_loop();
    }
    let question = engine::interrupt_is_question();
    let dump = engine::dump_wanted();
    if dump {
        engine::log(&report::dump());
    }
    core::with(|core| {
        core.signals = true;
        core.reactor.scheduler.call(INTERRUPT);
        // Neither the watchdog's question nor a dump ends anybody's sleep.
        if !question && !dump {
            let main = core.main;
            core.reactor.scheduler.interrupt(main);
        }
    });
}

/// Nothing can ever wake anybody: the main script's wait is broken with an error, or, if it
/// is inside a Fiber it resumed, the oldest coroutine's. If no wait may be broken, a coroutine
/// that is in `Fiber::suspend()` is unwound, as at the end of the script.
fn deadlock() {
    let report = report::who_waits();
    let stuck = core::with(|core| {
        core.deadlock = report;
        let scheduler = &mut core.reactor.scheduler;
        let waits = |task: &TaskId| scheduler.can_break(*task);
        let broken = Some(core.main)
            .filter(waits)
            .or_else(|| scheduler.ids().find(waits));
        if let Some(task) = broken {
            core.deadlocked = task;
            scheduler.break_wait(task);
        } else if scheduler.any_outside().is_some() {
            scheduler.call(UNWIND);
        }
        scheduler.ready_len() == 0
    });
    if stuck {
        stay();
    }
}

/// All that is left are waits that nothing may break, and nothing ends them: who made them does
/// not keep their word. The process sleeps, and a signal can still end it.
#[cold]
fn stay() {
    let report = core::with(|core| std::mem::take(&mut core.deadlock));
    engine::log(&format!(
        "Tusk: every coroutine waits for what cannot happen and cannot be cancelled. Please report this:{report}"
    ));
    if core::with(|core| core.reactor.turn(None, true)) == Turn::Interrupted {
        interrupted();
    }
}
