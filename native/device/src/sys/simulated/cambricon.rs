//! libcnrt, simulated: `core` behind the driver's own names. A test crate, never shipped.
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

fn code(fault: Fault) -> i32 {
    match fault {
        Fault::NoMemory => 100_100,
        Fault::Broken => 100_132,
        _ => 100_006,
    }
}

exports! { code;
    cnrtGetDeviceCount(count: *mut u32) gives count = core::count();
    cnrtMalloc(to: *mut Handle, length: usize) gives to = core::allocate(length, false);
    cnrtFree(address: Handle) says = core::free(address as u64);
    cnrtHostMalloc(to: *mut Handle, length: usize) gives to = core::allocate(length, true);
    cnrtFreeHost(address: Handle) says = core::free(address as u64);
    cnrtMemsetAsync(to: Handle, byte: i32, length: usize, queue: Handle) says = core::fill(queue, to as u64, byte as u8, length);
    cnrtQueueCreate(to: *mut Handle) gives to = core::create_stream();
    cnrtQueueDestroy(queue: Handle) says = core::destroy_stream(queue);
    cnrtQueueWaitNotifier(event: Handle, queue: Handle, _flags: u32) says = core::wait_for(queue, event);
    cnrtNotifierCreate(to: *mut Handle) gives to = core::create_event();
    cnrtPlaceNotifier(event: Handle, queue: Handle) says = core::record(event, queue);
    cnrtNotifierDestroy(event: Handle) says = core::destroy_event(event);
}

/// The three forms of a copy take the same arguments.
macro_rules! copies {
    ($($name:ident),*) => {
        $(#[unsafe(no_mangle)]
        pub extern "C" fn $name(to: Handle, from: Handle, length: usize, queue: Handle, direction: i32) -> i32 {
            match direction {
                0..=4 => core::copy(queue, to as u64, from as u64, length).map_or_else(code, |()| 0),
                _ => 632_013,
            }
        })*
    };
}

copies!(cnrtMemcpyAsync, cnrtMemcpyAsync_V2, cnrtMemcpyAsync_V3);

#[unsafe(no_mangle)]
pub extern "C" fn cnrtSetDevice(ordinal: i32) -> i32 {
    core::set_device(ordinal).map_or(100_005, |()| 0)
}

#[unsafe(no_mangle)]
pub extern "C" fn cnrtMemGetInfo(free: *mut usize, total: *mut usize) -> i32 {
    let info = core::info();
    exports!(@ gives code, total, info.map(|(_, total)| total));
    exports!(@ gives code, free, info.map(|(free, _)| free))
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
