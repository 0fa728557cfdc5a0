//! NVIDIA, by the CUDA driver API (libcuda.so.1). Signatures and numbers are cuda.h's.
//!
//! Each call makes the device's primary context current in its thread first: it costs tens
//! of nanoseconds, and no thread has to be remembered. The context is retained once and kept,
//! because other libraries of the process (ONNX Runtime) use the same.

use std::collections::HashMap;
use std::ffi::{c_char, c_void};
use std::sync::{Mutex, PoisonError};

use tusk_runtime::error::{Error, Kind as Failure};

use super::library::{Library, table};
use super::notice;
use crate::driver::{Address, Copy, Direction, Driver, Event, Kind, Notice, Stream};

type Handle = *mut c_void;

table!(Table {
    init = "cuInit": (u32);
    count = "cuDeviceGetCount": (*mut i32);
    get = "cuDeviceGet": (*mut i32, i32);
    name = "cuDeviceGetName": (*mut c_char, i32, i32);
    retain = "cuDevicePrimaryCtxRetain": (*mut Handle, i32);
    set_current = "cuCtxSetCurrent": (Handle);
    allocate = "cuMemAlloc_v2": (*mut u64, usize);
    free = "cuMemFree_v2": (u64);
    allocate_pinned = "cuMemHostAlloc": (*mut Handle, usize, u32);
    free_pinned = "cuMemFreeHost": (Handle);
    to_device = "cuMemcpyHtoDAsync_v2": (u64, Handle, usize, Handle);
    from_device = "cuMemcpyDtoHAsync_v2": (Handle, u64, usize, Handle);
    within = "cuMemcpyDtoDAsync_v2": (u64, u64, usize, Handle);
    peer = "cuMemcpyPeerAsync": (u64, Handle, u64, Handle, usize, Handle);
    fill = "cuMemsetD8Async": (u64, u8, usize, Handle);
    memory = "cuMemGetInfo_v2": (*mut usize, *mut usize);
    stream = "cuStreamCreate": (*mut Handle, u32);
    destroy_stream = "cuStreamDestroy_v2": (Handle);
    wait_for = "cuStreamWaitEvent": (Handle, Handle, u32);
    notify = "cuLaunchHostFunc": (Handle, extern "C" fn(Handle), Handle);
    event = "cuEventCreate": (*mut Handle, u32);
    record = "cuEventRecord": (Handle, Handle);
    query = "cuEventQuery": (Handle);
    destroy_event = "cuEventDestroy_v2": (Handle);
});

const SUCCESS: i32 = 0;
const OUT_OF_MEMORY: i32 = 2;
const NOT_READY: i32 = 600;
const NON_BLOCKING: u32 = 1;
const DISABLE_TIMING: u32 = 2;
const PORTABLE: u32 = 1;

/// See the module's description.
pub struct Cuda {
    table: Table,
    error_name: unsafe extern "C" fn(i32, *mut *const c_char) -> i32,
    /// Primary contexts by ordinal, as addresses.
    contexts: Mutex<HashMap<u32, usize>>,
}

impl Cuda {
    /// Loads and initialises the driver.
    ///
    /// # Errors
    /// What is missing.
    pub fn open(library: &Library) -> Result<Cuda, Error> {
        let cuda = Cuda {
            table: Table::load(library)?,
            error_name: library.symbol("cuGetErrorName")?,
            contexts: Mutex::default(),
        };
        // SAFETY: as cuda.h has it; so everywhere below: out pointers are of live locals, and
        // handles and addresses come from the driver (invariant 3 of `sys`).
        cuda.check("initialise CUDA", unsafe { (cuda.table.init)(0) })?;
        Ok(cuda)
    }

