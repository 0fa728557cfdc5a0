//! Memory that the kernel reads or writes while an op is in flight.
//!
//! Invariant: the memory behind a [`Buf`] or [`BufRef`] stays valid and unmoved until the
//! op that holds it is given up, and a driver gives an op up only when its final
//! completion was returned. Borrowed memory ([`RawBuf`], [`RawBufRef`]) promises this by
//! an `unsafe` constructor; owned memory ([`OwnedBuf`]) keeps itself alive by a count and
//! shows its bytes only while nothing is lent.
#![allow(unsafe_code)] // The promise about foreign memory is made and used here.

mod owned;

pub use owned::{Loan, OwnedBuf};

use crate::limits::TRANSFER_BYTES;
use std::ptr::NonNull;

/// Foreign memory that the kernel may write to.
#[derive(Debug)]
pub struct RawBuf {
    ptr: NonNull<u8>,
    len: usize,
}

impl RawBuf {
    /// Pins `len` bytes at `ptr` by the caller's word.
    ///
    /// # Safety
    /// From submitting the op that gets this value until its final completion was returned
    /// by `wait` (or the driver was dropped), the bytes stay allocated, unmoved and
    /// writable, and nobody else reads or writes them.
    pub unsafe fn new(ptr: *mut u8, len: usize) -> Self {
        RawBuf {
            ptr: NonNull::new(ptr).unwrap_or(NonNull::dangling()),
            len: if ptr.is_null() { 0 } else { len },
        }
    }
}

/// Foreign memory that the kernel only reads.
#[derive(Debug)]
pub struct RawBufRef {
    ptr: NonNull<u8>,
    len: usize,
}

impl RawBufRef {
    /// Pins `len` bytes at `ptr` by the caller's word.
    ///
    /// # Safety
    /// From submitting the op that gets this value until its final completion was returned
    /// by `wait` (or the driver was dropped), the bytes stay allocated, unmoved and
    /// readable, and nobody writes them.
    pub unsafe fn new(ptr: *const u8, len: usize) -> Self {
        RawBufRef {
            ptr: NonNull::new(ptr.cast_mut()).unwrap_or(NonNull::dangling()),
            len: if ptr.is_null() { 0 } else { len },
        }
    }
}

/// Where a receive or read puts its bytes.
#[derive(Debug)]
pub enum Buf {
    /// Foreign memory.
    Raw(RawBuf),
    /// An [`OwnedBuf`] that gets its bytes back when the op is over.
    Owned(Loan),
}

impl Buf {
    /// First byte; valid for [`Buf::len`] bytes of writing while `self` lives.
    pub(crate) fn as_ptr(&self) -> *mut u8 {
        match self {
            Buf::Raw(raw) => raw.ptr.as_ptr(),
            Buf::Owned(loan) => loan.as_ptr(),
        }
    }

    /// Bytes that one transfer may use.
    pub(crate) fn len(&self) -> usize {
        let len = match self {
            Buf::Raw(raw) => raw.len,
            Buf::Owned(loan) => loan.len(),
        };
        len.min(TRANSFER_BYTES)
    }

    /// Copies `bytes` to the front, as a kernel would; the number that fitted.
    pub fn fill(&mut self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(self.len());
        // SAFETY: the module's invariant makes len() bytes at as_ptr() writable and
        // unshared while `self` lives, so `bytes` cannot overlap them.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.as_ptr(), count) };
        count
    }
}

impl From<RawBuf> for Buf {
    fn from(raw: RawBuf) -> Self {
        Buf::Raw(raw)
    }
}

impl From<Loan> for Buf {
    fn from(loan: Loan) -> Self {
        Buf::Owned(loan)
    }
}

/// What a send or write takes its bytes from.
#[derive(Debug)]
pub enum BufRef {
    /// Foreign memory.
    Raw(RawBufRef),
    /// An [`OwnedBuf`] that is shown again when the op is over.
    Owned(Loan),
    /// Bytes that the op itself keeps.
    Vec(Vec<u8>),
}

impl BufRef {
    /// First byte; valid for [`BufRef::len`] bytes of reading while `self` lives.
    pub(crate) fn as_ptr(&self) -> *const u8 {
        match self {
            BufRef::Raw(raw) => raw.ptr.as_ptr(),
            BufRef::Owned(loan) => loan.as_ptr(),
            BufRef::Vec(bytes) => bytes.as_ptr(),
        }
    }

    /// Bytes that one transfer may use.
    pub(crate) fn len(&self) -> usize {
        let len = match self {
            BufRef::Raw(raw) => raw.len,
            BufRef::Owned(loan) => loan.len(),
            BufRef::Vec(bytes) => bytes.len(),
        };
        len.min(TRANSFER_BYTES)
    }
}

impl From<RawBufRef> for BufRef {
    fn from(raw: RawBufRef) -> Self {
        BufRef::Raw(raw)
    }
}

impl From<Loan> for BufRef {
    fn from(loan: Loan) -> Self {
        BufRef::Owned(loan)
    }
}

impl From<Vec<u8>> for BufRef {
    fn from(bytes: Vec<u8>) -> Self {
        BufRef::Vec(bytes)
    }
}
