//! libascendcl, simulated: `core` behind the driver's own names. A test crate, never shipped.
#![allow(
    unsafe_code,
    missing_docs,
    clippy::missing_safety_doc,
    clippy::unnecessary_cast,
    clippy::not_unsafe_ptr_arg_deref
)]

#[path = "core/mod.rs"]
mod core;

#[path = "ascend_models.rs"]
mod models;

use core::{Fault, Handle, exports};
use std::ffi::c_char;
use std::time::Duration;

fn code(fault: Fault) -> i32 {
    match fault {
        Fault::Invalid => 100_000,
        Fault::NoMemory => 207_001,
        Fault::Broken => 507_015,
        Fault::NoModel => 100_011,
        Fault::Input => 100_017,
        Fault::Output => 100_018,
    }
}

exports! { code;
    aclInit(_config: *const c_char) says = Ok(());
    aclrtGetDeviceCount(count: *mut u32) gives count = core::count();
    aclrtCreateContext(context: *mut Handle, ordinal: i32) gives context = core::context(ordinal);
    aclrtMalloc(to: *mut Handle, length: usize, _policy: i32) gives to = core::allocate(length, false);
    aclrtFree(address: Handle) says = core::free(address as u64);
    aclrtMallocHost(to: *mut Handle, length: usize) gives to = core::allocate(length, true);
    aclrtFreeHost(address: Handle) says = core::free(address as u64);
    aclrtCreateStream(to: *mut Handle) gives to = core::create_stream();
    aclrtDestroyStream(stream: Handle) says = core::destroy_stream(stream);
    aclrtStreamWaitEvent(stream: Handle, event: Handle) says = core::wait_for(stream, event);
    aclrtLaunchHostFunc(stream: Handle, function: extern "C" fn(Handle), argument: Handle) says = core::launch(stream, function, argument);
    aclrtCreateEvent(to: *mut Handle) gives to = core::create_event();
    aclrtRecordEvent(event: Handle, stream: Handle) says = core::record(event, stream);
    aclrtQueryEventStatus(event: Handle, status: *mut i32) gives status = core::query(event).map(i32::from);
    aclrtDestroyEvent(event: Handle) says = core::destroy_event(event);
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtSetDevice(ordinal: i32) -> i32 {
    core::set_device(ordinal).map_or(107_001, |()| 0)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtSetCurrentContext(context: Handle) -> i32 {
    core::enter_context(context as u64).map_or(107_002, |()| 0)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtGetMemInfo(_: i32, free: *mut usize, total: *mut usize) -> i32 {
    let info = core::info();
    exports!(@ gives code, total, info.map(|(_, total)| total));
    exports!(@ gives code, free, info.map(|(free, _)| free))
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
    core::copy(stream, to as u64, from as u64, length).map_or_else(code, |()| 0)
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
    core::fill(stream, to as u64, byte as u8, length).map_or_else(code, |()| 0)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtSubscribeReport(thread: u64, stream: Handle) -> i32 {
    core::subscribe(thread, stream);
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtUnSubscribeReport(thread: u64, stream: Handle) -> i32 {
    if core::unsubscribe(thread, stream) {
        0
    } else {
        100_034
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtLaunchCallback(
    function: extern "C" fn(Handle),
    argument: Handle,
    _block: i32,
    stream: Handle,
) -> i32 {
    match core::push_report(stream, function, argument) {
        Ok(true) => 0,
        Ok(false) => 107_015,
        Err(fault) => code(fault),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn aclrtProcessReport(timeout_ms: i32) -> i32 {
    // SAFETY: asks for a number.
    let thread = unsafe { libc::pthread_self() } as u64;
    let timeout = Duration::from_millis(u64::try_from(timeout_ms).unwrap_or(3_600_000));
    match core::process_report(thread, timeout) {
        core::Processed::One => 0,
        core::Processed::Nothing => 100_036,
        core::Processed::NotSubscribed => 100_035,
    }
}
