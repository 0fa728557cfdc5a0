//! Objects of our classes: the engine's object and the Rust value inside it.

use std::ffi::c_void;
use std::marker::PhantomData;

use super::class::{Entry, NativeClass};
use super::global::PhpThread;
use super::value::{Value, Zval};

/// The engine's `zend_object`; only ever behind a pointer.
#[repr(C)]
pub struct Object {
    opaque: [u8; 0],
}

unsafe extern "C" {
    fn tusk_object_new(class: *mut Entry, to: *mut Zval);
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

/// A class whose objects Rust makes by itself; filled when the class is registered.
pub struct Maker<T> {
    entry: PhpThread<usize>,
    of: PhantomData<fn(T)>,
}

impl<T: NativeClass> Maker<T> {
    /// For statics.
    pub const fn new() -> Maker<T> {
        Maker {
            entry: PhpThread::new(0),
            of: PhantomData,
        }
    }

    /// The class was registered.
    pub fn set(&self, entry: *mut Entry) {
        *self.entry.lock() = entry as usize;
    }

    /// Was it?
    pub fn is_set(&self) -> bool {
        self.entry.with(|entry| *entry != 0)
    }

    /// A new object that holds `value`.
    pub fn make(&self, value: T) -> Value {
        let entry = self.entry.with(|entry| *entry) as *mut Entry;
        let mut object = Value::NULL.into_raw();
        // SAFETY: `entry` is T's class, registered at start-up; the callee writes the zval.
        unsafe { tusk_object_new(entry, &mut object) };
        let object = Value::from_raw(object);
        if let Some(made) = object.as_object() {
            set(made, value);
        }
        object
    }
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
