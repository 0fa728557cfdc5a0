//! Socket calls that never block: what the epoll driver makes where the ring has an op.

use super::address::Address;
use super::fd::Fd;
use super::{count_of, result_of};
use crate::buf::{Buf, BufRef};
use crate::limits::TRANSFER_BYTES;
use std::os::fd::RawFd;

/// A stream socket of this family (`AF_*`), not inherited over exec.
///
/// # Errors
/// The errno of socket(2).
pub fn open_stream(family: i32) -> Result<Fd, i32> {
    let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC;
    // SAFETY: the call takes plain numbers.
    Fd::from_result(result_of(unsafe { libc::socket(family, kind, 0) }))
}

/// Sends small messages at once instead of waiting for more (`TCP_NODELAY`), and notices a
/// peer that has gone without a word (`SO_KEEPALIVE`). No failure matters: the connection
/// works without either.
pub fn tune_tcp(fd: RawFd) {
    for (level, option) in [
        (libc::IPPROTO_TCP, libc::TCP_NODELAY),
        (libc::SOL_SOCKET, libc::SO_KEEPALIVE),
    ] {
        let one: libc::c_int = 1;
        let len = size_of::<libc::c_int>() as libc::socklen_t;
        // SAFETY: the option reads one int, for which pointer and length are given.
        unsafe { libc::setsockopt(fd, level, option, (&raw const one).cast(), len) };
    }
}

/// Takes a connection; the new descriptor. The listening socket may block: readiness is
/// asked first, because accept4 has no flag for it.
pub fn accept(fd: RawFd, flags: i32) -> i32 {
    if !super::fd::nonblocking(fd) {
        match super::fd::poll_now(fd, libc::POLLIN as u32) {
            0 => return -libc::EAGAIN,
            ready if ready < 0 => return ready,
            _ => {}
        }
    }
    let none = std::ptr::null_mut();
    // SAFETY: null pointers say that the peer's address is not wanted.
    result_of(unsafe { libc::accept4(fd, none, std::ptr::null_mut(), flags) })
}

/// Starts a connection without waiting, also on a blocking socket: 0, or
/// `-EINPROGRESS` when its end is told by writability and [`connect_result`].
pub fn connect(fd: RawFd, address: &Address) -> i32 {
    // SAFETY: F_GETFL and F_SETFL take plain numbers.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    if flags < 0 {
        return super::negative_errno();
    }
    let blocking = flags & libc::O_NONBLOCK == 0;
    if blocking {
        // SAFETY: as above.
        unsafe { libc::fcntl(fd, libc::F_SETFL, flags | libc::O_NONBLOCK) };
    }
    // SAFETY: the address owns len() bytes at as_ptr() for the time of the call.
    let result = result_of(unsafe { libc::connect(fd, address.as_ptr(), address.len()) });
    if blocking {
        // SAFETY: as above.
        unsafe { libc::fcntl(fd, libc::F_SETFL, flags) };
    }
    result
}

/// How a started connection ended: 0 or `-errno`.
pub fn connect_result(fd: RawFd) -> i32 {
    let mut error: libc::c_int = 0;
    let mut len = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: SO_ERROR writes one int, for which pointer and length are given.
    let result = result_of(unsafe {
        libc::getsockopt(
            fd,
            libc::SOL_SOCKET,
            libc::SO_ERROR,
            (&raw mut error).cast(),
            &mut len,
        )
    });
    if result < 0 { result } else { -error }
}

/// Receives without waiting.
pub fn recv(fd: RawFd, buf: &mut Buf, flags: i32) -> i32 {
    let flags = flags | libc::MSG_DONTWAIT;
    // SAFETY: a Buf is writable for len() bytes while it lives (buf's invariant).
    count_of(unsafe { libc::recv(fd, buf.as_ptr().cast(), buf.len(), flags) })
}

/// Sends without waiting.
pub fn send(fd: RawFd, buf: &BufRef, flags: i32) -> i32 {
    let flags = flags | libc::MSG_DONTWAIT;
    // SAFETY: a BufRef is readable for len() bytes while it lives (buf's invariant).
    count_of(unsafe { libc::send(fd, buf.as_ptr().cast(), buf.len(), flags) })
}

/// Sends bytes of our own without waiting; a broken connection is `-EPIPE`, never a signal.
pub fn send_now(fd: RawFd, bytes: &[u8]) -> i32 {
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    let len = bytes.len().min(TRANSFER_BYTES);
    // SAFETY: the slice is readable for len bytes during the call.
    count_of(unsafe { libc::send(fd, bytes.as_ptr().cast(), len, flags) })
}
