//! What the crate ort cannot say: runs of one session on several threads at a time, and
//! tensors over memory of a device. All unsafe code of this crate.
//!
//! Invariants that the SAFETY arguments below this folder rest on:
//! 1. `OrtApi::Run` and `RunWithBinding` may be called for one session by several threads at a
//!    time: ONNX Runtime promises it, and itself lets one run at a time where an execution
//!    provider cannot do better. The crate asks for `&mut Session` only because its own
//!    comments distrust that promise for some providers.
//! 2. A session is alive as long as the [`ort::session::Session`], which whoever runs borrows.
//! 3. Values that go in are alive until the call returns; values that come out are new, and each is
//!    owned by one [`ort::value::DynValue`], which keeps the session's allocator.
//! 4. Memory of a device that a value is made over stays, and nobody else writes it, until the
//!    value is dropped: the caller holds the buffers, lent by their device.
#![allow(unsafe_code)]

mod bound;
mod run;

pub use bound::{address_of, over, run_bound};
pub use run::run;
