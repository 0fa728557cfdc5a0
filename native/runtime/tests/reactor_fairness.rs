//! Tasks that are always ready do not keep those that wait for the kernel or a timer from
//! running, on either driver.

use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;

use tusk_runtime::driver::{self, Choice};
use tusk_runtime::limits::{JOBS_PER_LOOK, POLL_INTERVAL};
use tusk_runtime::op::{Op, Poll};
use tusk_runtime::reactor::Reactor;
use tusk_runtime::scheduler::Next;
use tusk_runtime::sys::clock;
use tusk_runtime::task::{Ends, GroupId, TaskId};

const BUSY: usize = 1;
const WAITING: usize = 2;

/// A reactor with one task that runs, and one that will wait.
fn reactor(choice: Choice) -> (Reactor, TaskId, TaskId) {
    let mut reactor = Reactor::new(choice, 8, 1, 1).unwrap();
    let busy = reactor.scheduler.adopt(BUSY, GroupId::ROOT).unwrap();
    let waiting = reactor.scheduler.adopt(WAITING, GroupId::ROOT).unwrap();
    (reactor, busy, waiting)
}

/// The busy task gives way until the other one runs; how often it had to.
fn turns_until_it_runs(reactor: &mut Reactor, busy: TaskId) -> u64 {
    let begun = clock::now();
    for turns in 1.. {
        assert!(reactor.scheduler.yield_now(busy, clock::now));
        match reactor.pick() {
            Next::Resume(WAITING) => return turns,
            Next::Resume(BUSY) => assert!(clock::now() < begun + 10_000_000_000, "starved"),
            other => panic!("nobody else is there, but {other:?}"),
        }
    }
    unreachable!("the loop has no end")
}

fn io_is_noticed(choice: Choice) {
    let (mut reactor, busy, waiting) = reactor(choice);
    let (mut pen, ear) = UnixStream::pair().unwrap();
    let waiter = reactor
        .scheduler
        .begin_wait(waiting, Ends::OnCancel, None, clock::now);
    let poll = Op::Poll(Poll {
        fd: ear.as_raw_fd(),
        events: libc::POLLIN as u16,
        multi: false,
    });
    reactor.submit(poll, waiter).unwrap();
    pen.write_all(b"x").unwrap();
    turns_until_it_runs(&mut reactor, busy);
}

#[test]
fn io_is_noticed_beside_a_task_that_is_always_ready() {
    io_is_noticed(Choice::Epoll);
    match driver::open(Choice::Uring) {
        Ok(_) => io_is_noticed(Choice::Uring),
        Err(error) => eprintln!("SKIP io_uring: {error}"),
    }
}

#[test]
fn a_timer_fires_beside_a_task_that_is_always_ready() {
    let (mut reactor, busy, waiting) = reactor(Choice::Epoll);
    let due = clock::now() + 10 * POLL_INTERVAL;
    let waits = reactor
        .scheduler
        .begin_wait(waiting, Ends::OnCancel, Some(due), clock::now);
    assert!(waits.is_some());
    let turns = turns_until_it_runs(&mut reactor, busy);
    assert!(clock::now() >= due);
    assert!(turns >= u64::from(JOBS_PER_LOOK));
}
