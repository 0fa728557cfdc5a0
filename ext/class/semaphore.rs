//! `Tusk\Semaphore`, over `tusk_runtime::sync::Semaphore`.

use std::cell::{Cell, RefCell};

use super::arguments::duration;
use crate::core;
use crate::coroutine::{self, Ended, check_may_wait, current_task, deadline_in};
use crate::exception::{self, Thrown};
use crate::zend::call::Call;
use crate::zend::class::{Class, NativeClass, method, raw_method};
use crate::zend::engine;
use crate::zend::value::Value;
use crate::zend::worker::Worker;
use tusk_runtime::sync;
use tusk_runtime::task::{Ends, TaskId};

/// A number of permits: so many coroutines at a time do something. First come, first
/// served: one who waits for several permits is not overtaken by those who want fewer.
pub static CLASS: Class = Class {
    name: "Tusk\\Semaphore",
    interfaces: &[],
    native: true,
    methods: &[
        /// `$permits` permits, all free.
        raw_method!("__construct(int $permits)", construct),
        /// Waits for permits and takes them. Throws TimeoutException. **Suspends.**
        method!(
            "acquire(int $permits = 1, ?float $timeout = null): void",
            Semaphore,
            acquire
        ),
        /// Takes permits if they are free and nobody waits.
        method!("tryAcquire(int $permits = 1): bool", Semaphore, try_acquire),
        /// Gives permits back. MisuseError when that is more than were taken.
        method!("release(int $permits = 1): void", Semaphore, release),
        /// Calls `$callable` with permits, and gives them back whatever it returns or throws.
        /// **Suspends.**
        method!(
            "with(callable $callable, int $permits = 1, ?float $timeout = null): mixed",
            Semaphore,
            with
        ),
        /// Permits that are free.
        method!("available(): int", Semaphore, available),
        /// How many coroutines wait for permits.
        method!("waiting(): int", Semaphore, waiting),
    ],
};

/// The state behind the object. Borrows last one call of the native semaphore.
pub struct Semaphore {
    native: RefCell<sync::Semaphore>,
    /// Who took how many: asked in the child of a fork only, where nobody but the coroutine that
    /// forked still has its own. What one took another may give back, so it is no more than that.
    holders: RefCell<Vec<(TaskId, usize)>>,
    /// The scheduler's epoch that `native` is of.
    epoch: Cell<u8>,
}

impl Semaphore {
    /// In the child of a fork: permits of the parent's coroutines are free again. Called when
    /// there seem to be none, before anybody waits.
    fn forget_parents(&self, core: &core::Core) {
        let scheduler = &core.reactor.scheduler;
        if self.epoch.replace(scheduler.epoch()) != scheduler.epoch() {
            let mut holders = self.holders.borrow_mut();
            holders.retain(|&(task, _)| scheduler.is_alive(task));
            let held = holders.iter().map(|&(_, permits)| permits).sum();
            self.native.borrow_mut().forget_parents(held);
        }
    }

    fn took(&self, task: TaskId, permits: usize) {
        self.holders.borrow_mut().push((task, permits));
    }

    /// The running coroutine gives permits back: its own, and when those are not enough, others'.
    fn gave_back(&self, mut permits: usize) {
        let own = Worker::current().task();
        let mut holders = self.holders.borrow_mut();
        while permits > 0 {
            let last_of_own = holders.iter().rposition(|&(task, _)| task == own);
            let index = last_of_own.unwrap_or(0);
            let Some((_, held)) = holders.get_mut(index) else {
                return;
            };
            let back = permits.min(*held);
            *held -= back;
            permits -= back;
            if *held == 0 {
                holders.swap_remove(index);
            }
        }
    }
}

impl NativeClass for Semaphore {
    fn describe(&self) -> Option<String> {
        core::with(|core| {
            self.forget_parents(core);
            let semaphore = self.native.borrow();
            Some(format!(
                "{} of {} permits free, {} waiting",
                semaphore.free(),
                semaphore.total(),
                semaphore.waiting(&core.reactor.scheduler)
            ))
        })
    }
}

fn construct(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let permits = call.long(0, false)?.unwrap_or(0);
    let Some(permits) = usize::try_from(permits).ok().filter(|&permits| permits > 0) else {
        return Err(engine::argument_error(0, "must be one or more"));
    };
    super::require_core()?;
    let epoch = core::with(|core| core.reactor.scheduler.epoch());
    call.construct(Semaphore {
        native: RefCell::new(sync::Semaphore::new(permits)),
        holders: RefCell::default(),
        epoch: Cell::new(epoch),
    })
}

