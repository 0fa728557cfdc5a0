//! Functions of ext/ffi on threads (ffi.c).

use super::call::Call;
use super::value::{Value, Zval};
use crate::exception::Thrown;

unsafe extern "C" {
    fn tusk_ffi_check(library: *const Zval, name: *const u8, length: usize) -> bool;
    fn tusk_ffi_call(
        library: *const Zval,
        name: *const u8,
        length: usize,
        arguments: *mut Zval,
        count: u32,
        result: *mut Zval,
    ) -> bool;
}

/// May this function run on a thread?
///
/// # Errors
/// A `MisuseError` says why not.
pub fn check(library: &Value, name: &[u8]) -> Result<(), Thrown> {
    // SAFETY: the value is a live object, and the name lives for the call.
    if unsafe { tusk_ffi_check(library.as_ptr(), name.as_ptr(), name.len()) } {
        Ok(())
    } else {
        Err(Thrown)
    }
}

/// Calls it with the arguments of the running call.
pub fn call(call: &Call, library: &Value, name: &[u8]) -> Result<Value, Thrown> {
    let (arguments, count) = call.rest(0);
    let mut result = std::mem::MaybeUninit::<Zval>::uninit();
    // SAFETY: the arguments lie in the frame of the running call; C initialises the result.
    let called = unsafe {
        tusk_ffi_call(
            library.as_ptr(),
            name.as_ptr(),
            name.len(),
            arguments,
            count,
            result.as_mut_ptr(),
        )
    };
    // SAFETY: see above.
    let result = Value::from_raw(unsafe { result.assume_init() });
    if called { Ok(result) } else { Err(Thrown) }
}
