//! `Tusk\Ffi`.

use crate::exception::Thrown;
use crate::zend::call::Call;
use crate::zend::class::{Class, NativeClass, method, static_method};
use crate::zend::ffi;
use crate::zend::kind::Kind;
use crate::zend::value::Value;

/// C functions that block, called without holding everybody up.
pub static CLASS: Class = Class {
    name: "Tusk\\Ffi",
    interfaces: &[],
    native: true,
    methods: &[
        /// A callable that runs a C function of `$lib` on a thread while the coroutine waits.
        /// Arguments and results are converted as by `$lib` itself; errno is the C function's.
        /// The function must be safe to call from another thread. One that takes a callback, or
        /// something of PHP, is refused with a MisuseError. **The callable suspends.** When
        /// its coroutine is cancelled the C function runs to its end, and its arguments live
        /// until then.
        static_method!("blocking(FFI $lib, string $function): callable", blocking),
        /// Calls the C function.
        method!("__invoke(mixed ...$arguments): mixed", Function, invoke),
    ],
};

/// The class as registered.
pub static KIND: Kind<Function> = Kind::new();

/// A C function of a library.
pub struct Function {
    library: Value,
    name: Vec<u8>,
}

impl NativeClass for Function {}

fn blocking(call: &Call) -> Result<(), Thrown> {
    call.expect(2, 2)?;
    super::require_core()?;
    let library = call.library(0)?;
    let name = call.bytes(1)?.unwrap_or_default().to_vec();
    ffi::check(&library, &name)?;
    call.give(KIND.make(Function { library, name }));
    Ok(())
}

fn invoke(function: &Function, call: &Call) -> Result<(), Thrown> {
    // The object may be given up while this waits.
    let (library, name) = (function.library.clone(), function.name.clone());
    let result = ffi::call(call, &library, &name)?;
    call.give(result);
    Ok(())
}
