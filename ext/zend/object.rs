//! Objects of our classes: the engine's object and the Rust value inside it.

use std::ffi::c_void;

use super::class::NativeClass;

/// The engine's `zend_object`; only ever behind a pointer.
#[repr(C)]
pub struct Object {
    opaque: [u8; 0],
}

unsafe extern "C" {
    fn tusk_object_native(object: *mut Object) -> *mut c_void;
    fn tusk_object_set_native(
        object: *mut Object,
        native: *mut c_void,
        drop: extern "C" fn(*mut c_void),
    );
}

extern "C" fn drop_native<T>(native: *mut c_void) {
    // SAFETY: `native` is the box `set` put there; the object is being freed.
    drop(unsafe { Box::from_raw(native.cast::<T>()) });
}

/// Puts the Rust value into its object. False when there was one: the constructor ran
/// twice.
pub(super) fn set<T: NativeClass>(object: *mut Object, value: T) -> bool {
    // SAFETY: the engine calls T's methods only on objects of T's class, which were made
    // by tusk_object's create handler.
    unsafe {
        if !tusk_object_native(object).is_null() {
            return false;
        }
        let native = Box::into_raw(Box::new(value));
        tusk_object_set_native(object, native.cast(), drop_native::<T>);
    }
    true
}

/// The Rust value of an object; `None` before its constructor ran.
pub(super) fn get<'a, T: NativeClass>(object: *mut Object) -> Option<&'a T> {
    // SAFETY: as in `set`; the frame of the running call keeps the object alive.
    unsafe { tusk_object_native(object).cast::<T>().as_ref() }
}
