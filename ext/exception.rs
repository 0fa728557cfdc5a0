//! Errors on their way to PHP.

use std::any::Any;

use tusk_runtime::error::{Error, Kind};

use crate::zend::engine;

/// An exception is set in the engine: return to PHP at once.
#[derive(Debug)]
pub struct Thrown;

/// Exception classes, in the order of ext/zend/throw.c.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
pub enum Class {
    /// `Tusk\CancelledException`
    Cancelled,
    /// `Tusk\TimeoutException`
    Timeout,
    /// `Tusk\ConnectionException`
    Connection,
    /// `Tusk\ProtocolException`
    Protocol,
    /// `Tusk\RemoteException`
    Remote,
    /// `Tusk\OverloadedException`
    Overloaded,
    /// `Tusk\DeviceException`
    Device,
    /// `Tusk\UnsupportedException`
    Unsupported,
    /// `Tusk\MisuseError`
    Misuse,
    /// `Tusk\PanicError`
    Panic,
}

/// Throws.
#[cold]
pub fn throw(class: Class, message: &str) -> Thrown {
    engine::throw(class as u32, message);
    Thrown
}

/// Throws an exception whose `getCode()` is the other side's number.
#[cold]
pub fn throw_code(class: Class, code: i64, message: &str) -> Thrown {
    engine::throw_code(class as u32, code, message);
    Thrown
}

/// Throws a `MisuseError`: the code that called is wrong.
#[cold]
pub fn misuse(message: &str) -> Thrown {
    throw(Class::Misuse, message)
}

/// Throws what a native error means for PHP.
#[cold]
pub fn native(error: &Error) -> Thrown {
    throw(class_of(error), &error.to_string())
}

/// The same with the other side's number.
#[cold]
pub fn native_code(error: &Error, code: i64) -> Thrown {
    throw_code(class_of(error), code, &error.to_string())
}

fn class_of(error: &Error) -> Class {
    match error.kind() {
        Kind::Cancelled => Class::Cancelled,
        Kind::TimedOut => Class::Timeout,
        Kind::Connection => Class::Connection,
        Kind::Protocol => Class::Protocol,
        Kind::Remote => Class::Remote,
        Kind::Overloaded => Class::Overloaded,
        Kind::Device => Class::Device,
        Kind::Unsupported | Kind::System => Class::Unsupported,
        Kind::Misuse => Class::Misuse,
    }
}

/// A Rust panic reached the boundary: the call fails, the process goes on.
#[cold]
pub fn panicked(panic: &(dyn Any + Send)) {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    throw(
        Class::Panic,
        &format!(
            "Tusk failed inside: {text}. This is a bug of Tusk; please report it with the lines above"
        ),
    );
}
