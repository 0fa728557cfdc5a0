//! Servers that come, go, die, refuse and do not serve; bounds, and forks.

#[path = "support/bad.rs"]
mod bad;
#[path = "support/rig.rs"]
mod rig;
#[path = "support/server.rs"]
mod server;

use rig::{Rig, TestServer};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tusk_grpc::Connectivity;
use tusk_grpc::call::Call;
use tusk_grpc::config::Policy;
use tusk_grpc::status::{Code, Origin};
use tusk_runtime::error::Kind;

#[test]
fn nobody_listens() {
    let mut rig = Rig::new();
    let target = format!("127.0.0.1:{}", rig::free_port());
    let channel = rig.channel(&target, |_| {});
    let call = rig.unary(&channel, "/tusk.Test/Echo", "x");
    let status = rig.status(&call);
    assert_eq!(
        (status.code, status.origin),
        (Code::UNAVAILABLE, Origin::Connection)
    );
    assert!(status.details.contains(&target), "{}", status.details);
    let state = channel.connectivity(false).expect("here");
    assert_eq!(state, Connectivity::TransientFailure);
    let call = rig.unary(&channel, "/tusk.Test/Echo", "x");
    assert_eq!(
        rig.status(&call).code,
        Code::UNAVAILABLE,
        "and at once, until the pause is over"
    );
}

#[test]
fn a_server_that_comes_back_is_found_again() {
    let mut rig = Rig::new();
    let first = TestServer::start();
    let (target, port) = (first.target(), first.port());
    let channel = rig.channel(&target, |config| {
        config.wait_for_ready = true;
        config.backoff_min = Duration::from_millis(10);
        config.backoff_max = Duration::from_millis(20);
    });
    let call = rig.unary(&channel, "/tusk.Test/Echo", "one");
    assert!(rig.status(&call).is_ok());
    let hanging = rig.unary(&channel, "/tusk.Test/Delay", "60000");
    rig.until_stats(&channel, "1:0:");
    drop(first);
    assert_eq!(rig.status(&hanging).code, Code::UNAVAILABLE);
    let waiting = rig.unary(&channel, "/tusk.Test/Echo", "two");
    let _second = TestServer::on(port);
    assert!(rig.status(&waiting).is_ok());
}

#[test]
fn round_robin_goes_on_when_one_server_dies() {
    let mut rig = Rig::new();
    let (one, two) = (TestServer::start(), TestServer::start());
    let target = format!("ipv4:{},{}", one.target(), two.target());
    let channel = rig.channel(&target, |config| config.policy = Policy::RoundRobin);
    let peers = |rig: &mut Rig| {
        let mut peers: Vec<_> = (0..20)
            .map(|_| {
                let call = rig.unary(&channel, "/tusk.Test/Echo", "x");
                let status = rig.status(&call);
                assert!(status.is_ok(), "{}", status.details);
                call.peer().expect("here").expect("known")
            })
            .collect();
        peers.sort();
        peers.dedup();
        peers.len()
    };
    // The second connection may be there a moment later than the first.
    while peers(&mut rig) < 2 {}
    drop(one);
    while channel.connectivity(false).expect("here") != Connectivity::Ready {
        rig.pause();
    }
    rig.pause();
    assert_eq!(peers(&mut rig), 1);
}

#[test]
fn a_server_that_does_not_serve_gets_no_calls() {
    let mut rig = Rig::new();
    let server = TestServer::start();
    let plain = rig.channel(&server.target(), |_| {});
    let channel = rig.channel(&server.target(), |config| {
        config.health = Some("tusk.Test".to_owned())
    });
    let call = rig.unary(&channel, "/tusk.Test/Echo", "x");
    assert!(rig.status(&call).is_ok());
    for (says, expected) in [("2", Code::UNAVAILABLE), ("1", Code::OK)] {
        let set = rig.unary(&plain, "/tusk.Test/Health", says);
        assert!(rig.status(&set).is_ok());
        loop {
            let call = rig.unary(&channel, "/tusk.Test/Echo", "x");
            if rig.status(&call).code == expected {
                break;
            }
        }
    }
}

