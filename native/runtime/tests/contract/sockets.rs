//! accept, connect, recv and send.

use super::rig::{Rig, buffer, nonblocking_pair, raw, tcp_pair, unix_pair};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::fd::{OwnedFd, RawFd};
use std::os::unix::net::UnixListener;
use tusk_runtime::op::{Accept, Connect, Recv, Send};
use tusk_runtime::sys::address::Address;

fn socket(family: i32) -> OwnedFd {
    super::process::socket(family)
}

fn recv(fd: RawFd, len: usize) -> (tusk_runtime::buf::OwnedBuf, Recv) {
    let (buf, loan) = buffer(len);
    let op = Recv {
        fd,
        buf: loan.into(),
        flags: 0,
    };
    (buf, op)
}

pub fn accept_connect_send_receive(rig: &mut Rig) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    let accept = rig.submit(Accept {
        fd: raw(&listener),
        flags: libc::SOCK_CLOEXEC,
    });
    rig.settle();
    assert_eq!(rig.unclaimed(accept), 0);
    let client = socket(libc::AF_INET);
    let address = Address::from(listener.local_addr().expect("address"));
    assert_eq!(rig.run(Connect::new(raw(&client), address)), 0);
    let server = rig.end(accept);
    assert!(server >= 0);
    let server = super::process::own(server);
    let (buf, op) = recv(raw(&server), 16);
    let received = rig.submit(op);
    let sent = rig.run(Send {
        fd: raw(&client),
        buf: b"hello".to_vec().into(),
        flags: 0,
    });
    assert_eq!((sent, rig.end(received)), (5, 5));
    assert_eq!(&buf.bytes().expect("given back")[..5], b"hello");
}

pub fn refused_connections_say_so(rig: &mut Rig) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    let address = listener.local_addr().expect("address");
    drop(listener);
    let client = socket(libc::AF_INET);
    let result = rig.run(Connect::new(raw(&client), address.into()));
    assert_eq!(result, -libc::ECONNREFUSED);
}

pub fn end_of_stream_is_zero(rig: &mut Rig) {
    let (ours, theirs) = tcp_pair();
    let (_buf, op) = recv(raw(&ours), 4);
    let received = rig.submit(op);
    drop(theirs);
    assert_eq!(rig.end(received), 0);
}

pub fn nonblocking_descriptors_wait_too(rig: &mut Rig) {
    let (ours, mut theirs) = nonblocking_pair();
    let (buf, op) = recv(raw(&ours), 4);
    let received = rig.submit(op);
    rig.settle();
    assert_eq!(rig.unclaimed(received), 0);
    theirs.write_all(b"late").expect("write");
    assert_eq!(rig.end(received), 4);
    assert_eq!(buf.bytes(), Some(&b"late"[..]));

    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    listener.set_nonblocking(true).expect("fcntl");
    let accept = rig.submit(Accept {
        fd: raw(&listener),
        flags: 0,
    });
    rig.settle();
    assert_eq!(rig.unclaimed(accept), 0);
    let _client = std::net::TcpStream::connect(listener.local_addr().expect("address"));
    drop(super::process::own(rig.end(accept)));
}

pub fn dontwait_does_not_wait(rig: &mut Rig) {
    let (ours, _theirs) = unix_pair();
    let (_buf, mut op) = recv(raw(&ours), 4);
    op.flags = libc::MSG_DONTWAIT;
    assert_eq!(rig.run(op), -libc::EAGAIN);
}

pub fn two_receivers_share_a_socket(rig: &mut Rig) {
    let (ours, mut theirs) = unix_pair();
    let (_first_buf, op) = recv(raw(&ours), 1);
    let first = rig.submit(op);
    let (_second_buf, op) = recv(raw(&ours), 1);
    let second = rig.submit(op);
    rig.settle();
    theirs.write_all(b"a").expect("write");
    rig.wait(tusk_runtime::driver::Wait::Forever);
    assert_eq!(rig.unclaimed(first) + rig.unclaimed(second), 1);
    theirs.write_all(b"b").expect("write");
    assert_eq!((rig.end(first), rig.end(second)), (1, 1));
}

pub fn broken_pipes_raise_no_signal(rig: &mut Rig) {
    let (ours, theirs) = unix_pair();
    drop(theirs);
    // The test harness ignores SIGPIPE, so the signal is blocked and looked for.
    let mask = tusk_runtime::sys::signal::block_all();
    let sent = rig.run(Send {
        fd: raw(&ours),
        buf: vec![1].into(),
        flags: 0,
    });
    assert_eq!(sent, -libc::EPIPE);
    assert!(!super::process::pending(libc::SIGPIPE));
    drop(mask);
}

pub fn unix_sockets_connect(rig: &mut Rig) {
    let path = std::env::temp_dir().join(format!(
        "tusk-contract-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path).expect("bind");
    let client = socket(libc::AF_UNIX);
    let address = Address::unix(&path).expect("a short path");
    assert_eq!(rig.run(Connect::new(raw(&client), address)), 0);
    let mut server = listener.accept().expect("accept").0;
    server.write_all(b"x").expect("write");
    let (_buf, op) = recv(raw(&client), 1);
    assert_eq!(rig.run(op), 1);
    let mut stream = std::os::unix::net::UnixStream::from(client);
    drop(server);
    assert_eq!(stream.read(&mut [0]).expect("end"), 0);
    std::fs::remove_file(&path).expect("remove");
}
