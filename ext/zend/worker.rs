//! Workers as Rust sees them: handles of the shim's structs, and the switches.
//!
//! Only `ext/coroutine` calls the switches. Each returns when control has come back to
//! this stack; until then everything else may have changed.

use std::ffi::c_void;
use std::rc::Rc;

use super::call::{Call, Callable};
use super::object::Object;
use super::value::{Value, Zval};
use crate::coroutine::Nursery;
use crate::exception::Thrown;
use tusk_runtime::task::TaskId;

/// A stack with its Fiber; coroutine 0 has one too.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Worker(*mut c_void);

/// The first fields of the shim's `tusk_worker`.
#[repr(C)]
struct WorkerHead {
    raise: *const c_void,
    task: u64,
    transfer: *mut c_void,
    leases: u32,
    guest: u32,
}

/// What a jump brings back: the other context's handle and what it passes on.
#[repr(C)]
struct Jump {
    handle: *mut c_void,
    transfer: *mut c_void,
}

/// A `Tusk\Coroutine` object. Valid while a reference to it is held: by the scheduler
/// while its task lives, by the frame of a call on it.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CoroutineRef(*mut c_void);

unsafe extern "C" {
    fn tusk_worker_current() -> Worker;
    fn tusk_worker_main() -> Worker;
    fn tusk_worker_raise(worker: Worker);
    fn tusk_worker_adopt(worker: Worker) -> u64;
    fn tusk_worker_coroutine(worker: Worker) -> CoroutineRef;
    fn tusk_worker_set_job(worker: Worker, job: u64, is_call: bool);
    fn tusk_worker_count() -> u32;
    fn tusk_worker_idle_count() -> u32;
    fn tusk_worker_unwind(worker: Worker);
    fn tusk_worker_throw_cancel(worker: Worker);
    fn tusk_main_run_defers();
    fn tusk_worker_ends_process(worker: Worker);
    fn tusk_worker_trace(worker: Worker, out: *mut Zval);
    fn tusk_switch_begin(me: Worker, to: Worker) -> *mut c_void;
    fn tusk_idle_begin(me: Worker, to: Worker) -> *mut c_void;
    fn tusk_switch_end(me: Worker, jump: Jump);
    fn tusk_take_worker(job: u64, is_call: bool) -> Worker;
    fn tusk_worker_hub() -> Worker;
    fn tusk_guest_leave(me: Worker) -> bool;
    fn tusk_guest_due(guest: Worker);
    fn tusk_guest_carrier(guest: Worker) -> Worker;
    fn tusk_guests_go_on_at_end();
    fn tusk_leaves_memory();
    static tusk_jump_fcontext: extern "C" fn(*mut c_void, *mut c_void) -> Jump;

    fn tusk_coroutine_spawn(
        fci: *const u64,
        fcc: *const u64,
        args: *mut Zval,
        argc: u32,
        group: u32,
    ) -> CoroutineRef;
    fn tusk_coroutine_from_object(object: *mut Object) -> CoroutineRef;
    fn tusk_coroutine_object(coroutine: CoroutineRef) -> *mut Object;
    fn tusk_coroutine_task(coroutine: CoroutineRef) -> u64;
    fn tusk_coroutine_id(coroutine: CoroutineRef) -> i64;
    fn tusk_coroutine_is_done(coroutine: CoroutineRef) -> bool;
    fn tusk_coroutine_is_main(coroutine: CoroutineRef) -> bool;
    fn tusk_coroutine_failed_by_itself(coroutine: CoroutineRef) -> bool;
    fn tusk_coroutine_was_cancelled(coroutine: CoroutineRef) -> bool;
    fn tusk_coroutine_failed(coroutine: CoroutineRef) -> bool;
    fn tusk_coroutine_set_scope(coroutine: CoroutineRef, scope: *const c_void);
    fn tusk_coroutine_addref(coroutine: CoroutineRef);
    fn tusk_coroutine_release(coroutine: CoroutineRef);
    fn tusk_coroutine_result(coroutine: CoroutineRef, out: *mut Zval) -> bool;
    fn tusk_coroutine_append_failure(coroutine: CoroutineRef);
    fn tusk_coroutine_defer(coroutine: CoroutineRef, fci: *const u64);
    fn tusk_coroutine_set_parked(coroutine: CoroutineRef, parked: bool);
    fn tusk_coroutine_is_parked(coroutine: CoroutineRef) -> bool;
    fn tusk_coroutine_give(coroutine: CoroutineRef, value: *const Zval);
    fn tusk_coroutine_taken(coroutine: CoroutineRef, out: *mut Zval);
    fn tusk_coroutine_fail_unstarted(coroutine: CoroutineRef);
    fn tusk_coroutine_worker(coroutine: CoroutineRef) -> Worker;
}

