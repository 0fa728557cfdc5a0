//! How connections of one kind are made, checked and reset.

use crate::coroutine;
use crate::exception::Thrown;
use crate::zend::call::{Call, Callable};
use crate::zend::class::Visitor;
use crate::zend::engine;
use crate::zend::value::Value;
use tusk_pool::pool::Fate;

/// How long a check may take that nobody waits for, in seconds.
const RESET_CHECK_TIMEOUT: f64 = 5.0;

/// What a host asks of the kind of its connections. Each may suspend.
pub trait Maker {
    /// A new connection, within so many seconds.
    fn create(&self, timeout: f64) -> Result<Value, Thrown>;

    /// Is it usable? No exception is set when this returns, unless the caller is cancelled.
    fn check(&self, thing: &Value, timeout: f64) -> bool;

    /// Makes it as good as new; false: it is to be closed. No exception is set then.
    /// `doubt`: its user may have left it in the middle of something.
    fn reset(&self, thing: &Value, doubt: bool) -> bool;

    /// What is to be done with a connection whose loan ended like this.
    fn fate(&self, end: End) -> Fate;

    /// For the collector.
    fn visit(&self, visitor: &mut Visitor);
}

/// How a loan ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its user has said so.
    Given,
    /// Its user threw, or ended without a word.
    Doubt,
    /// Its user was cancelled: what it was waiting for may still be on the wire.
    Cancelled,
}

/// Connections made by PHP code.
pub struct Closures {
    /// `fn (): mixed`
    pub factory: Value,
    /// `fn (mixed $connection): void`, null: nothing to reset.
    pub reset: Value,
    /// `fn (mixed $connection): bool`, null: taken for granted.
    pub is_alive: Value,
}

/// Calls in a coroutine of its own, which is cancelled after so many seconds.
pub fn call_within(callable: &Value, args: &[Value], seconds: f64) -> Result<Value, Thrown> {
    let Some(callable) = Callable::from_value(callable) else {
        return Err(Thrown);
    };
    coroutine::timeout(seconds, |group| {
        Call::spawn_with(&callable, args, group.number())
    })
}

/// Calls here.
fn call_now(callable: &Value, args: &[Value]) -> Result<Value, Thrown> {
    match Callable::from_value(callable) {
        Some(mut callable) => callable.call_with(args),
        None => Err(Thrown),
    }
}

/// A failure of a check or a reset is an answer, not an exception; a cancel of the caller is
/// left to be thrown.
pub fn swallow() {
    if engine::exception_is("Throwable") {
        engine::clear_exception();
    }
}

impl Maker for Closures {
    fn create(&self, timeout: f64) -> Result<Value, Thrown> {
        call_within(&self.factory, &[], timeout)
    }

    fn check(&self, thing: &Value, timeout: f64) -> bool {
        if self.is_alive.is_null() {
            return true;
        }
        match call_within(&self.is_alive, std::slice::from_ref(thing), timeout) {
            Ok(answer) => answer.is_true(),
            Err(Thrown) => {
                swallow();
                false
            }
        }
    }

    fn reset(&self, thing: &Value, doubt: bool) -> bool {
        if doubt && !self.check(thing, RESET_CHECK_TIMEOUT) {
            return false;
        }
        if self.reset.is_null() {
            return true;
        }
        match call_now(&self.reset, std::slice::from_ref(thing)) {
            Ok(_) => true,
            Err(Thrown) => {
                swallow();
                false
            }
        }
    }

    fn fate(&self, end: End) -> Fate {
        match end {
            End::Cancelled => Fate::Retire,
            End::Doubt if !self.is_alive.is_null() => Fate::Reset,
            _ if !self.reset.is_null() => Fate::Reset,
            _ => Fate::Keep,
        }
    }

    fn visit(&self, visitor: &mut Visitor) {
        visitor.value(&self.factory);
        visitor.value(&self.reset);
        visitor.value(&self.is_alive);
    }
}
