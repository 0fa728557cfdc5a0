//! NVIDIA, by the CUDA driver API (libcuda.so.1). Signatures and numbers are cuda.h's.
//!
//! Each call makes the device's primary context current in its thread first: it costs tens
//! of nanoseconds, and no thread has to be remembered. The context is retained once and kept,
//! because other libraries of the process (ONNX Runtime) use the same.

use std::ffi::{CStr, c_char, c_void};

use tusk_runtime::error::Error;

use super::calls::{Contexts, Vendor, Words, calls};
use super::library::Library;
use super::notice;
use crate::driver::{Copy, Direction, Event, Kind, Stream};

type Handle = *mut c_void;

calls!(Table {
    count(count) = "cuDeviceGetCount"(count => *mut i32);
    memory(free, total) = "cuMemGetInfo_v2"(free => *mut usize, total => *mut usize);
    allocate(out, length) = "cuMemAlloc_v2"(out => *mut u64, length => usize);
    free(address) = "cuMemFree_v2"(address => u64);
    allocate_pinned(out, length) = "cuMemHostAlloc"(out => *mut Handle, length => usize, PORTABLE => u32);
    free_pinned(address) = "cuMemFreeHost"(address => Handle);
    stream(out) = "cuStreamCreate"(out => *mut Handle, NON_BLOCKING => u32);
    destroy_stream(stream) = "cuStreamDestroy_v2"(stream => Handle);
    event(out) = "cuEventCreate"(out => *mut Handle, DISABLE_TIMING => u32);
    destroy_event(event) = "cuEventDestroy_v2"(event => Handle);
    record(event, stream) = "cuEventRecord"(event => Handle, stream => Handle);
    wait_for(stream, event) = "cuStreamWaitEvent"(stream => Handle, event => Handle, 0 => u32);
    fill(address, byte, length, stream) = "cuMemsetD8Async"(address => u64, byte => u8, length => usize, stream => Handle);
} own {
    init = "cuInit"(u32);
    get = "cuDeviceGet"(*mut i32, i32);
    name = "cuDeviceGetName"(*mut c_char, i32, i32);
    retain = "cuDevicePrimaryCtxRetain"(*mut Handle, i32);
    set_current = "cuCtxSetCurrent"(Handle);
    to_device = "cuMemcpyHtoDAsync_v2"(u64, Handle, usize, Handle);
    from_device = "cuMemcpyDtoHAsync_v2"(Handle, u64, usize, Handle);
    within = "cuMemcpyDtoDAsync_v2"(u64, u64, usize, Handle);
    peer = "cuMemcpyPeerAsync"(u64, Handle, u64, Handle, usize, Handle);
    notify = "cuLaunchHostFunc"(Handle, extern "C" fn(Handle), Handle);
    query = "cuEventQuery"(Handle);
    error_name = "cuGetErrorName"(i32, *mut *const c_char);
});

const NOT_READY: i32 = 600;
const NON_BLOCKING: u32 = 1;
const DISABLE_TIMING: u32 = 2;
const PORTABLE: u32 = 1;

const WORDS: Words = Words {
    vendor: "CUDA",
    // The driver tells them.
    names: &[],
    no_memory: &[2],
    broken: &[214, 700, 702, 719],
};

/// See the module's description.
pub struct Cuda {
    table: Table,
    contexts: Contexts,
}

impl Cuda {
    /// Loads and initialises the driver.
    ///
    /// # Errors
    /// What is missing.
    pub fn open(library: &Library) -> Result<Cuda, Error> {
        let cuda = Cuda {
            table: Table::load(library)?,
            contexts: Contexts::default(),
        };
        // SAFETY: the invariant of `calls`; so everywhere below.
        cuda.check("initialise CUDA", unsafe { (cuda.table.init)(0) })?;
        Ok(cuda)
    }

    fn device(&self, ordinal: u32) -> Result<i32, Error> {
        let mut device = 0;
        // SAFETY: see `open`.
        let code = unsafe { (self.table.get)(&mut device, ordinal as i32) };
        self.check("find the device", code)?;
        Ok(device)
    }

    fn context(&self, ordinal: u32) -> Result<Handle, Error> {
        let open = || {
            let (device, mut context) = (self.device(ordinal)?, std::ptr::null_mut());
            // SAFETY: see `open`.
            let code = unsafe { (self.table.retain)(&mut context, device) };
            self.check("open the device", code)?;
            Ok(context as u64)
        };
        Ok(self.contexts.of(ordinal, open)? as Handle)
    }
}

impl Vendor for Cuda {
    type Table = Table;
    const KIND: Kind = Kind::Cuda;

    fn table(&self) -> &Table {
        &self.table
    }

    fn error(&self, operation: &'static str, code: i32) -> Error {
        let mut name = std::ptr::null();
        // SAFETY: see `open`; the driver's names are static C strings.
        let said = unsafe {
            let known = (self.table.error_name)(code, &mut name) == 0 && !name.is_null();
            known.then(|| CStr::from_ptr(name).to_string_lossy().into_owned())
        };
        let said = said.unwrap_or_else(|| "an unknown error".to_owned());
        WORDS.error(operation, code, Some(said))
    }

    fn enter(&self, ordinal: u32) -> Result<(), Error> {
        let context = self.context(ordinal)?;
        // SAFETY: see `open`.
        let code = unsafe { (self.table.set_current)(context) };
        self.check("enter the device's context", code)
    }

    fn name(&self, ordinal: u32) -> Result<String, Error> {
        let (device, mut name) = (self.device(ordinal)?, [0u8; 128]);
        // SAFETY: see `open`; the length is the array's.
        let code = unsafe { (self.table.name)(name.as_mut_ptr().cast(), 128, device) };
        self.check("name the device", code)?;
        let end = name.iter().position(|&byte| byte == 0).unwrap_or(128);
        Ok(String::from_utf8_lossy(&name[..end]).into_owned())
    }

    fn is_done(&self, event: Event) -> Result<bool, Error> {
        // SAFETY: see `open`.
        match unsafe { (self.table.query)(event.0 as Handle) } {
            NOT_READY => Ok(false),
            code => self.check("finish work on the device", code).map(|()| true),
        }
    }

    fn copy(&self, ordinal: u32, stream: Stream, copy: &Copy) -> Result<i32, Error> {
        let (table, on, length) = (&self.table, stream.0 as Handle, copy.length);
        let (to, from) = (copy.to, copy.from);
        let peer = match copy.direction {
            Direction::FromPeer(peer) => (self.context(ordinal)?, self.context(peer)?),
            _ => (std::ptr::null_mut(), std::ptr::null_mut()),
        };
        // SAFETY: see `open`; both ends stay until the work is done (contract 3).
        Ok(unsafe {
            match copy.direction {
                Direction::ToDevice => (table.to_device)(to, from as Handle, length, on),
                Direction::FromDevice => (table.from_device)(to as Handle, from, length, on),
                Direction::Within => (table.within)(to, from, length, on),
                Direction::FromPeer(_) => (table.peer)(to, peer.0, from, peer.1, length, on),
            }
        })
    }

    fn launch(&self, _: u32, stream: Stream, argument: Handle) -> Option<i32> {
        // SAFETY: see `open`; the trampoline takes the argument over.
        Some(unsafe { (self.table.notify)(stream.0 as Handle, notice::run, argument) })
    }
}
