//! PHP values in Rust's hands.

use std::mem::MaybeUninit;

use super::object::Object;

/// The engine's `zval`: 16 bytes on every PHP since 7.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Zval {
    value: u64,
    type_info: u32,
    extra: u32,
}

const UNDEF: u32 = 0;
const NULL: u32 = 1;
const FALSE: u32 = 2;
const TRUE: u32 = 3;
const LONG: u32 = 4;
const DOUBLE: u32 = 5;
const STRING: u32 = 6;
const ARRAY: u32 = 7;
const OBJECT: u32 = 8;

unsafe extern "C" {
    fn tusk_zval_copy(to: *mut Zval, from: *const Zval);
    fn tusk_zval_drop(value: *mut Zval);
    fn tusk_zval_string(to: *mut Zval, text: *const u8, length: usize);
    fn tusk_zval_text(value: *const Zval, text: *mut *const u8, length: *mut usize) -> bool;
    fn tusk_zval_array(to: *mut Zval);
    fn tusk_zval_object(to: *mut Zval, object: *mut Object);
    fn tusk_array_set(array: *mut Zval, key: *const u8, length: usize, value: *mut Zval);
    fn tusk_array_set_index(array: *mut Zval, index: i64, value: *mut Zval);
    fn tusk_array_push(array: *mut Zval, value: *mut Zval);
    fn tusk_array_len(array: *const Zval) -> u32;
    fn tusk_array_values(array: *const Zval, out: *mut Zval);
    fn tusk_array_keys(array: *const Zval, out: *mut Zval);
    fn tusk_array_set_key(array: *mut Zval, key: *const Zval, value: *mut Zval);
}

/// An owned PHP value: holds a reference until dropped. Dropping the last reference may
/// run a destructor, so a `Value` is never dropped inside a borrow of shared state.
#[repr(transparent)]
pub struct Value(Zval);

impl Value {
    /// `null`.
    pub const NULL: Value = Value(Zval {
        value: 0,
        type_info: NULL,
        extra: 0,
    });

    /// A copy of what the engine owns.
    pub(super) fn copy_of(raw: *const Zval) -> Value {
        let mut copy = MaybeUninit::<Zval>::uninit();
        // SAFETY: `raw` is an argument of the running call (invariant 2); the callee
        // writes all of `copy`.
        unsafe {
            tusk_zval_copy(copy.as_mut_ptr(), raw);
            Value(copy.assume_init())
        }
    }

    /// Takes over a value whose reference the engine gave away.
    pub(super) fn from_raw(raw: Zval) -> Value {
        Value(raw)
    }

    /// Gives the reference to the engine.
    pub(super) fn into_raw(self) -> Zval {
        let raw = self.0;
        std::mem::forget(self);
        raw
    }

    pub(super) fn raw(&self) -> &Zval {
        &self.0
    }

    pub(super) fn as_ptr(&self) -> *const Zval {
        &self.0
    }

    /// An integer.
    pub fn long(number: i64) -> Value {
        Value(Zval {
            value: number as u64,
            type_info: LONG,
            extra: 0,
        })
    }

    /// A float.
    pub fn double(number: f64) -> Value {
        Value(Zval {
            value: number.to_bits(),
            type_info: DOUBLE,
            extra: 0,
        })
    }

    /// A boolean.
    pub fn bool(yes: bool) -> Value {
        Value(Zval {
            value: 0,
            type_info: if yes { TRUE } else { FALSE },
            extra: 0,
        })
    }

    /// A string.
    pub fn string(text: &str) -> Value {
        Value::bytes(text.as_bytes())
    }

    /// A string of any bytes.
    pub fn bytes(text: &[u8]) -> Value {
        let mut raw = Zval {
            value: 0,
            type_info: UNDEF,
            extra: 0,
        };
        // SAFETY: the pointer and length are those of a live slice.
        unsafe { tusk_zval_string(&mut raw, text.as_ptr(), text.len()) };
        Value(raw)
    }

    /// An object whose reference is handed over.
    pub(super) fn object(object: *mut Object) -> Value {
        let mut raw = Zval {
            value: 0,
            type_info: UNDEF,
            extra: 0,
        };
        // SAFETY: callers pass an object they own a reference to.
        unsafe { tusk_zval_object(&mut raw, object) };
        Value(raw)
    }

    /// A list.
    pub fn list(items: impl IntoIterator<Item = Value>) -> Value {
        let mut array = Array::new();
        for item in items {
            array.push(item);
        }
        array.into()
    }

