//! What a contract test works with: a driver, tokens, and completions by token.
#![allow(dead_code)] // Each test program that includes this file uses a part of it.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::time::Duration;
use tusk_runtime::buf::OwnedBuf;
use tusk_runtime::driver::{AnyDriver, Completion, Driver, Op, Token, Wait, Waited};

/// Longer than any test takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Says that an instance does not run here.
pub fn skip(reason: &str) -> Option<AnyDriver> {
    println!("SKIP: {reason}");
    None
}

pub struct Rig {
    driver: Option<AnyDriver>,
    next: u64,
    seen: HashMap<Token, Vec<Completion>>,
    _watchdog: mpsc::Sender<()>,
}

impl Rig {
    pub fn new(driver: AnyDriver) -> Self {
        let (alive, watched) = mpsc::channel::<()>();
        let name = std::thread::current().name().unwrap_or("?").to_owned();
        std::thread::spawn(move || {
            if watched.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                // Written past the harness, which would keep the line for itself.
                let _ = writeln!(std::io::stderr(), "{name} waits for ever");
                std::process::abort();
            }
        });
        Rig {
            driver: Some(driver),
            next: 1,
            seen: HashMap::new(),
            _watchdog: alive,
        }
    }

    pub fn driver(&mut self) -> &mut AnyDriver {
        self.driver.as_mut().expect("the driver was taken")
    }

    pub fn take_driver(&mut self) -> AnyDriver {
        self.driver.take().expect("the driver was taken")
    }

    pub fn driver_in_flight(&mut self) -> usize {
        self.driver().in_flight()
    }

    pub fn driver_cancel(&mut self, token: Token) {
        self.driver().cancel(token);
    }

    pub fn driver_wait(&mut self, wait: Wait, out: &mut Vec<Completion>) -> Waited {
        self.driver().wait(wait, None, out)
    }

    pub fn submit(&mut self, op: impl Into<Op>) -> Token {
        let token = Token(self.next);
        self.next += 1;
        let submitted = self.driver().submit(token, op.into());
        submitted.expect("the op is accepted");
        token
    }

    /// One wait; completions are kept by token.
    pub fn wait(&mut self, wait: Wait) -> Waited {
        let mut out = Vec::new();
        let waited = self.driver().wait(wait, None, &mut out);
        assert_eq!(waited == Waited::Events, !out.is_empty());
        for completion in out {
            let seen = self.seen.entry(completion.token).or_default();
            assert!(
                seen.last().is_none_or(|last| last.more),
                "a completion after the final one: {completion:?}"
            );
            seen.push(completion);
        }
        waited
    }

    /// Waits for the next completion of an op.
    pub fn event(&mut self, token: Token) -> Completion {
        loop {
            let seen = self.seen.entry(token).or_default();
            if !seen.is_empty() {
                // The last one stays: it guards against a completion after the end.
                let first = seen[0];
                if first.more {
                    seen.remove(0);
                }
                return first;
            }
            self.wait(Wait::Forever);
        }
    }

    /// Waits for the end of an op: its result.
    pub fn end(&mut self, token: Token) -> i32 {
        loop {
            let completion = self.event(token);
            if !completion.more {
                return completion.result;
            }
        }
    }

    pub fn run(&mut self, op: impl Into<Op>) -> i32 {
        let token = self.submit(op);
        self.end(token)
    }

    /// Collects what is there, without waiting.
    pub fn settle(&mut self) {
        while self.wait(Wait::Now) == Waited::Events {}
    }

    /// Collects what is there and forgets it, but for final completions.
    pub fn forget_events(&mut self) {
        self.settle();
        for seen in self.seen.values_mut() {
            seen.retain(|completion| !completion.more);
        }
    }

    /// Completions of an op that were not asked for yet.
    pub fn unclaimed(&self, token: Token) -> usize {
        self.seen.get(&token).map_or(0, Vec::len)
    }
}

/// A connected pair of TCP sockets on the loopback.
pub fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    let client = TcpStream::connect(listener.local_addr().expect("address")).expect("connect");
    (client, listener.accept().expect("accept").0)
}

pub fn unix_pair() -> (UnixStream, UnixStream) {
    UnixStream::pair().expect("socketpair")
}

/// A connected pair whose ends do not block, as PHP's often are.
pub fn nonblocking_pair() -> (UnixStream, UnixStream) {
    let (left, right) = unix_pair();
    left.set_nonblocking(true).expect("fcntl");
    right.set_nonblocking(true).expect("fcntl");
    (left, right)
}

pub fn raw(socket: &impl AsRawFd) -> RawFd {
    socket.as_raw_fd()
}

/// A buffer, and the loan for an op.
pub fn buffer(len: usize) -> (OwnedBuf, tusk_runtime::buf::Loan) {
    let mut buf = OwnedBuf::zeroed(len);
    let loan = buf.lend().expect("a fresh buffer");
    (buf, loan)
}
