//! Polls that stay armed between two waits, on either driver.

use std::io::Write;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;

use tusk_runtime::driver::{self, Choice};
use tusk_runtime::limits::KEPT_POLLS;
use tusk_runtime::op::{Op, Poll};
use tusk_runtime::reactor::{OpId, Reactor, Turn};
use tusk_runtime::scheduler::Next;
use tusk_runtime::sys::clock;
use tusk_runtime::task::{Ends, GroupId, TaskId, Waiter};

const HOST: usize = 7;
const IN: u16 = libc::POLLIN as u16;

struct Rig {
    reactor: Reactor,
    task: TaskId,
}

impl Rig {
    fn new(choice: Choice) -> Rig {
        let mut reactor = Reactor::new(choice, 8, 1, 1).unwrap();
        let task = reactor.scheduler.adopt(HOST, GroupId::ROOT).unwrap();
        Rig { reactor, task }
    }

    fn begin(&mut self, deadline: Option<u64>) -> Waiter {
        self.reactor
            .scheduler
            .begin_wait(self.task, Ends::OnCancel, deadline, clock::now)
            .unwrap()
    }

    fn poll(&mut self, fd: RawFd, waiter: Waiter) -> OpId {
        let op = Op::Poll(Poll {
            fd,
            events: IN,
            multi: false,
        });
        self.reactor.submit(op, Some(waiter)).unwrap()
    }

    /// Turns until the task runs again.
    fn until_woken(&mut self) {
        loop {
            match self.reactor.pick() {
                Next::Resume(HOST) => return,
                Next::Idle => assert_ne!(self.reactor.turn(None, false), Turn::Deadlock),
                other => panic!("nobody else is there, but {other:?}"),
            }
        }
    }

    /// A wait in vain for the descriptor, whose poll is kept.
    fn kept(&mut self, fd: RawFd) -> OpId {
        let waiter = self.begin(Some(clock::now()));
        let op = self.poll(fd, waiter);
        self.until_woken();
        assert!(self.reactor.keep_poll(op, fd, IN));
        op
    }
}

fn on_both(test: impl Fn(Rig)) {
    test(Rig::new(Choice::Epoll));
    match driver::open(Choice::Uring) {
        Ok(_) => test(Rig::new(Choice::Uring)),
        Err(error) => eprintln!("SKIP io_uring: {error}"),
    }
}

#[test]
fn a_kept_poll_wakes_the_next_wait() {
    on_both(|mut rig| {
        let (mut pen, ear) = UnixStream::pair().unwrap();
        let op = rig.kept(ear.as_raw_fd());
        let waiter = rig.begin(None);
        let taken = rig.reactor.take_kept_poll(ear.as_raw_fd(), IN, waiter);
        assert_eq!(taken, Some(op), "the poll in flight is taken over");
        assert_eq!(rig.reactor.kept_polls(), 0);
        pen.write_all(b"x").unwrap();
        rig.until_woken();
        assert_eq!(rig.reactor.take_result(op), Some(libc::POLLIN.into()));
    });
}

#[test]
fn a_kept_poll_answers_one_look() {
    on_both(|mut rig| {
        let (_pen, ear) = UnixStream::pair().unwrap();
        let fd = ear.as_raw_fd();
        assert!(!rig.reactor.kept_poll_is_quiet(fd, IN), "none is kept");
        rig.kept(fd);
        assert!(
            !rig.reactor.kept_poll_is_quiet(fd, IN | 2),
            "of that it knows nothing"
        );
        assert!(rig.reactor.kept_poll_is_quiet(fd, IN));
        assert!(!rig.reactor.kept_poll_is_quiet(fd, IN), "the second look");
    });
}

#[test]
fn a_kept_poll_for_other_events_is_not_taken() {
    on_both(|mut rig| {
        let (_pen, ear) = UnixStream::pair().unwrap();
        rig.kept(ear.as_raw_fd());
        let waiter = rig.begin(Some(clock::now()));
        let out = libc::POLLOUT as u16;
        let taken = rig.reactor.take_kept_poll(ear.as_raw_fd(), out, waiter);
        assert_eq!(taken, None);
        assert_eq!(rig.reactor.kept_polls(), 1);
        rig.until_woken();
    });
}

#[test]
fn what_happens_while_nobody_waits_ends_a_kept_poll() {
    on_both(|mut rig| {
        let (mut pen, ear) = UnixStream::pair().unwrap();
        rig.kept(ear.as_raw_fd());
        pen.write_all(b"x").unwrap();
        while rig.reactor.kept_polls() > 0 {
            // Something to wait for, or the turn would be a deadlock.
            rig.begin(Some(clock::now() + 1_000_000));
            rig.until_woken();
        }
        let waiter = rig.begin(None);
        let taken = rig.reactor.take_kept_poll(ear.as_raw_fd(), IN, waiter);
        assert_eq!(taken, None, "the next wait looks afresh");
        let op = rig.poll(ear.as_raw_fd(), waiter);
        rig.until_woken();
        assert_eq!(rig.reactor.take_result(op), Some(libc::POLLIN.into()));
    });
}

#[test]
fn a_descriptor_that_is_closed_is_forgotten() {
    on_both(|mut rig| {
        let (mut pen, ear) = UnixStream::pair().unwrap();
        let fd = ear.as_raw_fd();
        rig.kept(fd);
        rig.reactor.forget_kept_poll(fd);
        drop(ear);
        assert!(pen.write_all(b"x").is_err(), "nothing keeps the file open");

        assert_eq!(rig.reactor.kept_polls(), 0);
        let waiter = rig.begin(Some(clock::now()));
        assert_eq!(rig.reactor.take_kept_poll(fd, IN, waiter), None);
        rig.until_woken();
    });
}

#[test]
fn a_kept_poll_does_not_hide_a_deadlock() {
    on_both(|mut rig| {
        let (_pen, ear) = UnixStream::pair().unwrap();
        rig.kept(ear.as_raw_fd());
        rig.begin(None);
        assert_eq!(rig.reactor.turn(None, false), Turn::Deadlock);
    });
}

#[test]
fn one_for_a_descriptor_and_only_below_the_bound() {
    on_both(|mut rig| {
        let (_pen, ear) = UnixStream::pair().unwrap();
        let fd = ear.as_raw_fd();
        rig.kept(fd);
        let waiter = rig.begin(Some(clock::now()));
        let second = rig.poll(fd, waiter);
        rig.until_woken();
        assert!(!rig.reactor.keep_poll(second, fd, IN), "there is one");
        assert!(!rig.reactor.keep_poll(second, KEPT_POLLS as RawFd, IN));
        assert!(!rig.reactor.keep_poll(second, -1, IN));
        assert_eq!(rig.reactor.kept_polls(), 1);
    });
}