    /// Its bytes, if it is a string.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        let mut text = std::ptr::null();
        let mut length = 0;
        // SAFETY: the value is alive and holds the string while it is borrowed.
        unsafe {
            tusk_zval_text(&self.0, &mut text, &mut length)
                .then(|| std::slice::from_raw_parts(text, length))
        }
    }

    /// Its number, if it is an integer.
    pub fn as_long(&self) -> Option<i64> {
        (self.0.type_info & 0xff == LONG).then_some(self.0.value as i64)
    }

    /// Its number, if it is an integer or a float.
    pub fn as_double(&self) -> Option<f64> {
        match self.0.type_info & 0xff {
            LONG => Some(self.0.value as i64 as f64),
            DOUBLE => Some(f64::from_bits(self.0.value)),
            _ => None,
        }
    }

    /// Its truth, if it is a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.0.type_info & 0xff {
            TRUE => Some(true),
            FALSE => Some(false),
            _ => None,
        }
    }

    /// Its object, if it is one.
    pub(super) fn as_object(&self) -> Option<*mut Object> {
        (self.0.type_info & 0xff == OBJECT).then_some(self.0.value as *mut Object)
    }

    /// Is it a string?
    pub fn is_string(&self) -> bool {
        self.0.type_info & 0xff == STRING
    }

    /// Is it an array?
    pub fn is_array(&self) -> bool {
        self.0.type_info & 0xff == ARRAY
    }

    /// Keys and values, in order, if it is an array. Of values that are references, what they
    /// refer to now.
    pub fn entries(&self) -> Option<Vec<(Value, Value)>> {
        if !self.is_array() {
            return None;
        }
        let values = array_values(self.as_ptr());
        let mut keys = Vec::with_capacity(values.len());
        // SAFETY: there are as many keys as values, and C writes each with its reference.
        unsafe {
            tusk_array_keys(self.as_ptr(), keys.as_mut_ptr());
            keys.set_len(values.len());
        }
        let values = values.iter().map(|raw| Value::copy_of(raw));
        Some(keys.into_iter().map(Value).zip(values).collect())
    }

    /// Its text, if it is a string.
    pub fn text(&self) -> Option<String> {
        let mut text = std::ptr::null();
        let mut length = 0;
        // SAFETY: the value is alive; the string it holds outlives this call.
        unsafe {
            if !tusk_zval_text(&self.0, &mut text, &mut length) {
                return None;
            }
            Some(String::from_utf8_lossy(std::slice::from_raw_parts(text, length)).into_owned())
        }
    }

    /// Is it `null` (or nothing)?
    pub fn is_null(&self) -> bool {
        self.0.type_info & 0xff <= NULL
    }

    /// Is it true itself?
    pub fn is_true(&self) -> bool {
        self.0.type_info & 0xff == TRUE
    }
}

impl Clone for Value {
    fn clone(&self) -> Value {
        Value::copy_of(&self.0)
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        // Scalars need no call; bit 8 of the type info says that a value is counted.
        if self.0.type_info & 0xff00 != 0 {
            // SAFETY: the value owns one reference, given up here.
            unsafe { tusk_zval_drop(&mut self.0) };
        }
    }
}

/// A PHP array being built.
pub struct Array(Value);

impl Array {
    /// Empty.
    pub fn new() -> Array {
        let mut raw = Zval {
            value: 0,
            type_info: UNDEF,
            extra: 0,
        };
        // SAFETY: the callee writes the whole zval.
        unsafe { tusk_zval_array(&mut raw) };
        Array(Value(raw))
    }

    /// Sets a key.
    pub fn set(&mut self, key: &str, value: Value) -> &mut Array {
        self.set_bytes(key.as_bytes(), value)
    }

    /// Sets a key of any bytes; digits become an integer key, as in PHP.
    pub fn set_bytes(&mut self, key: &[u8], value: Value) -> &mut Array {
        let mut raw = value.into_raw();
        // SAFETY: the array is ours alone; the reference in `raw` goes to it.
        unsafe { tusk_array_set(&mut self.0.0, key.as_ptr(), key.len(), &mut raw) };
        self
    }

    /// Sets an integer key.
    pub fn set_index(&mut self, index: i64, value: Value) -> &mut Array {
        let mut raw = value.into_raw();
        // SAFETY: as in `set`.
        unsafe { tusk_array_set_index(&mut self.0.0, index, &mut raw) };
        self
    }

    /// Sets a key of [`Value::entries`].
    pub fn set_key(&mut self, key: &Value, value: Value) {
        let mut raw = value.into_raw();
        // SAFETY: as in `set`; the key is copied.
        unsafe { tusk_array_set_key(&mut self.0.0, key.as_ptr(), &mut raw) };
    }

    /// Appends.
    pub fn push(&mut self, value: Value) {
        let mut raw = value.into_raw();
        // SAFETY: as in `set`.
        unsafe { tusk_array_push(&mut self.0.0, &mut raw) };
    }
}

impl Value {
    /// Changes an array that nobody else holds: one that is being built.
    pub fn edit(&mut self, change: impl FnOnce(&mut Array)) {
        let mut array = Array(std::mem::replace(self, Value::NULL));
        change(&mut array);
        *self = array.0;
    }
}

impl From<Array> for Value {
    fn from(array: Array) -> Value {
        array.0
    }
}

/// The values of a PHP array, borrowed from the running call's argument.
pub(super) fn array_values(array: *const Zval) -> Vec<Zval> {
    // SAFETY: `array` is an argument that was checked to be an array (invariant 2); the
    // vector has the room the callee fills.
    unsafe {
        let count = tusk_array_len(array) as usize;
        let mut values = Vec::with_capacity(count);
        tusk_array_values(array, values.as_mut_ptr());
        values.set_len(count);
        values
    }
}
