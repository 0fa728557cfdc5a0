//! Cambricon, by CNRT 6 (libcnrt.so). Signatures and numbers are cnrt.h's.
//!
//! There are no contexts: a thread has a current device, which each call sets first.
//! Completion is found by asking notifiers, with growing pauses (`device/worker.rs`); the
//! library's host functions came late and are not in every release.

use std::ffi::c_void;

use tusk_runtime::error::Error;

use super::calls::{Vendor, Words, calls};
use super::library::Library;
use crate::driver::{Copy, Direction, Event, Kind, Stream};

type Handle = *mut c_void;

calls!(Table {
    count(count) = "cnrtGetDeviceCount"(count => *mut u32);
    memory(free, total) = "cnrtMemGetInfo"(free => *mut usize, total => *mut usize);
    allocate(out, length) = "cnrtMalloc"(out => *mut Handle, length => usize);
    free(address) = "cnrtFree"(address => Handle);
    allocate_pinned(out, length) = "cnrtHostMalloc"(out => *mut Handle, length => usize);
    free_pinned(address) = "cnrtFreeHost"(address => Handle);
    stream(out) = "cnrtQueueCreate"(out => *mut Handle);
    destroy_stream(stream) = "cnrtQueueDestroy"(stream => Handle);
    event(out) = "cnrtNotifierCreate"(out => *mut Handle);
    destroy_event(event) = "cnrtNotifierDestroy"(event => Handle);
    record(event, stream) = "cnrtPlaceNotifier"(event => Handle, stream => Handle);
    wait_for(stream, event) = "cnrtQueueWaitNotifier"(event => Handle, stream => Handle, 0 => u32);
    fill(address, byte, length, stream) = "cnrtMemsetAsync"(address => Handle, byte => i32, length => usize, stream => Handle);
} own {
    set_device = "cnrtSetDevice"(i32);
    query = "cnrtQueryNotifier"(Handle);
});

type CopyAsync = unsafe extern "C" fn(Handle, Handle, usize, Handle, i32) -> i32;

const NOT_READY: i32 = 1;
/// What older releases answer instead.
const BUSY: i32 = 632_014;

const WORDS: Words = Words {
    vendor: "CNRT",
    names: &[
        (100_002, "Init"),
        (100_004, "NoDevice"),
        (100_005, "DeviceInvalid"),
        (100_006, "ArgsInvalid"),
        (100_007, "Sys"),
        (100_010, "SysNoMem"),
        (100_014, "InvalidResourceHandle"),
        (100_015, "IllegalState"),
        (100_050, "NotSupport"),
        (100_051, "OpsNotPermitted"),
        (100_060, "Queue"),
        (100_100, "NoMem"),
        (100_128, "Assert"),
        (100_132, "KernelTrap"),
        (632_013, "MemcpyDirectionInvalid"),
        (632_015, "CndrvFuncCall"),
        (632_019, "NoCnrtContext"),
        (999_991, "Unknown"),
    ],
    no_memory: &[100_010, 100_100],
    broken: &[100_128, 100_132],
};

/// See the module's description.
pub struct Cambricon {
    table: Table,
    copy: CopyAsync,
}

impl Cambricon {
    /// Loads the driver.
    ///
    /// # Errors
    /// What is missing.
    pub fn open(library: &Library) -> Result<Cambricon, Error> {
        // Of the three forms the newest that there is; they take the same arguments.
        let copy = library
            .optional("cnrtMemcpyAsync_V3")
            .or_else(|| library.optional("cnrtMemcpyAsync_V2"));
        let copy = match copy {
            Some(copy) => copy,
            None => library.symbol("cnrtMemcpyAsync")?,
        };
        Ok(Cambricon {
            table: Table::load(library)?,
            copy,
        })
    }
}

impl Vendor for Cambricon {
    type Table = Table;
    const KIND: Kind = Kind::Cambricon;

    fn table(&self) -> &Table {
        &self.table
    }

    fn error(&self, operation: &'static str, code: i32) -> Error {
        WORDS.error(operation, code, None)
    }

    fn enter(&self, ordinal: u32) -> Result<(), Error> {
        // SAFETY: the invariant of `calls`; so everywhere below.
        let code = unsafe { (self.table.set_device)(ordinal as i32) };
        self.check("find the device", code)
    }

    fn name(&self, ordinal: u32) -> Result<String, Error> {
        self.enter(ordinal)?;
        Ok(format!("Cambricon MLU {ordinal}"))
    }

    fn is_done(&self, event: Event) -> Result<bool, Error> {
        // SAFETY: see `enter`.
        match unsafe { (self.table.query)(event.0 as Handle) } {
            NOT_READY | BUSY => Ok(false),
            code => self.check("finish work on the device", code).map(|()| true),
        }
    }

    fn copy(&self, _: u32, stream: Stream, copy: &Copy) -> Result<i32, Error> {
        let kind = match copy.direction {
            Direction::ToDevice => 0,
            Direction::Within => 1,
            Direction::FromDevice => 2,
            Direction::FromPeer(_) => 4,
        };
        let (to, from) = (copy.to as Handle, copy.from as Handle);
        // SAFETY: see `enter`; both ends stay until the work is done (contract 3).
        Ok(unsafe { (self.copy)(to, from, copy.length, stream.0 as Handle, kind) })
    }

    fn launch(&self, _: u32, _: Stream, _: Handle) -> Option<i32> {
        None
    }
}
