//! Cambricon, by CNRT 6 (libcnrt.so). Signatures and numbers are cnrt.h's.
//!
//! There are no contexts: a thread has a current device, which each call sets first.
//! Completion is found by asking notifiers, with growing pauses (`device/worker.rs`); the
//! library's host functions came late and are not in every release.

use std::ffi::c_void;

use tusk_runtime::error::{Error, Kind as Failure};

use super::library::{Library, table};
use crate::driver::{Address, Copy, Direction, Driver, Event, Kind, Notice, Stream};

type Handle = *mut c_void;

table!(Table {
    count = "cnrtGetDeviceCount": (*mut u32);
    set_device = "cnrtSetDevice": (i32);
    allocate = "cnrtMalloc": (*mut Handle, usize);
    free = "cnrtFree": (Handle);
    allocate_pinned = "cnrtHostMalloc": (*mut Handle, usize);
    free_pinned = "cnrtFreeHost": (Handle);
    fill = "cnrtMemsetAsync": (Handle, i32, usize, Handle);
    memory = "cnrtMemGetInfo": (*mut usize, *mut usize);
    stream = "cnrtQueueCreate": (*mut Handle);
    destroy_stream = "cnrtQueueDestroy": (Handle);
    wait_for = "cnrtQueueWaitNotifier": (Handle, Handle, u32);
    event = "cnrtNotifierCreate": (*mut Handle);
    record = "cnrtPlaceNotifier": (Handle, Handle);
    query = "cnrtQueryNotifier": (Handle);
    destroy_event = "cnrtNotifierDestroy": (Handle);
});

type CopyAsync = unsafe extern "C" fn(Handle, Handle, usize, Handle, i32) -> i32;

const SUCCESS: i32 = 0;
const NOT_READY: i32 = 1;
/// What older releases answer instead.
const BUSY: i32 = 632_014;

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

    fn check(&self, operation: &'static str, code: i32) -> Result<(), Error> {
        if code == SUCCESS {
            return Ok(());
        }
        let error = Error::new(
            Failure::Device,
            operation,
            format!("CNRT says {}", name(code)),
        );
        Err(match code {
            100_010 | 100_100 => {
                error.hint("free buffers, trim() the cache, or use a smaller batch")
            }
            100_132 => error.hint("the device's work was aborted: restart the worker"),
            _ => error,
        })
    }

    fn enter(&self, ordinal: u32) -> Result<(), Error> {
        // SAFETY: as cnrt.h has it; so everywhere below: out pointers are of live locals, and
        // handles and addresses come from the driver (invariant 3 of `sys`).
        self.check("find the device", unsafe {
            (self.table.set_device)(ordinal as i32)
        })
    }
}

fn name(code: i32) -> String {
    let known = match code {
        100_002 => "Init",
        100_004 => "NoDevice",
        100_005 => "DeviceInvalid",
        100_006 => "ArgsInvalid",
        100_010 => "SysNoMem",
        100_014 => "InvalidResourceHandle",
        100_050 => "NotSupport",
        100_060 => "Queue",
        100_100 => "NoMem",
        100_132 => "KernelTrap",
        632_015 => "CndrvFuncCall",
        _ => return code.to_string(),
    };
    format!("{known} ({code})")
}

impl Driver for Cambricon {
    fn kind(&self) -> Kind {
        Kind::Cambricon
    }

    fn count(&self) -> Result<u32, Error> {
        let mut count = 0;
        // SAFETY: see `enter`.
        self.check("count devices", unsafe { (self.table.count)(&mut count) })?;
        Ok(count)
    }

    fn name(&self, ordinal: u32) -> Result<String, Error> {
        self.enter(ordinal)?;
        Ok(format!("Cambricon MLU {ordinal}"))
    }

    fn memory(&self, ordinal: u32) -> Result<(u64, u64), Error> {
        self.enter(ordinal)?;
        let (mut free, mut total) = (0, 0);
        // SAFETY: see `enter`.
        let code = unsafe { (self.table.memory)(&mut free, &mut total) };
        self.check("ask for free memory", code)?;
        Ok((free as u64, total as u64))
    }

