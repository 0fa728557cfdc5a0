//! The connection on a real reactor, with both drivers and without PHP: batching, loss,
//! backoff, ping, closing, and that an idle connection keeps nobody waiting.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tusk_link::address::Address;
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
    /// The number of calls that each read brought; 0 for a ping.
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
                let _ = reads.send(0);
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
        let mut reactor = Reactor::new(choice, 10, 1, 1).expect("a reactor");
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

    /// Closed, it has no op left that would keep a descriptor open.
    fn ends_with_nothing_left(&mut self) {
        self.connection.borrow_mut().close(&mut self.reactor);
        while self.reactor.in_flight() > 0 {
            self.reactor.turn(None, true);
        }
        let held = Rc::strong_count(&self.connection) - 1;
        assert_eq!(held, 0, "the reactor still holds it");
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
    let mut probe = Reactor::new(Choice::Uring, 1, 1, 1).expect("a reactor");
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
        rig.ends_with_nothing_left();
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
fn a_ping_that_is_answered_keeps_a_quiet_connection() {
    each(|choice| {
        let server = server(Manner::Good);
        // Twice this is what a loaded machine may take to answer.
        let mut rig = Rig::new(choice, server.port, pinging(500_000_000));
        let id = rig.call(b"x");
        rig.answer(id);
        assert_eq!(server.reads.recv_timeout(PATIENCE), Ok(1));
        let mut pings = 0;
        let begun = Instant::now();
        while pings < 2 {
            assert!(begun.elapsed() < PATIENCE, "nobody was pinged");
            rig.reactor.turn(None, true);
            pings += server.reads.try_iter().filter(|&calls| calls == 0).count();
        }
        assert!(rig.connection.borrow().is_up());
        assert_eq!(rig.connection.borrow().counters().1, 1);
    });
}

#[test]
fn a_ping_that_is_not_answered_ends_the_connection() {
    each(|choice| {
        let server = server(Manner::Deaf);
        let mut rig = Rig::new(choice, server.port, pinging(15_000_000));
        let id = rig.call(b"x");
        rig.answer(id);
        let begun = Instant::now();
        while rig.connection.borrow().is_up() {
            assert!(begun.elapsed() < PATIENCE, "it is still up");
            rig.reactor.turn(None, true);
        }
        let connection = rig.connection.borrow();
        let failure = connection.failure().expect("a reason").to_string();
        assert!(failure.contains("did not answer a ping"), "{failure}");
    });
}

fn pinging(interval: u64) -> Options {
    Options {
        ping_interval: Some(interval),
        ..Options::default()
    }
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
        rig.ends_with_nothing_left();
    });
}

#[test]
fn a_peer_that_does_not_read_is_not_waited_for_at_the_end() {
    each(|choice| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let mut rig = Rig::new(choice, port, Options::default());
        let id = rig.call(&vec![0; 32 << 20]);
        rig.turns_until(|connection| connection.is_up());
        let _deaf = listener.accept().expect("a client");
        let begun = Instant::now();
        rig.connection.borrow_mut().close(&mut rig.reactor);
        let (_, text) = rig.failure(id);
        assert!(text.contains("was closed") && begun.elapsed() < Duration::from_millis(900));
        rig.ends_with_nothing_left();
        assert!(begun.elapsed() < PATIENCE);
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
