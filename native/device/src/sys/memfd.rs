//! Sealed memory that other processes map: a memfd that nobody can change or resize.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, FromRawFd};

use tusk_runtime::error::Error;

const SEALS: libc::c_int =
    libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_WRITE | libc::F_SEAL_SEAL;

/// A memfd with these parts one after the other, sealed.
///
/// # Errors
/// The kernel gives none, or has no memory.
pub fn sealed(name: &std::ffi::CStr, parts: &[&[u8]]) -> Result<File, Error> {
    let failed = |error: std::io::Error| {
        Error::from_errno(
            "make sealed memory",
            error.raw_os_error().unwrap_or(libc::ENOMEM),
            "a memfd of the tensor's bytes",
        )
    };
    // SAFETY: the name is a C string; the result is checked.
    let fd =
        unsafe { libc::memfd_create(name.as_ptr(), libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING) };
    if fd < 0 {
        return Err(failed(std::io::Error::last_os_error()));
    }
    // SAFETY: the descriptor is new and ours.
    let mut file = unsafe { File::from_raw_fd(fd) };
    for part in parts {
        file.write_all(part).map_err(failed)?;
    }
    // SAFETY: a plain system call on our descriptor.
    if unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, SEALS) } < 0 {
        return Err(failed(std::io::Error::last_os_error()));
    }
    Ok(file)
}
