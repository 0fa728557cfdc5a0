//! Bytes in pinned memory of a driver, read and written by the processor. Memory of somebody else
//! (`Device::adopt`) may have no address when it has no bytes: then nothing is touched.

use crate::driver::Address;

/// A range of pinned memory that its owner keeps, and that no device uses at this moment.
pub struct Pinned {
    pub(crate) address: Address,
    pub(crate) length: usize,
}

impl Pinned {
    /// Writes its beginning.
    pub fn write(&mut self, bytes: &[u8]) {
        assert!(bytes.len() <= self.length);
        if bytes.is_empty() {
            return;
        }
        // SAFETY: the driver gave `length` bytes at the address, and `&mut self` holds them.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.address as *mut u8, bytes.len());
        }
    }

    /// Reads its beginning.
    pub fn read(&self, to: &mut [u8]) {
        assert!(to.len() <= self.length);
        if to.is_empty() {
            return;
        }
        // SAFETY: as above.
        unsafe {
            std::ptr::copy_nonoverlapping(self.address as *const u8, to.as_mut_ptr(), to.len());
        }
    }

    /// Sets every byte.
    pub fn fill(&mut self, byte: u8) {
        if self.length == 0 {
            return;
        }
        // SAFETY: as above.
        unsafe { std::ptr::write_bytes(self.address as *mut u8, byte, self.length) };
    }

    /// Copies all of another one of the same length, which may overlap.
    pub fn copy(&mut self, from: &Pinned) {
        assert!(from.length <= self.length);
        if from.length == 0 {
            return;
        }
        // SAFETY: as above.
        unsafe {
            std::ptr::copy(
                from.address as *const u8,
                self.address as *mut u8,
                from.length,
            );
        }
    }
}
