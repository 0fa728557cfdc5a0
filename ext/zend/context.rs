//! The running job's context (context.c): values by name.

use std::mem::MaybeUninit;

use super::value::{Value, Zval};

unsafe extern "C" {
    fn tusk_context_find(name: *const Zval) -> *const Zval;
    fn tusk_context_set(name: *const Zval, value: *const Zval);
    fn tusk_context_delete(name: *const Zval);
    fn tusk_context_all(out: *mut Zval);
    fn tusk_context_swap(values: *mut Zval, former: *mut Zval);
    fn tusk_context_merged(more: *const Zval, out: *mut Zval);
}

/// A value of the running job's context. `name` is a string; so below.
pub fn find(name: &Value) -> Option<Value> {
    // SAFETY: `name` is an argument that was checked to be a string; what C returns is
    // copied before anything else can run. So below.
    let found = unsafe { tusk_context_find(name.as_ptr()) };
    (!found.is_null()).then(|| Value::copy_of(found))
}

/// Sets a value; may run the former one's destructor.
pub fn set(name: &Value, value: &Value) {
    // SAFETY: see `find`; C copies the value.
    unsafe { tusk_context_set(name.as_ptr(), value.as_ptr()) };
}

/// Forgets a value; may run its destructor.
pub fn delete(name: &Value) {
    // SAFETY: see `find`.
    unsafe { tusk_context_delete(name.as_ptr()) };
}

/// All values, as an array.
pub fn all() -> Value {
    let mut raw = MaybeUninit::<Zval>::uninit();
    // SAFETY: the callee writes the whole zval.
    unsafe {
        tusk_context_all(raw.as_mut_ptr());
        Value::from_raw(raw.assume_init())
    }
}

/// Makes `values`, an array, the running job's context and returns what it was.
pub fn swap(values: Value) -> Value {
    let mut values = values.into_raw();
    let mut former = MaybeUninit::<Zval>::uninit();
    // SAFETY: callers pass arrays; C takes over the reference and writes `former`.
    unsafe {
        tusk_context_swap(&mut values, former.as_mut_ptr());
        Value::from_raw(former.assume_init())
    }
}

/// The running job's values with those of `more`, an array, put over them.
pub fn merged(more: &Value) -> Value {
    let mut raw = MaybeUninit::<Zval>::uninit();
    // SAFETY: callers pass an array; the callee writes the whole zval.
    unsafe {
        tusk_context_merged(more.as_ptr(), raw.as_mut_ptr());
        Value::from_raw(raw.assume_init())
    }
}
