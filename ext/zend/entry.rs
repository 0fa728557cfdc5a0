//! What C calls: the `tusk_rt_*` functions of tusk.h and internal.h.
//!
//! Each catches panics. A panic in a method becomes a PanicError at its own door
//! (call.rs); here, where C expects an answer, the caller gets the harmless one.

use std::ffi::{c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use tusk_runtime::sys::clock;
use tusk_runtime::sys::stack::{Stack, guard_hit};
use tusk_runtime::task::{GroupId, TaskId};

use super::callback::Callback;
use super::class::{Entry, NativeClass, Visitor};
use super::global::PhpThread;
use super::worker::{CoroutineRef, Worker};
use crate::core::Core;
use crate::coroutine;
use crate::{class, core, exception, ini};

mod hooks;
pub mod intercept;
mod wait;
mod watchdog;
mod work;

unsafe extern "C" {
    static mut tusk_ce_coroutine: *mut Entry;
    static tusk_stack_size: usize;
    fn tusk_module() -> *mut c_void;
}

fn guarded<R>(otherwise: R, body: impl FnOnce() -> R) -> R {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => result,
        Err(panic) => {
            exception::panicked(panic.as_ref());
            otherwise
        }
    }
}

/// What PHP asks a module for when it loads it.
#[unsafe(no_mangle)]
pub extern "C" fn get_module() -> *mut c_void {
    // SAFETY: returns the address of a static.
    unsafe { tusk_module() }
}

// ---- classes ----

type Visit = fn(*mut c_void, *mut c_void);
/// Classes by entry: a handful, so a list.
static COLLECTED: PhpThread<Vec<(usize, Visit)>> = PhpThread::new(Vec::new());

/// The shim's own class entry.
pub fn set_coroutine_class(entry: *mut Entry) {
    // SAFETY: at module start-up, before any request.
    unsafe { tusk_ce_coroutine = entry };
}

/// This class holds PHP values that the collector must see.
pub fn set_gc<T: NativeClass>(entry: *mut Entry) {
    fn visit<T: NativeClass>(native: *mut c_void, buffer: *mut c_void) {
        // SAFETY: C passes the native pointer of an object of T's class.
        let native = unsafe { &*native.cast::<T>() };
        native.visit(&mut Visitor::new(buffer));
    }
    COLLECTED.lock().push((entry as usize, visit::<T>));
}

/// The collector visits an object.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_object_gc(class: *mut Entry, native: *mut c_void, buffer: *mut c_void) {
    guarded((), || {
        let visit = COLLECTED.with(|collected| {
            let found = collected.iter().find(|(entry, _)| *entry == class as usize);
            found.map(|(_, visit)| *visit)
        });
        if let Some(visit) = visit {
            visit(native, buffer);
        }
    });
}

// ---- the module's life ----

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_module_startup() -> bool {
    guarded(false, || {
        std::panic::set_hook(Box::new(|_| {}));
        class::register()
    })
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_module_shutdown() {}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_request_start() {
    guarded((), || {
        // SAFETY: written by INI handlers on this thread.
        let stack_size = unsafe { tusk_stack_size };
        if let Err(error) = core::start(ini::Settings::read(stack_size)) {
            exception::native(&error);
        }
    });
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_request_end() {
    guarded((), core::stop);
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_info() {
    guarded((), || super::engine::info_table(&class::info_rows()));
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_set_hooks(text: *const c_char, length: usize, mask: *mut u32) -> bool {
    guarded(false, || {
        // SAFETY: C passes a live string and a place for the mask.
        let text = unsafe { std::slice::from_raw_parts(text.cast::<u8>(), length) };
        let parsed = std::str::from_utf8(text).ok().and_then(ini::parse_hooks);
        // SAFETY: see above.
        parsed
            .inspect(|&parsed| unsafe { *mask = parsed })
            .is_some()
    })
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_set_number(setting: u32, value: i64) -> bool {
    guarded(false, || ini::set_number(setting as usize, value))
}

/// The script ends: runs what is left.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_main_ended() {
    guarded((), || {
        if core::is_up() {
            coroutine::main_ended();
        }
    });
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_drain(cancel: bool) -> bool {
    guarded(true, || {
        if core::is_up() {
            coroutine::drain(cancel);
        }
        true
    })
}

/// The script's last shutdown function has run.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_script_ended() {
    guarded((), || {
        if core::is_up() {
            core::with(|core| core.ended = true);
        }
    });
}

/// In the child of a fork.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_fork_child() {
    guarded((), || {
        if core::is_up() {
            coroutine::after_fork_in_child();
        }
    });
}

// ---- tasks ----

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
                && scheduler.is_group_stopped(group)
                && scheduler.cancel_due(Worker::current().task(), clock::now)
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
            core.note_concurrency();
            if core.reactor.scheduler.len() <= 1
                && let Some(waiter) = core.drain_waiter.take()
            {
                core.reactor
                    .scheduler
                    .wake(waiter, tusk_runtime::task::Wake::Done);
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

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_is_cancelled(task: TaskId) -> bool {
    guarded(false, || {
        core::with(|core| core.reactor.scheduler.is_cancelled(task))
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

// ---- callbacks ----

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_callback_begin(key: u64, given: *mut bool) -> Callback {
    let (callback, yours) = guarded((Callback::none(), false), || class::callback_begin(key));
    // SAFETY: C passes a place for the flag.
    unsafe { *given = yours };
    callback
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_callback_waits(key: u64) {
    guarded((), || class::callback_waits(key));
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_callback_end(key: u64, waited: bool) {
    guarded((), || class::callback_end(key, waited));
}

// ---- stacks ----

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_stack_alloc(
    base: *mut *mut c_void,
    top: *mut *mut c_void,
    mark: *mut u64,
) -> bool {
    guarded(false, || match core::with(|core| core.stacks.alloc()) {
        Ok(stack) => {
            // SAFETY: C passes places for all three.
            unsafe {
                *base = stack.base.cast();
                *top = stack.top.cast();
                *mark = stack.mark();
            }
            true
        }
        Err(error) => {
            exception::native(&error);
            false
        }
    })
}

/// Async-signal-safe: reads atomics only.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_guard_hit(address: usize, base: *mut usize, top: *mut usize) -> bool {
    match guard_hit(address) {
        Some(hit) => {
            // SAFETY: C passes places for both.
            unsafe {
                *base = hit.base;
                *top = hit.top;
            }
            true
        }
        None => false,
    }
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_stack_free(base: *mut c_void, top: *mut c_void, mark: u64) {
    guarded((), || {
        if core::is_up() {
            // SAFETY: C gives back what tusk_rt_stack_alloc gave it, once.
            let stack = unsafe { Stack::from_parts(base.cast(), top.cast(), mark) };
            core::with(|core| core.stacks.free(stack));
        }
    });
}
