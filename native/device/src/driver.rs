//! What every kind of device answers to. One suite of tests (tests/contract.rs) holds all.
//!
//! The contract:
//! 1. Nothing panics, blocks for ever or ends the process when a library, a symbol or a device
//!    is missing: it is an error that says which.
//! 2. A stream does its work in order. Streams do not know each other's, except by events.
//! 3. `copy`, `fill` and `record` may return before the work is done; memory they were given
//!    stays until an event that was recorded after them is done.
//! 4. A function given to `notify` runs in another thread, at most once, after the work before
//!    it; it calls nothing of the driver. When work fails it may never run: whoever waits
//!    looks at an event too.
//! 5. Any thread may call anything; a handle is destroyed once, by its owner.

use tusk_runtime::error::Error;

/// Kinds of devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// This machine's own memory.
    Host,
    /// NVIDIA, by the CUDA driver API.
    Cuda,
    /// Huawei Ascend, by ACL.
    Ascend,
    /// Cambricon, by CNRT.
    Cambricon,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 4] = [Kind::Host, Kind::Cuda, Kind::Ascend, Kind::Cambricon];

    /// Its name, as PHP code writes it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Host => "host",
            Kind::Cuda => "cuda",
            Kind::Ascend => "ascend",
            Kind::Cambricon => "cambricon",
        }
    }
}

/// Memory as a driver names it; of the host where it is pinned.
pub type Address = u64;

/// A driver's queue of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream(pub u64);

/// A point in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event(pub u64);

/// Which way a copy goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From pinned host memory.
    ToDevice,
    /// To pinned host memory.
    FromDevice,
    /// Within one device.
    Within,
    /// From the device with this ordinal.
    FromPeer(u32),
}

/// One copy.
#[derive(Clone, Copy, Debug)]
pub struct Copy {
    /// Where to.
    pub to: Address,
    /// Where from.
    pub from: Address,
    /// Bytes.
    pub length: usize,
    /// Which way.
    pub direction: Direction,
}

/// Runs when the work before it is done.
pub type Notice = Box<dyn FnOnce() + Send>;

/// See the module's description. `ordinal` is the device's number.
#[allow(missing_docs)]
pub trait Driver: Send + Sync {
    fn kind(&self) -> Kind;
    /// How many devices there are.
    fn count(&self) -> Result<u32, Error>;
    fn name(&self, ordinal: u32) -> Result<String, Error>;
    /// Bytes free, and bytes in all.
    fn memory(&self, ordinal: u32) -> Result<(u64, u64), Error>;
    fn allocate(&self, ordinal: u32, length: usize) -> Result<Address, Error>;
    fn free(&self, ordinal: u32, address: Address) -> Result<(), Error>;
    fn allocate_pinned(&self, ordinal: u32, length: usize) -> Result<Address, Error>;
    fn free_pinned(&self, ordinal: u32, address: Address) -> Result<(), Error>;
    fn stream(&self, ordinal: u32) -> Result<Stream, Error>;
    fn destroy_stream(&self, ordinal: u32, stream: Stream) -> Result<(), Error>;
    fn event(&self, ordinal: u32) -> Result<Event, Error>;
    fn destroy_event(&self, ordinal: u32, event: Event) -> Result<(), Error>;
    /// The event is done when the stream's work so far is.
    fn record(&self, ordinal: u32, event: Event, stream: Stream) -> Result<(), Error>;
    /// Fails when the work did.
    fn is_done(&self, ordinal: u32, event: Event) -> Result<bool, Error>;
    /// What is given to the stream from now on waits for the event.
    fn wait_for(&self, ordinal: u32, stream: Stream, event: Event) -> Result<(), Error>;
    fn copy(&self, ordinal: u32, stream: Stream, copy: &Copy) -> Result<(), Error>;
    fn fill(
        &self,
        ordinal: u32,
        stream: Stream,
        to: Address,
        byte: u8,
        length: usize,
    ) -> Result<(), Error>;
    /// False: the driver does not call back; poll an event.
    fn notify(&self, ordinal: u32, stream: Stream, notice: Notice) -> Result<bool, Error>;
}
