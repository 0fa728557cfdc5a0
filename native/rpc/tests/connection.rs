//! The connection on a real reactor, with both drivers and without PHP: batching, loss,
//! backoff, ping, closing, and that an idle connection keeps nobody waiting.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tusk_rpc::address::Address;
use tusk_rpc::client::{CallId, Outcome};
use tusk_rpc::connection::{Connection, Options};
use tusk_rpc::goridge::{Goridge, Header, control, flags};
use tusk_rpc::wire::Request;
use tusk_runtime::driver::Choice;
use tusk_runtime::error::Kind;
use tusk_runtime::reactor::{Reactor, Turn};

const PATIENCE: Duration = Duration::from_secs(20);

/// What the other side does with what it reads.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// Answers calls and pings.
    Good,
    /// Answers calls, and no pings.
    Deaf,
    /// Hangs up when it reads the call `die`, or at once if there is none before.
    Hangup,
}

struct Server {
    port: u16,
    /// The number of calls that each read brought.
    reads: mpsc::Receiver<usize>,
    accepted: mpsc::Receiver<()>,
}

fn server(manner: Manner) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let (read, reads) = mpsc::channel();
    let (accept, accepted) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let read = read.clone();
            let _ = accept.send(());
            std::thread::spawn(move || serve(stream, manner, &read));
        }
    });
    Server {
        port,
        reads,
        accepted,
    }
}

fn serve(mut stream: TcpStream, manner: Manner, reads: &mpsc::Sender<usize>) {
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; 1 << 20]);
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        bytes.extend_from_slice(&buffer[..count]);
        let (mut calls, mut out) = (0, Vec::new());
        while let Ok(header) = Header::parse(&bytes) {
            let length = header.bytes() + header.payload as usize;
            if bytes.len() < length {
                break;
            }
            let payload: Vec<u8> = bytes.drain(..length).skip(header.bytes()).collect();
            if header.control & control::PING != 0 {
                if manner == Manner::Good {
                    Header::new(flags::CONTROL, control::PONG, 0, &[]).write(&mut out);
                }
                continue;
            }
            if manner == Manner::Hangup {
                return;
            }
            calls += 1;
            Header::new(flags::RAW, 0, payload.len() as u32, header.options()).write(&mut out);
            out.extend(payload);
        }
        if calls > 0 {
            let _ = reads.send(calls);
        }
        let _ = stream.write_all(&out);
    }
}

struct Rig {
    reactor: Reactor,
    connection: Rc<RefCell<Connection<Goridge>>>,
}

impl Rig {
    fn new(choice: Choice, port: u16, options: Options) -> Rig {
        let mut reactor = Reactor::new(choice, 10, 1).expect("a reactor");
        let address = Address::parse(&format!("tcp://127.0.0.1:{port}")).expect("an address");
        let connection = Connection::new(address, options, Goridge, &mut reactor);
        Rig {
            reactor,
            connection,
        }
    }

    fn call(&mut self, body: &[u8]) -> CallId {
        let request = Request {
            method: b"m",
            body,
            codec: flags::RAW,
        };
        let mut connection = self.connection.borrow_mut();
        connection
            .call(&mut self.reactor, &request, None, false)
            .expect("room")
    }

    fn turns_until(&mut self, mut reached: impl FnMut(&mut Connection<Goridge>) -> bool) {
        let begun = Instant::now();
        while !reached(&mut self.connection.borrow_mut()) {
            assert!(begun.elapsed() < PATIENCE, "waited in vain");
            assert_ne!(
                self.reactor.turn(None, false),
                Turn::Deadlock,
                "nothing can happen any more"
            );
        }
    }

    fn outcome(&mut self, id: CallId) -> Outcome {
        self.turns_until(|connection| connection.is_done(id));
        let mut connection = self.connection.borrow_mut();
        connection.take(&mut self.reactor, id).expect("it is done")
    }

    fn answer(&mut self, id: CallId) -> Vec<u8> {
        match self.outcome(id) {
            Outcome::Answer(answer) => answer.body,
            Outcome::Failed(error) => panic!("{error}"),
        }
    }

    fn failure(&mut self, id: CallId) -> (Kind, String) {
        match self.outcome(id) {
            Outcome::Answer(answer) => panic!("{answer:?}"),
            Outcome::Failed(error) => (error.kind(), error.to_string()),
        }
    }
}

/// On both drivers, where there are two.
fn each(test: impl Fn(Choice)) {
    test(Choice::Epoll);
    let mut probe = Reactor::new(Choice::Uring, 1, 1).expect("a reactor");
    match probe.report() {
        Ok(_) => test(Choice::Uring),
        Err(error) => println!("SKIP io_uring: {error}"),
    }
}

#[test]
fn the_calls_of_a_turn_are_one_send_and_an_idle_connection_is_no_source() {
    each(|choice| {
        let server = server(Manner::Good);
        let mut rig = Rig::new(choice, server.port, Options::default());
        let first = rig.call(b"first");
        assert_eq!(rig.answer(first), b"first");
        assert_eq!(server.reads.recv_timeout(PATIENCE), Ok(1));
        let before = rig.reactor.stats.ops;
        let ids: Vec<CallId> = (0..100u8).map(|number| rig.call(&[number])).collect();
        for (number, id) in ids.into_iter().enumerate() {
            assert_eq!(rig.answer(id), [number as u8]);
        }
        assert_eq!(server.reads.recv_timeout(PATIENCE), Ok(100));
        assert!(
            rig.reactor.stats.ops - before <= 4,
            "one send, and a receive or two"
        );
        assert_eq!(rig.connection.borrow().in_flight(), (0, 0));
        assert_eq!(rig.reactor.turn(None, false), Turn::Deadlock);
    });
}

