//! The client against a tonic server, and against one that breaks the rules: what a caller
//! sees, through a real reactor.

#[path = "support/bad.rs"]
mod bad;
#[path = "support/rig.rs"]
mod rig;
#[path = "support/server.rs"]
mod server;

use rig::{Rig, TestServer};
use std::time::Duration;
use tusk_grpc::call::Interest;
use tusk_grpc::metadata::Metadata;
use tusk_grpc::status::{Code, Origin};

#[test]
fn a_unary_call_with_metadata_both_ways() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let channel = rig.channel(&server.target(), |_| {});
    let mut metadata = Metadata::default();
    metadata.add(b"echo-name", b"value").expect("valid");
    metadata
        .add(b"echo-bytes-bin", &[0, 1, 255])
        .expect("valid");
    let call = rig.start(&channel, "/tusk.Test/Echo", b"hello", metadata, None);
    let status = rig.status(&call);
    assert_eq!((status.code, status.origin), (Code::OK, Origin::Server));
    assert_eq!(call.take().expect("here").as_deref(), Some(&b"hello"[..]));
    assert_eq!(call.take().expect("here"), None);
    let headers = call.headers().expect("here").expect("they came");
    let echoed: Vec<_> = headers
        .iter()
        .filter(|(name, _)| name.starts_with("echo-"))
        .collect();
    assert!(
        echoed.contains(&("echo-name", b"value"))
            && echoed.contains(&("echo-bytes-bin", &[0, 1, 255]))
    );
    assert!(
        call.peer()
            .expect("here")
            .expect("known")
            .starts_with("ipv4:127.0.0.1:")
    );
    assert_eq!(channel.calls(), 0);
}

#[test]
fn a_failure_has_code_words_and_trailing_metadata() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let channel = rig.channel(&server.target(), |_| {});
    let call = rig.unary(&channel, "/tusk.Test/Fail", "5:kein Schlüssel %");
    let status = rig.status(&call);
    assert_eq!(
        (status.code, &*status.details),
        (Code::NOT_FOUND, "kein Schlüssel %")
    );
    let trailing: Vec<_> = status.metadata.iter().collect();
    assert!(trailing.contains(&("x-why", b"asked for")));
    assert!(trailing.contains(&("grpc-status-details-bin", b"\x08\x05\xff")));
    let call = rig.unary(&channel, "/tusk.Test/Nothing", "");
    assert_eq!(rig.status(&call).code, Code::UNIMPLEMENTED);
}

#[test]
fn hundreds_of_calls_share_one_connection_and_get_their_own_answers() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let channel = rig.channel(&server.target(), |_| {});
    let calls: Vec<_> = (0..500)
        .map(|number| rig.unary(&channel, "/tusk.Test/Echo", &number.to_string()))
        .collect();
    for (number, call) in calls.iter().enumerate() {
        assert!(rig.status(call).is_ok());
        let answer = call.take().expect("here").expect("an answer");
        assert_eq!(answer, number.to_string().as_bytes());
    }
}

#[test]
fn the_four_kinds_of_calls() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let channel = rig.channel(&server.target(), |_| {});
    let count = rig.unary(&channel, "/tusk.Test/Count", "100:10");
    let mut numbers = 0;
    while let Some(message) = rig.message(&count) {
        assert_eq!((message.len(), message[7]), (10, numbers));
        numbers += 1;
    }
    assert_eq!(numbers, 100);
    assert!(rig.status(&count).is_ok());

    let collect = rig.stream(&channel, "/tusk.Test/Collect");
    for _ in 0..20 {
        assert!(collect.send(&[7; 100], true).expect("here"));
    }
    collect.close_send().expect("here");
    assert!(!collect.send(b"late", true).expect("here"), "it was closed");
    assert_eq!(rig.message(&collect).as_deref(), Some(&b"20:2000"[..]));
    assert!(rig.status(&collect).is_ok());

    let chat = rig.stream(&channel, "/tusk.Test/Chat");
    for text in ["one", "two"] {
        assert!(chat.send(text.as_bytes(), true).expect("here"));
        assert_eq!(rig.message(&chat).as_deref(), Some(text.as_bytes()));
    }
    chat.close_send().expect("here");
    assert_eq!(rig.message(&chat), None);
    assert!(rig.status(&chat).is_ok());
}

