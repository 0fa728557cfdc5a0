//! What a device's thread is asked to do.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tusk_runtime::error::Error;

use super::buffer::Buffer;
use super::loan::Loan;
use super::model::Execution;
use super::order::Use;
use super::signal::Signal;
use crate::storage::Storage;
use crate::sys::memory::HostMemory;

/// A job's work. Buffers and bytes in it live until the device is done with them.
pub enum Work {
    /// Bytes to a buffer of the same length.
    Upload(Storage, Range<usize>, Buffer),
    /// A buffer's bytes to memory of the same length.
    Download(Buffer, HostMemory),
    /// From a buffer to another of the same length.
    Copy(Buffer, Buffer),
    /// One byte all over.
    Fill(Buffer, u8),
    /// A run of a model of the device's own.
    Execute(Execution),
    /// Somebody else works on buffers, see [`super::Device::lend`].
    Lend(Loan),
    /// Nothing: it is done when everything before it is.
    Fence,
}

/// What comes of it: the memory of a download.
pub type Outcome = Result<Option<HostMemory>, Error>;

/// A job in the queue.
pub struct Job {
    pub(super) work: Work,
    pub(super) ticket: Ticket,
}

/// What the one who asked holds.
#[derive(Clone)]
pub struct Ticket {
    /// Raised when the job is over.
    pub done: Signal<Outcome>,
    cancelled: Arc<AtomicBool>,
}

impl Ticket {
    pub(super) fn new() -> Ticket {
        Ticket {
            done: Signal::default(),
            cancelled: Arc::default(),
        }
    }

    /// What was not begun is left out; what the device works on is waited for by its thread,
    /// which keeps the memory until then.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }
}

impl Work {
    /// Is it done by the processor, or by somebody else, and not by a stream? Then what came
    /// before must be over, not only in a stream.
    pub(super) fn is_by_hand(&self) -> bool {
        match self {
            Work::Upload(_, _, buffer) | Work::Download(buffer, _) => buffer.is_direct(),
            Work::Copy(from, to) => from.is_direct() && to.is_direct(),
            Work::Fill(buffer, _) => buffer.is_direct(),
            Work::Execute(_) => false,
            Work::Lend(_) | Work::Fence => true,
        }
    }

    /// Which bytes it reads and writes.
    pub(super) fn uses(&self) -> Vec<Use> {
        match self {
            Work::Upload(_, _, to) | Work::Fill(to, _) => vec![to.used(true)],
            Work::Download(from, _) => vec![from.used(false)],
            Work::Copy(from, to) => vec![from.used(false), to.used(true)],
            Work::Execute(execution) => execution.uses(),
            Work::Lend(loan) => loan.uses(),
            Work::Fence => Vec::new(),
        }
    }

    /// The device may work on the buffers for ever: they are never given back.
    pub(super) fn leak(&self) {
        match self {
            Work::Upload(_, _, buffer) | Work::Download(buffer, _) | Work::Fill(buffer, _) => {
                std::mem::forget(buffer.clone());
            }
            Work::Copy(from, to) => std::mem::forget((from.clone(), to.clone())),
            Work::Execute(execution) => std::mem::forget(execution.clone()),
            Work::Lend(_) | Work::Fence => {}
        }
    }

    /// Bytes that move in pieces.
    pub(super) fn length(&self) -> usize {
        match self {
            Work::Upload(_, _, buffer) | Work::Download(buffer, _) | Work::Fill(buffer, _) => {
                buffer.len()
            }
            Work::Copy(_, to) => to.len(),
            Work::Execute(_) | Work::Lend(_) | Work::Fence => 0,
        }
    }
}
