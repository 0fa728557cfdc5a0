//! Children of this process: looking at them without taking anything from them.

use super::fd::Fd;

/// Is one of the children `which` and `id` name (as for waitid(2)) in a state that `events` asks
/// for? 0 if so, `-EAGAIN` if not yet, `-ECHILD` if there is no such child. Nobody is reaped.
pub fn look(which: libc::idtype_t, id: libc::id_t, events: i32) -> i32 {
    // SAFETY: an all-zero siginfo_t is a valid one.
    let mut found: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let events = events | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: the call fills the struct that lives for it.
    let result = super::result_of(unsafe { libc::waitid(which, id, &mut found, events) });
    // Where nobody was found there is no signal, whatever POSIX leaves open about the rest.
    match (result, found.si_signo) {
        (0, 0) => -libc::EAGAIN,
        (result, _) => result,
    }
}

/// A descriptor that is readable when the process has ended (Linux 5.3).
pub fn watch(process: i32) -> Result<Fd, i32> {
    // SAFETY: the call takes numbers only. The descriptor is not inherited over exec.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, process, 0) };
    Fd::from_result(super::result_of(fd as i32))
}

/// The process group of this process.
pub fn own_group() -> i32 {
    // SAFETY: the call takes nothing and cannot fail.
    unsafe { libc::getpgrp() }
}