#[test]
fn a_deadline_ends_the_call_here_and_there() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let channel = rig.channel(&server.target(), |_| {});
    // The connection is there, or a busy machine could use all of the time for it.
    let first = rig.unary(&channel, "/tusk.Test/Echo", "x");
    assert!(rig.status(&first).is_ok());
    let timeout = Some(Duration::from_millis(300));
    let call = rig.start(
        &channel,
        "/tusk.Test/Delay",
        b"60000",
        Metadata::default(),
        timeout,
    );
    assert_eq!(rig.status(&call).code, Code::DEADLINE_EXCEEDED);
    rig.until_stats(&channel, "1:1:");
}

#[test]
fn a_deadline_beyond_the_clocks_end_is_none() {
    let mut rig = Rig::new();
    let channel = rig.channel(&format!("127.0.0.1:{}", rig::free_port()), |_| {});
    for timeout in [Duration::from_secs(i64::MAX as u64), Duration::MAX] {
        let metadata = Metadata::default();
        let call = rig.start(&channel, "/tusk.Test/Echo", b"", metadata, Some(timeout));
        assert_eq!(rig.status(&call).code, Code::UNAVAILABLE);
    }
    assert_eq!(channel.calls(), 0);
}

#[test]
fn a_call_whose_task_is_dropped_ends() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let channel = rig.channel(&server.target(), |_| {});
    let call = rig.stream(&channel, "/tusk.Test/Chat");
    assert!(call.send(b"begun", true).expect("here"));
    assert!(rig.message(&call).is_some());
    rig.end();
    let status = call.status().expect("not forked").expect("it ended");
    assert_eq!(
        (status.code, status.origin),
        (Code::INTERNAL, Origin::Local)
    );
    assert_eq!(channel.calls(), 0);
}

#[test]
fn a_cancelled_or_dropped_call_is_cancelled_at_the_server() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let channel = rig.channel(&server.target(), |_| {});
    let call = rig.unary(&channel, "/tusk.Test/Delay", "60000");
    rig.until_stats(&channel, "1:0:");
    call.cancel().expect("here");
    assert_eq!(rig.status(&call).code, Code::CANCELLED);
    rig.until_stats(&channel, "1:1:");
    let stream = rig.unary(&channel, "/tusk.Test/Drip", "100000:1");
    assert!(rig.message(&stream).is_some());
    drop(stream);
    rig.until_stats(&channel, "2:2:");
}

#[test]
fn a_stream_that_nobody_reads_holds_one_window() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let channel = rig.channel(&server.target(), |config| config.window = 65_535);
    let call = rig.unary(&channel, "/tusk.Test/Count", "10000:1000");
    rig.wait(&call, Interest::Message);
    // The server stops when the window is full and its own buffers are.
    let mut sent = rig.stats(&channel, 2);
    loop {
        rig.pause();
        let now = rig.stats(&channel, 2);
        if now == sent {
            break;
        }
        sent = now;
    }
    assert!(sent < 9_000, "the server could send {sent} of 10,000");
    // What is here without asking for more is one window, and what was incomplete at first.
    let mut seen = 0;
    while let Some(message) = call.take().expect("here") {
        assert_eq!(message[..8], u64::to_be_bytes(seen));
        seen += 1;
    }
    assert!(
        (60..=66).contains(&seen),
        "{seen} messages of 1,005 bytes in a window of 65,535"
    );
    while let Some(message) = rig.message(&call) {
        assert_eq!(message[..8], u64::to_be_bytes(seen));
        seen += 1;
    }
    assert_eq!(seen, 10_000);
    assert!(rig.status(&call).is_ok());
}

