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
//! 5. An event is recorded anew only when no stream waits for it any more, and where the driver
//!    says so (`reuses_events`) not at all; it is destroyed when all that was given to streams with
//!    it is done.
//! 6. Any thread may call anything; a handle is destroyed once, by its owner.

use std::any::Any;
use std::ffi::CString;

use tusk_runtime::error::{Error, Kind as Failure};

use crate::dtype::DType;

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
    /// May an event be recorded again?
    fn reuses_events(&self) -> bool {
        true
    }
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
    /// Models that the driver itself loads and runs.
    fn models(&self) -> Result<&dyn Models, Error> {
        Err(no_models(self.kind()))
    }
}

/// The error of a driver that has no models of its own.
pub fn no_models(kind: Kind) -> Error {
    Error::new(
        Failure::Unsupported,
        "load a model",
        format!("the {} driver loads no models itself", kind.name()),
    )
    .hint("an .om model needs an Ascend device")
}

/// An input or output of a device's own model, as the driver describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// As the model calls it.
    pub name: String,
    /// Its element type, where tensors have it.
    pub dtype: Option<DType>,
    /// The driver's own word for the type.
    pub kind: String,
    /// Lengths of its dimensions; -1: the batch.
    pub shape: Vec<i64>,
    /// Bytes, of the largest batch.
    pub size: usize,
}

/// What a device's own model wants and gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelInfo {
    /// In the model's order, without the one that tells the batch.
    pub inputs: Vec<Slot>,
    /// In the model's order.
    pub outputs: Vec<Slot>,
    /// Batch sizes that it can be told, the smallest first; none: it has one shape.
    pub batches: Vec<u64>,
    /// Place and bytes of the input that tells the batch.
    pub batch_slot: Option<(usize, usize)>,
}

/// One run of a device's own model.
#[derive(Clone, Copy, Debug)]
pub struct ModelRun<'a> {
    /// What [`Models::load`] gave.
    pub model: u32,
    /// Memory of its inputs in order, with that of the batch.
    pub inputs: &'a [(Address, usize)],
    /// Memory of its outputs.
    pub outputs: &'a [(Address, usize)],
    /// Place of the input that tells the batch, and the batch.
    pub batch: Option<(usize, u64)>,
}

/// A driver that runs models itself. What [`Models::execute`] gives back is kept until an
/// event that was recorded afterwards is done; a model is unloaded when nothing runs it.
#[allow(missing_docs)]
pub trait Models {
    fn load(&self, ordinal: u32, path: &CString) -> Result<u32, Error>;
    fn unload(&self, ordinal: u32, model: u32) -> Result<(), Error>;
    fn describe(&self, ordinal: u32, model: u32) -> Result<ModelInfo, Error>;
    fn execute(
        &self,
        ordinal: u32,
        stream: Stream,
        run: &ModelRun<'_>,
    ) -> Result<Box<dyn Any>, Error>;
}
