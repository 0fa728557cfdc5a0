//! Statx: asks for a file's attributes.

use super::{Need, Readiness};
use crate::buf::Buf;
use crate::error::{Error, Kind};
use crate::sys::file;
use io_uring::{opcode, squeue, types};
use std::ffi::CString;
use std::os::fd::RawFd;

/// Result: 0, and a `struct statx` in the buffer.
#[derive(Debug)]
pub struct Statx {
    directory: RawFd,
    // Kernel memory: the path is read and the buffer written until the completion.
    path: CString,
    flags: i32,
    mask: u32,
    out: Buf,
}

impl Statx {
    /// Bytes of a `struct statx`.
    pub const SIZE: usize = size_of::<libc::statx>();

    /// Asks for the `STATX_*` attributes in `mask` of `path` below `directory` (or
    /// `AT_FDCWD`); with `AT_EMPTY_PATH` in `flags` of `directory` itself.
    ///
    /// # Errors
    /// `Misuse` when `out` holds less than [`Statx::SIZE`] bytes.
    pub fn new(
        directory: RawFd,
        path: CString,
        flags: i32,
        mask: u32,
        out: Buf,
    ) -> Result<Self, Error> {
        if out.len() < Self::SIZE {
            return Err(Error::new(
                Kind::Misuse,
                "prepare statx",
                format!(
                    "the buffer has {} bytes, {} are needed",
                    out.len(),
                    Self::SIZE
                ),
            ));
        }
        Ok(Statx {
            directory,
            path,
            flags,
            mask,
            out,
        })
    }

    pub(super) fn entry(&self) -> squeue::Entry {
        let out: *mut types::statx = self.out.as_ptr().cast();
        opcode::Statx::new(types::Fd(self.directory), self.path.as_ptr(), out)
            .flags(self.flags)
            .mask(self.mask)
            .build()
    }

    pub(super) fn call(&mut self, _: Readiness) -> i32 {
        let Statx {
            directory,
            path,
            flags,
            mask,
            out,
        } = self;
        file::statx(*directory, path, *flags, *mask, out)
    }

    pub(super) fn need(&self) -> Need {
        Need::Nothing
    }
}
