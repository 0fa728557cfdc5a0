//! Huawei Ascend, by ACL (libascendcl.so). Signatures and numbers are acl_rt.h's.
//!
//! Each call makes the device's context current in its thread first. Where the library has no
//! `aclrtLaunchHostFunc` (older CANN), events are polled.

use std::collections::HashMap;
use std::ffi::{c_char, c_void};
use std::sync::{Mutex, PoisonError};

use tusk_runtime::error::{Error, Kind as Failure};

use super::library::{Library, table};
use super::notice;
use crate::driver::{Address, Copy, Direction, Driver, Event, Kind, Notice, Stream};

type Handle = *mut c_void;

table!(Table {
    init = "aclInit": (*const c_char);
    count = "aclrtGetDeviceCount": (*mut u32);
    set_device = "aclrtSetDevice": (i32);
    create_context = "aclrtCreateContext": (*mut Handle, i32);
    set_current = "aclrtSetCurrentContext": (Handle);
    allocate = "aclrtMalloc": (*mut Handle, usize, i32);
    free = "aclrtFree": (Handle);
    allocate_pinned = "aclrtMallocHost": (*mut Handle, usize);
    free_pinned = "aclrtFreeHost": (Handle);
    copy = "aclrtMemcpyAsync": (Handle, usize, Handle, usize, i32, Handle);
    fill = "aclrtMemsetAsync": (Handle, usize, i32, usize, Handle);
    memory = "aclrtGetMemInfo": (i32, *mut usize, *mut usize);
    stream = "aclrtCreateStream": (*mut Handle);
    destroy_stream = "aclrtDestroyStream": (Handle);
    wait_for = "aclrtStreamWaitEvent": (Handle, Handle);
    event = "aclrtCreateEvent": (*mut Handle);
    record = "aclrtRecordEvent": (Handle, Handle);
    query = "aclrtQueryEventStatus": (Handle, *mut i32);
    destroy_event = "aclrtDestroyEvent": (Handle);
});

type LaunchHostFunc = unsafe extern "C" fn(Handle, extern "C" fn(Handle), Handle) -> i32;

const SUCCESS: i32 = 0;
const REPEAT_INITIALIZE: i32 = 100_002;
const HUGE_FIRST: i32 = 0;
const HBM: i32 = 1;
const RECORDED: i32 = 1;

/// See the module's description.
pub struct Ascend {
    table: Table,
    notify: Option<LaunchHostFunc>,
    recent: Option<unsafe extern "C" fn() -> *const c_char>,
    /// Contexts by ordinal, as addresses.
    contexts: Mutex<HashMap<u32, usize>>,
}

impl Ascend {
    /// Loads and initialises the driver.
    ///
    /// # Errors
    /// What is missing.
    pub fn open(library: &Library) -> Result<Ascend, Error> {
        let ascend = Ascend {
            table: Table::load(library)?,
            notify: library.optional("aclrtLaunchHostFunc"),
            recent: library.optional("aclGetRecentErrMsg"),
            contexts: Mutex::default(),
        };
        // SAFETY: as acl_rt.h has it; so everywhere below: out pointers are of live locals, and
        // handles and addresses come from the driver (invariant 3 of `sys`).
        match unsafe { (ascend.table.init)(std::ptr::null()) } {
            // Another library of the process was first.
            REPEAT_INITIALIZE => Ok(ascend),
            code => ascend.check("initialise ACL", code).map(|()| ascend),
        }
    }

    fn check(&self, operation: &'static str, code: i32) -> Result<(), Error> {
        if code == SUCCESS {
            return Ok(());
        }
        // SAFETY: see `open`; the message is a C string of this thread.
        let said = self.recent.and_then(|recent| unsafe {
            let text = recent();
            (!text.is_null()).then(|| {
                std::ffi::CStr::from_ptr(text)
                    .to_string_lossy()
                    .into_owned()
            })
        });
        let said = said.map_or_else(String::new, |said| format!(": {}", said.trim()));
        let error = Error::new(
            Failure::Device,
            operation,
            format!("ACL says {}{said}", name(code)),
        );
        Err(match code {
            200_000 | 207_001 | 207_018 => {
                error.hint("free buffers, trim() the cache, or use a smaller batch")
            }
            507_010 | 507_015 | 107_022 => {
                error.hint("the context is broken for good: restart the worker")
            }
            _ => error,
        })
    }

