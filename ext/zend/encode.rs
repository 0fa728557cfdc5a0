//! Values to bytes and back by the engine's own code: JSON, and messages of google/protobuf;
//! and the inside of arrays, for codecs of our own.
//!
//! Encoding may run PHP code and suspend: nothing is borrowed while it does.

use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;

use super::value::{Value, Zval};
use crate::exception::Thrown;

/// The engine's `zend_string`; only ever behind a pointer.
#[repr(C)]
struct RawString {
    opaque: [u8; 0],
}

unsafe extern "C" {
    fn tusk_json_encode(value: *const Zval, error: *mut *const c_char) -> *mut RawString;
    fn tusk_json_decode(
        to: *mut Zval,
        text: *const u8,
        length: usize,
        options: i64,
    ) -> *const c_char;
    fn tusk_string_release(string: *mut RawString);
    fn tusk_string_bytes(string: *const RawString, length: *mut usize) -> *const u8;
    fn tusk_is_message(value: *const Zval) -> bool;
    fn tusk_message_for(value: *const Zval, message: *mut Zval) -> bool;
    fn tusk_message_serialize(message: *const Zval) -> *mut RawString;
    fn tusk_message_merge(message: *const Zval, bytes: *const u8, length: usize) -> bool;
    fn tusk_array_is_list(array: *const Zval) -> bool;
    fn tusk_array_len(array: *const Zval) -> u32;
    fn tusk_array_next(
        array: *const Zval,
        position: *mut u32,
        key: *mut *const u8,
        length: *mut usize,
        index: *mut i64,
    ) -> *const Zval;
    fn tusk_has_exception() -> bool;
}

/// A string of the engine that is ours.
pub struct EngineString(*mut RawString);

impl EngineString {
    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        let mut length = 0;
        // SAFETY: the string is alive until `self` is dropped.
        unsafe {
            let bytes = tusk_string_bytes(self.0, &mut length);
            std::slice::from_raw_parts(bytes, length)
        }
    }
}

impl Drop for EngineString {
    fn drop(&mut self) {
        // SAFETY: `self` owns one reference.
        unsafe { tusk_string_release(self.0) };
    }
}

/// Why a value could not be encoded.
pub enum Failure {
    /// This is wrong with it.
    Because(&'static str),
    /// PHP code threw.
    Thrown,
}

/// As `json_encode()`.
pub fn json_encode(value: &Value) -> Result<EngineString, Failure> {
    let mut error = std::ptr::null();
    // SAFETY: the value is alive; the text of an error is static.
    unsafe {
        let string = tusk_json_encode(value.as_ptr(), &mut error);
        if !string.is_null() {
            return Ok(EngineString(string));
        }
        if error.is_null() {
            return Err(Failure::Thrown);
        }
        Err(Failure::Because(
            CStr::from_ptr(error).to_str().unwrap_or("it has no form"),
        ))
    }
}

/// As `json_decode(…, true)` with these options.
pub fn json_decode(text: &mut Vec<u8>, options: i64) -> Result<Value, &'static str> {
    // The engine's scanner looks at the byte behind the end, where its strings have a NUL.
    text.push(0);
    let text = &text[..text.len() - 1];
    let mut raw = MaybeUninit::<Zval>::uninit();
    // SAFETY: the callee writes the zval in every case; the text of an error is static.
    unsafe {
        let error = tusk_json_decode(raw.as_mut_ptr(), text.as_ptr(), text.len(), options);
        let value = Value::from_raw(raw.assume_init());
        if error.is_null() {
            return Ok(value);
        }
        Err(CStr::from_ptr(error).to_str().unwrap_or("it is not JSON"))
    }
}

/// Is it a message of google/protobuf?
pub fn is_message(value: &Value) -> bool {
    // SAFETY: the value is alive.
    unsafe { tusk_is_message(value.as_ptr()) }
}

/// The message's bytes.
pub fn message_serialize(message: &Value) -> Result<EngineString, Thrown> {
    // SAFETY: the value is alive and a message.
    let string = unsafe { tusk_message_serialize(message.as_ptr()) };
    if string.is_null() {
        Err(Thrown)
    } else {
        Ok(EngineString(string))
    }
}

/// A message that `bytes` were read into: `into` itself, or a new one of the class it names.
/// `None`: it is neither.
pub fn message_read(into: &Value, bytes: &[u8]) -> Result<Option<Value>, Thrown> {
    let mut raw = MaybeUninit::<Zval>::uninit();
    // SAFETY: the values are alive; the callee writes the zval when it says true.
    unsafe {
        if !tusk_message_for(into.as_ptr(), raw.as_mut_ptr()) {
            return if tusk_has_exception() {
                Err(Thrown)
            } else {
                Ok(None)
            };
        }
        let message = Value::from_raw(raw.assume_init());
        if tusk_message_merge(message.as_ptr(), bytes.as_ptr(), bytes.len()) {
            Ok(Some(message))
        } else {
            Err(Thrown)
        }
    }
}

/// A key of an array.
pub enum Key<'a> {
    /// A string.
    Name(&'a [u8]),
    /// An integer.
    Index(i64),
}

impl Value {
    /// Is it an array with the keys 0, 1, 2 …?
    pub fn is_list(&self) -> bool {
        // SAFETY: the value is alive.
        self.is_array() && unsafe { tusk_array_is_list(self.as_ptr()) }
    }

    /// Entries of an array; 0 for anything else.
    pub fn len(&self) -> usize {
        if !self.is_array() {
            return 0;
        }
        // SAFETY: the array is alive.
        unsafe { tusk_array_len(self.as_ptr()) as usize }
    }

    /// Calls `visit` for each entry of an array, in order. `visit` must not change the array,
    /// which its reference sees to: arrays are copied on write.
    pub fn each<E>(
        &self,
        mut visit: impl FnMut(Key<'_>, &Value) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut position = 0;
        while self.is_array() {
            let mut key = std::ptr::null();
            let (mut length, mut index) = (0, 0);
            // SAFETY: the array is alive and unchanged; key and value are its own.
            let entry = unsafe {
                let entry = tusk_array_next(
                    self.as_ptr(),
                    &mut position,
                    &mut key,
                    &mut length,
                    &mut index,
                );
                if entry.is_null() {
                    break;
                }
                Value::copy_of(entry)
            };
            let key = if key.is_null() {
                Key::Index(index)
            } else {
                // SAFETY: as above.
                Key::Name(unsafe { std::slice::from_raw_parts(key, length) })
            };
            visit(key, &entry)?;
        }
        Ok(())
    }
}
