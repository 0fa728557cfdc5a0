//! A Rust closure as a C callback and its argument.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::driver::Notice;

/// The argument for [`run`].
pub fn pack(notice: Notice) -> *mut c_void {
    Box::into_raw(Box::new(notice)).cast()
}

/// The callback of every driver.
pub extern "C" fn run(argument: *mut c_void) {
    // SAFETY: made by `pack`; a driver calls it at most once (contract 4).
    let notice = unsafe { Box::from_raw(argument.cast::<Notice>()) };
    // A panic must not reach the driver; whoever waits finds the work done by its event.
    let _ = catch_unwind(AssertUnwindSafe(notice));
}

/// The driver did not take it.
pub fn drop_packed(argument: *mut c_void) {
    // SAFETY: made by `pack`, and nobody else has it.
    drop(unsafe { Box::from_raw(argument.cast::<Notice>()) });
}
