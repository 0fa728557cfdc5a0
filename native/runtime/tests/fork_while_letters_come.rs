//! The child of a fork leaves its parent's mailbox alone: a thread may be in the middle of a
//! push, which never ends there.

#![allow(unsafe_code)] // fork and what follows it

use std::sync::mpsc;

use tusk_runtime::driver::Choice;
use tusk_runtime::reactor::{Letter, Reactor, Turn};
use tusk_runtime::task::GroupId;

/// So many that some fork comes in the middle of a push.
const FORKS: usize = 200;
/// So many that a fork is over before the last was sent.
const LETTERS: usize = 20_000;

#[test]
fn a_fork_in_the_middle_of_a_push_does_not_hang_the_child() {
    let mut reactor = Reactor::new(Choice::Epoll, 8, 1, 1).expect("a reactor");
    let task = reactor.scheduler.adopt(7, GroupId::ROOT).expect("a task");
    for fork in 0..FORKS {
        let ops: Vec<_> = (0..LETTERS).map(|_| reactor.open_letter(None)).collect();
        let sender = reactor.sender();
        let (begun, begins) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            for (at, op) in ops.into_iter().enumerate() {
                assert!(sender.send(Letter { op, result: 0 }).is_ok(), "no room");
                if at == 100 {
                    begun.send(()).expect("somebody waits");
                }
            }
        });
        begins.recv().expect("the thread sends");
        // SAFETY: the child uses the reactor's memory, malloc, which glibc keeps usable over a
        // fork, and _exit. One that hangs is ended by the signal.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: as above.
            unsafe {
                libc::alarm(10);
                let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    reactor.after_fork(task).is_ok()
                }));
                libc::_exit(i32::from(!made.unwrap_or(false)));
            }
        }
        let mut status = 0;
        // SAFETY: waits for the child that was just made.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert_eq!(status, 0, "fork {fork}: the child hung, or failed");
        thread.join().expect("the thread");
        // Until all have been opened.
        while reactor.turn(None, false) != Turn::Deadlock {}
    }
}
