//! Letters of the reactor's own ops arrive also when the mailbox is full.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use tusk_runtime::driver::Choice;
use tusk_runtime::limits::{MAILBOX_ITEMS, POOL_THREADS};
use tusk_runtime::reactor::{Actor, Letter, OpId, Reactor};
use tusk_runtime::sys::clock;

/// Generous: it ends a test that would wait for ever.
const LONG: Duration = Duration::from_secs(30);

/// Counts what it is told.
#[derive(Default)]
struct Counter(usize);

impl Actor for Counter {
    fn completed(&mut self, _: &mut Reactor, _: OpId, _: i32) {
        self.0 += 1;
    }

    fn expired(&mut self, _: &mut Reactor) {}

    fn flush(&mut self, _: &mut Reactor) {}

    fn forked(&mut self, _: &mut Reactor) {}
}

/// A reactor whose mailbox takes nothing more, and its letters.
fn full() -> (Reactor, Vec<OpId>) {
    let mut reactor = Reactor::new(Choice::Epoll, 8, 1, 1).expect("a reactor");
    let sender = reactor.sender();
    let letters: Vec<OpId> = (0..MAILBOX_ITEMS)
        .map(|_| reactor.open_letter(None))
        .collect();
    for &op in &letters {
        assert!(sender.send(Letter { op, result: 1 }).is_ok());
    }
    assert!(
        sender
            .send(Letter {
                op: letters[0],
                result: 2
            })
            .is_err()
    );
    (reactor, letters)
}

/// Turns until `done`; false: it will never be.
fn turn_until(reactor: &mut Reactor, mut done: impl FnMut(&mut Reactor) -> bool) -> bool {
    let end = clock::now() + LONG.as_nanos() as u64;
    reactor.call_at(end, 1);
    while clock::now() < end {
        if done(reactor) {
            return true;
        }
        reactor.turn(None, false);
    }
    false
}

#[test]
fn calls_in_threads_complete_behind_a_full_mailbox() {
    let (mut reactor, letters) = full();
    let counter = Rc::new(RefCell::new(Counter::default()));
    let actor = reactor.add_actor(counter.clone());
    // A thread begins a call when it has posted the letter of the one before: when all have
    // begun, at most as many as there are threads have not posted yet.
    let calls = 4 * POOL_THREADS;
    let (tell, told) = mpsc::channel();
    for _ in 0..calls {
        let tell = tell.clone();
        let call = move || tell.send(()).expect("the test listens");
        reactor.run_for_actor(call, actor).expect("room");
    }
    for _ in 0..calls {
        told.recv_timeout(LONG).expect("it runs");
    }
    assert!(turn_until(&mut reactor, |_| counter.borrow().0 == calls));
    assert!(letters.iter().all(|&op| reactor.take_result(op) == Some(1)));
}

#[test]
fn what_is_owed_arrives_behind_a_full_mailbox_and_takes_no_room_afterwards() {
    let (mut reactor, _) = full();
    let op = reactor.open_letter(None);
    let sender = reactor.sender();
    sender.send_owed(Letter { op, result: 3 });
    assert!(turn_until(&mut reactor, |reactor| {
        reactor.take_result(op) == Some(3)
    }));
    for _ in 0..MAILBOX_ITEMS {
        let op = reactor.open_letter(None);
        assert!(sender.send(Letter { op, result: 0 }).is_ok());
    }
    drop(reactor);
    sender.send_owed(Letter { op, result: 4 });
}