impl Worker {
    /// The running one.
    #[inline]
    pub fn current() -> Worker {
        // SAFETY: on PHP's thread; so for all calls below, whose handles are valid as the
        // type's description says.
        unsafe { tusk_worker_current() }
    }

    /// Coroutine 0's.
    pub fn main() -> Worker {
        // SAFETY: see `current`.
        unsafe { tusk_worker_main() }
    }

    /// For the scheduler's host value. A guest's cannot be switched to, and is marked.
    #[inline]
    pub fn to_host(self) -> usize {
        self.0 as usize | usize::from(self.is_guest())
    }

    /// From the scheduler's host value of a started task.
    #[inline]
    pub fn from_host(host: usize) -> Worker {
        Worker((host & !1) as *mut c_void)
    }

    /// Is the task of this host value a guest's?
    #[inline(always)]
    pub fn is_guest_host(host: usize) -> bool {
        host & 1 != 0
    }

    /// Is it a Fiber that a foreign event loop started, without a stack of ours (guest/)?
    #[inline(always)]
    pub fn is_guest(self) -> bool {
        // SAFETY: see `current`.
        unsafe { (*self.0.cast::<WorkerHead>()).guest != 0 }
    }

    /// A guest's wait: who resumed its Fiber goes on. Returns when the wait is over; false at
    /// once if it must wait where it is.
    pub fn leave_to_loop(self) -> bool {
        // SAFETY: see `current`; it is the running guest.
        unsafe { tusk_guest_leave(self) }
    }

    /// A guest's wait is over: whoever resumes its Fiber next may.
    pub fn set_due(self) {
        // SAFETY: see `current`; guests are forgotten together with their tasks.
        unsafe { tusk_guest_due(self) };
    }

    /// The worker on whose stack a guest's Fiber runs.
    pub fn carrier(self) -> Worker {
        // SAFETY: see `current`; it is a guest.
        unsafe { tusk_guest_carrier(self) }
    }

    /// At the end of the script: guests whose waits are over go on, on this stack.
    pub fn guests_go_on() {
        // SAFETY: see `current`; no borrow is alive.
        unsafe { tusk_guests_go_on_at_end() };
    }

    /// Its task; nobody for a callback that has not waited.
    #[inline]
    pub fn task(self) -> TaskId {
        // SAFETY: see `current`.
        TaskId(unsafe { (*self.0.cast::<WorkerHead>()).task })
    }

    /// Sets its task.
    pub fn set_task(self, task: TaskId) {
        // SAFETY: see `current`.
        unsafe { (*self.0.cast::<WorkerHead>()).task = task.0 };
    }

    /// Its job has one connection of a pool more, or less.
    #[inline]
    pub fn count_lease(self, more: bool) {
        // SAFETY: see `current`.
        let leases = unsafe { &mut (*self.0.cast::<WorkerHead>()).leases };
        *leases = if more {
            *leases + 1
        } else {
            leases.saturating_sub(1)
        };
    }

    /// Has its job a connection of any pool?
    #[inline]
    pub fn has_leases(self) -> bool {
        // SAFETY: see `current`.
        unsafe { (*self.0.cast::<WorkerHead>()).leases > 0 }
    }

    /// What it passes on when it is left.
    #[inline]
    fn transfer(self) -> *mut c_void {
        // SAFETY: see `current`.
        unsafe { (*self.0.cast::<WorkerHead>()).transfer }
    }

    /// The hub's, which runs no jobs.
    pub fn hub() -> Worker {
        // SAFETY: see `current`.
        unsafe { tusk_worker_hub() }
    }

