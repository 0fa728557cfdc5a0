//! Cancels that come at the right time and too late, callers that go before their job was sent, and
//! servers that are asked what they are: sessions that are answered by hand.

mod support;

use std::rc::Rc;

use support::{Server, config, exchange, job, message, session};
use tusk_postgres::config::Target;
use tusk_postgres::job::Ticket;
use tusk_postgres::session::{Options, Session};
use tusk_runtime::random::Random;

/// A session that was let in.
fn ready_session() -> Session {
    let (mut session, mut server, mut wire) = (session(8), Server::default(), Vec::new());
    let mut random = Random::new(1);
    while !session.is_ready() {
        exchange(&mut session, &mut server, &mut random, &mut wire);
    }
    session
}

fn send_all(session: &mut Session) {
    let mut room = [0; 4096];
    while session.hand_over(&mut room) > 0 {}
}

/// Answers one flight.
fn answer(session: &mut Session, messages: &[(u8, &[u8])]) {
    let mut bytes = Vec::new();
    for (tag, body) in messages.iter().chain(&[(b'Z', &b"I"[..])]) {
        message(*tag, body, &mut bytes);
    }
    session.received(&bytes).unwrap();
    send_all(session);
}

const PREPARED: [(u8, &[u8]); 3] = [
    (b'1', b""),
    (b't', b"\0\x01\0\0\0\x19"),
    (b'T', b"\0\x01v\0\0\0\0\0\0\0\0\0\0\x19\0\0\0\0\0\0\0\0"),
];
const ROW: [(u8, &[u8]); 3] = [
    (b'2', b""),
    (b'D', b"\0\x01\0\0\0\x011"),
    (b'C', b"SELECT 1\0"),
];
const CANCELLED: [(u8, &[u8]); 1] = [(b'E', b"SERROR\0VERROR\0C57014\0Mcancelled\0\0")];

#[test]
fn a_cancel_that_came_too_late_is_not_somebody_elses_failure() {
    let mut session = ready_session();
    let (late, other) = (job("SELECT $1 -- late", "1"), job("SELECT $1 -- x", "1"));
    session.submit(Rc::clone(&late));
    session.submit(Rc::clone(&other));
    send_all(&mut session);
    assert!(!session.is_first(&late), "somebody wants it");
    late.with(|job| job.wanted = false);
    assert!(session.is_first(&late) && session.has_orphan_first());
    assert!(!session.is_first(&other));
    session.cancel_sent();
    // Both were prepared before the cancel arrived; it hits the other, which only runs now.
    answer(&mut session, &PREPARED);
    answer(&mut session, &PREPARED);
    answer(&mut session, &CANCELLED);
    assert!(!other.is_done());
    answer(&mut session, &ROW);
    assert!(other.is_done() && other.with(|job| job.failure.is_none()));
    // From now on a cancel is not ours.
    let third = job("SELECT $1 -- x", "1");
    session.submit(Rc::clone(&third));
    send_all(&mut session);
    answer(&mut session, &CANCELLED);
    assert!(third.with(|job| job.failure.is_some()));
}

#[test]
fn what_waits_for_the_socket_is_taken_back_when_its_caller_goes() {
    for seed in 0..100 {
        let mut random = Random::new(seed);
        let (mut session, mut server, mut wire) = (session(8), Server::default(), Vec::new());
        while !session.is_ready() {
            exchange(&mut session, &mut server, &mut random, &mut wire);
        }
        let known = job("SELECT $1", "0");
        session.submit(Rc::clone(&known));
        while session.load() > 0 {
            exchange(&mut session, &mut server, &mut random, &mut wire);
        }
        let jobs: Vec<(Ticket, String)> = (1..10)
            .map(|number| (job("SELECT $1", &number.to_string()), number.to_string()))
            .collect();
        for (ticket, _) in &jobs {
            session.submit(Rc::clone(ticket));
        }
        // A piece goes out; then some callers go.
        let mut room = vec![0; random.below(300)];
        let count = session.hand_over(&mut room);
        server.received(&room[..count], &mut wire);
        let mut gone = Vec::new();
        for (ticket, value) in &jobs {
            if random.below(2) == 0 {
                ticket.with(|job| job.wanted = false);
                if session.withdraw(ticket) {
                    assert!(!session.has(ticket));
                    gone.push(value.as_bytes());
                }
            }
        }
        while session.load() > 0 {
            exchange(&mut session, &mut server, &mut random, &mut wire);
        }
        for (ticket, value) in &jobs {
            let executed = server
                .executed
                .iter()
                .filter(|one| *one == value.as_bytes());
            let expected = usize::from(!gone.contains(&value.as_bytes()));
            assert_eq!(executed.count(), expected, "seed {seed}, {value}");
            assert!(ticket.is_done() && ticket.with(|job| job.failure.is_none()));
        }
    }
}

