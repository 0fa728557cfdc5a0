//! The background thread against a real reactor: jobs there, letters back.

use std::sync::mpsc;
use std::time::Duration;
use tusk_background::Background;
use tusk_runtime::driver::Choice;
use tusk_runtime::error::Kind;
use tusk_runtime::reactor::{OpId, Reactor, Turn};

const LONG: Duration = Duration::from_secs(20);

fn rig() -> (Reactor, Background) {
    let mut reactor = Reactor::new(Choice::Epoll, 16, 1).expect("a reactor");
    let background = Background::start(reactor.sender()).expect("a thread");
    reactor.set_outbox(Some(Box::new(background.handle().clone())));
    (reactor, background)
}

/// Turns until all of these have completed; how many turns it took.
fn turns_until_complete(reactor: &mut Reactor, ops: &[OpId]) -> u64 {
    let before = reactor.stats.turns;
    while !ops.iter().all(|&op| reactor.is_complete(op)) {
        assert_eq!(reactor.turn(None, false), Turn::Done);
    }
    reactor.stats.turns - before
}

#[test]
fn a_job_runs_with_the_turn_and_its_letter_comes_back() {
    let (mut reactor, background) = rig();
    let op = reactor.open_letter(None);
    let (tell, told) = mpsc::channel();
    let handle = background.handle().clone();
    let job = move || {
        tell.send(std::thread::current().name().map(str::to_owned))
            .expect("the test listens");
        handle.post(op);
    };
    background.handle().run(Box::new(job)).expect("room");
    // Nothing has woken the thread yet.
    assert_eq!(told.try_recv(), Err(mpsc::TryRecvError::Empty));
    turns_until_complete(&mut reactor, &[op]);
    assert_eq!(
        told.recv_timeout(LONG).expect("it ran").as_deref(),
        Some("tusk-background")
    );
    assert_eq!(reactor.take_result(op), Some(0));
    assert!(background.close(LONG));
}

#[test]
fn letters_of_a_burst_come_in_one_turn() {
    let (mut reactor, background) = rig();
    let ops: Vec<OpId> = (0..300).map(|_| reactor.open_letter(None)).collect();
    let (handle, posted) = (background.handle().clone(), ops.clone());
    let job = move || {
        for op in posted {
            let inside = handle.clone();
            handle.spawn(async move { inside.post(op) });
        }
    };
    background.handle().run(Box::new(job)).expect("room");
    // The first letter wakes the loop, perhaps before the last is there.
    let turns = turns_until_complete(&mut reactor, &ops);
    assert!(turns <= 20, "{turns} turns for one burst");
    assert!(background.close(LONG));
}

#[test]
fn a_job_that_panics_harms_nobody() {
    let (mut reactor, background) = rig();
    let op = reactor.open_letter(None);
    let panics = || std::panic::resume_unwind(Box::new(()));
    background.handle().run(Box::new(panics)).expect("room");
    let handle = background.handle().clone();
    let job = move || handle.post(op);
    background.handle().run(Box::new(job)).expect("room");
    turns_until_complete(&mut reactor, &[op]);
    assert!(background.close(LONG));
}

#[test]
fn signals_are_blocked_in_the_thread() {
    let (_reactor, background) = rig();
    let (tell, told) = mpsc::channel();
    let job = move || {
        let mask = tusk_runtime::sys::signal::SigSet::current();
        tell.send(mask.contains(15)).expect("the test listens");
    };
    background.handle().run(Box::new(job)).expect("room");
    background.handle().ring();
    assert_eq!(told.recv_timeout(LONG), Ok(true));
    assert!(background.close(LONG));
}

#[test]
fn after_the_end_jobs_are_refused_and_what_ran_is_dropped() {
    let (mut reactor, background) = rig();
    let handle = background.handle().clone();
    let (kept, dropped) = mpsc::channel::<()>();
    let op = reactor.open_letter(None);
    let inside = handle.clone();
    let job = move || {
        let posts = inside.clone();
        inside.spawn(async move {
            posts.post(op);
            // Never ends by itself.
            let _kept = kept;
            std::future::pending::<()>().await;
        });
    };
    handle.run(Box::new(job)).expect("room");
    turns_until_complete(&mut reactor, &[op]);
    assert!(background.close(LONG));
    assert_eq!(dropped.recv(), Err(mpsc::RecvError));
    let refused = handle.run(Box::new(|| {})).expect_err("it has ended");
    assert_eq!(refused.kind(), Kind::Overloaded);
}

#[test]
fn what_a_fork_lost_says_where_to_open_it() {
    let (_reactor, background) = rig();
    let handle = background.handle().clone();
    background.abandon();
    assert!(handle.is_lost());
    let refused = handle.run(Box::new(|| {})).expect_err("it is lost");
    assert_eq!(refused.kind(), Kind::Misuse);
    assert!(refused.to_string().contains("onWorkerStart"), "{refused}");
}
