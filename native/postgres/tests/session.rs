//! The session against a server that is a few lines here: queries at random, their answers cut
//! anywhere, losses in the middle. The oracle: each job ends exactly once, with the rows that its
//! own parameter asks for, or with a failure that says whether it was executed.

mod support;

use std::rc::Rc;

use support::{Server, exchange, job, message, session};
use tusk_postgres::failure::Failure;
use tusk_postgres::job::{State, Ticket};
use tusk_runtime::error::{Error, Kind};
use tusk_runtime::random::Random;

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
