//! Memory of a device, counted by references: the last view that goes gives it back.
//!
//! Invariant: a job that works on a buffer holds a view of it until the device is done, so
//! memory that comes back is used by nobody and can be given to the next at once.

use std::any::Any;
use std::sync::Arc;

use tusk_runtime::error::{Error, Kind as Failure};

use super::Device;
use super::order::Use;
use crate::driver::{Address, Kind};
use crate::sys::pinned::Pinned;

/// Where a block lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// In the device's memory.
    Device,
    /// In pinned host memory.
    Pinned,
}

pub(super) struct Block {
    pub(super) device: Device,
    pub(super) place: Place,
    pub(super) address: Address,
    /// What was taken from the driver for it.
    pub(super) size: usize,
    /// Memory that is somebody else's: they are dropped when the device is done with it.
    pub(super) keeper: Option<Box<dyn Any + Send + Sync>>,
}

impl Drop for Block {
    fn drop(&mut self) {
        if self.keeper.is_some() {
            return;
        }
        self.device.give_back(self.place, self.address, self.size);
    }
}

/// A range of a block. Clones and views share the bytes.
#[derive(Clone)]
pub struct Buffer {
    pub(super) block: Arc<Block>,
    offset: usize,
    length: usize,
}

impl Buffer {
    pub(super) fn new(block: Block, length: usize) -> Buffer {
        Buffer {
            block: Arc::new(block),
            offset: 0,
            length,
        }
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Has it no bytes?
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The device whose memory it is, or which the memory is pinned for.
    pub fn device(&self) -> &Device {
        &self.block.device
    }

    /// Where its first byte is, as the driver names it.
    pub fn address(&self) -> Address {
        self.block.address + self.offset as u64
    }

    /// Where it lies.
    pub fn place(&self) -> Place {
        self.block.place
    }

    /// A view of a part; it keeps the whole.
    ///
    /// # Errors
    /// `Misuse`: the part reaches beyond.
    pub fn view(&self, offset: usize, length: usize) -> Result<Buffer, Error> {
        if offset
            .checked_add(length)
            .is_none_or(|end| end > self.length)
        {
            return Err(Error::new(
                Failure::Misuse,
                "make a view of a buffer",
                format!(
                    "{length} bytes from {offset} reach beyond its {}",
                    self.length
                ),
            ));
        }
        Ok(Buffer {
            block: Arc::clone(&self.block),
            offset: self.offset + offset,
            length,
        })
    }

    /// How many views of the memory there are, jobs included.
    pub fn views(&self) -> usize {
        Arc::strong_count(&self.block)
    }

    /// As something that a job reads or writes.
    pub(super) fn used(&self, writes: bool) -> Use {
        Use {
            block: Arc::as_ptr(&self.block) as usize,
            bytes: self.offset..self.offset + self.length,
            writes,
        }
    }

    /// Can the processor reach it?
    pub(super) fn is_direct(&self) -> bool {
        self.block.place == Place::Pinned || self.block.device.kind() == Kind::Host
    }

    /// As bytes that the processor reaches.
    pub(super) fn direct(&self) -> Pinned {
        assert!(self.is_direct());
        Pinned {
            address: self.address(),
            length: self.length,
        }
    }
}
