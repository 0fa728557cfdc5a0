//! Objects of our classes: the engine's object and the Rust value inside it.

use std::ffi::c_void;

use super::class::NativeClass;
use super::value::{Value, Zval};

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
    fn tusk_zval_native(value: *const Zval, class: *const u8, length: usize) -> *mut c_void;
    fn tusk_object_new(name: *const u8, length: usize) -> *mut Object;
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

impl Value {
    /// A new object of the class of this name with its Rust value. `None`: there is no such
    /// class.
    pub fn native<T: NativeClass>(class: &str, value: T) -> Option<Value> {
        // SAFETY: pointer and length of a live str; classes are only named by their own file,
        // so the class is T's, and the new object's reference goes to the value.
        let object = unsafe { tusk_object_new(class.as_ptr(), class.len()) };
        if object.is_null() {
            return None;
        }
        set(object, value);
        Some(Value::object(object))
    }

    /// The Rust value of an object of the class of this name; `None` for anything else.
    pub fn as_native<T: NativeClass>(&self, class: &str) -> Option<&T> {
        // SAFETY: classes are only named by their own file, so the class is T's; the object
        // lives while this value does.
        unsafe {
            tusk_zval_native(self.as_ptr(), class.as_ptr(), class.len())
                .cast::<T>()
                .as_ref()
        }
    }
}
