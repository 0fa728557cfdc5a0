//! Waiting for a device's work and for its memory.
//!
//! Invariant: while a coroutine waits here, its frame holds no buffer, only the ticket: what
//! the device works on is in the device's hands, and a fatal error may jump over the frame.

use std::any::Any;

use tusk_device::device::{Buffer, Device, Place, Work};
use tusk_device::storage::{Owner, Storage};
use tusk_device::sys::memory::HostMemory;
use tusk_device::tensor::Tensor;
use tusk_runtime::error::Kind as Failure;
use tusk_runtime::task::Ends;

use super::throw;
use crate::core;
use crate::coroutine::{self, check_may_wait, deadline_in};
use crate::exception::{self, Thrown};
use crate::zend::{engine, string};

/// Has a device do something and waits until it is done. A cancel of the coroutine leaves out
/// what was not begun.
pub fn run(device: &Device, work: Work, what: &str) -> Result<Option<HostMemory>, Thrown> {
    engine::settle_fork();
    device.check().map_err(throw)?;
    if !core::is_up() {
        return Err(exception::misuse("the script has ended"));
    }
    check_may_wait(what)?;
    let ticket = device.submit(work).map_err(throw)?;
    while !ticket.done.is_over() {
        let sender = core::with(|core| core.reactor.sender());
        let ended = coroutine::wait_letter(
            Ends::OnCancel,
            None,
            |op| ticket.done.register(op, sender),
            |op| ticket.done.withdraw(op),
        );
        if let Err(ended) = ended {
            ticket.cancel();
            return Err(ended.throw(what));
        }
    }
    match ticket.done.take() {
        Some(outcome) => outcome.map_err(throw),
        None => Ok(None),
    }
}

/// Reads all of a buffer into memory of the host. Suspends.
pub fn fetch(buffer: Buffer, what: &str) -> Result<HostMemory, Thrown> {
    let owner = buffer.device().clone();
    let into = HostMemory::new(buffer.len()).map_err(throw)?;
    let fetched = run(&owner, Work::Download(buffer, into), what)?;
    fetched.ok_or_else(|| exception::misuse("a download brought nothing"))
}

/// The packed bytes of a tensor.
struct Packed(Tensor);

impl Owner for Packed {
    fn bytes(&self) -> &[u8] {
        self.0.packed_bytes().unwrap_or_default()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Bytes for [`upload`], which a tensor keeps.
fn packed(tensor: &Tensor) -> Result<Storage, Thrown> {
    Ok(Storage::held(Packed(tensor.packed().map_err(throw)?)))
}

/// What is copied to a buffer.
pub enum Given<'a> {
    /// The packed bytes of a tensor.
    Tensor(&'a Tensor),
    /// Bytes that somebody keeps.
    Bytes(Storage),
}

/// Copies to a buffer, from `offset` on. Suspends.
pub fn upload(given: Given<'_>, to: &Buffer, offset: usize, what: &str) -> Result<(), Thrown> {
    let storage = match given {
        Given::Tensor(tensor) => packed(tensor)?,
        Given::Bytes(storage) => storage,
    };
    let length = storage.bytes().len();
    let part = to.view(offset, length).map_err(throw)?;
    let device = to.device().clone();
    let done = run(&device, Work::Upload(storage, 0..length, part), what).map(drop);
    // A long string would stay until the next one is copied.
    string::sweep();
    done
}

/// Memory; waits for room under the quota, at most for `timeout` seconds (null: for ever).
pub fn allocate(
    device: &Device,
    place: Place,
    length: usize,
    timeout: Option<f64>,
) -> Result<Buffer, Thrown> {
    const WHAT: &str = "Device::allocate()";
    engine::settle_fork();
    let deadline = deadline_in(timeout);
    loop {
        let error = match device.allocate(place, length) {
            Ok(buffer) => return Ok(buffer),
            Err(error) => error,
        };
        if error.kind() != Failure::Overloaded {
            return Err(throw(error));
        }
        let over = || exception::throw(exception::Class::Device, &error.to_string());
        if timeout == Some(0.0) || !device.fits(length) || !core::is_up() {
            return Err(over());
        }
        check_may_wait(WHAT)?;
        let room = device.room();
        // Something may have come back between the two questions.
        if let Ok(buffer) = device.allocate(place, length) {
            return Ok(buffer);
        }
        let sender = core::with(|core| core.reactor.sender());
        let ended = coroutine::wait_letter(
            Ends::OnCancel,
            deadline,
            |op| room.register(op, sender),
            |op| room.withdraw(op),
        );
        match ended {
            Ok(()) => {}
            Err(coroutine::Ended::Deadline) => return Err(over()),
            Err(ended) => return Err(ended.throw(WHAT)),
        }
    }
}
