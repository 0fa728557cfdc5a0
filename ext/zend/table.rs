//! Reading PHP arrays entry by entry.

use super::value::{Value, Zval};

unsafe extern "C" {
    fn tusk_table_next(
        array: *const Zval,
        position: *mut u32,
        key: *mut *const u8,
        length: *mut usize,
        index: *mut i64,
    ) -> *const Zval;
}

/// A key as bytes; an index in its decimal form, which is what a name of digits becomes in
/// PHP.
pub type Key = Vec<u8>;

/// All entries of an array; `None` when it is none. Nothing of PHP runs meanwhile.
pub fn entries(array: &Value) -> Option<Vec<(Key, Value)>> {
    if !array.is_array() {
        return None;
    }
    let mut entries = Vec::new();
    let mut position = 0;
    loop {
        let (mut key, mut length, mut index) = (std::ptr::null(), 0, 0);
        // SAFETY: the value is an array that is alive and not changed during the loop; the
        // places outlive the call.
        let value = unsafe {
            tusk_table_next(
                array.as_ptr(),
                &mut position,
                &mut key,
                &mut length,
                &mut index,
            )
        };
        if value.is_null() {
            return Some(entries);
        }
        let key = if key.is_null() {
            index.to_string().into_bytes()
        } else {
            // SAFETY: the key belongs to the array.
            unsafe { std::slice::from_raw_parts(key, length) }.to_vec()
        };
        entries.push((key, Value::copy_of(value)));
    }
}
