//! `Tusk\SingleFlight`: one call for all who ask for the same at the same time.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::arguments::duration;
use crate::coroutine::Flight;
use crate::exception::Thrown;
use crate::zend::call::{Call, Callable};
use crate::zend::class::{Class, Interface, NativeClass, method, raw_method};
use crate::zend::value::Value;

/// Coroutines that ask for the same key at the same time share one call and its result, or its
/// exception: a page that a thousand visitors miss in the cache is made once. Nothing is kept
/// when it has ended. The call runs in a coroutine of its own: the visitor who came first may
/// be cancelled, and the others still get it; it is cancelled when the last one has given up.
pub static CLASS: Class = Class {
    name: "Tusk\\SingleFlight",
    interfaces: &[Interface::Countable],
    native: true,
    methods: &[
        /// Nothing under way.
        raw_method!("__construct()", construct),
        /// The result of `$callable()`, or of the call for `$key` that is under way. Throws
        /// what that threw, or TimeoutException. **Suspends.**
        method!(
            "run(string $key, callable $callable, ?float $timeout = null): mixed",
            SingleFlight,
            run
        ),
        /// Who asks for `$key` from now on makes a call of its own.
        method!("forget(string $key): void", SingleFlight, forget),
        /// Calls under way.
        method!("count(): int", SingleFlight, count),
    ],
};

/// The state behind the object. Borrows last no longer than a look.
pub struct SingleFlight(RefCell<HashMap<Box<[u8]>, Rc<Flight>>>);

impl NativeClass for SingleFlight {}

fn construct(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    super::require_core()?;
    call.construct(SingleFlight(RefCell::new(HashMap::new())))
}

fn run(flights: &SingleFlight, call: &Call) -> Result<(), Thrown> {
    call.expect(2, 3)?;
    let key: Box<[u8]> = call.bytes(0)?.unwrap_or_default().into();
    let callable = call.callable(1)?;
    let timeout = duration(call, 2)?;
    super::require_spawn()?;
    let flight = flight(flights, &key, &callable)?;
    let result = flight.wait(timeout, "SingleFlight::run()");
    if !flight.is_under_way() || flight.is_unwanted() {
        let own = |flying: &Rc<Flight>| Rc::ptr_eq(flying, &flight);
        let mut all = flights.0.borrow_mut();
        // The frame's own reference keeps it, so nothing is dropped inside the borrow.
        if all.get(&key).is_some_and(own) {
            all.remove(&key);
        }
    }
    call.give(result?);
    Ok(())
}

/// The one that is under way for the key, or a new one.
fn flight(flights: &SingleFlight, key: &[u8], callable: &Callable) -> Result<Rc<Flight>, Thrown> {
    let under_way = flights.0.borrow().get(key).cloned();
    if let Some(flight) = under_way.filter(|flight| flight.is_under_way()) {
        return Ok(flight);
    }
    let flight = Rc::new(Flight::start(callable)?);
    let former = flights.0.borrow_mut().insert(key.into(), flight.clone());
    drop(former);
    Ok(flight)
}

fn forget(flights: &SingleFlight, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let key = call.bytes(0)?.unwrap_or_default();
    let forgotten = flights.0.borrow_mut().remove(key);
    drop(forgotten);
    Ok(())
}

fn count(flights: &SingleFlight, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let all = flights.0.borrow();
    let under_way = all.values().filter(|flight| flight.is_under_way()).count();
    call.give(Value::long(under_way as i64));
    Ok(())
}