#[test]
fn what_was_sent_fails_with_the_connection_and_the_next_call_makes_another() {
    each(|choice| {
        let server = server(Manner::Hangup);
        let mut rig = Rig::new(choice, server.port, Options::default());
        for _ in 0..3 {
            let id = rig.call(b"die");
            let (kind, text) = rig.failure(id);
            assert_eq!(kind, Kind::Connection);
            assert!(text.contains("may have been executed"), "{text}");
        }
        let accepted = server.accepted.try_iter().count();
        assert_eq!(accepted, 3);
    });
}

#[test]
fn nobody_listens() {
    each(|choice| {
        let port = TcpListener::bind("127.0.0.1:0")
            .expect("a port")
            .local_addr()
            .expect("bound")
            .port();
        let options = Options {
            connect_timeout: 60_000_000,
            ..Options::default()
        };
        let mut rig = Rig::new(choice, port, options);
        let begun = Instant::now();
        let id = rig.call(b"x");
        let (kind, text) = rig.failure(id);
        assert_eq!(kind, Kind::Connection);
        assert!(
            text.contains("was not sent") && text.contains("ECONNREFUSED"),
            "{text}"
        );
        // Attempts after 0, 10, 30 and 70 ms: the pauses grow.
        assert!(begun.elapsed() >= Duration::from_millis(60));
        assert!(rig.reactor.stats.ops <= 8, "{} ops", rig.reactor.stats.ops);
    });
}

#[test]
fn a_call_that_was_not_sent_survives_until_the_server_is_there() {
    each(|choice| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        drop(listener);
        let mut rig = Rig::new(choice, port, Options::default());
        let id = rig.call(b"patient");
        rig.turns_until(|connection| connection.failure().is_some());
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("the same port");
        let (reads, _kept) = mpsc::channel();
        std::thread::spawn(move || {
            let (stream, _) = listener.accept().expect("a client");
            serve(stream, Manner::Good, &reads);
        });
        assert_eq!(rig.answer(id), b"patient");
    });
}

#[test]
fn pings_keep_a_quiet_connection_and_end_a_deaf_one() {
    each(|choice| {
        for (manner, survives) in [(Manner::Good, true), (Manner::Deaf, false)] {
            let server = server(manner);
            let options = Options {
                ping_interval: Some(15_000_000),
                ..Options::default()
            };
            let mut rig = Rig::new(choice, server.port, options);
            let id = rig.call(b"x");
            rig.answer(id);
            // A timer of somebody else keeps the loop going.
            let end = tusk_runtime::sys::clock::now() + 150_000_000;
            rig.reactor.call_at(end, 1);
            while tusk_runtime::sys::clock::now() < end {
                rig.reactor.turn(None, true);
            }
            assert_eq!(rig.connection.borrow().is_up(), survives);
        }
    });
}

#[test]
fn closing_sends_what_is_queued_and_leaves_nothing_behind() {
    each(|choice| {
        let server = server(Manner::Good);
        let mut rig = Rig::new(choice, server.port, Options::default());
        let id = rig.call(b"x");
        rig.answer(id);
        assert_eq!(server.reads.recv_timeout(PATIENCE), Ok(1));
        let waiting = rig.call(b"last");
        rig.connection.borrow_mut().close(&mut rig.reactor);
        let deadline = tusk_runtime::sys::clock::now() + PATIENCE.as_nanos() as u64;
        rig.reactor.finish_actors(deadline);
        assert_eq!(server.reads.recv_timeout(PATIENCE), Ok(1), "it was sent");
        let (kind, text) = rig.failure(waiting);
        assert!(
            kind == Kind::Connection && text.contains("was closed"),
            "{text}"
        );
        while rig.reactor.in_flight() > 0 {
            rig.reactor.turn(None, true);
        }
        assert_eq!(
            Rc::strong_count(&rig.connection),
            1,
            "the reactor has let go of it"
        );
    });
}

#[test]
fn in_the_child_of_a_fork_it_starts_anew() {
    each(|choice| {
        let server = server(Manner::Good);
        let mut rig = Rig::new(choice, server.port, Options::default());
        let id = rig.call(b"x");
        rig.answer(id);
        let main = rig
            .reactor
            .scheduler
            .adopt(1, tusk_runtime::task::GroupId::ROOT)
            .expect("room");
        let lost = rig.call(b"the parent's");
        rig.reactor.after_fork(main).expect("an eventfd");
        assert!(!rig.connection.borrow().is_up());
        let mut connection = rig.connection.borrow_mut();
        assert!(connection.take(&mut rig.reactor, lost).is_none());
        assert!(!connection.set_waiter(lost, None), "it is not known");
        drop(connection);
        let id = rig.call(b"the child's");
        assert_eq!(rig.answer(id), b"the child's");
        assert_eq!(rig.connection.borrow().counters().1, 2);
    });
}
