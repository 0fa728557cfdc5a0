//! Huawei Ascend, by ACL (libascendcl.so). Signatures and numbers are acl_rt.h's.
//!
//! Each call makes the device's context current in its thread first. Call backs come by
//! `aclrtLaunchHostFunc`, or where the library is too old for it by a thread that fetches
//! reports (report.rs), or not at all: then events are polled. The two kinds are never
//! mixed. An event that was recorded would have to be reset on the stream that waited for it
//! before it is used again; here each is used once.

mod models;
mod report;

use std::ffi::{CStr, c_char, c_void};

use tusk_runtime::error::Error;

use super::calls::{Contexts, Vendor, Words, calls};
use super::library::Library;
use super::notice;
use crate::driver::{Copy, Direction, Event, Kind, Models, Stream};
use models::ModelTable;
use report::Reports;

type Handle = *mut c_void;

calls!(Table {
    count(count) = "aclrtGetDeviceCount"(count => *mut u32);
    memory(free, total) = "aclrtGetMemInfo"(HBM => i32, free => *mut usize, total => *mut usize);
    allocate(out, length) = "aclrtMalloc"(out => *mut Handle, length => usize, HUGE_FIRST => i32);
    free(address) = "aclrtFree"(address => Handle);
    allocate_pinned(out, length) = "aclrtMallocHost"(out => *mut Handle, length => usize);
    free_pinned(address) = "aclrtFreeHost"(address => Handle);
    stream(out) = "aclrtCreateStream"(out => *mut Handle);
    destroy_stream(stream) = "aclrtDestroyStream"(stream => Handle);
    event(out) = "aclrtCreateEvent"(out => *mut Handle);
    destroy_event(event) = "aclrtDestroyEvent"(event => Handle);
    record(event, stream) = "aclrtRecordEvent"(event => Handle, stream => Handle);
    wait_for(stream, event) = "aclrtStreamWaitEvent"(stream => Handle, event => Handle);
    fill(address, byte, length, stream) = "aclrtMemsetAsync"(address => Handle, length => usize, byte => i32, length => usize, stream => Handle);
} own {
    init = "aclInit"(*const c_char);
    set_device = "aclrtSetDevice"(i32);
    create_context = "aclrtCreateContext"(*mut Handle, i32);
    set_current = "aclrtSetCurrentContext"(Handle);
    copy = "aclrtMemcpyAsync"(Handle, usize, Handle, usize, i32, Handle);
    query = "aclrtQueryEventStatus"(Handle, *mut i32);
});

type LaunchHostFunc = unsafe extern "C" fn(Handle, extern "C" fn(Handle), Handle) -> i32;

const REPEAT_INITIALIZE: i32 = 100_002;
const HUGE_FIRST: i32 = 0;
const HBM: i32 = 1;
const RECORDED: i32 = 1;

const WORDS: Words = Words {
    vendor: "ACL",
    names: &[
        (100_000, "INVALID_PARAM"),
        (100_001, "UNINITIALIZE"),
        (100_011, "INVALID_MODEL_ID"),
        (100_017, "MODEL_INPUT_NOT_MATCH"),
        (100_018, "MODEL_OUTPUT_NOT_MATCH"),
        (100_034, "STREAM_NOT_SUBSCRIBE"),
        (100_035, "THREAD_NOT_SUBSCRIBE"),
        (107_000, "RT_PARAM_INVALID"),
        (107_001, "INVALID_DEVICEID"),
        (107_002, "CONTEXT_NULL"),
        (107_003, "STREAM_CONTEXT"),
        (107_008, "ADDR_UNALIGNED"),
        (107_015, "STREAM_NO_CB_REG"),
        (107_017, "INVALID_HANDLE"),
        (107_022, "DEVICE_TASK_ABORT"),
        (107_023, "STREAM_ABORT"),
        (200_000, "BAD_ALLOC"),
        (207_000, "FEATURE_NOT_SUPPORT"),
        (207_001, "MEMORY_ALLOCATION"),
        (207_004, "NO_DEVICE"),
        (207_018, "DEVICE_OOM"),
        (500_000, "INTERNAL"),
        (507_000, "RT_INTERNAL"),
        (507_010, "LOST_HEARTBEAT"),
        (507_011, "MODEL_EXECUTE"),
        (507_014, "AICORE_TIMEOUT"),
        (507_015, "AICORE_EXCEPTION"),
    ],
    no_memory: &[200_000, 207_001, 207_018],
    broken: &[107_022, 507_010, 507_015],
};