/// An argument that says how many permits.
fn permits(semaphore: &Semaphore, call: &Call, index: u32) -> Result<usize, Thrown> {
    let total = semaphore.native.borrow().total();
    let permits = call.long(index, false)?.unwrap_or(1);
    match usize::try_from(permits) {
        Ok(permits) if (1..=total).contains(&permits) => Ok(permits),
        _ => Err(engine::argument_error(
            index,
            &format!("must be between 1 and {total}, the permits there are"),
        )),
    }
}

fn take_now(semaphore: &Semaphore, task: TaskId, permits: usize) -> bool {
    let taken = core::with(|core| {
        let attempt = |core: &core::Core| {
            let mut native = semaphore.native.borrow_mut();
            native.try_acquire(&core.reactor.scheduler, permits)
        };
        attempt(core) || {
            semaphore.forget_parents(core);
            attempt(core)
        }
    });
    if taken {
        semaphore.took(task, permits);
    }
    taken
}

fn own_task() -> Result<TaskId, Thrown> {
    current_task(Worker::current()).ok_or(Thrown)
}

fn take(semaphore: &Semaphore, permits: usize, timeout: Option<f64>) -> Result<(), Thrown> {
    let task = own_task()?;
    if take_now(semaphore, task, permits) {
        return Ok(());
    }
    check_may_wait("Semaphore::acquire()")?;
    let mut registered = false;
    let ended = coroutine::wait(Ends::OnCancel, deadline_in(timeout), |core, waiter| {
        semaphore
            .native
            .borrow_mut()
            .wait(&core.reactor.scheduler, waiter, permits);
        registered = true;
        true
    });
    let granted = registered && coroutine::was_woken();
    let Err(ended) = ended else {
        semaphore.took(task, permits);
        return Ok(());
    };
    if registered {
        core::with(|core| {
            semaphore
                .native
                .borrow_mut()
                .withdraw(&mut core.reactor.scheduler, permits, granted);
        });
    }
    // They may have become free after the deadline and before this ran.
    if ended == Ended::Deadline && take_now(semaphore, task, permits) {
        return Ok(());
    }
    Err(ended.throw("Semaphore::acquire()"))
}

fn release_now(semaphore: &Semaphore, permits: usize) -> bool {
    let released = core::with(|core| {
        let mut native = semaphore.native.borrow_mut();
        native.release(&mut core.reactor.scheduler, permits)
    });
    if released {
        semaphore.gave_back(permits);
    }
    released
}

fn give_back(semaphore: &Semaphore, permits: usize) -> Result<(), Thrown> {
    if release_now(semaphore, permits) {
        return Ok(());
    }
    Err(exception::misuse(
        "more permits were given back than taken: every release() belongs to one acquire() that has returned",
    ))
}

fn acquire(semaphore: &Semaphore, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 2)?;
    let permits = permits(semaphore, call, 0)?;
    take(semaphore, permits, duration(call, 1)?)
}

fn try_acquire(semaphore: &Semaphore, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    let permits = permits(semaphore, call, 0)?;
    let taken = take_now(semaphore, own_task()?, permits);
    call.give(Value::bool(taken));
    Ok(())
}

fn release(semaphore: &Semaphore, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    give_back(semaphore, permits(semaphore, call, 0)?)
}

fn with(semaphore: &Semaphore, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 3)?;
    let permits = permits(semaphore, call, 1)?;
    let timeout = duration(call, 2)?;
    let mut callable = call.callable(0)?;
    take(semaphore, permits, timeout)?;
    match callable.call() {
        Ok(result) => {
            give_back(semaphore, permits)?;
            call.give(result);
            Ok(())
        }
        Err(thrown) => {
            release_now(semaphore, permits);
            Err(thrown)
        }
    }
}

fn available(semaphore: &Semaphore, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    core::with(|core| semaphore.forget_parents(core));
    call.give(Value::long(semaphore.native.borrow().free() as i64));
    Ok(())
}

fn waiting(semaphore: &Semaphore, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let count = core::with(|core| semaphore.native.borrow().waiting(&core.reactor.scheduler));
    call.give(Value::long(count as i64));
    Ok(())
}
