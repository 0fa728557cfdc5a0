//! `Tusk\Mutex`: a lock for one coroutine at a time, over `tusk_runtime::sync::Mutex`.

use std::cell::RefCell;
use std::rc::Rc;

use super::arguments::duration;
use crate::core;
use crate::coroutine::{self, Ended, check_may_wait, current_task, deadline_in};
use crate::exception::{self, Thrown};
use crate::zend::call::Call;
use crate::zend::class::{Class, NativeClass, method, raw_method};
use crate::zend::value::Value;
use crate::zend::worker::Worker;
use tusk_runtime::sync::{self, Lock};
use tusk_runtime::task::{Ends, TaskId};

/// One coroutine at a time, for work that waits in the middle and must not be interleaved.
/// Between two waits nothing is interleaved anyway. First come, first served: who unlocks
/// and locks again stands at the end of the line.
pub static CLASS: Class = Class {
    name: "Tusk\\Mutex",
    interfaces: &[],
    native: true,
    methods: &[
        /// A lock that is free.
        raw_method!("__construct()", construct),
        /// Waits for the lock and takes it. Throws TimeoutException; MisuseError when the
        /// caller has it already, or when the coroutine that had it ends without unlock(). **Suspends.**
        method!("lock(?float $timeout = null): void", Mutex, lock),
        /// Takes the lock if it is free and nobody waits for it.
        method!("tryLock(): bool", Mutex, try_lock),
        /// Hands the lock to who waits longest. MisuseError when the caller does not have it.
        method!("unlock(): void", Mutex, unlock),
        /// Calls `$callable` with the lock, and unlocks whatever it returns or throws.
        /// **Suspends.**
        method!(
            "with(callable $callable, ?float $timeout = null): mixed",
            Mutex,
            with
        ),
        /// Does somebody have it?
        method!("isLocked(): bool", Mutex, is_locked),
        /// How many coroutines wait for it.
        method!("waiting(): int", Mutex, waiting),
    ],
};

/// The state behind the object. Borrows last one call of the native mutex.
pub struct Mutex(Rc<RefCell<sync::Mutex>>);

impl NativeClass for Mutex {
    fn describe(&self) -> Option<String> {
        let (holder, waiting) = core::with(|core| {
            let mutex = self.0.borrow();
            (mutex.holder(), mutex.waiting(&core.reactor.scheduler))
        });
        let holder = match holder {
            Some(task) => format!("held by {}", coroutine::name_of(task)),
            None => "about to be taken".into(),
        };
        Some(format!("{holder}, {waiting} waiting"))
    }
}

fn construct(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    super::require_core()?;
    call.construct(Mutex(Rc::new(RefCell::new(sync::Mutex::new()))))
}

fn own_task() -> Result<TaskId, Thrown> {
    current_task(Worker::current()).ok_or(Thrown)
}

fn attempt(mutex: &Mutex, task: TaskId) -> Lock {
    core::with(|core| mutex.0.borrow_mut().try_lock(&core.reactor.scheduler, task))
}

fn acquire(mutex: &Mutex, timeout: Option<f64>) -> Result<(), Thrown> {
    let task = own_task()?;
    match attempt(mutex, task) {
        Lock::Locked => return Ok(()),
        Lock::Busy => {}
        Lock::Own => {
            return Err(exception::misuse(
                "this coroutine has the lock already: locking it again would wait for ever; call what \
                 needs it without locking, or unlock() first",
            ));
        }
        Lock::Abandoned(_) => return Err(abandoned()),
    }
    check_may_wait("Mutex::lock()")?;
    let mut registered = false;
    let ended = coroutine::wait(Ends::OnCancel, deadline_in(timeout), |core, waiter| {
        mutex.0.borrow_mut().wait(&core.reactor.scheduler, waiter);
        core.await_end_of_holder(&mutex.0);
        registered = true;
        true
    });
    // Nothing was granted: who had it has ended.
    if core::with(|core| mutex.0.borrow().is_abandoned(&core.reactor.scheduler)) {
        return match ended {
            Ok(()) => Err(abandoned()),
            Err(ended) => Err(ended.throw("Mutex::lock()")),
        };
    }
    let granted = registered && coroutine::was_woken();
    match ended {
        Ok(()) => {
            mutex.0.borrow_mut().taken(task);
            Ok(())
        }
        Err(ended) => {
            if registered {
                core::with(|core| {
                    mutex
                        .0
                        .borrow_mut()
                        .withdraw(&mut core.reactor.scheduler, granted)
                });
            }
            // It may have become free after the deadline and before this ran.
            if ended == Ended::Deadline && attempt(mutex, task) == Lock::Locked {
                return Ok(());
            }
            Err(ended.throw("Mutex::lock()"))
        }
    }
}

#[cold]
fn abandoned() -> Thrown {
    exception::misuse(
        "the coroutine that had the lock has ended without unlock(), so nobody can: what it protects may \
         be half done; use with(), which unlocks whatever happens",
    )
}

fn release(mutex: &Mutex) -> Result<(), Thrown> {
    let task = Worker::current().task();
    let unlocked = core::with(|core| {
        mutex
            .0
            .borrow_mut()
            .unlock(&mut core.reactor.scheduler, task)
    });
    if unlocked {
        return Ok(());
    }
    Err(exception::misuse(
        "this coroutine does not have the lock: only the one that locked it may unlock it, once",
    ))
}

fn lock(mutex: &Mutex, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    acquire(mutex, duration(call, 0)?)
}

fn try_lock(mutex: &Mutex, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let locked = attempt(mutex, own_task()?) == Lock::Locked;
    call.give(Value::bool(locked));
    Ok(())
}

fn unlock(mutex: &Mutex, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    release(mutex)
}

fn with(mutex: &Mutex, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let timeout = duration(call, 1)?;
    let mut callable = call.callable(0)?;
    acquire(mutex, timeout)?;
    match callable.call() {
        Ok(result) => {
            release(mutex)?;
            call.give(result);
            Ok(())
        }
        Err(thrown) => {
            let task = Worker::current().task();
            core::with(|core| {
                mutex
                    .0
                    .borrow_mut()
                    .unlock(&mut core.reactor.scheduler, task)
            });
            Err(thrown)
        }
    }
}

fn is_locked(mutex: &Mutex, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::bool(mutex.0.borrow().is_locked()));
    Ok(())
}

fn waiting(mutex: &Mutex, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let count = core::with(|core| mutex.0.borrow().waiting(&core.reactor.scheduler));
    call.give(Value::long(count as i64));
    Ok(())
}
