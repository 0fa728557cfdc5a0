//! A run of a session that other threads run as well.

use std::ffi::{CString, c_char};
use std::ptr::NonNull;

use ort::AsPointer;
use ort::error::status_to_result;
use ort::session::{NoSelectedOutputs, RunOptions, Session, SessionInputValue};
use ort::value::DynValue;

/// Runs it with these inputs, by name; all outputs, in the order of their names.
///
/// # Errors
/// What ONNX Runtime says.
pub fn run(
    session: &Session,
    inputs: &[(&CString, SessionInputValue<'_>)],
    outputs: &[CString],
    options: &RunOptions<NoSelectedOutputs>,
) -> ort::Result<Vec<DynValue>> {
    let input_names: Vec<*const c_char> = inputs.iter().map(|(name, _)| name.as_ptr()).collect();
    let input_values: Vec<_> = inputs.iter().map(|(_, value)| value.ptr()).collect();
    let output_names: Vec<*const c_char> = outputs.iter().map(|name| name.as_ptr()).collect();
    // Null: ONNX Runtime allocates it.
    let mut made = vec![std::ptr::null_mut(); outputs.len()];
    // SAFETY: invariants 1 to 3; the arrays have the lengths that are passed, and names are C
    // strings that outlive the call.
    let status = unsafe {
        (ort::api().Run)(
            session.ptr().cast_mut(),
            options.ptr(),
            input_names.as_ptr(),
            input_values.as_ptr(),
            inputs.len(),
            output_names.as_ptr(),
            outputs.len(),
            made.as_mut_ptr(),
        )
    };
    // SAFETY: what `Run` answers is null or a status, which this takes over.
    let ran = unsafe { status_to_result(status) };
    // What it allocated before it failed would be lost otherwise.
    let owned = made.into_iter().filter_map(NonNull::new);
    // SAFETY: invariant 3: each pointer is a new value of this session.
    let owned = owned.map(|value| unsafe { DynValue::from_ptr(value, Some(session.inner())) });
    let owned: Vec<DynValue> = owned.collect();
    ran?;
    if owned.len() != outputs.len() {
        return Err(ort::Error::new("ONNX Runtime left out an output"));
    }
    Ok(owned)
}
