//! What only the fake driver can do: replay, travel in time, and fail on order.

#[path = "contract/rig.rs"]
mod rig;

use rig::{Rig, buffer, raw, unix_pair};
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::time::Instant;
use tusk_runtime::buf::OwnedBuf;
use tusk_runtime::driver::{AnyDriver, Driver, Fake, Op, Token, Wait};
use tusk_runtime::op::{Close, Fsync, OpenAt, Poll, Read, Recv, Send, Timeout, Write};
use tusk_runtime::reactor::Reactor;
use tusk_runtime::sys::eventfd::EventFd;
use tusk_runtime::watch::Interest;

const HOUR: u64 = 3_600_000_000_000;

fn rig(fake: Fake) -> Rig {
    Rig::new(AnyDriver::Fake(Box::new(fake)))
}

fn poll_in(fd: i32) -> Op {
    Poll {
        fd,
        events: libc::POLLIN as u16,
        multi: false,
    }
    .into()
}

/// The order in which twenty ready ops complete.
fn order(seed: u64) -> Vec<u64> {
    let mut driver = Fake::new(seed);
    let ready = EventFd::new().expect("eventfd");
    ready.signal();
    for token in 0..20 {
        driver
            .submit(Token(token), poll_in(ready.fd()))
            .expect("accepted");
    }
    let mut out = Vec::new();
    while out.len() < 20 {
        driver.wait(Wait::Forever, None, &mut out);
    }
    out.iter().map(|completion| completion.token.0).collect()
}

#[test]
fn a_seed_replays_and_another_differs() {
    for seed in 0..10 {
        assert_eq!(order(seed), order(seed));
    }
    assert!((1..10).any(|seed| order(seed) != order(0)));
}

#[test]
fn a_day_takes_no_time() {
    let started = Instant::now();
    let mut rig = rig(Fake::new(1));
    let at = rig.driver().now() + 24 * HOUR;
    let day = rig.submit(Timeout::at(at));
    let hour = rig.submit(Timeout::at(at - 23 * HOUR));
    assert_eq!(rig.end(hour), -libc::ETIME);
    assert_eq!(rig.unclaimed(day), 0);
    assert_eq!(rig.end(day), -libc::ETIME);
    assert_eq!(rig.driver().now(), at);
    assert!(started.elapsed().as_secs() < 10);
}

#[test]
fn a_script_decides_and_may_fill_the_buffer() {
    let script = |op: &mut Op| match op {
        Op::Recv(recv) => Some(recv.buf.fill(b"scripted") as i32),
        _ => None,
    };
    let mut rig = rig(Fake::new(1).script(Box::new(script)));
    let (buf, loan) = buffer(8);
    let count = rig.run(Recv {
        fd: -1,
        buf: loan.into(),
        flags: 0,
    });
    assert_eq!(count, 8);
    assert_eq!(buf.bytes(), Some(&b"scripted"[..]));
}

/// Whatever is in flight is cancelled and reaped: what every user of a driver does when
/// one of its ops fails.
struct Session {
    rig: Rig,
    open: Vec<Token>,
    buffers: Vec<OwnedBuf>,
}

impl Session {
    fn start(&mut self, op: impl Into<Op>) -> Token {
        let token = self.rig.submit(op);
        self.open.push(token);
        token
    }

    fn end(&mut self, token: Token) -> Result<i32, i32> {
        let result = self.rig.end(token);
        self.open.retain(|&open| open != token);
        if result < 0 { Err(result) } else { Ok(result) }
    }

    fn run(&mut self, op: impl Into<Op>) -> Result<i32, i32> {
        let token = self.start(op);
        self.end(token)
    }

    fn loan(&mut self, len: usize) -> tusk_runtime::buf::Loan {
        let (buf, loan) = buffer(len);
        self.buffers.push(buf);
        loan
    }

    /// A conversation with several ops in flight at a time, and a file.
    fn talk(&mut self, path: CString) -> Result<(), i32> {
        let (client, server) = unix_pair();
        let hello = self.loan(5);
        let asked = self.start(Recv {
            fd: raw(&server),
            buf: hello.into(),
            flags: 0,
        });
        let writable = self.start(Poll {
            fd: raw(&client),
            events: libc::POLLOUT as u16,
            multi: false,
        });
        self.end(writable)?;
        self.run(Send {
            fd: raw(&client),
            buf: b"hello".to_vec().into(),
            flags: 0,
        })?;
        self.end(asked)?;
        let fd = self.run(OpenAt {
            directory: libc::AT_FDCWD,
            path,
            flags: libc::O_RDWR | libc::O_CREAT | libc::O_CLOEXEC,
            mode: 0o600,
        })?;
        let filed = self.file(fd);
        // The descriptor is closed however the rest went.
        let closed = self.run(Close { fd });
        if closed.is_err() {
            assert_eq!(
                tusk_runtime::sys::fd::close(fd),
                0,
                "the fault had no effect"
            );
        }
        filed.and(closed).map(drop)
    }

    fn file(&mut self, fd: i32) -> Result<(), i32> {
        let write = Write {
            fd,
            buf: b"line".to_vec().into(),
            offset: Some(0),
        };
        self.run(write)?;
        let sync = self.start(Fsync {
            fd,
            data_only: true,
        });
        let page = self.loan(4);
        let read = self.start(Read {
            fd,
            buf: page.into(),
            offset: Some(0),
        });
        self.end(sync)?;
        self.end(read)?;
        let at = self.rig.driver().now() + HOUR;
        match self.run(Timeout::at(at)) {
            Err(result) if result == -libc::ETIME => Ok(()),
            other => other.map(drop),
        }
    }
}

#[test]
fn every_op_may_fail_and_nothing_is_left() {
    let path = std::env::temp_dir().join(format!("tusk-sweep-{}", std::process::id()));
    let name = CString::new(path.as_os_str().as_bytes()).expect("no zero byte");
    let mut failed = 0;
    for seed in 1..=20 {
        for nth in 1.. {
            let mut session = Session {
                rig: rig(Fake::new(seed).fail_nth(nth, libc::EIO)),
                open: Vec::new(),
                buffers: Vec::new(),
            };
            let ended = session.talk(name.clone());
            for token in std::mem::take(&mut session.open) {
                session.rig.driver_cancel(token);
                session.rig.end(token);
            }
            assert_eq!(session.rig.driver_in_flight(), 0, "seed {seed}, op {nth}");
            for buf in &session.buffers {
                assert!(
                    buf.bytes().is_some(),
                    "seed {seed}, op {nth}: memory is lent"
                );
            }
            match ended {
                Err(result) => assert_eq!(result, -libc::EIO, "seed {seed}, op {nth}"),
                // The fault lies beyond the last op: the sweep is complete.
                Ok(()) => break,
            }
            failed += 1;
        }
    }
    assert_eq!(failed, 20 * 9, "each of the ops failed once a seed");
    std::fs::remove_file(&path).expect("the file was made");
}

#[test]
fn a_watch_that_cannot_be_armed_is_not_left_behind() {
    let driver = AnyDriver::Fake(Box::new(Fake::new(1).refuse_after(1)));
    let mut reactor = Reactor::with_driver(driver, 4).expect("a reactor");
    let (ours, theirs) = unix_pair();
    let kept = reactor.watch(raw(&ours), Interest::Readable).expect("room");
    assert!(reactor.watch(raw(&theirs), Interest::Readable).is_err());
    assert_eq!(reactor.watch_len(), 1);
    reactor.unwatch(kept);
    assert_eq!(reactor.watch_len(), 0);
}
