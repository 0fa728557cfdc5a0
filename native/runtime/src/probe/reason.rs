//! Error numbers of a refused feature, in words that name the likely cause.

use crate::error::describe_errno;
use crate::sys::file::read_small;

/// Why a kernel call that should exist said no.
pub(super) fn of_errno(errno: i32) -> String {
    let cause = match errno {
        libc::EPERM | libc::EACCES => "a seccomp filter forbids it, as container runtimes do",
        libc::ENOSYS => "this kernel does not have it",
        libc::EINVAL => "this kernel does not know the flag",
        libc::ENOMEM => "memory is short, or RLIMIT_MEMLOCK is too low",
        libc::EMFILE | libc::ENFILE => "no descriptor is free",
        _ => "the kernel refused",
    };
    format!("{cause} ({})", describe_errno(errno))
}

/// Why a ring could not be opened at all.
pub(super) fn of_setup(errno: i32) -> String {
    // 1: only a privileged group may, 2: nobody may. Absent before Linux 6.6.
    let switched_off = read_small(c"/proc/sys/kernel/io_uring_disabled")
        .is_some_and(|value| matches!(value.trim(), "1" | "2"));
    if errno == libc::EPERM && switched_off {
        return format!(
            "kernel.io_uring_disabled is set ({})",
            describe_errno(errno)
        );
    }
    if errno == libc::ENOMEM {
        return format!(
            "locked memory is limited (RLIMIT_MEMLOCK, `ulimit -l`), which rings count \
             against before Linux 5.12 ({})",
            describe_errno(errno)
        );
    }
    of_errno(errno)
}
