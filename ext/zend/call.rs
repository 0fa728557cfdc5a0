//! One call from PHP: its arguments, its `$this`, and where its result goes.
//!
//! This is the only door from PHP into the classes. It catches panics, turns errors into
//! exceptions, and holds nothing itself while the method runs.

use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::class::NativeClass;
use super::object::{self, Object};
use super::value::{Value, Zval, array_values};
use crate::exception::{self, Thrown};

/// The engine's call frame; only ever behind a pointer.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Frame(*mut Zval);

/// Where the engine wants the result.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Slot(*mut Zval);

/// A method or function that PHP calls.
pub type Handler = extern "C" fn(Frame, Slot);

/// A checked callable with the engine's resolved form of it. Valid during the call it
/// came with; what keeps it longer copies it (a coroutine, a callback).
#[repr(C)]
pub struct Callable {
    pub(super) fci: [u64; 10],
    pub(super) fcc: [u64; 8],
}

unsafe extern "C" {
    fn tusk_arg_count(frame: Frame, min: u32, max: u32) -> bool;
    fn tusk_arg_given(frame: Frame) -> u32;
    fn tusk_arg(frame: Frame, index: u32) -> *mut Zval;
    fn tusk_arg_long(frame: Frame, index: u32, nullable: bool, out: *mut i64) -> i32;
    fn tusk_arg_double(frame: Frame, index: u32, nullable: bool, out: *mut f64) -> i32;
    fn tusk_arg_single_double(frame: Frame, out: *mut f64) -> bool;
    fn tusk_arg_bool(frame: Frame, index: u32, out: *mut bool) -> i32;
    fn tusk_arg_string(frame: Frame, index: u32, text: *mut *const u8, length: *mut usize) -> i32;
    fn tusk_arg_array(frame: Frame, index: u32, out: *mut *mut Zval) -> i32;
    fn tusk_arg_callable(frame: Frame, index: u32, fci: *mut u64, fcc: *mut u64) -> bool;
    fn tusk_arg_instance(frame: Frame, index: u32, class: *const c_char) -> bool;
    fn tusk_arg_stream(frame: Frame, index: u32, key: *mut i64) -> i32;
    fn tusk_this(frame: Frame) -> *mut Object;
    fn tusk_callable_from(value: *const Zval, fci: *mut u64, fcc: *mut u64) -> bool;
    fn tusk_call_now(
        fci: *mut u64,
        fcc: *mut u64,
        result: *mut Zval,
        args: *const Zval,
        argc: u32,
    ) -> bool;
}

/// See the module's description.
pub struct Call {
    frame: Frame,
    result: Slot,
}

impl Call {
    /// Too few or too many arguments: PHP's own error.
    #[inline]
    pub fn expect(&self, min: u32, max: u32) -> Result<(), Thrown> {
        // SAFETY: the frame is the running call's (invariant 2); so below.
        if unsafe { tusk_arg_count(self.frame, min, max) } {
            Ok(())
        } else {
            Err(Thrown)
        }
    }

    /// How many arguments were given.
    pub fn given(&self) -> u32 {
        // SAFETY: see `expect`.
        unsafe { tusk_arg_given(self.frame) }
    }

    /// An integer argument; `None` when absent (or null, where `nullable`).
    pub fn long(&self, index: u32, nullable: bool) -> Result<Option<i64>, Thrown> {
        let mut out = 0;
        // SAFETY: see `expect`; `out` outlives the call.
        let given = unsafe { tusk_arg_long(self.frame, index, nullable, &mut out) };
        optional(given, out)
    }

    /// The only argument, if it is a number: the short way through for hot functions.
    #[inline]
    pub fn single_double(&self) -> Option<f64> {
        let mut out = 0.0;
        // SAFETY: see `long`.
        unsafe { tusk_arg_single_double(self.frame, &mut out) }.then_some(out)
    }

    /// A float argument; `None` when absent (or null, where `nullable`).
    pub fn double(&self, index: u32, nullable: bool) -> Result<Option<f64>, Thrown> {
        let mut out = 0.0;
        // SAFETY: see `long`.
        let given = unsafe { tusk_arg_double(self.frame, index, nullable, &mut out) };
        optional(given, out)
    }

