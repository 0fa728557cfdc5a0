//! fork, and the calls that tests need and std does not have.
#![allow(unsafe_code)] // fork, signal handlers and dup2 have no safe form in std.

use super::rig::{Rig, buffer, raw, unix_pair};
use std::cell::Cell;
use std::io::Write as _;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use tusk_runtime::driver::{Choice, Driver, Kind, Token, Wait, open};
use tusk_runtime::mailbox::Mailbox;
use tusk_runtime::op::{Poll, Recv};
use tusk_runtime::pool::Pool;

pub fn a_child_forgets_and_the_parent_goes_on(rig: &mut Rig) {
    let (ours, mut theirs) = unix_pair();
    let (buf, loan) = buffer(8);
    let received = rig.submit(Recv {
        fd: raw(&ours),
        buf: loan.into(),
        flags: 0,
    });
    let (quiet, mut other) = unix_pair();
    let watched = rig.submit(Poll {
        fd: raw(&quiet),
        events: libc::POLLIN as u16,
        multi: true,
    });
    rig.settle();
    // Queued and not handed over: the child must not run it, and the parent must.
    let queued = rig.submit(Poll {
        fd: raw(&ours),
        events: libc::POLLOUT as u16,
        multi: false,
    });
    let kind = rig.driver().kind();
    let mailbox = Mailbox::<u32>::new().expect("a mailbox");
    let pool = Pool::default();
    pool.try_run(Box::new(|| {})).expect("a thread");
    // SAFETY: the child uses memory, a driver of its own and _exit, no lock of another
    // thread but malloc's, which glibc keeps usable over a fork.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            rig.take_driver().abandon();
            mailbox.abandon();
            pool.abandon();
            child_works(kind)
        }));
        // SAFETY: ends the child at once, without running the harness's handlers.
        unsafe { libc::_exit(if matches!(done, Ok(true)) { 0 } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: waits for our own child; `status` is ours.
    unsafe { libc::waitpid(child, &mut status, 0) };
    assert_eq!(status, 0, "the child failed");
    assert_eq!(rig.end(queued), libc::POLLOUT as i32);
    theirs.write_all(b"parent").expect("write");
    assert_eq!(rig.end(received), 6);
    assert_eq!(&buf.bytes().expect("given back")[..6], b"parent");
    other.write_all(b"x").expect("write");
    assert!(rig.event(watched).more);
}

/// A driver of the child's own works.
fn child_works(kind: Kind) -> bool {
    let choice = match kind {
        Kind::Uring => Choice::Uring,
        Kind::Epoll | Kind::Fake => Choice::Epoll,
    };
    let Ok((mut driver, _)) = open(choice) else {
        return false;
    };
    let (ours, mut theirs) = unix_pair();
    let op = Poll {
        fd: raw(&ours),
        events: libc::POLLIN as u16,
        multi: false,
    };
    let mut out = Vec::new();
    let submitted = driver.submit(Token(1), op.into()).is_ok();
    let written = theirs.write_all(b"x").is_ok();
    driver.wait(Wait::Forever, None, &mut out);
    // What was abandoned can be made anew.
    let (done, ran) = std::sync::mpsc::channel();
    let pool = Pool::default();
    let started = pool
        .try_run(Box::new(move || done.send(()).expect("received")))
        .is_ok();
    submitted && written && out.len() == 1 && started && ran.recv().is_ok()
}

pub fn socket(family: i32) -> OwnedFd {
    // SAFETY: the call takes plain numbers and returns a descriptor of ours.
    own(unsafe { libc::socket(family, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0) })
}

/// The reading and the writing end of a pipe.
pub fn pipe() -> (std::fs::File, std::fs::File) {
    let mut ends = [-1; 2];
    // SAFETY: the call fills the two numbers.
    let result = unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) };
    assert_eq!(result, 0);
    (own(ends[0]).into(), own(ends[1]).into())
}

pub fn own(fd: RawFd) -> OwnedFd {
    assert!(fd >= 0, "no descriptor: {fd}");
    // SAFETY: the kernel just gave us this descriptor, and each caller owns it once.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// Lets the number of `target` mean the file of `source`.
pub fn replace(target: &UnixStream, source: &UnixStream) {
    // SAFETY: both numbers are open and ours; dup2 closes the former file of `target`.
    let result = unsafe { libc::dup2(source.as_raw_fd(), target.as_raw_fd()) };
    assert!(result >= 0);
}

thread_local! {
    static SIGNALS: Cell<u32> = const { Cell::new(0) };
}

extern "C" fn count(_: libc::c_int) {
    SIGNALS.with(|signals| signals.set(signals.get() + 1));
}

/// From now on SIGUSR1 is counted in the thread that gets it.
pub fn count_signals() {
    // SAFETY: the handler only touches a const-initialised thread local of this thread.
    unsafe { libc::signal(libc::SIGUSR1, count as *const () as libc::sighandler_t) };
}

pub fn signals_here() -> u32 {
    SIGNALS.with(Cell::get)
}

/// Makes a signal pending for, or handled in, this thread.
pub fn raise_here(signal: i32) {
    // SAFETY: raise sends to the calling thread.
    unsafe { libc::raise(signal) };
}

/// Is a blocked signal waiting for this thread?
pub fn pending(signal: i32) -> bool {
    let mut set = std::mem::MaybeUninit::uninit();
    // SAFETY: sigpending fills the whole set.
    unsafe {
        libc::sigpending(set.as_mut_ptr());
        libc::sigismember(set.as_ptr(), signal) == 1
    }
}
