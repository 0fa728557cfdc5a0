//! Calls on files, pipes and paths: what the epoll driver makes where the ring has an op.

use super::{count_of, result_of};
use crate::buf::{Buf, BufRef};
use std::ffi::CStr;
use std::os::fd::RawFd;

/// The position of a read or write that uses and moves the file's own.
pub const CURRENT: u64 = u64::MAX;

/// Whether a transfer may block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocking {
    /// Ask the kernel not to wait; it may not know how and then says `EOPNOTSUPP`.
    Never,
    /// The caller knows that the call will not wait, or accepts that it does.
    Allowed,
}

/// Reads at `offset`, or at the file's position for [`CURRENT`].
pub fn read(fd: RawFd, buf: &mut Buf, offset: u64, blocking: Blocking) -> i32 {
    let (start, len) = (buf.as_ptr(), buf.len());
    if blocking == Blocking::Never {
        // SAFETY: as below, and preadv2 is a call that reads into the part.
        return unsafe { vectored_nowait(libc::SYS_preadv2, fd, start, len, offset) };
    }
    // SAFETY: a Buf is writable for len() bytes while it lives (buf's invariant).
    count_of(unsafe {
        if offset == CURRENT {
            libc::read(fd, start.cast(), len)
        } else {
            libc::pread(fd, start.cast(), len, offset as libc::off_t)
        }
    })
}

/// Writes at `offset`, or at the file's position for [`CURRENT`]; at most `most` bytes.
pub fn write(fd: RawFd, buf: &BufRef, offset: u64, most: usize, blocking: Blocking) -> i32 {
    let (start, len) = (buf.as_ptr(), buf.len().min(most));
    if blocking == Blocking::Never {
        // SAFETY: as below, and pwritev2 only reads the part.
        return unsafe { vectored_nowait(libc::SYS_pwritev2, fd, start.cast_mut(), len, offset) };
    }
    // SAFETY: a BufRef is readable for len() bytes while it lives (buf's invariant).
    count_of(unsafe {
        if offset == CURRENT {
            libc::write(fd, start.cast(), len)
        } else {
            libc::pwrite(fd, start.cast(), len, offset as libc::off_t)
        }
    })
}

/// preadv2 or pwritev2 of one part with `RWF_NOWAIT`, without libc's wrapper, which musl
/// has only since 1.2.5.
///
/// # Safety
/// `len` bytes at `start` are valid for what `call` does with them.
unsafe fn vectored_nowait(
    call: libc::c_long,
    fd: RawFd,
    start: *mut u8,
    len: usize,
    at: u64,
) -> i32 {
    let part = libc::iovec {
        iov_base: start.cast(),
        iov_len: len,
    };
    // The offset is passed in two halves; on 64-bit machines the first holds all of it,
    // and -1 is documented as the file's own position.
    const { assert!(size_of::<libc::c_long>() == 8, "64-bit machines only") };
    let (low, high) = (at as libc::c_long, 0 as libc::c_long);
    // SAFETY: the one part is valid by this function's contract.
    let count = unsafe { libc::syscall(call, fd, &raw const part, 1, low, high, libc::RWF_NOWAIT) };
    count_of(count as libc::ssize_t)
}

/// Opens `path` below `directory` (or `AT_FDCWD`).
pub fn open_at(directory: RawFd, path: &CStr, flags: i32, mode: u32) -> i32 {
    // SAFETY: the path is a C string that lives for the call.
    result_of(unsafe { libc::openat(directory, path.as_ptr(), flags, mode) })
}

/// Fills `out` with a `struct statx`; `-EINVAL` when it is too small for one.
pub fn statx(directory: RawFd, path: &CStr, flags: i32, mask: u32, out: &mut Buf) -> i32 {
    if out.len() < size_of::<libc::statx>() {
        return -libc::EINVAL;
    }
    // SAFETY: the path is a C string that lives for the call; `out` is writable for a
    // whole struct. The raw syscall copies bytes and asks for no alignment.
    let result = unsafe {
        libc::syscall(
            libc::SYS_statx,
            directory,
            path.as_ptr(),
            flags,
            mask,
            out.as_ptr(),
        )
    };
    result_of(result as libc::c_int)
}

/// Brings a file's data to the disk; `data_only` leaves out times and the like.
pub fn fsync(fd: RawFd, data_only: bool) -> i32 {
    // SAFETY: both calls take a plain number.
    result_of(unsafe {
        if data_only {
            libc::fdatasync(fd)
        } else {
            libc::fsync(fd)
        }
    })
}

/// The first bytes of a small file such as those below `/proc/sys`, or `None`.
pub fn read_small(path: &CStr) -> Option<String> {
    let file = super::fd::Fd::from_result(open_at(
        libc::AT_FDCWD,
        path,
        libc::O_RDONLY | libc::O_CLOEXEC,
        0,
    ))
    .ok()?;
    let mut bytes = vec![0u8; 256];
    // SAFETY: the vector has as many writable bytes as are asked for.
    let count = unsafe { libc::read(file.raw(), bytes.as_mut_ptr().cast(), bytes.len()) };
    bytes.truncate(usize::try_from(count).ok()?);
    String::from_utf8(bytes).ok()
}

/// Locks a whole file for this process, if no other has it locked: 0, or `-errno` (`EAGAIN` or
/// `EACCES`: another has). The lock ends with the process; children of a fork do not have it.
pub fn try_lock(fd: RawFd) -> i32 {
    set_lock(fd, libc::F_WRLCK)
}

/// Ends what [`try_lock`] began.
pub fn unlock(fd: RawFd) {
    set_lock(fd, libc::F_UNLCK);
}

fn set_lock(fd: RawFd, kind: libc::c_int) -> i32 {
    // SAFETY: a flock of zeroes is valid, and the fields that matter are set: a length of 0
    // means to the end of the file. The call reads it.
    let result = unsafe {
        let mut lock: libc::flock = std::mem::zeroed();
        lock.l_type = kind as libc::c_short;
        lock.l_whence = libc::SEEK_SET as libc::c_short;
        libc::fcntl(fd, libc::F_SETLK, &raw const lock)
    };
    super::result_of(result)
}

/// The user that files of this process belong to.
pub fn effective_user() -> u32 {
    // SAFETY: the call takes nothing and cannot fail.
    unsafe { libc::geteuid() }
}