    /// Is exit(), or the engine's unwinding, waiting to be raised here?
    #[inline]
    pub fn must_end(self) -> bool {
        // SAFETY: see `current`.
        unsafe { !(*self.0.cast::<WorkerHead>()).raise.is_null() }
    }

    /// Raises it.
    pub fn raise(self) -> Thrown {
        // SAFETY: see `current`.
        unsafe { tusk_worker_raise(self) };
        Thrown
    }

    /// Its task; a callback becomes one now. Nobody: thrown.
    pub fn adopt(self) -> TaskId {
        // SAFETY: see `current`.
        TaskId(unsafe { tusk_worker_adopt(self) })
    }

    /// Its coroutine object, made if need be. `None`: thrown.
    pub fn coroutine(self) -> Option<CoroutineRef> {
        // SAFETY: see `current`.
        unsafe { tusk_worker_coroutine(self) }.some()
    }

    /// What it runs next.
    pub fn set_job(self, job: u64, is_call: bool) {
        // SAFETY: see `current`.
        unsafe { tusk_worker_set_job(self, job, is_call) };
    }

    /// Unwinds a coroutine that suspended itself with `Fiber::suspend()`.
    pub fn unwind(self) {
        // SAFETY: see `current`.
        unsafe { tusk_worker_unwind(self) };
    }

    /// Throws a cancel into a coroutine that suspended itself with `Fiber::suspend()`.
    pub fn throw_cancel(self) {
        // SAFETY: see `current`; no borrow is alive, for it goes on at once.
        unsafe { tusk_worker_throw_cancel(self) };
    }

    /// Some are abandoned where they wait, with what they hold.
    pub fn are_abandoned() {
        // SAFETY: see `current`; sets a flag of the engine's.
        unsafe { tusk_leaves_memory() };
    }

    /// The main script has ended: calls what it deferred.
    pub fn run_main_defers() {
        // SAFETY: see `current`; called on the main script's stack.
        unsafe { tusk_main_run_defers() };
    }

    /// In a forked child: the script ends when this worker's job does.
    pub fn ends_process(self) {
        // SAFETY: see `current`.
        unsafe { tusk_worker_ends_process(self) };
    }

    /// The backtrace of a suspended worker.
    pub fn trace(self) -> Value {
        let mut raw = std::mem::MaybeUninit::<Zval>::uninit();
        // SAFETY: see `current`; the callee initialises the value.
        unsafe {
            tusk_worker_trace(self, raw.as_mut_ptr());
            Value::from_raw(raw.assume_init())
        }
    }
}

/// The jump itself. A `call` would leave an entry on the processor's stack of return
/// addresses that no `ret` takes, because the engine's function leaves by a `jmp`; so every
/// return on the other side would be mispredicted (42 instead of 31 ns a switch). A pushed
/// address and a `jmp` leave none.
///
/// # Safety
/// `handle` is a suspended context's, whose switch was begun; `transfer` is the running
/// worker's.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn jump(handle: *mut c_void, transfer: *mut c_void) -> Jump {
    let (from, given): (*mut c_void, *mut c_void);
    // SAFETY: the engine's function is entered as by a call: its arguments are in place, the
    // return address is on the stack, which is aligned as before a call, and what a call may
    // overwrite is declared. It preserves the other registers, as every function does.
    unsafe {
        std::arch::asm!(
            "lea rax, [rip + 2f]",
            "push rax",
            "jmp rcx",
            "2:",
            in("rcx") tusk_jump_fcontext,
            inout("rdi") handle => _,
            inout("rsi") transfer => _,
            out("rax") from,
            out("rdx") given,
            clobber_abi("C"),
        );
    }
    Jump {
        handle: from,
        transfer: given,
    }
}

/// The jump itself.
///
/// # Safety
/// See above.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
unsafe fn jump(handle: *mut c_void, transfer: *mut c_void) -> Jump {
    // SAFETY: the caller's.
    unsafe { tusk_jump_fcontext(handle, transfer) }
}

