//! What the driver says about a failure.

use super::abi::{Handle, succeeded};
use super::library::Library;
use crate::failure::{Failure, Record};
use crate::limits::{DIAGNOSTIC_UNITS, DIAGNOSTICS};

/// All records of a handle, of the calling thread's own.
pub(super) fn records(library: &Library, kind: i16, handle: Handle) -> Vec<Record> {
    let mut found = Vec::new();
    let mut text = vec![0u16; DIAGNOSTIC_UNITS];
    for number in 1..=DIAGNOSTICS as i16 {
        let mut state = [0u16; 6];
        let (mut native, mut length) = (0i32, 0i16);
        // SAFETY: the handle is the caller's and alive; the buffers have the sizes given, in
        // units (ODBC counts characters here).
        let result = unsafe {
            (library.functions.get_diag_rec_w)(
                kind,
                handle,
                number,
                state.as_mut_ptr(),
                &mut native,
                text.as_mut_ptr(),
                text.len() as i16,
                &mut length,
            )
        };
        if !succeeded(result) {
            break;
        }
        let length = (length.max(0) as usize).min(text.len() - 1);
        let message = String::from_utf16_lossy(&text[..length]);
        found.push(Record {
            state: String::from_utf16_lossy(&state[..5])
                .trim_end_matches('\0')
                .to_owned(),
            native,
            message: message.trim_end_matches('\0').trim().to_owned(),
        });
    }
    found
}

/// The failure of a call on this handle.
pub(super) fn failure(
    library: &Library,
    kind: i16,
    handle: Handle,
    operation: &'static str,
) -> Failure {
    Failure::reported(operation, records(library, kind, handle))
}
