//! Runs whose inputs or outputs lie in a device's memory.

use std::ffi::c_void;
use std::ptr::NonNull;

use ort::AsPointer;
use ort::error::status_to_result;
use ort::io_binding::IoBinding;
use ort::memory::MemoryInfo;
use ort::session::{NoSelectedOutputs, RunOptions, Session};
use ort::tensor::TensorElementType;
use ort::value::DynValue;
use tusk_device::device::Buffer;

/// A tensor over a buffer, whose memory `info` describes. Invariant 4 is the caller's: it
/// drops the value before it gives up the buffer and its loan.
///
/// # Errors
/// What ONNX Runtime says, for one that the bytes are too few for the shape.
pub fn over(
    info: &MemoryInfo,
    buffer: &Buffer,
    shape: &[i64],
    element: TensorElementType,
) -> ort::Result<DynValue> {
    let mut value = std::ptr::null_mut();
    // SAFETY: invariant 4; the address and length are the buffer's, the shape's length its own.
    let status = unsafe {
        (ort::api().CreateTensorWithDataAsOrtValue)(
            info.ptr(),
            buffer.address() as *mut c_void,
            buffer.len(),
            shape.as_ptr(),
            shape.len(),
            element.into(),
            &mut value,
        )
    };
    // SAFETY: null or a status, which this takes over.
    unsafe { status_to_result(status)? };
    match NonNull::new(value) {
        // SAFETY: a new value, which is of no session.
        Some(value) => Ok(unsafe { DynValue::from_ptr(value, None) }),
        None => Err(ort::Error::new("ONNX Runtime made no tensor")),
    }
}

/// Where a tensor's bytes are, as its device names it.
///
/// # Errors
/// What ONNX Runtime says of a value that is no tensor.
pub fn address_of(value: &DynValue) -> ort::Result<u64> {
    let mut address = std::ptr::null_mut();
    // SAFETY: the value is alive; the pointer is only handed on as a number.
    let status = unsafe { (ort::api().GetTensorMutableData)(value.ptr().cast_mut(), &mut address) };
    // SAFETY: null or a status, which this takes over.
    unsafe { status_to_result(status)? };
    Ok(address as u64)
}

/// Runs it with what is bound, and waits until the outputs are there; they come in the order
/// in which they were bound.
///
/// # Errors
/// What ONNX Runtime says.
pub fn run_bound(
    session: &Session,
    binding: &IoBinding,
    options: &RunOptions<NoSelectedOutputs>,
) -> ort::Result<Vec<DynValue>> {
    // SAFETY: invariants 1 to 4; the binding is of this session and used by this thread alone.
    let status = unsafe {
        (ort::api().RunWithBinding)(session.ptr().cast_mut(), options.ptr(), binding.ptr())
    };
    // SAFETY: null or a status, which this takes over.
    unsafe { status_to_result(status)? };
    binding.synchronize_outputs()?;
    let (mut values, mut count) = (std::ptr::null_mut(), 0);
    let allocator = session.allocator();
    // SAFETY: as above; out pointers are of live locals.
    let status = unsafe {
        (ort::api().GetBoundOutputValues)(
            binding.ptr(),
            allocator.ptr().cast_mut(),
            &mut values,
            &mut count,
        )
    };
    // SAFETY: null or a status, which this takes over.
    unsafe { status_to_result(status)? };
    if values.is_null() {
        return Ok(Vec::new());
    }
    // SAFETY: the call gave an array of `count` values.
    let pointers = unsafe { std::slice::from_raw_parts(values, count) };
    let owned = pointers.iter().copied().filter_map(NonNull::new);
    // SAFETY: invariant 3: each is a new reference that is ours.
    let owned = owned.map(|value| unsafe { DynValue::from_ptr(value, Some(session.inner())) });
    let owned = owned.collect();
    // SAFETY: the array is of this allocator, and read for the last time above.
    unsafe { allocator.free(values) };
    Ok(owned)
}
