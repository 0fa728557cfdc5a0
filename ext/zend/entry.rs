//! What C calls: the `tusk_rt_*` functions of tusk.h and internal.h.
//!
//! Each catches panics. A panic in a method becomes a PanicError at its own door
//! (call.rs); here, where C expects an answer, the caller gets the harmless one.

use std::ffi::{c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use tusk_runtime::sys::stack::{Stack, guard_hit};

use super::callback::Callback;
use super::class::{Entry, NativeClass, Visitor};
use super::global::PhpThread;
use crate::coroutine;
use crate::{class, core, exception, ini};

mod hooks;
pub mod intercept;
mod pooled;
mod task;
mod wait;
mod watchdog;
mod work;

unsafe extern "C" {
    static mut tusk_ce_coroutine: *mut Entry;
    static tusk_stack_size: usize;
    fn tusk_module() -> *mut c_void;
    fn tusk_set_exception_aside() -> *mut c_void;
    fn tusk_put_exception_back(thrown: *mut c_void);
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

/// The same for a call in which C code below PHP may be suspended, perhaps after a callback of PHP
/// code has thrown: whoever runs meanwhile sees nothing of that exception.
fn waiting<R>(otherwise: R, body: impl FnOnce() -> R) -> R {
    guarded(otherwise, || with_exception_aside(body))
}

/// Calls what may wait though an exception is set: whoever runs meanwhile sees nothing of it.
pub fn with_exception_aside<R>(body: impl FnOnce() -> R) -> R {
    // SAFETY: moves the engine's reference, if any, to this frame. A frame that is abandoned
    // never gives it back: then the whole request ends.
    let thrown = unsafe { tusk_set_exception_aside() };
    let result = body();
    if !thrown.is_null() {
        // SAFETY: the reference that was moved, given back once.
        unsafe { tusk_put_exception_back(thrown) };
    }
    result
}

/// What PHP asks a module for when it loads it.
#[unsafe(no_mangle)]
pub extern "C" fn get_module() -> *mut c_void {
    // SAFETY: returns the address of a static.
    unsafe { tusk_module() }
}

// ---- classes ----

/// What is known of the Rust values of one class.
#[derive(Clone, Copy)]
struct Native {
    entry: usize,
    visit: fn(*mut c_void, *mut c_void),
    describe: fn(*mut c_void) -> Option<String>,
}

/// Classes by entry: a handful, so a list.
static NATIVE: PhpThread<Vec<Native>> = PhpThread::new(Vec::new());

/// The shim's own class entry.
pub fn set_coroutine_class(entry: *mut Entry) {
    // SAFETY: at module start-up, before any request.
    unsafe { tusk_ce_coroutine = entry };
}

/// The objects of this class hold Rust values of type `T`.
pub fn set_native<T: NativeClass>(entry: *mut Entry) {
    fn visit<T: NativeClass>(native: *mut c_void, buffer: *mut c_void) {
        // SAFETY: C passes the native pointer of an object of T's class.
        let native = unsafe { &*native.cast::<T>() };
        native.visit(&mut Visitor::new(buffer));
    }
    fn describe<T: NativeClass>(native: *mut c_void) -> Option<String> {
        // SAFETY: as above, by `describe_object`.
        unsafe { native.cast::<T>().as_ref() }?.describe()
    }
    NATIVE.lock().push(Native {
        entry: entry as usize,
        visit: visit::<T>,
        describe: describe::<T>,
    });
}

fn native_of(class: *mut Entry) -> Option<Native> {
    NATIVE.with(|all| all.iter().find(|one| one.entry == class as usize).copied())
}

/// What an object of ours says of itself; `native` is what it holds.
pub(super) fn describe_object(class: *mut Entry, native: *mut c_void) -> Option<String> {
    (native_of(class)?.describe)(native)
}

/// The collector visits an object.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_object_gc(class: *mut Entry, native: *mut c_void, buffer: *mut c_void) {
    guarded((), || {
        if let Some(class) = native_of(class) {
            (class.visit)(native, buffer);
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
extern "C" fn tusk_rt_module_shutdown() {
    guarded((), crate::device::report_left);
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_request_start() {
    guarded((), || {
        // SAFETY: written by INI handlers on this thread.
        let stack_size = unsafe { tusk_stack_size };
        super::string::request_begins();
        if let Err(error) = core::start(ini::Settings::read(stack_size)) {
            exception::native(&error);
        }
    });
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_request_end() {
    guarded((), || {
        core::stop();
        super::string::sweep();
    });
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
        let Some(parsed) = parsed else { return false };
        // SAFETY: see above.
        unsafe { *mask = parsed };
        true
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
