//! Writing slots, which may lie in memory that is read-only after relocation.
//!
//! Invariant: pages are given back the protection that the dynamic linker left them with:
//! read-only inside `PT_GNU_RELRO`, untouched elsewhere. Page size is asked at run time.

use crate::image::Layout;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The size of a page of this kernel.
pub fn page_size() -> u64 {
    // SAFETY: asks for a number.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u64::try_from(size).unwrap_or(65536).max(4096)
}

/// The pages that the dynamic linker made read-only: the first page of the range whole,
/// the last one only if the range fills it, as every libc does.
pub fn relro_pages(layout: &Layout, page: u64) -> Option<(u64, u64)> {
    let (first, end) = layout.relro?;
    let pages = (first & !(page - 1), end & !(page - 1));
    (pages.0 < pages.1).then_some(pages)
}

/// The slots of one image, writable while this lives.
pub struct Writer {
    pages: Option<(u64, u64)>,
    open: bool,
    refused: Option<i32>,
}

impl Writer {
    /// Nothing is changed before the first write.
    pub fn new(layout: &Layout, page: u64) -> Writer {
        Writer {
            pages: relro_pages(layout, page),
            open: false,
            refused: None,
        }
    }

    fn protect(&self, protection: i32) -> Result<(), i32> {
        let Some((first, end)) = self.pages else {
            return Ok(());
        };
        let length = (end - first) as usize;
        // SAFETY: the range is an image's own (invariants 1 and 2 of the crate) and stays
        // readable throughout.
        let result = unsafe { libc::mprotect(first as *mut libc::c_void, length, protection) };
        if result == 0 {
            return Ok(());
        }
        Err(std::io::Error::last_os_error()
            .raw_os_error()
            .unwrap_or(libc::EACCES))
    }

    /// Writes a slot and returns what was in it.
    ///
    /// # Errors
    /// The errno with which the kernel refused to make its page writable.
    ///
    /// # Safety
    /// `slot` is an aligned word inside a mapped segment of the layout, which is writable
    /// except for what `PT_GNU_RELRO` names, and holds the address of a function of
    /// `value`'s type.
    pub unsafe fn write(&mut self, slot: u64, value: usize) -> Result<usize, i32> {
        let read_only = self
            .pages
            .is_some_and(|(first, end)| first <= slot && slot < end);
        if read_only && !self.open {
            if let Some(errno) = self.refused {
                return Err(errno);
            }
            if let Err(errno) = self.protect(libc::PROT_READ | libc::PROT_WRITE) {
                self.refused = Some(errno);
                return Err(errno);
            }
            self.open = true;
        }
        // SAFETY: by the caller's word; other threads call through the word, so it is
        // exchanged as one (invariant 3 of the crate).
        Ok(unsafe { (*(slot as *const AtomicUsize)).swap(value, Ordering::AcqRel) })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.open {
            // What was writable a moment ago can be made read-only; if not, it stays writable.
            let _ = self.protect(libc::PROT_READ);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_the_page_size() {
        let layout = Layout {
            relro: Some((0x1_2d90, 0x1_4000)),
            ..Layout::default()
        };
        assert_eq!(relro_pages(&layout, 4096), Some((0x1_2000, 0x1_4000)));
        assert_eq!(relro_pages(&layout, 16384), Some((0x1_0000, 0x1_4000)));
        assert_eq!(relro_pages(&layout, 65536), None);
        assert_eq!(relro_pages(&Layout::default(), 4096), None);
    }
}