/// See the module's description.
pub struct Ascend {
    table: Table,
    launch: Option<LaunchHostFunc>,
    reports: Option<Reports>,
    models: Result<ModelTable, Error>,
    recent: Option<unsafe extern "C" fn() -> *const c_char>,
    contexts: Contexts,
}

impl Ascend {
    /// Loads and initialises the driver.
    ///
    /// # Errors
    /// What is missing.
    pub fn open(library: &Library) -> Result<Ascend, Error> {
        let launch: Option<LaunchHostFunc> = library.optional("aclrtLaunchHostFunc");
        let ascend = Ascend {
            table: Table::load(library)?,
            reports: match launch {
                Some(_) => None,
                None => Reports::load(library).ok(),
            },
            launch,
            models: ModelTable::load(library),
            recent: library.optional("aclGetRecentErrMsg"),
            contexts: Contexts::default(),
        };
        // SAFETY: the invariant of `calls`; so everywhere below.
        match unsafe { (ascend.table.init)(std::ptr::null()) } {
            // Another library of the process was first.
            REPEAT_INITIALIZE => Ok(ascend),
            code => ascend.check("initialise ACL", code).map(|()| ascend),
        }
    }

    fn context(&self, ordinal: u32) -> Result<u64, Error> {
        self.contexts.of(ordinal, || {
            let mut context = std::ptr::null_mut();
            // SAFETY: see `open`.
            let code = unsafe { (self.table.set_device)(ordinal as i32) };
            self.check("find the device", code)?;
            // SAFETY: see `open`.
            let code = unsafe { (self.table.create_context)(&mut context, ordinal as i32) };
            self.check("open the device", code)?;
            Ok(context as u64)
        })
    }
}

impl Vendor for Ascend {
    type Table = Table;
    const KIND: Kind = Kind::Ascend;

    fn table(&self) -> &Table {
        &self.table
    }

    fn error(&self, operation: &'static str, code: i32) -> Error {
        // SAFETY: see `open`; the message is a C string of this thread.
        let said = self.recent.and_then(|recent| unsafe {
            let text = recent();
            (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().trim().to_owned())
        });
        WORDS.error(operation, code, said)
    }

    fn enter(&self, ordinal: u32) -> Result<(), Error> {
        let context = self.context(ordinal)?;
        // SAFETY: see `open`.
        let code = unsafe { (self.table.set_current)(context as Handle) };
        self.check("enter the device's context", code)
    }

    fn name(&self, ordinal: u32) -> Result<String, Error> {
        self.context(ordinal)?;
        Ok(format!("Ascend NPU {ordinal}"))
    }

    fn is_done(&self, event: Event) -> Result<bool, Error> {
        let mut status = 0;
        // SAFETY: see `open`.
        let code = unsafe { (self.table.query)(event.0 as Handle, &mut status) };
        self.check("finish work on the device", code)?;
        Ok(status == RECORDED)
    }

    fn copy(&self, _: u32, stream: Stream, copy: &Copy) -> Result<i32, Error> {
        let kind = match copy.direction {
            Direction::ToDevice => 1,
            Direction::FromDevice => 2,
            Direction::Within | Direction::FromPeer(_) => 3,
        };
        let (to, from, on) = (copy.to as Handle, copy.from as Handle, stream.0 as Handle);
        // SAFETY: see `open`; both ends stay until the work is done (contract 3).
        Ok(unsafe { (self.table.copy)(to, copy.length, from, copy.length, kind, on) })
    }

    fn launch(&self, _: u32, stream: Stream, argument: Handle) -> Option<i32> {
        match (self.launch, &self.reports) {
            // SAFETY: see `open`; the trampoline takes the argument over.
            (Some(launch), _) => Some(unsafe { launch(stream.0 as Handle, notice::run, argument) }),
            (None, Some(reports)) => reports.launch(stream, argument),
            (None, None) => None,
        }
    }

    fn stream_begins(&self, ordinal: u32, stream: Stream) {
        if let (Some(reports), Ok(context)) = (&self.reports, self.context(ordinal)) {
            reports.subscribe(ordinal, stream, self.table.set_current, context);
        }
    }

    fn stream_ends(&self, _: u32, stream: Stream) {
        if let Some(reports) = &self.reports {
            reports.unsubscribe(stream);
        }
    }

    fn reuses_events(&self) -> bool {
        false
    }

    fn models(&self) -> Result<&dyn Models, Error> {
        self.models.as_ref().map_err(Error::clone)?;
        Ok(self)
    }
}
