//! `Tusk\Pool\Lease`.

use std::cell::Cell;
use std::rc::Rc;

use tusk_pool::pool::{Fate, Lease};

use crate::exception::{self, Thrown};
use crate::pool::{End, Host};
use crate::zend::call::Call;
use crate::zend::class::{Class, NativeClass, method};
use crate::zend::engine;
use crate::zend::kind::Kind;
use crate::zend::value::Value;

/// A connection on loan. It goes back when it is released, when this object is freed, or when
/// the coroutine that took it ends, whichever is first, and whatever ended it: a return, an
/// exception or a cancel.
pub static CLASS: Class = Class {
    name: "Tusk\\Pool\\Lease",
    interfaces: &[],
    native: true,
    methods: &[
        /// The connection. MisuseError when it was given back.
        method!("get(): mixed", LeaseObject, get),
        /// Gives it back; the second time does nothing. Never waits. Who knows that there is
        /// nothing to reset says so with `$clean`: the pool's `reset` is not called then.
        method!("release(bool $clean = false): void", LeaseObject, release),
        /// Gives it back as broken: it is closed, and another takes its place.
        method!("discard(): void", LeaseObject, discard),
        /// Has the peer closed the connection, as far as the kernel knows? Nothing is sent or
        /// waited for. It looks for a socket in a PDO connection (MySQL through mysqlnd,
        /// PostgreSQL), a Redis object, a PHP stream, or an object with one of these in a property; false where
        /// there is none.
        method!("hasHungUp(): bool", LeaseObject, has_hung_up),
        /// Says that the peer has just answered: until the event loop turns, an `acquire()` that
        /// looks whether the peer has closed the connection need not look.
        method!("answered(): void", LeaseObject, answered),
        /// Was it given back?
        method!("isReleased(): bool", LeaseObject, is_released),
    ],
};

/// The class as registered.
pub static KIND: Kind<LeaseObject> = Kind::new();

/// The state behind the object.
pub struct LeaseObject {
    host: Rc<Host>,
    lease: Lease,
    ended: Cell<bool>,
}

impl LeaseObject {
    fn end(&self, end: End) {
        if !self.ended.replace(true) {
            self.host.end(self.lease, end);
        }
    }
}

impl NativeClass for LeaseObject {}

impl Drop for LeaseObject {
    fn drop(&mut self) {
        // After the request, hosts are gone with their connections.
        if crate::core::is_up() {
            self.end(match engine::has_exception() {
                false => End::Given,
                true if engine::exception_is("Throwable") => End::Doubt,
                true => End::Cancelled,
            });
        }
    }
}

/// An object for a loan.
pub fn of(host: Rc<Host>, lease: Lease) -> Value {
    KIND.make(LeaseObject {
        host,
        lease,
        ended: Cell::new(false),
    })
}

fn get(lease: &LeaseObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    match lease.host.thing(lease.lease) {
        Some(thing) => {
            call.give(thing);
            Ok(())
        }
        None => Err(exception::misuse(
            "this lease has ended: the connection was given back, or the coroutine that took it has ended, \
             and somebody else may have it now; take one again",
        )),
    }
}

fn release(lease: &LeaseObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    if !call.truth(0)? {
        lease.end(End::Given);
    } else if !lease.ended.replace(true) {
        lease.host.release(lease.lease, Fate::Keep, false);
    }
    Ok(())
}

fn discard(lease: &LeaseObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    if !lease.ended.replace(true) {
        lease.host.release(lease.lease, Fate::Retire, false);
        lease.host.drop_hung_up();
    }
    Ok(())
}

fn has_hung_up(lease: &LeaseObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::bool(lease.host.has_hung_up(lease.lease)));
    Ok(())
}

fn answered(lease: &LeaseObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    if lease.host.is_current(lease.lease) {
        lease.host.has_answered(lease.lease);
    }
    Ok(())
}

fn is_released(lease: &LeaseObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let on = lease.host.is_current(lease.lease);
    call.give(Value::bool(!on));
    Ok(())
}