    fn context(&self, ordinal: u32) -> Result<Handle, Error> {
        let mut contexts = self.contexts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&context) = contexts.get(&ordinal) {
            return Ok(context as Handle);
        }
        let mut context = std::ptr::null_mut();
        // SAFETY: see `open`.
        unsafe {
            self.check("find the device", (self.table.set_device)(ordinal as i32))?;
            let code = (self.table.create_context)(&mut context, ordinal as i32);
            self.check("open the device", code)?;
        }
        contexts.insert(ordinal, context as usize);
        Ok(context)
    }

    fn enter(&self, ordinal: u32) -> Result<(), Error> {
        let context = self.context(ordinal)?;
        // SAFETY: see `open`.
        self.check("enter the device's context", unsafe {
            (self.table.set_current)(context)
        })
    }
}

fn name(code: i32) -> String {
    let known = match code {
        100_000 | 107_000 => "INVALID_PARAM",
        100_001 => "UNINITIALIZE",
        107_001 => "INVALID_DEVICEID",
        107_002 => "CONTEXT_NULL",
        107_017 => "INVALID_HANDLE",
        107_022 => "DEVICE_TASK_ABORT",
        200_000 => "BAD_ALLOC",
        207_000 => "FEATURE_NOT_SUPPORT",
        207_001 => "MEMORY_ALLOCATION",
        207_004 => "NO_DEVICE",
        207_018 => "DEVICE_OOM",
        507_010 => "LOST_HEARTBEAT",
        507_015 => "AICORE_EXCEPTION",
        _ => return code.to_string(),
    };
    format!("{known} ({code})")
}

impl Driver for Ascend {
    fn kind(&self) -> Kind {
        Kind::Ascend
    }

    fn count(&self) -> Result<u32, Error> {
        let mut count = 0;
        // SAFETY: see `open`.
        self.check("count devices", unsafe { (self.table.count)(&mut count) })?;
        Ok(count)
    }

    fn name(&self, ordinal: u32) -> Result<String, Error> {
        self.context(ordinal)?;
        Ok(format!("Ascend NPU {ordinal}"))
    }

    fn memory(&self, ordinal: u32) -> Result<(u64, u64), Error> {
        self.enter(ordinal)?;
        let (mut free, mut total) = (0, 0);
        // SAFETY: see `open`.
        let code = unsafe { (self.table.memory)(HBM, &mut free, &mut total) };
        self.check("ask for free memory", code)?;
        Ok((free as u64, total as u64))
    }

    fn allocate(&self, ordinal: u32, length: usize) -> Result<Address, Error> {
        self.enter(ordinal)?;
        let mut address = std::ptr::null_mut();
        // SAFETY: see `open`.
        let code = unsafe { (self.table.allocate)(&mut address, length, HUGE_FIRST) };
        self.check("allocate device memory", code)?;
        Ok(address as Address)
    }

    fn free(&self, ordinal: u32, address: Address) -> Result<(), Error> {
        self.enter(ordinal)?;
        // SAFETY: see `open`.
        self.check("free device memory", unsafe {
            (self.table.free)(address as Handle)
        })
    }

    fn allocate_pinned(&self, ordinal: u32, length: usize) -> Result<Address, Error> {
        self.enter(ordinal)?;
        let mut address = std::ptr::null_mut();
        // SAFETY: see `open`.
        let code = unsafe { (self.table.allocate_pinned)(&mut address, length) };
        self.check("allocate pinned memory", code)?;
        Ok(address as Address)
    }

    fn free_pinned(&self, ordinal: u32, address: Address) -> Result<(), Error> {
        self.enter(ordinal)?;
        // SAFETY: see `open`.
        let code = unsafe { (self.table.free_pinned)(address as Handle) };
        self.check("free pinned memory", code)
    }

