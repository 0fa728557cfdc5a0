//! libcnrt, simulated: `core.rs` behind the driver's own names. A test crate, never shipped.
#![allow(
    unsafe_code,
    missing_docs,
    clippy::missing_safety_doc,
    clippy::not_unsafe_ptr_arg_deref
)]

#[path = "core.rs"]
mod core;

use core::{Fault, Handle, Stream, give, say, set_device};

fn code(fault: Fault) -> i32 {
    match fault {
        Fault::Invalid => 100006,
        Fault::NoMemory => 100100,
        Fault::Broken => 100132,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn cnrtGetDeviceCount(count: *mut u32) -> i32 {
    give(count, Ok(core::DEVICES), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cnrtSetDevice(ordinal: i32) -> i32 {
    say(set_device(ordinal), |_| 100_005)
}

#[unsafe(no_mangle)]
pub extern "C" fn cnrtMalloc(to: *mut Handle, length: usize) -> i32 {
    give(
        to,
        core::allocate(length, false).map(|address| address as Handle),
        code,
    )
}

#[unsafe(no_mangle)]
pub extern "C" fn cnrtFree(address: Handle) -> i32 {
    say(core::free(address as usize), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cnrtHostMalloc(to: *mut Handle, length: usize) -> i32 {
    give(
        to,
        core::allocate(length, true).map(|address| address as Handle),
        code,
    )
}

#[unsafe(no_mangle)]
pub extern "C" fn cnrtFreeHost(address: Handle) -> i32 {
    say(core::free(address as usize), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cnrtMemcpyAsync(
    to: Handle,
    from: Handle,
    length: usize,
    queue: Handle,
    direction: i32,
) -> i32 {
    if !(0..=4).contains(&direction) {
        return 632_013;
    }
    say(core::copy(queue, to as usize, from as usize, length), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cnrtMemcpyAsync_V2(
    to: Handle,
    from: Handle,
    length: usize,
    queue: Handle,
    direction: i32,
) -> i32 {
    if !(0..=4).contains(&direction) {
        return 632_013;
    }
    say(core::copy(queue, to as usize, from as usize, length), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cnrtMemcpyAsync_V3(
    to: Handle,
    from: Handle,
    length: usize,
    queue: Handle,
    direction: i32,
) -> i32 {
    if !(0..=4).contains(&direction) {
        return 632_013;
    }
    say(core::copy(queue, to as usize, from as usize, length), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cnrtMemsetAsync(to: Handle, byte: i32, length: usize, queue: Handle) -> i32 {
    say(core::fill(queue, to as usize, byte as u8, length), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cnrtMemGetInfo(free: *mut usize, total: *mut usize) -> i32 {
    let info = core::info();
    give(total, info.map(|(_, total)| total), code);
    give(free, info.map(|(free, _)| free), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cnrtQueueCreate(to: *mut Handle) -> i32 {
    give(to, Stream::create(), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cnrtQueueDestroy(queue: Handle) -> i32 {
    say(Stream::destroy(queue), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cnrtQueueWaitNotifier(event: Handle, queue: Handle, _: u32) -> i32 {
    say(core::wait_for(queue, event), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cnrtNotifierCreate(to: *mut Handle) -> i32 {
    give(to, core::create_event(), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cnrtPlaceNotifier(event: Handle, queue: Handle) -> i32 {
    say(core::record(event, queue), code)
}

#[unsafe(no_mangle)]
pub extern "C" fn cnrtQueryNotifier(event: Handle) -> i32 {
    match core::query(event) {
        Ok(true) => 0,
        // Both answers that releases give while work runs.
        Ok(false) if event as usize / 16 % 2 == 0 => 632_014,
        Ok(false) => 1,
        Err(fault) => code(fault),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn cnrtNotifierDestroy(event: Handle) -> i32 {
    say(core::destroy_event(event), code)
}