    fn allocate(&self, ordinal: u32, length: usize) -> Result<Address, Error> {
        self.enter(ordinal)?;
        let mut address = std::ptr::null_mut();
        // SAFETY: see `enter`.
        let code = unsafe { (self.table.allocate)(&mut address, length) };
        self.check("allocate device memory", code)?;
        Ok(address as Address)
    }

    fn free(&self, ordinal: u32, address: Address) -> Result<(), Error> {
        self.enter(ordinal)?;
        // SAFETY: see `enter`.
        self.check("free device memory", unsafe {
            (self.table.free)(address as Handle)
        })
    }

    fn allocate_pinned(&self, ordinal: u32, length: usize) -> Result<Address, Error> {
        self.enter(ordinal)?;
        let mut address = std::ptr::null_mut();
        // SAFETY: see `enter`.
        let code = unsafe { (self.table.allocate_pinned)(&mut address, length) };
        self.check("allocate pinned memory", code)?;
        Ok(address as Address)
    }

    fn free_pinned(&self, ordinal: u32, address: Address) -> Result<(), Error> {
        self.enter(ordinal)?;
        // SAFETY: see `enter`.
        let code = unsafe { (self.table.free_pinned)(address as Handle) };
        self.check("free pinned memory", code)
    }

    fn stream(&self, ordinal: u32) -> Result<Stream, Error> {
        self.enter(ordinal)?;
        let mut stream = std::ptr::null_mut();
        // SAFETY: see `enter`.
        let code = unsafe { (self.table.stream)(&mut stream) };
        self.check("make a stream", code)?;
        Ok(Stream(stream as u64))
    }

    fn destroy_stream(&self, ordinal: u32, stream: Stream) -> Result<(), Error> {
        self.enter(ordinal)?;
        // SAFETY: see `enter`.
        let code = unsafe { (self.table.destroy_stream)(stream.0 as Handle) };
        self.check("destroy a stream", code)
    }

    fn event(&self, ordinal: u32) -> Result<Event, Error> {
        self.enter(ordinal)?;
        let mut event = std::ptr::null_mut();
        // SAFETY: see `enter`.
        let code = unsafe { (self.table.event)(&mut event) };
        self.check("make an event", code)?;
        Ok(Event(event as u64))
    }

    fn destroy_event(&self, ordinal: u32, event: Event) -> Result<(), Error> {
        self.enter(ordinal)?;
        // SAFETY: see `enter`.
        let code = unsafe { (self.table.destroy_event)(event.0 as Handle) };
        self.check("destroy an event", code)
    }

    fn record(&self, ordinal: u32, event: Event, stream: Stream) -> Result<(), Error> {
        self.enter(ordinal)?;
        // SAFETY: see `enter`.
        let code = unsafe { (self.table.record)(event.0 as Handle, stream.0 as Handle) };
        self.check("record an event", code)
    }

    fn is_done(&self, ordinal: u32, event: Event) -> Result<bool, Error> {
        self.enter(ordinal)?;
        // SAFETY: see `enter`.
        match unsafe { (self.table.query)(event.0 as Handle) } {
            NOT_READY | BUSY => Ok(false),
            code => self.check("finish work on the device", code).map(|()| true),
        }
    }

    fn wait_for(&self, ordinal: u32, stream: Stream, event: Event) -> Result<(), Error> {
        self.enter(ordinal)?;
        // SAFETY: see `enter`.
        let code = unsafe { (self.table.wait_for)(event.0 as Handle, stream.0 as Handle, 0) };
        self.check("wait for an event", code)
    }

    fn copy(&self, ordinal: u32, stream: Stream, copy: &Copy) -> Result<(), Error> {
        self.enter(ordinal)?;
        let kind = match copy.direction {
            Direction::ToDevice => 0,
            Direction::Within => 1,
            Direction::FromDevice => 2,
            Direction::FromPeer(_) => 4,
        };
        let (to, from) = (copy.to as Handle, copy.from as Handle);
        // SAFETY: see `enter`; both ends stay until the work is done (contract 3).
        let code = unsafe { (self.copy)(to, from, copy.length, stream.0 as Handle, kind) };
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
        let code =
            unsafe { (self.table.fill)(to as Handle, i32::from(byte), length, stream.0 as Handle) };
        self.check("fill", code)
    }

    fn notify(&self, _: u32, _: Stream, _: Notice) -> Result<bool, Error> {
        Ok(false)
    }
}
