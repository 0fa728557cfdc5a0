//! libascendcl, simulated: `core.rs` behind the driver's own names. A test crate, never shipped.
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
        Fault::Invalid => 100000,
        Fault::NoMemory => 207001,
        Fault::Broken => 507015,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn aclInit(_: *const c_char) -> i32 {
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtGetDeviceCount(count: *mut u32) -> i32 {
    give(count, Ok(core::DEVICES), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtSetDevice(ordinal: i32) -> i32 {
    say(set_device(ordinal), |_| 107_001)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtCreateContext(context: *mut Handle, ordinal: i32) -> i32 {
    give(context, Ok((ordinal + 1) as usize as Handle), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtSetCurrentContext(context: Handle) -> i32 {
    say(set_device(context as usize as i32 - 1), |_| 107_002)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtMalloc(to: *mut Handle, length: usize, _: i32) -> i32 {
    give(
        to,
        core::allocate(length, false).map(|address| address as Handle),
        code,
    )
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtFree(address: Handle) -> i32 {
    say(core::free(address as usize), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtMallocHost(to: *mut Handle, length: usize) -> i32 {
    give(
        to,
        core::allocate(length, true).map(|address| address as Handle),
        code,
    )
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtFreeHost(address: Handle) -> i32 {
    say(core::free(address as usize), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtMemcpyAsync(
    to: Handle,
    room: usize,
    from: Handle,
    length: usize,
    kind: i32,
    stream: Handle,
) -> i32 {
    if room < length || !(1..=3).contains(&kind) {
        return 100_000;
    }
    say(core::copy(stream, to as usize, from as usize, length), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtMemsetAsync(
    to: Handle,
    room: usize,
    byte: i32,
    length: usize,
    stream: Handle,
) -> i32 {
    if room < length {
        return 100_000;
    }
    say(core::fill(stream, to as usize, byte as u8, length), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtGetMemInfo(_: i32, free: *mut usize, total: *mut usize) -> i32 {
    let info = core::info();
    give(total, info.map(|(_, total)| total), code);
    give(free, info.map(|(free, _)| free), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtCreateStream(to: *mut Handle) -> i32 {
    give(to, Stream::create(), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtDestroyStream(stream: Handle) -> i32 {
    say(Stream::destroy(stream), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtStreamWaitEvent(stream: Handle, event: Handle) -> i32 {
    say(core::wait_for(stream, event), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtLaunchHostFunc(
    stream: Handle,
    function: extern "C" fn(Handle),
    argument: Handle,
) -> i32 {
    say(core::launch(stream, function, argument), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtCreateEvent(to: *mut Handle) -> i32 {
    give(to, core::create_event(), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtRecordEvent(event: Handle, stream: Handle) -> i32 {
    say(core::record(event, stream), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtQueryEventStatus(event: Handle, status: *mut i32) -> i32 {
    give(status, core::query(event).map(i32::from), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtDestroyEvent(event: Handle) -> i32 {
    say(core::destroy_event(event), code)
}
