//! Objects of our classes as arguments.

use std::marker::PhantomData;

use super::class::{Entry, NativeClass};
use super::global::PhpThread;
use super::object;
use super::value::{Value, Zval};

unsafe extern "C" {
    fn tusk_class_of(value: *const Zval) -> *const Entry;
}

/// A class whose objects others take; filled when the class is registered.
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

    /// The class was registered.
    pub fn set(&self, entry: *mut Entry) {
        *self.entry.lock() = entry as usize;
    }

    /// What an object of the class holds; `None` for anything else, and for one that was
    /// not constructed.
    pub fn get<'a>(&self, value: &'a Value) -> Option<&'a T> {
        let entry = self.entry.with(|entry| *entry);
        // SAFETY: the value is alive.
        let is_ours = entry != 0 && unsafe { tusk_class_of(value.as_ptr()) } as usize == entry;
        // The classes are final, so an object of the class holds a T.
        is_ours
            .then(|| value.as_object())
            .flatten()
            .and_then(object::get)
    }
}
