//! What a device's thread is asked to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tusk_runtime::error::Error;

use super::buffer::Buffer;
use super::signal::Signal;
use crate::storage::Storage;
use crate::sys::memory::HostMemory;

/// A job's work. Buffers and bytes in it live until the device is done with them.
pub enum Work {
    /// Bytes to a buffer of the same length.
    Upload(Storage, std::ops::Range<usize>, Buffer),
    /// A buffer's bytes to memory of the same length.
    Download(Buffer, HostMemory),
    /// From a buffer to another of the same length.
    Copy(Buffer, Buffer),
    /// One byte all over.
    Fill(Buffer, u8),
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
    /// Does the thread itself touch a buffer's memory, which the device may be working on?
    pub(super) fn is_direct(&self) -> bool {
        match self {
            Work::Upload(_, _, buffer) | Work::Download(buffer, _) => buffer.is_direct(),
            Work::Copy(from, to) => from.is_direct() && to.is_direct(),
            Work::Fill(buffer, _) => buffer.is_direct(),
            Work::Fence => false,
        }
    }

    /// The device may work on the buffers for ever: they are never given back.
    pub(super) fn leak(&self) {
        match self {
            Work::Upload(_, _, buffer) | Work::Download(buffer, _) | Work::Fill(buffer, _) => {
                std::mem::forget(buffer.clone());
            }
            Work::Copy(from, to) => std::mem::forget((from.clone(), to.clone())),
            Work::Fence => {}
        }
    }

    /// Bytes that move.
    pub(super) fn length(&self) -> usize {
        match self {
            Work::Upload(_, _, buffer) | Work::Download(buffer, _) | Work::Fill(buffer, _) => {
                buffer.len()
            }
            Work::Copy(_, to) => to.len(),
            Work::Fence => 0,
        }
    }
}
