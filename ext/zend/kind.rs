//! Classes whose objects Rust makes by itself, and takes as arguments.
//!
//! Invariant: our classes are final, so an object of exactly this class, made by its
//! create handler, holds a `T` or nothing yet.

use std::marker::PhantomData;

use super::class::{Class, Entry, NativeClass, register_class};
use super::global::PhpThread;
use super::object;
use super::value::{Value, Zval};

unsafe extern "C" {
    fn tusk_object_new(class: *mut Entry, to: *mut Zval);
    fn tusk_class_of(value: *const Zval) -> *const Entry;
}

/// A class and the Rust type in its objects; a static beside the class's table.
pub struct Kind<T> {
    entry: PhpThread<usize>,
    of: PhantomData<fn(T)>,
}

impl<T: NativeClass> Kind<T> {
    /// For statics.
    pub const fn new() -> Kind<T> {
        Kind {
            entry: PhpThread::new(0),
            of: PhantomData,
        }
    }

    /// Registers the class. Null: its signatures are malformed.
    pub fn register(&self, class: &Class) -> *mut Entry {
        let entry = register_class(class);
        *self.entry.lock() = entry as usize;
        entry
    }

    fn entry(&self) -> usize {
        self.entry.with(|entry| *entry)
    }

    /// A new object that holds `value`; no constructor runs.
    pub fn make(&self, value: T) -> Value {
        let mut raw = Value::NULL.into_raw();
        // SAFETY: the entry is T's class, registered at start-up; the callee writes the zval.
        unsafe { tusk_object_new(self.entry() as *mut Entry, &mut raw) };
        let made = Value::from_raw(raw);
        if let Some(object) = made.as_object() {
            object::set(object, value);
        }
        made
    }

    /// What an object of the class holds; `None` for anything else, and for one that was
    /// not constructed.
    pub fn get<'a>(&self, value: &'a Value) -> Option<&'a T> {
        let entry = self.entry();
        // SAFETY: the value is alive.
        let is_ours = entry != 0 && unsafe { tusk_class_of(value.as_ptr()) } as usize == entry;
        is_ours
            .then(|| value.as_object())
            .flatten()
            .and_then(object::get)
    }
}