    fn stream(&self, ordinal: u32) -> Result<Stream, Error> {
        self.enter(ordinal)?;
        let mut stream = std::ptr::null_mut();
        // SAFETY: see `open`.
        let code = unsafe { (self.table.stream)(&mut stream) };
        self.check("make a stream", code)?;
        Ok(Stream(stream as u64))
    }

    fn destroy_stream(&self, ordinal: u32, stream: Stream) -> Result<(), Error> {
        self.enter(ordinal)?;
        // SAFETY: see `open`.
        let code = unsafe { (self.table.destroy_stream)(stream.0 as Handle) };
        self.check("destroy a stream", code)
    }

    fn event(&self, ordinal: u32) -> Result<Event, Error> {
        self.enter(ordinal)?;
        let mut event = std::ptr::null_mut();
        // SAFETY: see `open`.
        let code = unsafe { (self.table.event)(&mut event) };
        self.check("make an event", code)?;
        Ok(Event(event as u64))
    }

    fn destroy_event(&self, ordinal: u32, event: Event) -> Result<(), Error> {
        self.enter(ordinal)?;
        // SAFETY: see `open`.
        let code = unsafe { (self.table.destroy_event)(event.0 as Handle) };
        self.check("destroy an event", code)
    }

    fn record(&self, ordinal: u32, event: Event, stream: Stream) -> Result<(), Error> {
        self.enter(ordinal)?;
        // SAFETY: see `open`.
        let code = unsafe { (self.table.record)(event.0 as Handle, stream.0 as Handle) };
        self.check("record an event", code)
    }

    fn is_done(&self, ordinal: u32, event: Event) -> Result<bool, Error> {
        self.enter(ordinal)?;
        let mut status = 0;
        // SAFETY: see `open`.
        let code = unsafe { (self.table.query)(event.0 as Handle, &mut status) };
        self.check("finish work on the device", code)?;
        Ok(status == RECORDED)
    }

    fn wait_for(&self, ordinal: u32, stream: Stream, event: Event) -> Result<(), Error> {
        self.enter(ordinal)?;
        // SAFETY: see `open`.
        let code = unsafe { (self.table.wait_for)(stream.0 as Handle, event.0 as Handle) };
        self.check("wait for an event", code)
    }

    fn copy(&self, ordinal: u32, stream: Stream, copy: &Copy) -> Result<(), Error> {
        self.enter(ordinal)?;
        let kind = match copy.direction {
            Direction::ToDevice => 1,
            Direction::FromDevice => 2,
            Direction::Within | Direction::FromPeer(_) => 3,
        };
        let (to, from) = (copy.to as Handle, copy.from as Handle);
        // SAFETY: see `open`; both ends stay until the work is done (contract 3).
        let code = unsafe {
            (self.table.copy)(to, copy.length, from, copy.length, kind, stream.0 as Handle)
        };
        self.check("copy", code)
    }

    fn fill(
        &self,
        ordinal: u32,
        stream: Stream,
        to: Address,
        byte: u8,
        length: usize,
    ) -> Result<(), Error> {
        self.enter(ordinal)?;
        // SAFETY: see `copy`.
        let code = unsafe {
            (self.table.fill)(
                to as Handle,
                length,
                i32::from(byte),
                length,
                stream.0 as Handle,
            )
        };
        self.check("fill", code)
    }

    fn notify(&self, ordinal: u32, stream: Stream, notice: Notice) -> Result<bool, Error> {
        let Some(launch) = self.notify else {
            return Ok(false);
        };
        self.enter(ordinal)?;
        let argument = notice::pack(notice);
        // SAFETY: see `open`; the trampoline takes the argument over.
        let code = unsafe { launch(stream.0 as Handle, notice::run, argument) };
        if code != SUCCESS {
            notice::drop_packed(argument);
        }
        self.check("ask for a call back", code).map(|()| true)
    }
}
