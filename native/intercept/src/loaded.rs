//! The images of this process, as the dynamic linker reports them.

use crate::image::Layout;
use crate::memory::Memory;
use std::ffi::{CStr, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Program headers that are looked at; a library has about ten.
const HEADERS: usize = 256;

/// One image.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Its path; empty for the main program.
    pub path: String,
    /// Where its parts are.
    pub layout: Layout,
}

/// How many images were ever loaded and unloaded: equal numbers mean equal images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Generation {
    /// Loaded so far.
    pub adds: u64,
    /// Unloaded so far.
    pub subs: u64,
}

/// Reads an image inside the callback that reports it.
pub struct Live<'a> {
    layout: &'a Layout,
}

impl Memory for Live<'_> {
    fn read(&self, address: u64, into: &mut [u8]) -> Option<()> {
        if !self.layout.contains(address, into.len() as u64) {
            return None;
        }
        // SAFETY: the bytes are inside a PT_LOAD segment of an image that stays mapped
        // while its callback runs (invariants 1 and 2 of the crate); text segments are
        // readable on every machine of the table.
        unsafe {
            std::ptr::copy_nonoverlapping(address as *const u8, into.as_mut_ptr(), into.len());
        }
        Some(())
    }
}

type Visit<'a> = &'a mut dyn FnMut(&Loaded, &Live<'_>);

/// Calls `visit` for every image, with the dynamic linker's lock held: it must not load
/// or unload anything.
pub fn each_image(mut visit: impl FnMut(&Loaded, &Live<'_>)) {
    let mut visit: Visit<'_> = &mut visit;
    // SAFETY: the callback gets back the pointer that is passed here, while it is alive.
    unsafe { libc::dl_iterate_phdr(Some(on_image), (&raw mut visit).cast()) };
}

/// The counts, without looking at any image.
pub fn generation() -> Generation {
    let mut generation = Generation::default();
    // SAFETY: as for each_image.
    unsafe { libc::dl_iterate_phdr(Some(on_count), (&raw mut generation).cast()) };
    generation
}

unsafe extern "C" fn on_count(
    info: *mut libc::dl_phdr_info,
    size: usize,
    data: *mut c_void,
) -> c_int {
    // SAFETY: the dynamic linker passes a live record of `size` bytes and our own pointer.
    unsafe {
        if size >= size_of::<libc::dl_phdr_info>() {
            *data.cast::<Generation>() = Generation {
                adds: (*info).dlpi_adds,
                subs: (*info).dlpi_subs,
            };
        }
    }
    1
}

unsafe extern "C" fn on_image(
    info: *mut libc::dl_phdr_info,
    _size: usize,
    data: *mut c_void,
) -> c_int {
    // A panic may not cross the dynamic linker: the image is then left alone.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the dynamic linker passes a live record, and our own pointer.
        let (loaded, visit) = unsafe { (describe(&*info), &mut *data.cast::<Visit<'_>>()) };
        if let Some(loaded) = loaded {
            visit(
                &loaded,
                &Live {
                    layout: &loaded.layout,
                },
            );
        }
    }));
    0
}

/// # Safety
/// `info` is a record that the dynamic linker passes to its callback.
unsafe fn describe(info: &libc::dl_phdr_info) -> Option<Loaded> {
    // SAFETY: by the caller's word, name and headers live as long as the callback runs.
    let (path, headers) = unsafe {
        let path = if info.dlpi_name.is_null() {
            String::new()
        } else {
            CStr::from_ptr(info.dlpi_name)
                .to_string_lossy()
                .into_owned()
        };
        let count = usize::from(info.dlpi_phnum).min(HEADERS);
        let headers = std::slice::from_raw_parts(info.dlpi_phdr, count);
        (path, headers)
    };
    #[allow(clippy::unnecessary_cast)] // Words have another width elsewhere.
    let base = info.dlpi_addr as u64;
    let mut layout = Layout {
        base,
        ..Layout::default()
    };
    for header in headers {
        #[allow(clippy::unnecessary_cast)]
        let first = base.wrapping_add(header.p_vaddr as u64);
        #[allow(clippy::unnecessary_cast)]
        let end = first.checked_add(header.p_memsz as u64)?;
        match header.p_type {
            libc::PT_LOAD => layout.segments.push((first, end)),
            libc::PT_DYNAMIC => layout.dynamic = first,
            libc::PT_GNU_RELRO => layout.relro = Some((first, end)),
            _ => {}
        }
    }
    (layout.dynamic != 0).then_some(Loaded { path, layout })
}
