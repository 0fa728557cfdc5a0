//! libcuda, simulated: `core` behind the driver's own names. A test crate, never shipped.
#![allow(
    unsafe_code,
    missing_docs,
    clippy::missing_safety_doc,
    clippy::unnecessary_cast,
    clippy::not_unsafe_ptr_arg_deref
)]

#[path = "core/mod.rs"]
mod core;

use core::{Fault, Handle, exports};
use std::ffi::c_char;

fn code(fault: Fault) -> i32 {
    match fault {
        Fault::NoMemory => 2,
        Fault::Broken => 700,
        _ => 1,
    }
}

exports! { code;
    cuInit(_flags: u32) says = Ok(());
    cuDeviceGetCount(count: *mut i32) gives count = core::count();
    cuDevicePrimaryCtxRetain(context: *mut Handle, device: i32) gives context = core::context(device);
    cuMemAlloc_v2(to: *mut u64, length: usize) gives to = core::allocate(length, false);
    cuMemFree_v2(address: u64) says = core::free(address);
    cuMemHostAlloc(to: *mut Handle, length: usize, _flags: u32) gives to = core::allocate(length, true);
    cuMemFreeHost(address: Handle) says = core::free(address as u64);
    cuMemcpyHtoDAsync_v2(to: u64, from: Handle, length: usize, stream: Handle) says = core::copy(stream, to, from as u64, length);
    cuMemcpyDtoHAsync_v2(to: Handle, from: u64, length: usize, stream: Handle) says = core::copy(stream, to as u64, from, length);
    cuMemcpyDtoDAsync_v2(to: u64, from: u64, length: usize, stream: Handle) says = core::copy(stream, to, from, length);
    cuMemcpyPeerAsync(to: u64, _target: Handle, from: u64, _source: Handle, length: usize, stream: Handle) says = core::copy(stream, to, from, length);
    cuMemsetD8Async(to: u64, byte: u8, length: usize, stream: Handle) says = core::fill(stream, to, byte, length);
    cuStreamCreate(to: *mut Handle, _flags: u32) gives to = core::create_stream();
    cuStreamDestroy_v2(stream: Handle) says = core::destroy_stream(stream);
    cuStreamWaitEvent(stream: Handle, event: Handle, _flags: u32) says = core::wait_for(stream, event);
    cuLaunchHostFunc(stream: Handle, function: extern "C" fn(Handle), argument: Handle) says = core::launch(stream, function, argument);
    cuEventCreate(to: *mut Handle, _flags: u32) gives to = core::create_event();
    cuEventRecord(event: Handle, stream: Handle) says = core::record(event, stream);
    cuEventDestroy_v2(event: Handle) says = core::destroy_event(event);
}

fn no_device(_: Fault) -> i32 {
    101
}

/// A wrong number has a code of its own, as has a wrong context.
#[unsafe(no_mangle)]
pub extern "C" fn cuDeviceGet(device: *mut i32, ordinal: i32) -> i32 {
    exports!(@ gives no_device, device, core::set_device(ordinal).map(|()| ordinal))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuCtxSetCurrent(context: Handle) -> i32 {
    core::enter_context(context as u64).map_or(201, |()| 0)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuDeviceGetName(name: *mut c_char, _: i32, _: i32) -> i32 {
    core::text(name, b"Simulated GPU");
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemGetInfo_v2(free: *mut usize, total: *mut usize) -> i32 {
    let info = core::info();
    exports!(@ gives code, total, info.map(|(_, total)| total));
    exports!(@ gives code, free, info.map(|(free, _)| free))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuEventQuery(event: Handle) -> i32 {
    match core::query(event) {
        Ok(true) => 0,
        Ok(false) => 600,
        Err(fault) => code(fault),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn cuGetErrorName(error: i32, to: *mut *const c_char) -> i32 {
    let name = match error {
        2 => c"CUDA_ERROR_OUT_OF_MEMORY",
        101 => c"CUDA_ERROR_INVALID_DEVICE",
        700 => c"CUDA_ERROR_ILLEGAL_ADDRESS",
        _ => c"CUDA_ERROR_INVALID_VALUE",
    };
    // SAFETY: callers pass a valid out pointer.
    unsafe { *to = name.as_ptr() };
    0
}