#[test]
fn preparing_that_was_cancelled_for_one_goes_on_for_another() {
    let mut session = ready_session();
    let (late, other) = (job("SELECT $1", "1"), job("SELECT $1", "1"));
    session.submit(Rc::clone(&late));
    send_all(&mut session);
    late.with(|job| job.wanted = false);
    session.cancel_sent();
    session.submit(Rc::clone(&other));
    assert!(!session.is_first(&late), "the other one waits for it, too");
    answer(&mut session, &CANCELLED);
    assert!(late.is_done() && !other.is_done());
    answer(&mut session, &PREPARED);
    answer(&mut session, &ROW);
    assert!(other.is_done() && other.with(|job| job.failure.is_none()));
    assert_eq!(session.load(), 0);
}

/// Several callers give up one after the other, and each one's cancel is not for who is hit.
#[test]
fn somebody_patient_is_hit_again_and_again_and_answered_in_the_end() {
    let mut session = ready_session();
    let patient = job("SELECT $1", "1");
    session.submit(Rc::clone(&patient));
    send_all(&mut session);
    for hits in 1..=5 {
        session.cancel_sent();
        answer(&mut session, &CANCELLED);
        assert!(!patient.is_done(), "hit {hits} times while it was prepared");
    }
    answer(&mut session, &PREPARED);
    answer(&mut session, &ROW);
    assert!(patient.is_done() && patient.with(|job| job.failure.is_none()));
}

/// PostgreSQL's postmaster signals the process and its group.
#[test]
fn one_cancel_can_hit_two_and_the_second_is_run_again() {
    let mut session = ready_session();
    let (late, patient) = (job("SELECT $1 -- late", "1"), job("SELECT $1", "1"));
    session.submit(Rc::clone(&late));
    session.submit(Rc::clone(&patient));
    send_all(&mut session);
    late.with(|job| job.wanted = false);
    session.cancel_sent();
    answer(&mut session, &CANCELLED);
    assert!(late.is_done());
    session.cancel_over();
    answer(&mut session, &CANCELLED);
    assert!(!patient.is_done(), "it was not meant");
    answer(&mut session, &PREPARED);
    answer(&mut session, &ROW);
    assert!(patient.is_done() && patient.with(|job| job.failure.is_none()));
    // Whatever is cancelled now was cancelled by somebody else, also while work goes on.
    let (third, fourth) = (job("SELECT $1", "3"), job("SELECT $1", "4"));
    session.submit(Rc::clone(&third));
    session.submit(Rc::clone(&fourth));
    send_all(&mut session);
    answer(&mut session, &CANCELLED);
    assert!(third.with(|job| job.failure.is_some()));
}

/// Servers before 14, and those that descend from them, do not say what they are.
#[test]
fn a_server_that_does_not_say_what_it_is_is_asked() {
    let answers = |standby: &[u8], read_only: &[u8]| {
        let mut row = vec![0, 2, 0, 0, 0, 1];
        row.extend(standby);
        row.extend((read_only.len() as u32).to_be_bytes());
        row.extend(read_only);
        row
    };
    for (target, standby, read_only, fits) in [
        (Target::ReadWrite, "f", "off", true),
        (Target::ReadWrite, "f", "on", false),
        (Target::ReadWrite, "t", "on", false),
        (Target::ReadOnly, "f", "on", true),
        (Target::ReadOnly, "f", "off", false),
        (Target::Primary, "f", "on", true),
        (Target::Primary, "t", "on", false),
        (Target::Standby, "t", "on", true),
        (Target::Standby, "f", "off", false),
    ] {
        let mut session = Session::new(config(), target, Options::default());
        session.begin(false, None).unwrap();
        send_all(&mut session);
        let mut bytes = Vec::new();
        message(b'R', &[0; 4], &mut bytes);
        message(b'Z', b"I", &mut bytes);
        session.received(&bytes).unwrap();
        assert!(!session.is_ready() && session.unsent() > 0);
        send_all(&mut session);
        let mut bytes = Vec::new();
        message(b'T', b"\0\0", &mut bytes);
        message(
            b'D',
            &answers(standby.as_bytes(), read_only.as_bytes()),
            &mut bytes,
        );
        message(b'C', b"SELECT 1\0", &mut bytes);
        message(b'Z', b"I", &mut bytes);
        let ended = session.received(&bytes);
        assert_eq!(ended.is_ok(), fits, "{target:?} {standby} {read_only}");
        assert_eq!(session.is_ready(), fits);
    }
    for row in [&b"\0\x01\0\0\0\x01t"[..], b"", &answers(b"f", b"maybe")] {
        let mut session = Session::new(config(), Target::Primary, Options::default());
        session.begin(false, None).unwrap();
        session
            .received(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I")
            .unwrap();
        let mut bytes = Vec::new();
        message(b'D', row, &mut bytes);
        assert!(session.received(&bytes).is_err());
    }
}
