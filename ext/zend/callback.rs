//! Callbacks of an event loop, as handles of the shim's structs.

use std::ffi::c_void;

use super::call::{Call, Callable};
use super::value::{Value, Zval};
use crate::exception::Thrown;

/// A callable with its arguments, owned. Given up by [`Callback::release`], outside any
/// borrow, because that may run destructors.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Callback(*mut c_void);

unsafe extern "C" {
    fn tusk_callback_new(
        fci: *const u64,
        fcc: *const u64,
        args: *const Zval,
        argc: u32,
    ) -> Callback;
    fn tusk_callback_release(callback: Callback);
    fn tusk_callback_set_error_handler(callable: *const Zval);
    fn tusk_callback_set_busy_handler(callable: *const Zval);
    fn tusk_forget_on_wait(
        class: *const u8,
        class_length: usize,
        method: *const u8,
        method_length: usize,
        variable: *const u8,
        variable_length: usize,
        make_another: *const Zval,
    ) -> bool;
    fn tusk_forget();
    fn tusk_files_block_in(name: *const u8, length: usize) -> bool;
    static tusk_forget_method: *const c_void;
}

impl Callback {
    /// Copies a callable with arguments borrowed from the running call.
    pub fn new(callable: &Callable, args: &[Zval]) -> Callback {
        // SAFETY: the callable and the arguments are the running call's; C copies them.
        unsafe {
            tusk_callback_new(
                callable.fci.as_ptr(),
                callable.fcc.as_ptr(),
                args.as_ptr(),
                args.len() as u32,
            )
        }
    }

    /// Nothing; what `tusk_rt_callback_begin` answers when there is nothing to call.
    pub fn none() -> Callback {
        Callback(std::ptr::null_mut())
    }

    /// Gives it up.
    pub fn release(self) {
        // SAFETY: `new` made the reference, and its owner calls this once.
        unsafe { tusk_callback_release(self) };
    }
}

/// What gets the exceptions of callbacks; null: warnings.
pub fn set_error_handler(value: &Value) {
    // SAFETY: C copies the value.
    unsafe {
        tusk_callback_set_error_handler(if value.is_null() {
            std::ptr::null()
        } else {
            value.as_ptr()
        });
    }
}

/// What is told that a watch is busy; null: nobody.
pub fn set_busy_handler(value: &Value) {
    // SAFETY: C copies the value.
    unsafe {
        tusk_callback_set_busy_handler(if value.is_null() {
            std::ptr::null()
        } else {
            value.as_ptr()
        });
    }
}

/// File calls of this class's code do not suspend. False: there is no such class.
pub fn files_block_in(class: &[u8]) -> bool {
    // SAFETY: pointer and length of a live slice.
    unsafe { tusk_files_block_in(class.as_ptr(), class.len()) }
}

/// Somebody is about to wait: nobody is to find what was handed out of what
/// [`forget_on_wait`] named.
#[inline]
pub fn forget_shared() {
    // SAFETY: reads a pointer of C's; the call may run PHP code, and no borrow is alive.
    unsafe {
        if !tusk_forget_method.is_null() {
            tusk_forget();
        }
    }
}

/// Takes what was handed out of this static variable of a method, whenever somebody begins to
/// wait; `another` makes what stands in its place, null: nothing. False: there is no such
/// method of PHP code.
pub fn forget_on_wait(class: &[u8], method: &[u8], variable: &[u8], another: &Value) -> bool {
    // SAFETY: C copies the names and the callable.
    unsafe {
        tusk_forget_on_wait(
            class.as_ptr(),
            class.len(),
            method.as_ptr(),
            method.len(),
            variable.as_ptr(),
            variable.len(),
            if another.is_null() {
                std::ptr::null()
            } else {
                another.as_ptr()
            },
        )
    }
}

impl Call {
    /// A callback from a callable argument and the resource given as its only argument.
    pub fn callback(&self, callable: u32, argument: Option<u32>) -> Result<Callback, Thrown> {
        let callable = self.callable(callable)?;
        let argument = argument.map(|index| self.value(index));
        let args = argument
            .as_ref()
            .map_or(&[][..], |value| std::slice::from_ref(value.raw()));
        Ok(Callback::new(&callable, args))
    }

    /// A callback from a callable argument and an array argument of its arguments.
    pub fn callback_with_array(&self, callable: u32, array: u32) -> Result<Callback, Thrown> {
        let callable = self.callable(callable)?;
        let args = self.array(array)?;
        Ok(Callback::new(&callable, &args))
    }
}
