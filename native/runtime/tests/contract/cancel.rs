//! Cancelling in every state, reaping, and what is free afterwards.

use super::rig::{Rig, buffer, nonblocking_pair, raw, tcp_pair, unix_pair};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::fd::{AsRawFd, RawFd};
use tusk_runtime::driver::{Driver, Op, Token, Wait};
use tusk_runtime::op::{Accept, Cancel, Poll, Read, Recv, Send, Timeout, Write};

const IN: u16 = libc::POLLIN as u16;

fn poll(fd: RawFd, multi: bool) -> Poll {
    Poll {
        fd,
        events: IN,
        multi,
    }
}

fn recv(fd: RawFd) -> (tusk_runtime::buf::OwnedBuf, Recv) {
    let (buf, loan) = buffer(8);
    let op = Recv {
        fd,
        buf: loan.into(),
        flags: 0,
    };
    (buf, op)
}

pub fn before_anything_was_handed_over(rig: &mut Rig) {
    let (ours, _theirs) = unix_pair();
    let (buf, op) = recv(raw(&ours));
    let token = rig.submit(op);
    rig.driver_cancel(token);
    assert_eq!(rig.driver_in_flight(), 1);
    assert_eq!(rig.end(token), -libc::ECANCELED);
    assert_eq!(rig.driver_in_flight(), 0);
    assert!(buf.bytes().is_some());
}

pub fn while_the_kernel_has_it(rig: &mut Rig) {
    let (ours, mut theirs) = unix_pair();
    let (buf, op) = recv(raw(&ours));
    let token = rig.submit(op);
    rig.settle();
    assert!(buf.bytes().is_none(), "the memory is the kernel's");
    rig.driver_cancel(token);
    assert_eq!(rig.end(token), -libc::ECANCELED);
    // Nothing was taken by the cancelled op.
    theirs.write_all(b"kept").expect("write");
    let (_buf, op) = recv(raw(&ours));
    assert_eq!(rig.run(op), 4);
}

pub fn of_every_verb_that_waits(rig: &mut Rig) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    let (ours, _theirs) = nonblocking_pair();
    let (full, _peer) = nonblocking_pair();
    while (&full).write(&[0; 65536]).is_ok() {}
    let (reader, _writer) = super::process::pipe();
    let (_one, loan_one) = buffer(8);
    let (_two, loan_two) = buffer(8);
    let ops: Vec<Op> = vec![
        Accept {
            fd: raw(&listener),
            flags: 0,
        }
        .into(),
        Recv {
            fd: raw(&ours),
            buf: loan_one.into(),
            flags: 0,
        }
        .into(),
        Send {
            fd: raw(&full),
            buf: vec![1; 8].into(),
            flags: 0,
        }
        .into(),
        Read {
            fd: raw(&reader),
            buf: loan_two.into(),
            offset: None,
        }
        .into(),
        Write {
            fd: raw(&full),
            buf: vec![1; 8].into(),
            offset: None,
        }
        .into(),
        poll(raw(&ours), false).into(),
        poll(raw(&ours), true).into(),
        Timeout::at(rig.driver().now() + 3_600_000_000_000).into(),
    ];
    for op in ops {
        let name = op.name();
        let token = rig.submit(op);
        rig.settle();
        assert_eq!(rig.unclaimed(token), 0, "{name} waits");
        rig.driver_cancel(token);
        assert_eq!(rig.end(token), -libc::ECANCELED, "{name}");
    }
    assert_eq!(rig.driver_in_flight(), 0);
}

pub fn of_what_is_done_or_unknown(rig: &mut Rig) {
    let (ours, mut theirs) = unix_pair();
    rig.driver_cancel(Token(999_999));
    let (_buf, op) = recv(raw(&ours));
    let token = rig.submit(op);
    theirs.write_all(b"x").expect("write");
    assert_eq!(rig.end(token), 1);
    rig.driver_cancel(token);
    rig.settle();
    assert_eq!(rig.driver_in_flight(), 0);
}

pub fn twice(rig: &mut Rig) {
    let (ours, _theirs) = unix_pair();
    let token = rig.submit(poll(raw(&ours), false));
    rig.driver_cancel(token);
    rig.driver_cancel(token);
    assert_eq!(rig.end(token), -libc::ECANCELED);
    rig.settle();
    assert_eq!(rig.driver_in_flight(), 0);
}