    fn check(&self, operation: &'static str, code: i32) -> Result<(), Error> {
        if code == SUCCESS {
            return Ok(());
        }
        let mut name = std::ptr::null();
        // SAFETY: see `open`; the driver's names are static C strings.
        let name = unsafe {
            if (self.error_name)(code, &mut name) == SUCCESS && !name.is_null() {
                std::ffi::CStr::from_ptr(name)
                    .to_string_lossy()
                    .into_owned()
            } else {
                "an unknown error".to_owned()
            }
        };
        let error = Error::new(
            Failure::Device,
            operation,
            format!("CUDA says {name} ({code})"),
        );
        Err(match code {
            OUT_OF_MEMORY => error.hint("free buffers, trim() the cache, or use a smaller batch"),
            214 | 700 | 702 | 719 => {
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
        let (mut device, mut context) = (0, std::ptr::null_mut());
        // SAFETY: see `open`.
        unsafe {
            self.check(
                "find the device",
                (self.table.get)(&mut device, ordinal as i32),
            )?;
            self.check("open the device", (self.table.retain)(&mut context, device))?;
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

impl Driver for Cuda {
    fn kind(&self) -> Kind {
        Kind::Cuda
    }

    fn count(&self) -> Result<u32, Error> {
        let mut count = 0;
        // SAFETY: see `open`.
        self.check("count devices", unsafe { (self.table.count)(&mut count) })?;
        Ok(u32::try_from(count).unwrap_or(0))
    }

    fn name(&self, ordinal: u32) -> Result<String, Error> {
        let (mut device, mut name) = (0, [0u8; 128]);
        // SAFETY: see `open`; the length is the array's.
        unsafe {
            self.check(
                "find the device",
                (self.table.get)(&mut device, ordinal as i32),
            )?;
            let code = (self.table.name)(name.as_mut_ptr().cast(), 128, device);
            self.check("name the device", code)?;
        }
        let end = name.iter().position(|&byte| byte == 0).unwrap_or(128);
        Ok(String::from_utf8_lossy(&name[..end]).into_owned())
    }

    fn memory(&self, ordinal: u32) -> Result<(u64, u64), Error> {
        self.enter(ordinal)?;
        let (mut free, mut total) = (0, 0);
        // SAFETY: see `open`.
        let code = unsafe { (self.table.memory)(&mut free, &mut total) };
        self.check("ask for free memory", code)?;
        Ok((free as u64, total as u64))
    }

    fn allocate(&self, ordinal: u32, length: usize) -> Result<Address, Error> {
        self.enter(ordinal)?;
        let mut address = 0;
        // SAFETY: see `open`.
        let code = unsafe { (self.table.allocate)(&mut address, length) };
        self.check("allocate device memory", code)?;
        Ok(address)
    }

    fn free(&self, ordinal: u32, address: Address) -> Result<(), Error> {
        self.enter(ordinal)?;
        // SAFETY: see `open`.
        self.check("free device memory", unsafe { (self.table.free)(address) })
    }

    fn allocate_pinned(&self, ordinal: u32, length: usize) -> Result<Address, Error> {
        self.enter(ordinal)?;
        let mut address = std::ptr::null_mut();
        // SAFETY: see `open`.
        let code = unsafe { (self.table.allocate_pinned)(&mut address, length, PORTABLE) };
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
        let code = unsafe { (self.table.stream)(&mut stream, NON_BLOCKING) };
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
        let code = unsafe { (self.table.event)(&mut event, DISABLE_TIMING) };
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
        // SAFETY: see `open`.
        match unsafe { (self.table.query)(event.0 as Handle) } {
            NOT_READY => Ok(false),
            code => self.check("finish work on the device", code).map(|()| true),
        }
    }

    fn wait_for(&self, ordinal: u32, stream: Stream, event: Event) -> Result<(), Error> {
        self.enter(ordinal)?;
        // SAFETY: see `open`.
        let code = unsafe { (self.table.wait_for)(stream.0 as Handle, event.0 as Handle, 0) };
        self.check("wait for an event", code)
    }

    fn copy(&self, ordinal: u32, stream: Stream, copy: &Copy) -> Result<(), Error> {
        self.enter(ordinal)?;
        let (on, length) = (stream.0 as Handle, copy.length);
        // SAFETY: see `open`; both ends stay until the work is done (contract 3).
        let code = unsafe {
            match copy.direction {
                Direction::ToDevice => {
                    (self.table.to_device)(copy.to, copy.from as Handle, length, on)
                }
                Direction::FromDevice => {
                    (self.table.from_device)(copy.to as Handle, copy.from, length, on)
                }
                Direction::Within => (self.table.within)(copy.to, copy.from, length, on),
                Direction::FromPeer(peer) => {
                    let (to, from) = (self.context(ordinal)?, self.context(peer)?);
                    (self.table.peer)(copy.to, to, copy.from, from, length, on)
                }
            }
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
        let code = unsafe { (self.table.fill)(to, byte, length, stream.0 as Handle) };
        self.check("fill", code)
    }

    fn notify(&self, ordinal: u32, stream: Stream, notice: Notice) -> Result<bool, Error> {
        self.enter(ordinal)?;
        let argument = notice::pack(notice);
        // SAFETY: see `open`; the trampoline takes the argument over.
        let code = unsafe { (self.table.notify)(stream.0 as Handle, notice::run, argument) };
        if code != SUCCESS {
            notice::drop_packed(argument);
        }
        self.check("ask for a call back", code).map(|()| true)
    }
}