#[test]
fn a_sender_waits_for_a_server_that_does_not_read() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let channel = rig.channel(&server.target(), |config| config.window = 65_535);
    // Chat echoes; as nobody takes the echoes, the server stops reading.
    let chat = rig.stream(&channel, "/tusk.Test/Chat");
    let mut sent = 0;
    while sent < 5_000 && chat.is_there(Interest::Room).expect("here") {
        assert!(chat.send(&[1; 1000], true).expect("here"));
        sent += 1;
        if sent % 20 == 0 {
            rig.pause();
        }
    }
    assert!(sent < 3_000, "{sent} messages of 1,000 bytes were accepted");
    let mut echoed = 0;
    while echoed < sent {
        assert!(rig.message(&chat).is_some());
        echoed += 1;
    }
    chat.close_send().expect("here");
    assert_eq!(rig.message(&chat), None);
    assert!(rig.status(&chat).is_ok());
}

#[test]
fn compressed_messages_and_the_limit_after_decompression() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let channel = rig.channel(&server.target(), |config| config.compress = true);
    let call = rig.unary(&channel, "/tusk.Test/Echo", &"x".repeat(100_000));
    assert!(rig.status(&call).is_ok());
    assert_eq!(call.take().expect("here").expect("one").len(), 100_000);
    let headers = rig.unary(&channel, "/tusk.Test/Headers", "");
    assert!(rig.status(&headers).is_ok());
    let just = rig.unary(&channel, "/tusk.Test/Big", &(4 << 20).to_string());
    assert!(rig.status(&just).is_ok());
    let over = rig.unary(&channel, "/tusk.Test/Big", &((4 << 20) + 1).to_string());
    let status = rig.status(&over);
    assert_eq!(
        (status.code, status.origin),
        (Code::RESOURCE_EXHAUSTED, Origin::Local)
    );
    assert!(
        status.details.contains("after decompression"),
        "{}",
        status.details
    );
    assert_eq!(over.take().expect("here"), None);
}

#[test]
fn what_is_no_grpc_is_named() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let channel = rig.channel(&server.bad_target(), |_| {});
    for (way, code, words) in [
        ("Flag", Code::INTERNAL, "0x07"),
        ("Long", Code::RESOURCE_EXHAUSTED, "2147483647"),
        ("Half", Code::INTERNAL, "middle of a message"),
        ("NoStatus", Code::INTERNAL, "without a status"),
        ("Compressed", Code::INTERNAL, "no grpc-encoding"),
        ("Snappy", Code::UNIMPLEMENTED, "snappy"),
        ("Html", Code::UNAVAILABLE, "HTTP 503"),
        ("Missing", Code::UNIMPLEMENTED, "HTTP 404"),
        ("Number", Code(99), ""),
        ("Reset", Code::INTERNAL, "reset"),
        ("Calm", Code::RESOURCE_EXHAUSTED, "reset"),
        ("GoAway", Code::UNAVAILABLE, "the call was under way"),
        ("Close", Code::UNAVAILABLE, "broke"),
        ("Fine", Code::OK, ""),
    ] {
        let call = rig.unary(&channel, &format!("/bad/{way}"), "x");
        let status = rig.status(&call);
        assert_eq!(status.code, code, "{way}: {}", status.details);
        assert!(status.details.contains(words), "{way}: {}", status.details);
    }
}

#[test]
fn a_call_that_was_refused_unseen_is_sent_again() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let channel = rig.channel(&server.bad_target(), |_| {});
    let call = rig.unary(&channel, "/bad/Later", "x");
    let status = rig.status(&call);
    assert!(status.is_ok(), "{}", status.details);
    assert_eq!(rig.message(&call).as_deref(), Some(&b"fine"[..]));
}

#[test]
fn a_server_that_says_goodbye_answers_what_it_has_and_gets_no_more() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let channel = rig.channel(&server.bad_target(), |_| {});
    for _ in 0..20 {
        for way in ["Leave", "Fine", "Fine"] {
            let call = rig.unary(&channel, &format!("/bad/{way}"), "x");
            let status = rig.status(&call);
            assert!(status.is_ok(), "{way}: {}", status.details);
        }
    }
}