/// Lets `to` go on; returns when `me` is switched back to.
#[inline(always)]
pub fn switch(me: Worker, to: Worker) {
    // SAFETY: `me` is the running worker, `to` is suspended and its task was made Running
    // by the scheduler. No borrow is alive (invariant 3). A handle means that C has done
    // all but the jump, and the jump's function exists.
    unsafe {
        let handle = tusk_switch_begin(me, to);
        if !handle.is_null() {
            tusk_switch_end(me, jump(handle, me.transfer()));
        }
    }
}

/// `me` has no job: lets `to` go on, returns when it has one.
#[inline(always)]
pub fn idle_switch(me: Worker, to: Worker) {
    // SAFETY: see `switch`.
    unsafe {
        let handle = tusk_idle_begin(me, to);
        if !handle.is_null() {
            tusk_switch_end(me, jump(handle, me.transfer()));
        }
    }
}

/// Lets a worker without a job run this one. False: no stack, thrown.
pub fn switch_to_job(me: Worker, job: u64, is_call: bool) -> bool {
    // SAFETY: see `switch`; the worker is idle or fresh.
    let worker = unsafe { tusk_take_worker(job, is_call) };
    if worker.0.is_null() {
        return false;
    }
    switch(me, worker);
    true
}

/// Workers made, and of those idle.
pub fn counts() -> (u32, u32) {
    // SAFETY: reads counters.
    unsafe { (tusk_worker_count(), tusk_worker_idle_count()) }
}

impl Call {
    /// Spawns the callable with the call's arguments from `rest` on. `None`: thrown.
    #[inline]
    pub fn spawn(&self, callable: &Callable, rest: u32, group: u32) -> Option<Held> {
        let (args, argc) = self.rest(rest);
        // SAFETY: the callable and the arguments are the running call's; the callee copies
        // what it keeps.
        unsafe {
            tusk_coroutine_spawn(
                callable.fci.as_ptr(),
                callable.fcc.as_ptr(),
                args,
                argc,
                group,
            )
        }
        .some()
        .map(Held)
    }

    /// Spawns the callable with these arguments. `None`: thrown.
    pub fn spawn_with(callable: &Callable, args: &[Value], group: u32) -> Option<Held> {
        // SAFETY: what the callable names is kept by the running call; a Value is a zval and
        // nothing else; the callee copies what it keeps.
        unsafe {
            tusk_coroutine_spawn(
                callable.fci.as_ptr(),
                callable.fcc.as_ptr(),
                args.as_ptr().cast::<Zval>().cast_mut(),
                args.len() as u32,
                group,
            )
        }
        .some()
        .map(Held)
    }

    /// `$this` of a method of `Tusk\Coroutine`.
    #[inline]
    pub fn this_coroutine(&self) -> CoroutineRef {
        // SAFETY: the engine calls such methods only on objects of that class.
        unsafe { tusk_coroutine_from_object(self.this()) }
    }
}

impl CoroutineRef {
    pub(super) fn some(self) -> Option<CoroutineRef> {
        (!self.0.is_null()).then_some(self)
    }

    /// For the scheduler's host value of a task that has not started.
    pub fn to_host(self) -> usize {
        self.0 as usize
    }

    /// From that host value.
    pub fn from_host(host: usize) -> CoroutineRef {
        CoroutineRef(host as *mut c_void)
    }

    /// The object as a value, with a reference of its own.
    #[inline]
    pub fn value(self) -> Value {
        // SAFETY: the handle is valid (see the type); the new reference is the value's.
        unsafe {
            tusk_coroutine_addref(self);
            Value::object(tusk_coroutine_object(self))
        }
    }

    /// Its task, dead or alive.
    pub fn task(self) -> TaskId {
        // SAFETY: see `value`; so below.
        TaskId(unsafe { tusk_coroutine_task(self) })
    }

    /// Its number.
    pub fn id(self) -> i64 {
        // SAFETY: see `value`.
        unsafe { tusk_coroutine_id(self) }
    }

    /// Has it ended?
    pub fn is_done(self) -> bool {
        // SAFETY: see `value`.
        unsafe { tusk_coroutine_is_done(self) }
    }

    /// Is it the main script?
    pub fn is_main(self) -> bool {
        // SAFETY: see `value`.
        unsafe { tusk_coroutine_is_main(self) }
    }

    /// Did it end with an exception, and not with a CancelledException?
    pub fn failed_by_itself(self) -> bool {
        // SAFETY: see `value`.
        unsafe { tusk_coroutine_failed_by_itself(self) }
    }

