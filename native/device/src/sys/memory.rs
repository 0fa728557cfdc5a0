//! Zeroed host memory of our own.
//!
//! Small pieces come from the allocator, large ones straight from the kernel: those are zero
//! without being touched, and go back to it when they are freed.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

use tusk_runtime::error::{Error, Kind};

use crate::limits::ALIGNMENT;

/// From here on memory is mapped. glibc does the same from 128 KiB.
const MAPPED_FROM: usize = 128 << 10;

/// See the module's description.
#[derive(Debug)]
pub struct HostMemory {
    pointer: NonNull<u8>,
    length: usize,
}

// SAFETY: it is plain memory that the value owns (invariant 1); sharing it is reading it.
unsafe impl Send for HostMemory {}
// SAFETY: as above.
unsafe impl Sync for HostMemory {}

impl HostMemory {
    /// `length` zero bytes at an address that is a multiple of `limits::ALIGNMENT`.
    ///
    /// # Errors
    /// `Device`: the system has no memory.
    pub fn new(length: usize) -> Result<HostMemory, Error> {
        let pointer = if length == 0 {
            Some(NonNull::dangling())
        } else if length < MAPPED_FROM {
            let layout = layout(length);
            // SAFETY: the layout is not empty.
            layout.and_then(|layout| NonNull::new(unsafe { alloc_zeroed(layout) }))
        } else {
            map_anonymous(length)
        };
        match pointer {
            Some(pointer) => Ok(HostMemory { pointer, length }),
            None => Err(Error::new(
                Kind::Device,
                "allocate host memory",
                format!("the system has no {length} bytes left"),
            )
            .hint("free tensors and buffers, or raise the limit of the container")),
        }
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: invariants 1 and 2.
        unsafe { std::slice::from_raw_parts(self.pointer.as_ptr(), self.length) }
    }

    /// Its bytes, to change them.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: invariants 1 and 2: `&mut self` holds it alone.
        unsafe { std::slice::from_raw_parts_mut(self.pointer.as_ptr(), self.length) }
    }

    /// Where it is.
    pub fn address(&self) -> usize {
        self.pointer.as_ptr() as usize
    }
}

fn layout(length: usize) -> Option<Layout> {
    Layout::from_size_align(length, ALIGNMENT).ok()
}

fn map_anonymous(length: usize) -> Option<NonNull<u8>> {
    // SAFETY: a new private mapping; nothing else is touched.
    let address = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            length,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    (address != libc::MAP_FAILED)
        .then(|| NonNull::new(address.cast()))
        .flatten()
}

impl Drop for HostMemory {
    fn drop(&mut self) {
        if self.length == 0 {
            return;
        }
        // SAFETY: made by `new` in the same way, chosen by the same length.
        unsafe {
            if self.length < MAPPED_FROM {
                if let Some(layout) = layout(self.length) {
                    dealloc(self.pointer.as_ptr(), layout);
                }
            } else {
                libc::munmap(self.pointer.as_ptr().cast(), self.length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_every_size_is_zero_aligned_and_ours() {
        for length in [
            0,
            1,
            63,
            4096,
            MAPPED_FROM - 1,
            MAPPED_FROM,
            MAPPED_FROM + 1,
        ] {
            let mut memory = HostMemory::new(length).expect("memory");
            assert!(memory.bytes().iter().all(|&byte| byte == 0));
            assert!(length == 0 || memory.address() % ALIGNMENT == 0);
            memory.bytes_mut().fill(7);
            assert_eq!(memory.bytes().len(), length);
        }
        assert!(HostMemory::new(1 << 62).is_err());
    }
}