    /// A boolean argument that was given.
    pub fn truth(&self, index: u32) -> Result<bool, Thrown> {
        let mut out = false;
        // SAFETY: see `long`.
        let found = unsafe { tusk_arg_bool(self.frame, index, &mut out) };
        Ok(optional(found, out)?.unwrap_or(false))
    }

    /// A string argument, borrowed from the call.
    pub fn bytes(&self, index: u32) -> Result<Option<&[u8]>, Thrown> {
        let mut text = std::ptr::null();
        let mut length = 0;
        // SAFETY: see `long`; the string belongs to the frame while `self` is borrowed.
        unsafe {
            let found = tusk_arg_string(self.frame, index, &mut text, &mut length);
            match optional(found, ())? {
                Some(()) => Ok(Some(std::slice::from_raw_parts(text, length))),
                None => Ok(None),
            }
        }
    }

    /// Any argument.
    pub fn value(&self, index: u32) -> Value {
        // SAFETY: see `expect`.
        let raw = unsafe { tusk_arg(self.frame, index) };
        if raw.is_null() {
            Value::NULL
        } else {
            Value::copy_of(raw)
        }
    }

    /// A callable argument.
    #[inline]
    pub fn callable(&self, index: u32) -> Result<Callable, Thrown> {
        let mut callable = Callable {
            fci: [0; 10],
            fcc: [0; 8],
        };
        // SAFETY: see `expect`; C asserts that its structs fit into the two arrays.
        let valid = unsafe {
            tusk_arg_callable(
                self.frame,
                index,
                callable.fci.as_mut_ptr(),
                callable.fcc.as_mut_ptr(),
            )
        };
        if valid { Ok(callable) } else { Err(Thrown) }
    }

    /// A string argument as PHP's value, which keeps its hash.
    pub fn name(&self, index: u32) -> Result<Value, Thrown> {
        self.bytes(index)?;
        Ok(self.value(index))
    }

    /// An array argument as PHP's value.
    pub fn array_value(&self, index: u32) -> Result<Value, Thrown> {
        let mut array = std::ptr::null_mut();
        // SAFETY: see `long`.
        let found = unsafe { tusk_arg_array(self.frame, index, &mut array) };
        Ok(optional(found, ())?.map_or(Value::NULL, |()| Value::copy_of(array)))
    }

    /// The values of an array argument, borrowed from the call; empty when absent.
    pub fn array(&self, index: u32) -> Result<Vec<Zval>, Thrown> {
        let mut array = std::ptr::null_mut();
        // SAFETY: see `long`.
        let found = unsafe { tusk_arg_array(self.frame, index, &mut array) };
        Ok(optional(found, ())?.map_or_else(Vec::new, |()| array_values(array)))
    }

    /// A string, or an array of strings; `None` when it is neither.
    pub fn strings(&self, index: u32) -> Result<Option<Vec<String>>, Thrown> {
        let value = self.value(index);
        let texts = if value.is_array() {
            array_values(value.as_ptr())
        } else {
            vec![*value.raw()]
        };
        Ok(texts
            .iter()
            .map(|text| Value::copy_of(text).text())
            .collect())
    }

    /// The arguments from `index` on, borrowed from the call: a pointer and a count.
    #[inline]
    pub(super) fn rest(&self, index: u32) -> (*mut Zval, u32) {
        let given = self.given();
        if given > index {
            // SAFETY: see `expect`. Variadic arguments lie one after the other.
            (unsafe { tusk_arg(self.frame, index) }, given - index)
        } else {
            (std::ptr::null_mut(), 0)
        }
    }

    /// An object argument of ext/ffi's class.
    pub fn library(&self, index: u32) -> Result<Value, Thrown> {
        // SAFETY: see `expect`; C looks for the class by a name in lower case.
        if unsafe { tusk_arg_instance(self.frame, index, c"ffi".as_ptr()) } {
            Ok(self.value(index))
        } else {
            Err(Thrown)
        }
    }

