//! A buffer that can be lent to the kernel without unsafe code.
//!
//! Invariant: at most one [`Loan`] of a buffer exists, and while it does the owner sees
//! no byte. The memory is freed when both are gone, so dropping the owner while an op is
//! in flight is harmless.

use std::cell::UnsafeCell;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Debug)]
struct Shared {
    bytes: UnsafeCell<Box<[u8]>>,
    lent: AtomicBool,
}

// SAFETY: the bytes are reached through the one Loan or, while there is none, through
// the one OwnedBuf; `lent` hands them over with acquire and release.
unsafe impl Sync for Shared {}

/// Bytes of our own that ops can be given.
#[derive(Debug)]
pub struct OwnedBuf {
    shared: Arc<Shared>,
}

impl OwnedBuf {
    /// A buffer of `len` zeroes.
    pub fn zeroed(len: usize) -> Self {
        OwnedBuf::from(vec![0; len])
    }

    /// Lends all bytes to an op, or `None` while an earlier op still has them.
    pub fn lend(&mut self) -> Option<Loan> {
        self.lend_part(0..usize::MAX)
    }

    /// Lends some of the bytes, cut to what there is; all are hidden meanwhile.
    pub fn lend_part(&mut self, part: Range<usize>) -> Option<Loan> {
        if self.shared.lent.swap(true, Ordering::AcqRel) {
            return None;
        }
        // SAFETY: nothing was lent, and now nobody else can lend: the length is only read.
        let bytes = unsafe { &*self.shared.bytes.get() };
        let end = part.end.min(bytes.len());
        Some(Loan {
            shared: Arc::clone(&self.shared),
            part: part.start.min(end)..end,
        })
    }

    /// The bytes, or `None` while an op has them.
    pub fn bytes(&self) -> Option<&[u8]> {
        if self.shared.lent.load(Ordering::Acquire) {
            return None;
        }
        // SAFETY: nothing is lent, and lending needs `&mut self`, which the returned
        // borrow excludes; so nobody writes while it lives.
        Some(unsafe { &*self.shared.bytes.get() })
    }

    /// The bytes to change, or `None` while an op has them.
    pub fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        if self.shared.lent.load(Ordering::Acquire) {
            return None;
        }
        // SAFETY: nothing is lent, and `&mut self` excludes lending and other borrows.
        Some(unsafe { &mut *self.shared.bytes.get() })
    }
}

impl From<Vec<u8>> for OwnedBuf {
    fn from(bytes: Vec<u8>) -> Self {
        OwnedBuf {
            shared: Arc::new(Shared {
                bytes: UnsafeCell::new(bytes.into_boxed_slice()),
                lent: AtomicBool::new(false),
            }),
        }
    }
}

/// The right of one op to the bytes of an [`OwnedBuf`]; dropping it gives them back.
#[derive(Debug)]
pub struct Loan {
    shared: Arc<Shared>,
    /// Lies within the bytes.
    part: Range<usize>,
}

impl Loan {
    pub(super) fn as_ptr(&self) -> *mut u8 {
        // SAFETY: only this Loan reaches the bytes now; the reference ends here and the
        // box it was made from is never moved or replaced. The part lies within it.
        unsafe { (*self.shared.bytes.get()).as_mut_ptr().add(self.part.start) }
    }

    pub(super) fn len(&self) -> usize {
        self.part.len()
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        self.shared.lent.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Buf;
    use super::*;

    #[test]
    fn lent_bytes_are_hidden_until_they_come_back() {
        let mut buf = OwnedBuf::zeroed(4);
        let mut lent = Buf::from(buf.lend().expect("first loan"));
        assert!(buf.bytes().is_none() && buf.bytes_mut().is_none());
        assert!(buf.lend().is_none());
        assert_eq!(lent.fill(b"tusk and more"), 4);
        drop(lent);
        assert_eq!(buf.bytes(), Some(&b"tusk"[..]));
    }

    #[test]
    fn a_part_is_lent_and_no_more() {
        let mut buf = OwnedBuf::from(b"0123456789".to_vec());
        let mut lent = Buf::from(buf.lend_part(3..5).expect("loan"));
        assert_eq!(lent.fill(b"abc"), 2);
        drop(lent);
        assert_eq!(buf.bytes(), Some(&b"012ab56789"[..]));
        let beyond = Buf::from(buf.lend_part(8..20).expect("loan"));
        assert_eq!(beyond.len(), 2);
        drop(beyond);
        assert_eq!(Buf::from(buf.lend_part(20..30).expect("loan")).len(), 0);
    }

    #[test]
    fn a_loan_outlives_its_owner() {
        let mut buf = OwnedBuf::zeroed(2);
        let mut lent = Buf::from(buf.lend().expect("loan"));
        drop(buf);
        assert_eq!(lent.fill(b"ok"), 2);
    }
}
