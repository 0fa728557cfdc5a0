//! `Tusk\Semaphore`, over `tusk_runtime::sync::Semaphore`.

use std::cell::RefCell;

use super::arguments::duration;
use crate::core;
use crate::coroutine::{self, Ended, check_may_wait, deadline_in};
use crate::exception::{self, Thrown};
use crate::zend::call::Call;
use crate::zend::class::{Class, NativeClass, method, raw_method};
use crate::zend::engine;
use crate::zend::value::Value;
use tusk_runtime::sync;
use tusk_runtime::task::Ends;

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
pub struct Semaphore(RefCell<sync::Semaphore>);

impl NativeClass for Semaphore {
    fn describe(&self) -> Option<String> {
        core::with(|core| {
            let semaphore = self.0.borrow();
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
    call.construct(Semaphore(RefCell::new(sync::Semaphore::new(permits))))
}

/// An argument that says how many permits.
fn permits(semaphore: &Semaphore, call: &Call, index: u32) -> Result<usize, Thrown> {
    let total = semaphore.0.borrow().total();
    let permits = call.long(index, false)?.unwrap_or(1);
    match usize::try_from(permits) {
        Ok(permits) if (1..=total).contains(&permits) => Ok(permits),
        _ => Err(engine::argument_error(
            index,
            &format!("must be between 1 and {total}, the permits there are"),
        )),
    }
}

fn take_now(semaphore: &Semaphore, permits: usize) -> bool {
    core::with(|core| {
        semaphore
            .0
            .borrow_mut()
            .try_acquire(&core.reactor.scheduler, permits)
    })
}

fn take(semaphore: &Semaphore, permits: usize, timeout: Option<f64>) -> Result<(), Thrown> {
    if take_now(semaphore, permits) {
        return Ok(());
    }
    check_may_wait("Semaphore::acquire()")?;
    let mut registered = false;
    let ended = coroutine::wait(Ends::OnCancel, deadline_in(timeout), |core, waiter| {
        semaphore
            .0
            .borrow_mut()
            .wait(&core.reactor.scheduler, waiter, permits);
        registered = true;
        true
    });
    let granted = registered && coroutine::was_woken();
    let Err(ended) = ended else { return Ok(()) };
    if registered {
        core::with(|core| {
            semaphore
                .0
                .borrow_mut()
                .withdraw(&mut core.reactor.scheduler, permits, granted);
        });
    }
    // They may have become free after the deadline and before this ran.
    if ended == Ended::Deadline && take_now(semaphore, permits) {
        return Ok(());
    }
    Err(ended.throw("Semaphore::acquire()"))
}

fn give_back(semaphore: &Semaphore, permits: usize) -> Result<(), Thrown> {
    let released = core::with(|core| {
        semaphore
            .0
            .borrow_mut()
            .release(&mut core.reactor.scheduler, permits)
    });
    if released {
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
    call.give(Value::bool(take_now(semaphore, permits)));
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
            core::with(|core| {
                semaphore
                    .0
                    .borrow_mut()
                    .release(&mut core.reactor.scheduler, permits)
            });
            Err(thrown)
        }
    }
}

fn available(semaphore: &Semaphore, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(semaphore.0.borrow().free() as i64));
    Ok(())
}

fn waiting(semaphore: &Semaphore, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let count = core::with(|core| semaphore.0.borrow().waiting(&core.reactor.scheduler));
    call.give(Value::long(count as i64));
    Ok(())
}