    /// A PHP stream argument: its descriptor and its resource number.
    pub fn stream(&self, index: u32) -> Result<(i32, i64), Thrown> {
        let mut key = 0;
        // SAFETY: see `long`.
        let fd = unsafe { tusk_arg_stream(self.frame, index, &mut key) };
        if fd < 0 { Err(Thrown) } else { Ok((fd, key)) }
    }

    /// `$this`.
    pub(super) fn this(&self) -> *mut Object {
        // SAFETY: only called for methods that are not static.
        unsafe { tusk_this(self.frame) }
    }

    /// Gives `$this` its Rust value, in a constructor.
    pub fn construct<T: NativeClass>(&self, value: T) -> Result<(), Thrown> {
        if object::set(self.this(), value) {
            Ok(())
        } else {
            Err(exception::misuse(
                "the constructor of this object was already called",
            ))
        }
    }

    /// Makes `$this` the result.
    pub fn give_this(&self) {
        // The object's reference is its caller's: the result gets one of its own.
        let borrowed = std::mem::ManuallyDrop::new(Value::object(self.this()));
        self.give(Value::copy_of(borrowed.as_ptr()));
    }

    /// Sets the result; without it, the result is null.
    pub fn give(&self, value: Value) {
        // SAFETY: the engine prepared the slot for this call, and it holds null.
        unsafe { *self.result.0 = value.into_raw() };
    }
}

fn optional<T>(found: i32, value: T) -> Result<Option<T>, Thrown> {
    match found {
        1 => Ok(Some(value)),
        0 => Ok(None),
        _ => Err(Thrown),
    }
}

impl Callable {
    /// What `value` names, closure or name or pair, which the caller keeps. `None`: it cannot
    /// be called.
    pub fn from_value(value: &Value) -> Option<Callable> {
        let mut callable = Callable {
            fci: [0; 10],
            fcc: [0; 8],
        };
        // SAFETY: the value is alive; C asserts that its structs fit into the two arrays.
        let valid = unsafe {
            tusk_callable_from(
                value.as_ptr(),
                callable.fci.as_mut_ptr(),
                callable.fcc.as_mut_ptr(),
            )
        };
        valid.then_some(callable)
    }

    /// Calls it now, on this stack. It may suspend.
    pub fn call(&mut self) -> Result<Value, Thrown> {
        self.call_with(&[])
    }

    /// Calls it with arguments.
    pub fn call_with(&mut self, args: &[Value]) -> Result<Value, Thrown> {
        let mut raw = std::mem::MaybeUninit::<Zval>::uninit();
        // SAFETY: what the callable names is kept by the frame of the call that is still
        // running; a Value is a zval and nothing else; the callee initialises the result.
        let called = unsafe {
            tusk_call_now(
                self.fci.as_mut_ptr(),
                self.fcc.as_mut_ptr(),
                raw.as_mut_ptr(),
                args.as_ptr().cast(),
                args.len() as u32,
            )
        };
        // SAFETY: see above.
        let result = Value::from_raw(unsafe { raw.assume_init() });
        if called { Ok(result) } else { Err(Thrown) }
    }
}

/// The body of every static method and function.
#[inline]
pub fn enter(frame: Frame, result: Slot, body: fn(&Call) -> Result<(), Thrown>) {
    let call = Call { frame, result };
    // A thrown exception is in the engine's hands already.
    match catch_unwind(AssertUnwindSafe(|| body(&call))) {
        Ok(Ok(()) | Err(Thrown)) => {}
        Err(panic) => exception::panicked(panic.as_ref()),
    }
}

/// The body of every method.
#[inline]
pub fn enter_method<T: NativeClass>(
    frame: Frame,
    result: Slot,
    body: fn(&T, &Call) -> Result<(), Thrown>,
) {
    let call = Call { frame, result };
    let Some(this) = object::get::<T>(call.this()) else {
        exception::misuse("the object was not constructed: call parent::__construct()");
        return;
    };
    match catch_unwind(AssertUnwindSafe(|| body(this, &call))) {
        Ok(Ok(()) | Err(Thrown)) => {}
        Err(panic) => exception::panicked(panic.as_ref()),
    }
}
