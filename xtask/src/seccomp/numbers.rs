//! System call numbers, from the kernel's own tables (`syscall_64.tbl` and
//! `asm-generic/unistd.h`). Since 5.1 new calls have the same number everywhere.

use std::ops::RangeInclusive;

/// `io_uring_setup`, `io_uring_enter`, `io_uring_register` (5.1).
pub const IO_URING: RangeInclusive<i64> = 425..=427;

/// The first number given out after 4.19 that all architectures share: `pidfd_send_signal`.
const FIRST_COMMON: i64 = 424;

/// Numbers are given out one after the other, about four a release; this covers the
/// releases of many years to come and keeps the filter below the kernel's size limit.
const LAST_COMMON: i64 = 600;

/// Every call that Linux 4.19 did not have.
pub fn after_linux_4_19() -> Vec<i64> {
    let own: &[i64] = match std::env::consts::ARCH {
        // `uretprobe` and `uprobe` (6.11, 6.18) were put below the common range.
        "x86_64" => &[335, 336],
        // `kexec_file_load` (5.0).
        "aarch64" => &[294],
        _ => &[],
    };
    own.iter()
        .copied()
        .chain(FIRST_COMMON..=LAST_COMMON)
        .collect()
}
