//! Every system call of the runtime, as small safe functions.
//!
//! Contract of this room: a function returns what the kernel returned, with `-errno` for
//! failure where it stands for an op and an errno in `Err` elsewhere; it retries
//! nothing and knows no driver. Memory comes as [`crate::buf`] types or as slices, so no
//! caller outside needs unsafe code. Descriptors are plain numbers, because the
//! descriptors of PHP belong to PHP; those that we open ourselves are [`fd::Fd`].
#![allow(unsafe_code)] // The calls into libc and the ring are made here.

pub mod clock;
pub mod fd;
pub mod signal;

pub mod address;
pub mod file;
pub mod socket;

pub mod epoll;
pub mod eventfd;
pub mod ring;
pub mod timerfd;

pub mod child;
pub mod resolve;
pub mod stack;
pub mod thread;

/// `-errno` of the last failed call in this thread.
fn negative_errno() -> i32 {
    -std::io::Error::last_os_error()
        .raw_os_error()
        .unwrap_or(libc::EIO)
}

/// The result of a call that says -1 for failure, as an op reports it.
fn result_of(returned: libc::c_int) -> i32 {
    if returned < 0 {
        negative_errno()
    } else {
        returned
    }
}

/// The same for calls that count bytes; counts are cut at `TRANSFER_BYTES` before.
fn count_of(returned: libc::ssize_t) -> i32 {
    if returned < 0 {
        negative_errno()
    } else {
        returned as i32
    }
}

/// An op's result as a `Result` with a positive error number.
pub(crate) fn check(result: i32) -> Result<i32, i32> {
    if result < 0 { Err(-result) } else { Ok(result) }
}
