//! libcuda, simulated: `core.rs` behind the driver's own names. A test crate, never shipped.
#![allow(
    unsafe_code,
    missing_docs,
    clippy::missing_safety_doc,
    clippy::not_unsafe_ptr_arg_deref
)]

#[path = "core.rs"]
mod core;

use core::{Fault, Handle, Stream, give, say, set_device};
use std::ffi::c_char;

fn code(fault: Fault) -> i32 {
    match fault {
        Fault::Invalid => 1,
        Fault::NoMemory => 2,
        Fault::Broken => 700,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn cuInit(_: u32) -> i32 {
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn cuDeviceGetCount(count: *mut i32) -> i32 {
    give(count, Ok(core::DEVICES as i32), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuDeviceGet(device: *mut i32, ordinal: i32) -> i32 {
    give(device, set_device(ordinal).map(|()| ordinal), |_| 101)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuDeviceGetName(name: *mut c_char, _: i32, _: i32) -> i32 {
    core::text(name, b"Simulated GPU");
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn cuDevicePrimaryCtxRetain(context: *mut Handle, device: i32) -> i32 {
    give(context, Ok((device + 1) as usize as Handle), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuCtxSetCurrent(context: Handle) -> i32 {
    say(set_device(context as usize as i32 - 1), |_| 201)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemAlloc_v2(to: *mut u64, length: usize) -> i32 {
    give(
        to,
        core::allocate(length, false).map(|address| address as u64),
        code,
    )
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemFree_v2(address: u64) -> i32 {
    say(core::free(address as usize), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemHostAlloc(to: *mut Handle, length: usize, _: u32) -> i32 {
    give(
        to,
        core::allocate(length, true).map(|address| address as Handle),
        code,
    )
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemFreeHost(address: Handle) -> i32 {
    say(core::free(address as usize), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemcpyHtoDAsync_v2(
    to: u64,
    from: Handle,
    length: usize,
    stream: Handle,
) -> i32 {
    say(core::copy(stream, to as usize, from as usize, length), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemcpyDtoHAsync_v2(
    to: Handle,
    from: u64,
    length: usize,
    stream: Handle,
) -> i32 {
    say(core::copy(stream, to as usize, from as usize, length), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemcpyDtoDAsync_v2(to: u64, from: u64, length: usize, stream: Handle) -> i32 {
    say(core::copy(stream, to as usize, from as usize, length), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemcpyPeerAsync(
    to: u64,
    _: Handle,
    from: u64,
    _: Handle,
    length: usize,
    stream: Handle,
) -> i32 {
    say(core::copy(stream, to as usize, from as usize, length), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemsetD8Async(to: u64, byte: u8, length: usize, stream: Handle) -> i32 {
    say(core::fill(stream, to as usize, byte, length), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemGetInfo_v2(free: *mut usize, total: *mut usize) -> i32 {
    let info = core::info();
    give(total, info.map(|(_, total)| total), code);
    give(free, info.map(|(free, _)| free), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuStreamCreate(to: *mut Handle, _: u32) -> i32 {
    give(to, Stream::create(), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuStreamDestroy_v2(stream: Handle) -> i32 {
    say(Stream::destroy(stream), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuStreamWaitEvent(stream: Handle, event: Handle, _: u32) -> i32 {
    say(core::wait_for(stream, event), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuLaunchHostFunc(
    stream: Handle,
    function: extern "C" fn(Handle),
    argument: Handle,
) -> i32 {
    say(core::launch(stream, function, argument), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuEventCreate(to: *mut Handle, _: u32) -> i32 {
    give(to, core::create_event(), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuEventRecord(event: Handle, stream: Handle) -> i32 {
    say(core::record(event, stream), code)
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
pub extern "C" fn cuEventDestroy_v2(event: Handle) -> i32 {
    say(core::destroy_event(event), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuGetErrorName(error: i32, to: *mut *const c_char) -> i32 {
    let name = match error {
        2 => c"CUDA_ERROR_OUT_OF_MEMORY",
        101 => c"CUDA_ERROR_INVALID_DEVICE",
        700 => c"CUDA_ERROR_ILLEGAL_ADDRESS",
        _ => c"CUDA_ERROR_INVALID_VALUE",
    };
    give(to, Ok(name.as_ptr()), code)
}
