//! The bytes behind tensors: shared, and kept alive by whoever can be told to keep them.
//!
//! Invariant: what a storage answers as its bytes does not move and does not change its
//! length while the storage exists.

use std::any::Any;
use std::sync::Arc;

use tusk_runtime::error::Error;

use crate::sys::memory::HostMemory;
use crate::sys::mmap::Mapping;

/// Something that keeps bytes alive for others, as long as it is not dropped: a PHP string,
/// an output of a model, a buffer. It may be dropped in any thread.
pub trait Owner: Send + Sync + 'static {
    /// The bytes: always the same place and length.
    fn bytes(&self) -> &[u8];

    /// To find the owner again.
    fn as_any(&self) -> &dyn Any;
}

enum Source {
    Own(HostMemory),
    Mapped(Mapping),
    Held(Box<dyn Owner>),
}

/// See the module's description. Clones share.
#[derive(Clone)]
pub struct Storage(Arc<Source>);

impl Storage {
    /// Zeroed memory, filled by `fill`.
    ///
    /// # Errors
    /// `Device`: no memory.
    pub fn filled(length: usize, fill: impl FnOnce(&mut [u8])) -> Result<Storage, Error> {
        let mut memory = HostMemory::new(length)?;
        fill(memory.bytes_mut());
        Ok(Storage(Arc::new(Source::Own(memory))))
    }

    /// Bytes that somebody else keeps.
    pub fn held(owner: impl Owner) -> Storage {
        Storage(Arc::new(Source::Held(Box::new(owner))))
    }

    /// A mapped file.
    pub fn mapped(mapping: Mapping) -> Storage {
        Storage(Arc::new(Source::Mapped(mapping)))
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        match &*self.0 {
            Source::Own(memory) => memory.bytes(),
            Source::Mapped(mapping) => mapping.bytes(),
            Source::Held(owner) => owner.bytes(),
        }
    }

    /// To be asked after bytes were read: were they there?
    ///
    /// # Errors
    /// `Protocol`: a mapped file has been made shorter.
    pub fn check(&self) -> Result<(), Error> {
        match &*self.0 {
            Source::Mapped(mapping) => mapping.check(),
            Source::Own(_) | Source::Held(_) => Ok(()),
        }
    }

    /// The mapped file behind it.
    pub fn mapping(&self) -> Option<&Mapping> {
        match &*self.0 {
            Source::Mapped(mapping) => Some(mapping),
            Source::Own(_) | Source::Held(_) => None,
        }
    }

    /// Who keeps the bytes, if it is a `T`.
    pub fn owner<T: Owner>(&self) -> Option<&T> {
        match &*self.0 {
            Source::Held(owner) => owner.as_any().downcast_ref(),
            Source::Own(_) | Source::Mapped(_) => None,
        }
    }

    /// Are both the same memory?
    pub fn is_same(&self, other: &Storage) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
