//! The session against a server that is a few lines here: queries at random, their answers cut
//! anywhere, losses in the middle. The oracle: each job ends exactly once, with the rows that its
//! own parameter asks for, or with a failure that says whether it was executed.

use std::rc::Rc;

use tusk_postgres::config::Config;
use tusk_postgres::failure::Failure;
use tusk_postgres::job::{Fetch, Job, State, Ticket, Work};
use tusk_postgres::session::{Options, Session};
use tusk_postgres::types::Param;
use tusk_runtime::error::{Error, Kind};
use tusk_runtime::random::Random;

/// A server that answers `SELECT $1` with its parameter, and the parameter `bad` with an error.
#[derive(Default)]
struct Server {
    input: Vec<u8>,
    started: bool,
    skipping: bool,
    value: Vec<u8>,
    executed: Vec<Vec<u8>>,
}

fn message(tag: u8, body: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    out.extend((body.len() as u32 + 4).to_be_bytes());
    out.extend(body);
}

impl Server {
    fn received(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.input.extend(bytes);
        if !self.started {
            let Some(length) = self.input.first_chunk::<4>() else {
                return;
            };
            let length = u32::from_be_bytes(*length) as usize;
            if self.input.len() < length {
                return;
            }
            self.input.drain(..length);
            self.started = true;
            message(b'R', &0u32.to_be_bytes(), out);
            message(b'K', &[0; 8], out);
            message(b'Z', b"I", out);
        }
        while self.input.len() >= 5 {
            let length = u32::from_be_bytes(self.input[1..5].try_into().unwrap()) as usize;
            if self.input.len() < 1 + length {
                return;
            }
            let whole: Vec<u8> = self.input.drain(..1 + length).collect();
            self.answer(whole[0], &whole[5..], out);
        }
    }

    fn answer(&mut self, tag: u8, body: &[u8], out: &mut Vec<u8>) {
        if tag == b'S' {
            self.skipping = false;
            return message(b'Z', b"I", out);
        }
        if self.skipping {
            return;
        }
        match tag {
            b'P' => message(b'1', &[], out),
            b'D' => {
                message(b't', &[0, 1, 0, 0, 0, 25], out);
                let mut row = vec![0, 1];
                row.extend(b"v\0");
                row.extend([0; 6]);
                row.extend(25u32.to_be_bytes());
                row.extend([0; 8]);
                message(b'T', &row, out);
            }
            b'B' => {
                // Portal, statement, one format, one parameter.
                let names = body.iter().enumerate().filter(|(_, byte)| **byte == 0);
                let after = names.map(|(at, _)| at).nth(1).unwrap() + 1;
                let rest = &body[after + 4 + 2..];
                let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
                self.value = rest[4..4 + length].to_vec();
                message(b'2', &[], out);
            }
            b'E' if self.value == b"bad" => {
                self.skipping = true;
                self.executed.push(self.value.clone());
                message(b'E', b"SERROR\0VERROR\0C22012\0Mbad\0\0", out);
            }
            b'E' => {
                self.executed.push(self.value.clone());
                let mut row = vec![0, 1];
                row.extend((self.value.len() as u32).to_be_bytes());
                row.extend(&self.value);
                message(b'D', &row, out);
                message(b'C', b"SELECT 1\0", out);
            }
            b'C' => message(b'3', &[], out),
            other => panic!("the client sent {:?}", char::from(other)),
        }
    }
}

fn config() -> Rc<Config> {
    Rc::new(Config::parse("host=x user=y sslmode=disable").unwrap())
}

fn session(statements: usize) -> Session {
    let options = Options {
        statements,
        ..Options::default()
    };
    let mut session = Session::new(config(), options);
    session.begin(false, None).unwrap();
    session
}

fn job(sql: &str, value: &str) -> Ticket {
    let params = vec![Param::Text(value.as_bytes().to_vec())];
    Job::new(Work::query(sql, params, Fetch::All))
}

/// Moves bytes once in both directions, in pieces of random length.
fn exchange(session: &mut Session, server: &mut Server, random: &mut Random, wire: &mut Vec<u8>) {
    let mut room = vec![0; 1 + random.below(200)];
    let count = session.hand_over(&mut room);
    server.received(&room[..count], wire);
    let count = wire.len().min(random.below(100));
    session.received(&wire[..count]).unwrap();
    wire.drain(..count);
}