pub fn with_an_answer(rig: &mut Rig) {
    let (ours, _theirs) = unix_pair();
    let target = rig.submit(poll(raw(&ours), false));
    rig.settle();
    assert_eq!(rig.run(Cancel { target }), 0);
    assert_eq!(rig.end(target), -libc::ECANCELED);
    assert_eq!(rig.run(Cancel { target }), -libc::ENOENT);
}

pub fn multishot_polls_end(rig: &mut Rig) {
    let (ours, mut theirs) = unix_pair();
    let token = rig.submit(poll(raw(&ours), true));
    theirs.write_all(b"x").expect("write");
    assert!(rig.event(token).more);
    rig.driver_cancel(token);
    assert_eq!(rig.end(token), -libc::ECANCELED);
    theirs.write_all(b"y").expect("write");
    rig.settle();
    assert_eq!(rig.driver_in_flight(), 0);
}

pub fn frees_the_file_at_once(rig: &mut Rig) {
    let (ours, mut theirs) = tcp_pair();
    for multi in [true, false] {
        rig.submit(poll(raw(&ours), multi));
    }
    let tokens = [Token(1), Token(2)];
    rig.settle();
    for token in tokens {
        rig.driver_cancel(token);
    }
    rig.driver().flush();
    drop(ours);
    // Blocks for ever if an armed poll still holds the socket: no FIN is sent then.
    assert_eq!(theirs.read(&mut [0]).expect("end"), 0);
    for token in tokens {
        assert_eq!(rig.end(token), -libc::ECANCELED);
    }
}

/// The kernel may do a part of what it has put off only, in one call.
pub fn frees_the_file_at_once_among_many_events(rig: &mut Rig) {
    let busy: Vec<_> = (0..200).map(|_| unix_pair()).collect();
    let polls: Vec<_> = busy
        .iter()
        .map(|(ours, _)| rig.submit(poll(raw(ours), true)))
        .collect();
    let (ours, mut theirs) = tcp_pair();
    let token = rig.submit(poll(raw(&ours), true));
    rig.settle();
    for (_, peer) in &busy {
        (&*peer).write_all(b"x").expect("write");
    }
    rig.driver_cancel(token);
    rig.driver().flush();
    drop(ours);
    assert_eq!(theirs.read(&mut [0]).expect("end"), 0);
    assert_eq!(rig.end(token), -libc::ECANCELED);
    for poll in polls {
        assert!(rig.event(poll).result & i32::from(IN) != 0);
    }
}

pub fn a_reused_descriptor_is_another_file(rig: &mut Rig) {
    let (first, mut first_peer) = unix_pair();
    let number = first.as_raw_fd();
    // A second descriptor keeps the first file open, as a child process would.
    let kept = first.try_clone().expect("dup");
    let old = rig.submit(poll(number, true));
    rig.settle();
    rig.driver_cancel(old);
    rig.driver().flush();
    let (second, mut second_peer) = unix_pair();
    super::process::replace(&first, &second);
    let new = rig.submit(poll(number, true));
    rig.settle();
    first_peer.write_all(b"old").expect("write");
    rig.settle();
    assert_eq!(rig.unclaimed(new), 0, "an event of the former file");
    second_peer.write_all(b"new").expect("write");
    assert!(rig.event(new).result & i32::from(IN) != 0);
    assert_eq!(rig.end(old), -libc::ECANCELED);
    drop(kept);
}

pub fn a_token_is_free_after_the_end(rig: &mut Rig) {
    let (ours, mut theirs) = unix_pair();
    theirs.write_all(b"x").expect("write");
    for _ in 0..3 {
        let mut out = Vec::new();
        let submitted = rig
            .driver()
            .submit(Token(5), poll(raw(&ours), false).into());
        submitted.expect("the token is free");
        while out.is_empty() {
            rig.driver_wait(Wait::Forever, &mut out);
        }
        assert_eq!(out.len(), 1);
    }
}

pub fn dropping_gives_memory_back(rig: &mut Rig) {
    let (ours, _theirs) = unix_pair();
    let (buf, op) = recv(raw(&ours));
    rig.submit(op);
    rig.settle();
    assert!(buf.bytes().is_none());
    drop(rig.take_driver());
    assert!(
        buf.bytes().is_some(),
        "the kernel let go before the drop returned"
    );
}
