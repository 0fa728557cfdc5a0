//! `Tusk\Once`: a value that is made at most once.

use std::cell::RefCell;
use std::rc::Rc;

use super::arguments::duration;
use crate::coroutine::Flight;
use crate::exception::{self, Thrown};
use crate::zend::call::{Call, Callable};
use crate::zend::class::{Class, NativeClass, Visitor, method, raw_method};
use crate::zend::value::Value;

/// A value that is made when it is first asked for, once, however many coroutines ask at the
/// same time. A failure is thrown to all who wait for this try and not kept: the next one who
/// asks tries again. Making it goes on while anybody waits for it.
pub static CLASS: Class = Class {
    name: "Tusk\\Once",
    interfaces: &[],
    native: true,
    methods: &[
        /// `$make()` will make the value.
        raw_method!("__construct(callable $make)", construct),
        /// The value; waits while it is being made. Throws what `$make` threw, or
        /// TimeoutException. **Suspends.**
        method!("get(?float $timeout = null): mixed", Once, get),
        /// Has it been made?
        method!("isDone(): bool", Once, is_done),
        /// Forgets the value: the next one who asks makes another.
        method!("reset(): void", Once, reset),
    ],
};

/// The state behind the object. Borrows last no longer than a look.
pub struct Once {
    make: Value,
    made: RefCell<Option<Value>>,
    flight: RefCell<Option<Rc<Flight>>>,
}

impl NativeClass for Once {
    fn visit(&self, visitor: &mut Visitor) {
        visitor.value(&self.make);
        if let Some(value) = &*self.made.borrow() {
            visitor.value(value);
        }
    }
}

fn construct(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    call.callable(0)?;
    super::require_core()?;
    call.construct(Once {
        make: call.value(0),
        made: RefCell::new(None),
        flight: RefCell::new(None),
    })
}

fn get(once: &Once, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    let timeout = duration(call, 0)?;
    if let Some(value) = &*once.made.borrow() {
        call.give(value.clone());
        return Ok(());
    }
    super::require_spawn()?;
    let flight = flight(once)?;
    let result = flight.wait(timeout, "Once::get()");
    let current = once
        .flight
        .borrow()
        .as_ref()
        .is_some_and(|own| Rc::ptr_eq(own, &flight));
    if current && (result.is_ok() || flight.is_unwanted()) {
        let landed = once.flight.take();
        drop(landed);
    }
    let value = result?;
    if current {
        // One that reset() has forgotten meanwhile is only for those who waited for it.
        let former = once.made.replace(Some(value.clone()));
        drop(former);
    }
    call.give(value);
    Ok(())
}

/// The one that is under way, or a new one.
fn flight(once: &Once) -> Result<Rc<Flight>, Thrown> {
    let under_way = once.flight.borrow().clone();
    if let Some(flight) = under_way.filter(|flight| flight.is_under_way()) {
        return Ok(flight);
    }
    let make = Callable::from_value(&once.make)
        .ok_or_else(|| exception::misuse("what makes the value cannot be called any more"))?;
    let flight = Rc::new(Flight::start(&make)?);
    let former = once.flight.replace(Some(flight.clone()));
    drop(former);
    Ok(flight)
}

fn is_done(once: &Once, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::bool(once.made.borrow().is_some()));
    Ok(())
}

fn reset(once: &Once, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let former = (once.made.take(), once.flight.take());
    drop(former);
    Ok(())
}
