//! What a thread of this process is doing, as /proc tells.

use std::fs;

/// The kernel's number of the calling thread.
pub fn id() -> i32 {
    // SAFETY: the call takes nothing and always succeeds.
    unsafe { libc::syscall(libc::SYS_gettid) as i32 }
}

/// Gives the calling thread a descriptor table of its own, with the standard three. Threads
/// that share one make every call on a descriptor, in each of them, dearer by about 45 ns: the
/// kernel then counts who uses the file. Where the kernel cannot (before Linux 5.9), nothing changes.
pub fn own_descriptors() {
    // SAFETY: the copies that are closed are this thread's alone, and it has opened nothing yet.
    unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_UNSHARE,
        )
    };
}

/// How the calling thread yields to others: 0 is usual, 19 the most. Linux keeps it for each
/// thread, and a thread begins with its creator's.
pub fn niceness() -> i32 {
    // SAFETY: the call takes numbers only. It cannot fail for the calling thread.
    unsafe { libc::getpriority(libc::PRIO_PROCESS, id() as libc::id_t) }
}

/// Makes the calling thread yield more to others, never less: going back is a right that most
/// processes lack. Where the system refuses, nothing changes.
pub fn be_nice(niceness: i32) {
    if niceness > self::niceness() {
        // SAFETY: the call takes numbers only, and the thread is our own.
        unsafe { libc::setpriority(libc::PRIO_PROCESS, id() as libc::id_t, niceness) };
    }
}

/// The system call that a thread sleeps in, by name; `None` while it runs, or where /proc
/// cannot tell.
pub fn system_call(thread: i32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/self/task/{thread}/stat")).ok()?;
    // The name before the state is in parentheses and may hold any.
    let state = stat.rsplit_once(") ")?.1.chars().next()?;
    if !matches!(state, 'S' | 'D') {
        return None;
    }
    let call = fs::read_to_string(format!("/proc/self/task/{thread}/syscall"));
    match call.as_deref().map(|text| text.split_whitespace().next()) {
        Ok(Some("running")) => None,
        Ok(Some(number)) => Some(name(number)),
        // Forbidden in some containers; the kernel's own name for it may not be.
        _ => fs::read_to_string(format!("/proc/self/task/{thread}/wchan"))
            .ok()
            .filter(|channel| !channel.is_empty() && channel != "0")
            .or_else(|| Some("unknown".to_owned())),
    }
}

fn name(number: &str) -> String {
    let known = number
        .parse::<libc::c_long>()
        .ok()
        .and_then(|number| CALLS.iter().find(|(call, _)| *call == number));
    match known {
        Some((_, name)) => (*name).to_owned(),
        // -1 is a page fault that waits for a disk.
        None if number == "-1" => "none (a page fault)".to_owned(),
        None => format!("number {number}"),
    }
}

macro_rules! calls {
    ($($call:ident $name:literal)*) => { &[$((libc::$call, $name)),*] };
}

/// Calls that wait. Others are shown by number.
const CALLS: &[(libc::c_long, &str)] = calls! {
    SYS_read "read" SYS_write "write" SYS_readv "readv" SYS_writev "writev"
    SYS_pread64 "pread" SYS_pwrite64 "pwrite" SYS_preadv2 "preadv2" SYS_openat "openat"
    SYS_close "close" SYS_fsync "fsync" SYS_fdatasync "fdatasync" SYS_flock "flock"
    SYS_fcntl "fcntl" SYS_ppoll "ppoll" SYS_pselect6 "pselect" SYS_epoll_pwait "epoll_pwait"
    SYS_nanosleep "nanosleep" SYS_clock_nanosleep "clock_nanosleep" SYS_futex "futex"
    SYS_wait4 "wait4" SYS_waitid "waitid" SYS_connect "connect" SYS_accept "accept"
    SYS_accept4 "accept4" SYS_recvfrom "recvfrom" SYS_sendto "sendto" SYS_recvmsg "recvmsg"
    SYS_sendmsg "sendmsg" SYS_semop "semop" SYS_semtimedop "semtimedop" SYS_msgrcv "msgrcv"
    SYS_msgsnd "msgsnd" SYS_rt_sigtimedwait "rt_sigtimedwait" SYS_io_uring_enter "io_uring_enter"
    SYS_unlinkat "unlinkat" SYS_renameat2 "renameat2" SYS_getdents64 "getdents64"
    SYS_newfstatat "newfstatat" SYS_statx "statx" SYS_ftruncate "ftruncate"
    SYS_copy_file_range "copy_file_range" SYS_sendfile "sendfile"
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_its_own_leaves_the_other_threads_alone() {
        let (ours, mut theirs) = std::os::unix::net::UnixStream::pair().expect("a pair");
        std::thread::spawn(own_descriptors)
            .join()
            .expect("no panic");
        // Still open here, and nobody else's: the peer notices when it is closed.
        std::io::Write::write_all(&mut &ours, b"x").expect("it is open");
        drop(ours);
        let mut read = Vec::new();
        std::io::Read::read_to_end(&mut theirs, &mut read).expect("the end is seen");
        assert_eq!(read, b"x");
    }

    #[test]
    fn a_copy_is_not_kept_by_a_thread_that_lives_on() {
        let (release, gate) = std::sync::mpsc::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let (ours, mut theirs) = std::os::unix::net::UnixStream::pair().expect("a pair");
        let thread = std::thread::spawn(move || {
            own_descriptors();
            tell.send(()).expect("the test receives");
            let _ = gate.recv();
        });
        told.recv().expect("it has begun");
        drop(ours);
        let mut read = Vec::new();
        std::io::Read::read_to_end(&mut theirs, &mut read).expect("the end is seen");
        drop(release);
        thread.join().expect("no panic");
    }

    #[test]
    fn niceness_is_a_threads_own_and_its_childrens_and_only_rises() {
        let before = niceness();
        let inner = std::thread::spawn(|| {
            be_nice(15);
            be_nice(3);
            (
                niceness(),
                std::thread::spawn(niceness).join().expect("no panic"),
            )
        });
        let rises = before.max(15);
        assert_eq!(inner.join().expect("no panic"), (rises, rises));
        assert_eq!(niceness(), before);
    }

    #[test]
    fn numbers_become_names() {
        assert_eq!(name(&libc::SYS_read.to_string()), "read");
        assert_eq!(name("999999"), "number 999999");
        assert!(name("-1").contains("page fault"));
    }
}

#[cfg(test)]
mod live {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_sleeping_thread_is_seen_in_its_call_and_a_running_one_is_not() {
        let (tell, told) = mpsc::channel();
        let (release, gate) = mpsc::channel::<()>();
        let sleeper = std::thread::spawn(move || {
            tell.send(id()).expect("the test receives");
            let _ = gate.recv();
        });
        let thread = told.recv().expect("it has begun");
        // It may not have got to its wait yet; nothing else can come of waiting for that.
        let call = loop {
            match system_call(thread) {
                Some(call) => break call,
                None => std::thread::yield_now(),
            }
        };
        assert!(
            call == "futex" || call == "unknown" || call.contains("futex"),
            "{call}"
        );
        assert_eq!(system_call(id()), None, "this thread runs");
        drop(release);
        sleeper.join().expect("no panic");
    }
}
