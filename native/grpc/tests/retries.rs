//! Calls that are tried again: unseen ones by themselves, others as a service config says.

#[path = "support/bad.rs"]
mod bad;
#[path = "support/rig.rs"]
mod rig;
#[path = "support/server.rs"]
mod server;

use rig::{Rig, TestServer};
use std::time::{Duration, Instant};
use tusk_grpc::call::{Call, Interest, Start};
use tusk_grpc::channel::Channel;
use tusk_grpc::config::Config;
use tusk_grpc::metadata::Metadata;
use tusk_grpc::service::ServiceConfig;
use tusk_grpc::status::{Code, Origin};

/// Four attempts after failures of UNAVAILABLE, with pauses that tests do not feel.
const RETRY: &str = r#"{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 4, "initialBackoff": "0.001s",
    "maxBackoff": "0.01s", "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]}"#;

fn service(config: &mut Config, json: &str) {
    config.set_service(ServiceConfig::parse(json).expect("valid"));
}

fn with(pairs: &[(&str, &str)]) -> Metadata {
    let mut metadata = Metadata::default();
    for (name, value) in pairs {
        let added = metadata.add(name.as_bytes(), value.as_bytes());
        added.expect("metadata");
    }
    metadata
}

fn before(call: &Call) -> Option<String> {
    let headers = call.headers().expect("not forked")?;
    let mut values = headers.iter().filter(|(name, _)| *name == "before");
    let (_, value) = values.next()?;
    Some(String::from_utf8_lossy(value).into_owned())
}

fn open(rig: &Rig, server: &TestServer, json: &str) -> Channel {
    rig.channel(&server.bad_target(), |config| service(config, json))
}

#[test]
fn a_stream_that_a_leaving_server_did_not_see_is_sent_again() {
    let mut rig = Rig::new();
    let channel = rig.channel(&rig::served(bad::serve_after_leaving), |_| {});
    let call = rig.unary(&channel, "/busy/0", "whole");
    let status = rig.status(&call);
    assert!(status.is_ok(), "{}", status.details);
    assert_eq!(rig.message(&call).as_deref(), Some(&b"whole"[..]));
    assert_eq!(before(&call), None, "no application has seen it");

    let channel = rig.channel(&rig::served(bad::serve_after_leaving), |_| {});
    let call = rig.stream(&channel, "/busy/0");
    for part in ["one", "two", "three"] {
        assert!(call.send(part.as_bytes(), true).expect("here"));
        rig.pause();
    }
    call.close_send().expect("here");
    let status = rig.status(&call);
    assert!(status.is_ok(), "{}", status.details);
    for part in ["one", "two", "three"] {
        assert_eq!(rig.message(&call).as_deref(), Some(part.as_bytes()));
    }
}

#[test]
fn a_server_that_always_refuses_is_asked_twice() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    for (json, retries) in [("{}", true), ("{}", false), (RETRY, true)] {
        let channel = rig.channel(&server.bad_target(), |config| {
            service(config, json);
            config.retries = retries;
        });
        let call = rig.unary(&channel, "/bad/Refuse", "x");
        let status = rig.status(&call);
        assert_eq!(status.code, Code::UNAVAILABLE, "{}", status.details);
    }
}

#[test]
fn failures_are_tried_again_as_the_service_says() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let channel = open(&rig, &server, RETRY);
    for times in 0..4 {
        let call = rig.unary(&channel, &format!("/busy/{times}"), "same");
        let status = rig.status(&call);
        assert!(status.is_ok(), "{times}: {}", status.details);
        assert_eq!(rig.message(&call).as_deref(), Some(&b"same"[..]));
        let expected = Some(times.to_string()).filter(|_| times > 0);
        assert_eq!(before(&call), expected);
    }
    for (path, metadata, code) in [
        ("/busy/4", with(&[]), Code::UNAVAILABLE),
        ("/busy/1", with(&[("code", "13")]), Code::INTERNAL),
        ("/busy/1", with(&[("pushback", "-1")]), Code::UNAVAILABLE),
        ("/bad/Begun", with(&[]), Code::UNAVAILABLE),
    ] {
        let call = rig.start(&channel, path, b"x", metadata, None);
        let status = rig.status(&call);
        assert_eq!(
            (status.code, status.origin),
            (code, Origin::Server),
            "{path}"
        );
    }
    let plain = rig.channel(&server.bad_target(), |_| {});
    let call = rig.unary(&plain, "/busy/1", "x");
    assert_eq!(rig.status(&call).code, Code::UNAVAILABLE);
    let off = rig.channel(&server.bad_target(), |config| {
        service(config, RETRY);
        config.retries = false;
    });
    let call = rig.unary(&off, "/busy/1", "x");
    assert_eq!(rig.status(&call).code, Code::UNAVAILABLE);
}

#[test]
fn a_server_says_when_to_come_again_and_the_deadline_still_holds() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let channel = open(&rig, &server, RETRY);
    let began = Instant::now();
    let call = rig.start(
        &channel,
        "/busy/1",
        b"x",
        with(&[("pushback", "300")]),
        None,
    );
    assert!(rig.status(&call).is_ok());
    assert!(began.elapsed() >= Duration::from_millis(300));
    let timeout = Some(Duration::from_millis(50));
    let call = rig.start(
        &channel,
        "/busy/1",
        b"x",
        with(&[("pushback", "60000")]),
        timeout,
    );
    assert_eq!(rig.status(&call).code, Code::DEADLINE_EXCEEDED);
    let call = rig.start(
        &channel,
        "/busy/1",
        b"x",
        with(&[("pushback", "60000")]),
        None,
    );
    rig.pause();
    call.cancel().expect("here");
    assert_eq!(rig.status(&call).code, Code::CANCELLED);
}