#[test]
fn every_job_ends_once_with_its_own_answer() {
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let bound = [0, 1, 2, 256][random.below(4)];
        let (mut session, mut server, mut wire) = (session(bound), Server::default(), Vec::new());
        let mut jobs: Vec<(Ticket, String)> = Vec::new();
        while !session.is_ready() {
            exchange(&mut session, &mut server, &mut random, &mut wire);
        }
        let mut ended = 0;
        for step in 0..400 {
            if random.below(3) == 0 {
                let value = match random.below(10) {
                    0 => "bad".to_owned(),
                    _ => format!("{step}"),
                };
                let ticket = job(&format!("SELECT $1 -- {}", random.below(4)), &value);
                session.submit(Rc::clone(&ticket));
                jobs.push((ticket, value));
            }
            exchange(&mut session, &mut server, &mut random, &mut wire);
            ended += session.news.finished;
            session.news.finished = 0;
        }
        let lost = random.below(2) == 0;
        if lost {
            session.lost(&Error::new(Kind::Connection, "test", "cut off"));
        }
        while session.load() > 0 {
            exchange(&mut session, &mut server, &mut random, &mut wire);
        }
        ended += session.news.finished;
        let again = std::mem::take(&mut session.news.again);
        assert!(lost || again.is_empty());
        assert_eq!(ended as usize + again.len(), jobs.len(), "seed {seed}");
        for (ticket, value) in &jobs {
            if again.iter().any(|other| Rc::ptr_eq(other, ticket)) {
                assert!(ticket.with(|job| job.state == State::Queued));
                let times = server.executed.iter();
                let times = times.filter(|one| *one == value.as_bytes()).count();
                assert!(
                    value == "bad" || times == 0,
                    "seed {seed}: executed, and again"
                );
                continue;
            }
            assert!(ticket.is_done());
            ticket.with(|job| match &job.failure {
                None => {
                    let row: Vec<_> = job.reply.rows.fields(0).collect();
                    assert_eq!(row, [Some(value.as_bytes())], "seed {seed}");
                    assert_eq!(job.reply.rows.len(), 1);
                }
                Some(Failure::Server(error)) => {
                    assert_eq!((value.as_str(), error.code.as_str()), ("bad", "22012"));
                }
                Some(Failure::Native(error)) => {
                    assert!(lost && error.to_string().contains("may have been executed"));
                }
            });
        }
        // Nothing is executed twice.
        let mut numbers: Vec<_> = server
            .executed
            .iter()
            .filter(|one| *one != b"bad")
            .collect();
        let count = numbers.len();
        numbers.sort();
        numbers.dedup();
        assert_eq!(numbers.len(), count, "seed {seed}");
    }
}

#[test]
fn what_nobody_asked_for_breaks_the_session() {
    for (tag, body) in [
        (b'D', &b"\0\0"[..]),
        (b'C', b"SELECT 1\0"),
        (b'Z', b"X"),
        (b'Z', b"I"),
        (b's', b""),
        (b'T', b"\0\0"),
        (b'd', b"x"),
        (b'?', b""),
    ] {
        let (mut session, mut server, mut wire) = (session(8), Server::default(), Vec::new());
        let mut random = Random::new(1);
        while !session.is_ready() {
            exchange(&mut session, &mut server, &mut random, &mut wire);
        }
        let mut bytes = Vec::new();
        message(tag, body, &mut bytes);
        assert!(session.received(&bytes).is_err(), "{}", char::from(tag));
    }
}

#[test]
fn a_stranger_cannot_fill_the_memory() {
    let mut session = session(8);
    assert!(session.received(b"R\x7f\xff\xff\xff").is_err());
    assert!(
        self::session(8)
            .received(b"HTTP/1.1 400 Bad Request")
            .is_err()
    );
    // Ready before it let us in.
    assert!(self::session(8).received(b"Z\0\0\0\x05I").is_err());
}

/// A session that was let in; the tests below answer it by hand.
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