    /// Did it end with an exception that is not its cancel?
    pub fn failed(self) -> bool {
        // SAFETY: see `value`.
        unsafe { tusk_coroutine_failed(self) }
    }

    /// This scope is told when it ends; see `coroutine::member_ended`.
    pub fn set_scope(self, scope: Rc<Nursery>) {
        // SAFETY: see `value`; `tusk_rt_scope_member_ended` takes the reference back, once.
        unsafe { tusk_coroutine_set_scope(self, Rc::into_raw(scope).cast()) };
    }

    /// Did it end because it was cancelled?
    pub fn was_cancelled(self) -> bool {
        // SAFETY: see `value`.
        unsafe { tusk_coroutine_was_cancelled(self) }
    }

    /// Keeps it while the frame that calls waits on it.
    pub fn hold(self) -> Held {
        // SAFETY: see `value`.
        unsafe { tusk_coroutine_addref(self) };
        Held(self)
    }

    /// Its result; its exception is thrown.
    pub fn result(self) -> Result<Value, Thrown> {
        let mut raw = std::mem::MaybeUninit::<Zval>::uninit();
        // SAFETY: see `value`; the callee initialises `raw` when it returns true.
        unsafe {
            if tusk_coroutine_result(self, raw.as_mut_ptr()) {
                Ok(Value::from_raw(raw.assume_init()))
            } else {
                Err(Thrown)
            }
        }
    }

    /// Its failure, if nobody has seen it, goes to the end of the exception that is set: as what
    /// else went wrong.
    pub fn append_failure(self) {
        // SAFETY: see `value`.
        unsafe { tusk_coroutine_append_failure(self) };
    }

    /// Runs `callable` when the coroutine ends.
    pub fn defer(self, callable: &Callable) {
        // SAFETY: see `value`; the callee copies the callable.
        unsafe { tusk_coroutine_defer(self, callable.fci.as_ptr()) };
    }

    /// Is it in `Coroutine::suspend()`?
    pub fn is_parked(self) -> bool {
        // SAFETY: see `value`.
        unsafe { tusk_coroutine_is_parked(self) }
    }

    /// Enters or leaves `Coroutine::suspend()`.
    pub fn set_parked(self, parked: bool) {
        // SAFETY: see `value`.
        unsafe { tusk_coroutine_set_parked(self, parked) };
    }

    /// What its `suspend()` will return.
    pub fn give(self, value: Value) {
        // SAFETY: see `value`; the callee copies it.
        unsafe { tusk_coroutine_give(self, value.as_ptr()) };
    }

    /// What `resume()` gave.
    pub fn taken(self) -> Value {
        let mut raw = std::mem::MaybeUninit::<Zval>::uninit();
        // SAFETY: see `value`; the callee initialises it.
        unsafe {
            tusk_coroutine_taken(self, raw.as_mut_ptr());
            Value::from_raw(raw.assume_init())
        }
    }

    /// No stack could be made for it: it ends with the exception that is set.
    pub fn fail_unstarted(self) {
        // SAFETY: see `value`.
        unsafe { tusk_coroutine_fail_unstarted(self) };
    }

    /// Its worker, while it runs.
    pub fn worker(self) -> Option<Worker> {
        // SAFETY: see `value`.
        let worker = unsafe { tusk_coroutine_worker(self) };
        (!worker.0.is_null()).then_some(worker)
    }
}

/// A reference to a coroutine object, given up by [`Held::release`]. It has no `Drop`: a
/// frame that a fatal error jumps over must not matter, and the heap goes as a whole then.
pub struct Held(CoroutineRef);

impl Held {
    /// The coroutine.
    pub fn get(&self) -> CoroutineRef {
        self.0
    }

    /// The object as a value, with this reference.
    #[inline]
    pub fn into_value(self) -> Value {
        // SAFETY: the reference this owns goes to the value.
        Value::object(unsafe { tusk_coroutine_object(self.0) })
    }

    /// Gives the reference up; may run destructors.
    pub fn release(self) {
        // SAFETY: `hold` took the reference.
        unsafe { tusk_coroutine_release(self.0) };
    }
}
