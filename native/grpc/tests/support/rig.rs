//! A reactor with a background thread, and servers in threads of their own.
#![allow(dead_code, reason = "each test and example uses a part of it")]

use crate::{bad, server};
use bytes::Bytes;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_stream::wrappers::TcpListenerStream;
use tusk_background::Background;
use tusk_grpc::call::{Call, Interest, Start};
use tusk_grpc::channel::Channel;
use tusk_grpc::config::Config;
use tusk_grpc::metadata::Metadata;
use tusk_grpc::status::Status;
use tusk_grpc::target::Target;
use tusk_runtime::driver::Choice;
use tusk_runtime::error::Error;
use tusk_runtime::reactor::{Reactor, Turn};

/// PHP's thread, without PHP.
pub struct Rig {
    reactor: Reactor,
    background: Option<Background>,
}

impl Rig {
    pub fn new() -> Rig {
        let mut reactor = Reactor::new(Choice::Epoll, 16, 1, 1).expect("a reactor");
        let background = Background::start(reactor.sender()).expect("a thread");
        reactor.set_outbox(Some(Box::new(background.handle().clone())));
        Rig {
            reactor,
            background: Some(background),
        }
    }

    pub fn channel(&self, target: &str, change: impl FnOnce(&mut Config)) -> Channel {
        let mut config = Config::new(Target::parse([target]).expect("a target"));
        change(&mut config);
        let handle = self.background.as_ref().expect("it runs").handle();
        Channel::open(config, handle.clone()).expect("a channel")
    }

    pub fn start(
        &mut self,
        channel: &Channel,
        method: &str,
        message: &[u8],
        metadata: Metadata,
        timeout: Option<Duration>,
    ) -> Call {
        let start = Start {
            method,
            metadata,
            timeout,
            message: Some(message),
        };
        Call::start(channel, start).expect("a call")
    }

    pub fn try_start(
        &mut self,
        channel: &Channel,
        method: &str,
        message: &[u8],
    ) -> Result<Call, Error> {
        let start = Start {
            method,
            metadata: Metadata::default(),
            timeout: None,
            message: Some(message),
        };
        Call::start(channel, start)
    }

    pub fn unary(&mut self, channel: &Channel, method: &str, message: &str) -> Call {
        self.try_start(channel, method, message.as_bytes())
            .expect("a call")
    }

    pub fn stream(&mut self, channel: &Channel, method: &str) -> Call {
        let start = Start {
            method,
            metadata: Metadata::default(),
            timeout: None,
            message: None,
        };
        Call::start(channel, start).expect("a call")
    }

    pub fn wait(&mut self, call: &Call, interest: Interest) {
        while !call.is_there(interest).expect("not forked") {
            let op = self.reactor.open_letter(None);
            if !call.wait(interest, op).expect("not forked") {
                self.reactor.withdraw_letter(op);
                continue;
            }
            while self.reactor.take_result(op).is_none() {
                assert_eq!(self.reactor.turn(None, false), Turn::Done);
            }
        }
    }

    pub fn status(&mut self, call: &Call) -> Status {
        self.wait(call, Interest::End);
        call.status().expect("not forked").expect("it ended")
    }

    pub fn message(&mut self, call: &Call) -> Option<Bytes> {
        self.wait(call, Interest::Message);
        call.take().expect("not forked")
    }

    /// Lets the other threads run, and the reactor too.
    pub fn pause(&mut self) {
        self.background.as_ref().expect("it runs").handle().ring();
        std::thread::sleep(Duration::from_millis(20));
    }

    pub fn text(&mut self, channel: &Channel, method: &str) -> String {
        let call = self.unary(channel, method, "");
        let status = self.status(&call);
        assert!(status.is_ok(), "{}", status.details);
        let answer = call.take().expect("not forked").expect("an answer");
        String::from_utf8(answer.to_vec()).expect("text")
    }

    /// One of the server's counters.
    pub fn stats(&mut self, channel: &Channel, index: usize) -> u64 {
        let text = self.text(channel, "/tusk.Test/Stats");
        text.split(':')
            .nth(index)
            .and_then(|part| part.parse().ok())
            .expect("a number")
    }

    /// Asks until the counters begin like this.
    pub fn until_stats(&mut self, channel: &Channel, begin: &str) {
        for _ in 0..1000 {
            if self.text(channel, "/tusk.Test/Stats").starts_with(begin) {
                return;
            }
            self.pause();
        }
        panic!(
            "the counters are {} instead of {begin}",
            self.text(channel, "/tusk.Test/Stats")
        );
    }

    /// Ends the background thread, as the end of a script does.
    pub fn end(&mut self) {
        let background = self.background.take().expect("it runs");
        assert!(background.close(Duration::from_secs(20)));
    }

    /// What a child of a fork does.
    pub fn fork(&mut self) {
        self.background.take().expect("it runs").abandon();
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if let Some(background) = self.background.take() {
            assert!(background.close(Duration::from_secs(20)));
        }
    }
}

/// The test server in a thread; ends when dropped.
pub struct TestServer {
    port: u16,
    bad: u16,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// An address where a server of `serve` runs in a thread, to the end of the process.
pub fn served<F: Future<Output = ()>>(
    serve: impl FnOnce(TcpListener) -> F + Send + 'static,
) -> String {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("bound");
            tell.send(address).expect("the test listens");
            serve(listener).await;
        });
    });
    told.recv().expect("it listens").to_string()
}

pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("bound").port()
}

impl TestServer {
    pub fn start() -> TestServer {
        TestServer::on(0)
    }

    pub fn on(port: u16) -> TestServer {
        let (tell, told) = mpsc::channel();
        let (end, ended) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::bind(("127.0.0.1", port))
                    .await
                    .expect("a port");
                let bad = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                let port_of = |listener: &TcpListener| listener.local_addr().expect("bound").port();
                tell.send((port_of(&listener), port_of(&bad)))
                    .expect("the test listens");
                tokio::spawn(bad::serve(bad));
                let counters = server::counters();
                let serving = tonic::transport::Server::builder()
                    .add_service(server::Test::<false>(counters.clone()))
                    .add_service(server::Test::<true>(counters))
                    .serve_with_incoming(TcpListenerStream::new(listener));
                tokio::select! {
                    _ = serving => {}
                    _ = ended => {}
                }
            });
        });
        let (port, bad) = told.recv().expect("it listens");
        TestServer {
            port,
            bad,
            end: Some(end),
            thread: Some(thread),
        }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn target(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn bad_target(&self) -> String {
        format!("127.0.0.1:{}", self.bad)
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