#[test]
fn bounds_and_misuse() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let channel = rig.channel(&server.target(), |config| {
        config.calls = 2;
        config.max_send = 10;
    });
    let _kept: Vec<Call> = (0..2)
        .map(|_| rig.unary(&channel, "/tusk.Test/Delay", "60000"))
        .collect();
    let over = rig
        .try_start(&channel, "/tusk.Test/Echo", b"x")
        .err()
        .expect("over the bound");
    assert_eq!(over.kind(), Kind::Overloaded);
    let misuse = rig
        .try_start(&channel, "no/slash", b"x")
        .err()
        .expect("no method");
    assert_eq!(misuse.kind(), Kind::Misuse);
    let long = rig.unary(&channel, "/tusk.Test/Echo", "more than ten bytes");
    assert_eq!(rig.status(&long).code, Code::RESOURCE_EXHAUSTED);
    channel.close();
    let closed = rig
        .try_start(&channel, "/tusk.Test/Echo", b"x")
        .err()
        .expect("closed");
    assert!(matches!(closed.kind(), Kind::Misuse | Kind::Overloaded));
}

#[test]
fn a_server_that_falls_silent_is_given_up() {
    let mut rig = Rig::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let target = listener.local_addr().expect("bound").to_string();
    // Says hello in HTTP/2 (empty settings), and then reads and answers nothing.
    let silent = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().expect("a client");
        std::io::Write::write_all(&mut socket, &[0, 0, 0, 4, 0, 0, 0, 0, 0]).expect("written");
        let mut sink = [0; 4096];
        while std::io::Read::read(&mut socket, &mut sink).is_ok_and(|read| read > 0) {}
    });
    let channel = rig.channel(&target, |config| {
        config.keepalive = Some(Duration::from_millis(20));
        config.keepalive_timeout = Duration::from_millis(50);
    });
    let call = rig.unary(&channel, "/tusk.Test/Echo", "x");
    let status = rig.status(&call);
    assert_eq!(
        (status.code, status.origin),
        (Code::UNAVAILABLE, Origin::Connection)
    );
    silent.join().expect("the connection was closed");
}

#[test]
fn a_server_that_never_speaks_is_no_connection() {
    let mut rig = Rig::new();
    // The kernel accepts, and nobody reads.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let target = listener.local_addr().expect("bound").to_string();
    let channel = rig.channel(&target, |config| {
        config.connect_timeout = Duration::from_millis(50);
    });
    let call = rig.unary(&channel, "/tusk.Test/Echo", "x");
    let status = rig.status(&call);
    let how = (status.code, status.origin);
    assert_eq!(how, (Code::UNAVAILABLE, Origin::Connection));
    assert!(
        status.details.contains("no connection within"),
        "{}",
        status.details
    );
    drop(listener);
}

#[test]
fn in_the_child_of_a_fork_everything_says_where_to_open_it() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let channel = rig.channel(&server.target(), |_| {});
    let call = rig.unary(&channel, "/tusk.Test/Delay", "60000");
    rig.until_stats(&channel, "1:0:");
    rig.fork();
    for error in [
        call.take().err(),
        call.cancel().err(),
        rig.try_start(&channel, "/tusk.Test/Echo", b"x").err(),
    ] {
        assert!(error.expect("lost").to_string().contains("onWorkerStart"));
    }
    drop((call, channel));
    // The connection is closed without a goodbye, and the server cancels what it ran.
    let mut fresh = Rig::new();
    let channel = fresh.channel(&server.target(), |_| {});
    fresh.until_stats(&channel, "1:1:");
}

#[test]
fn names_that_calls_are_spread_over_are_asked_for_again() {
    let mut rig = Rig::new();
    let servers = [TestServer::start(), TestServer::start()];
    let of = |server: &TestServer| server.target().parse().expect("an address");
    let known = Arc::new(Mutex::new(Ok(vec![of(&servers[0])])));
    let names = Arc::clone(&known);
    let channel = rig.channel("servers.test:1", |config| {
        config.policy = Policy::RoundRobin;
        config.resolve = Some(Duration::ZERO);
        config.names = Some(Arc::new(move |_, _| {
            let names = names.lock().expect("not poisoned");
            names.clone().map_err(std::io::Error::from)
        }));
    });
    let mut peer = || {
        let call = rig.unary(&channel, "/tusk.Test/Echo", "x");
        let status = rig.status(&call);
        assert!(status.is_ok(), "{}", status.details);
        call.peer().expect("here").expect("known")
    };
    let port_of = |server: &TestServer| format!(":{}", server.port());
    assert!(peer().ends_with(&port_of(&servers[0])));
    // The service has moved; its old server still runs.
    *known.lock().expect("not poisoned") = Ok(vec![of(&servers[1])]);
    while !peer().ends_with(&port_of(&servers[1])) {}
    for _ in 0..5 {
        assert!(peer().ends_with(&port_of(&servers[1])));
    }
    // A name service that fails changes nothing.
    *known.lock().expect("not poisoned") = Err(std::io::ErrorKind::TimedOut);
    for _ in 0..20 {
        assert!(peer().ends_with(&port_of(&servers[1])));
    }
}