#[test]
fn a_stream_is_replayed_and_goes_on() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let channel = open(&rig, &server, RETRY);
    let call = rig.stream(&channel, "/busy-early/3");
    for number in 0..20u8 {
        assert!(call.send(&[number; 100], true).expect("here"));
        rig.pause();
    }
    call.close_send().expect("here");
    let status = rig.status(&call);
    assert!(status.is_ok(), "{}", status.details);
    assert_eq!(before(&call).as_deref(), Some("3"));
    for number in 0..20u8 {
        assert_eq!(rig.message(&call).as_deref(), Some(&[number; 100][..]));
    }
    assert_eq!(rig.message(&call), None);
}

#[test]
fn a_stream_that_has_sent_more_than_is_kept_is_not_tried_again() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let channel = rig.channel(&server.bad_target(), |config| {
        service(config, RETRY);
        config.retry_buffer = 1000;
    });
    for (messages, code) in [(10, Code::OK), (11, Code::UNAVAILABLE)] {
        let call = rig.stream(&channel, "/busy/1");
        for _ in 0..messages {
            assert!(call.send(&[1; 95], true).expect("here"));
        }
        call.close_send().expect("here");
        let status = rig.status(&call);
        assert_eq!(status.code, code, "{messages}: {}", status.details);
    }
    // A whole request is kept however long it is.
    let call = rig.unary(&channel, "/busy/1", &"x".repeat(100_000));
    assert!(rig.status(&call).is_ok());
}

#[test]
fn a_channel_whose_calls_fail_stops_trying_again() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let throttled = RETRY.replacen(
        '{',
        r#"{"retryThrottling": {"maxTokens": 4, "tokenRatio": 1}, "#,
        1,
    );
    let channel = open(&rig, &server, &throttled);
    // Three tokens are left, then two, which is the threshold: the call ends there.
    let call = rig.unary(&channel, "/busy/4", "x");
    assert_eq!(rig.status(&call).code, Code::UNAVAILABLE);
    let call = rig.unary(&channel, "/busy/1", "x");
    assert_eq!(rig.status(&call).code, Code::UNAVAILABLE);
    for _ in 0..4 {
        let call = rig.unary(&channel, "/busy/0", "x");
        assert!(rig.status(&call).is_ok());
    }
    let call = rig.unary(&channel, "/busy/1", "x");
    assert!(rig.status(&call).is_ok());
}

#[test]
fn a_server_that_is_not_there_is_tried_again_too() {
    let mut rig = Rig::new();
    let port = rig::free_port();
    let slow = RETRY.replace("0.001s", "1s").replace("0.01s", "10s");
    let channel = rig.channel(&format!("127.0.0.1:{port}"), |config| {
        service(config, &slow);
        config.backoff_min = Duration::from_millis(10);
    });
    let call = rig.unary(&channel, "/tusk.Test/Echo", "x");
    let state = || channel.connectivity(false).expect("here");
    while state() != tusk_grpc::Connectivity::TransientFailure {
        rig.pause();
    }
    let _server = TestServer::on(port);
    let status = rig.status(&call);
    assert!(status.is_ok(), "{}", status.details);
}

#[test]
fn the_limits_of_a_method() {
    let (server, mut rig) = (TestServer::start(), Rig::new());
    let json = r#"{"methodConfig": [
        {"name": [{"service": "tusk.Test", "method": "Delay"}], "timeout": "0.05s"},
        {"name": [{"service": "tusk.Test"}], "maxRequestMessageBytes": 3, "maxResponseMessageBytes": 100}]}"#;
    let channel = rig.channel(&server.target(), |config| service(config, json));
    let call = rig.unary(&channel, "/tusk.Test/Delay", "60000");
    assert_eq!(rig.status(&call).code, Code::DEADLINE_EXCEEDED);
    // The shorter of both counts.
    let timeout = Some(Duration::from_millis(1));
    let call = rig.start(&channel, "/tusk.Test/Delay", b"60000", with(&[]), timeout);
    assert_eq!(rig.status(&call).code, Code::DEADLINE_EXCEEDED);
    let call = rig.unary(&channel, "/tusk.Test/Echo", "four");
    let status = rig.status(&call);
    assert_eq!(
        (status.code, status.origin),
        (Code::RESOURCE_EXHAUSTED, Origin::Local)
    );
    let call = rig.unary(&channel, "/tusk.Test/Big", "101");
    assert_eq!(rig.status(&call).code, Code::RESOURCE_EXHAUSTED);
    let start = Start {
        method: "/tusk.Test/Chat",
        metadata: Metadata::default(),
        timeout: None,
        message: None,
    };
    let chat = Call::start(&channel, start).expect("a call");
    assert!(chat.send(b"one", true).expect("here"));
    rig.wait(&chat, Interest::Message);
    assert!(!chat.send(b"four", true).expect("here"));
    assert_eq!(rig.status(&chat).code, Code::RESOURCE_EXHAUSTED);
}
