//! The server that tests and benches call: tonic, with bytes as messages.
//!
//! Methods of `tusk.Test`; parameters are the text of the message:
//! - unary: `Echo`; `Delay` (ms); `Fail` (`code:words`); `Big` (bytes of zeros to answer
//!   with); `Headers` (answers with the request's headers, a line each); `Stats`;
//!   `Health` (what the health service says from now on); `Exit` (ends the process)
//! - server streaming: `Count` (`messages:bytes`), `Drip` (`messages:ms`)
//! - client streaming: `Collect` (answers `messages:bytes`)
//! - bidirectional: `Chat` (echoes each message)
//!
//! Metadata whose name begins with `echo-` comes back as the response's.
#![allow(dead_code, reason = "each test and example uses a part of it")]

#[path = "raw.rs"]
mod raw;

use bytes::Bytes;
pub use raw::Raw;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio_stream::{Stream, StreamExt};
use tonic::codec::CompressionEncoding;
use tonic::codegen::{Body, BoxFuture, Service, StdError, http};
use tonic::metadata::MetadataMap;
use tonic::server::{
    ClientStreamingService, Grpc, NamedService, ServerStreamingService, StreamingService,
    UnaryService,
};
use tonic::{Code, Request, Response, Status, Streaming};

type Answers = Pin<Box<dyn Stream<Item = Result<Bytes, Status>> + Send>>;

/// What `Stats` tells.
#[derive(Default)]
pub struct Counters {
    started: AtomicU64,
    cancelled: AtomicU64,
    sent: AtomicU64,
    health: AtomicU8,
}

/// Counts a call that is dropped before it was done.
struct Watched(Arc<Counters>, bool);

impl Watched {
    fn done(&mut self) {
        self.1 = true;
    }

    fn new(counters: &Arc<Counters>) -> Watched {
        counters.started.fetch_add(1, Ordering::SeqCst);
        Watched(Arc::clone(counters), false)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if !self.1 {
            self.0.cancelled.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// One method.
#[derive(Clone)]
struct Method {
    name: String,
    counters: Arc<Counters>,
}

fn text(message: &Bytes) -> String {
    String::from_utf8_lossy(message).into_owned()
}

fn pair(message: &Bytes) -> (u64, u64) {
    let text = text(message);
    let (left, right) = text.split_once(':').unwrap_or((&text, "0"));
    (left.parse().unwrap_or(0), right.parse().unwrap_or(0))
}

fn echo(from: &MetadataMap, to: &mut MetadataMap) {
    let mut headers = std::mem::take(to).into_headers();
    let from = from.clone().into_headers();
    for (name, value) in from
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("echo-"))
    {
        headers.append(name.clone(), value.clone());
    }
    *to = MetadataMap::from_headers(headers);
}

impl UnaryService<Bytes> for Method {
    type Response = Bytes;
    type Future = BoxFuture<Response<Bytes>, Status>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let (metadata, _, message) = request.into_parts();
            let mut response = Response::new(this.unary(message, &metadata).await?);
            echo(&metadata, response.metadata_mut());
            Ok(response)
        })
    }
}

impl Method {
    async fn unary(&self, message: Bytes, metadata: &MetadataMap) -> Result<Bytes, Status> {
        let answer = match self.name.as_str() {
            "Echo" => message,
            "Delay" => {
                let mut watched = Watched::new(&self.counters);
                tokio::time::sleep(Duration::from_millis(pair(&message).0)).await;
                watched.done();
                message
            }
            "Fail" => {
                let text = text(&message);
                let (code, words) = text.split_once(':').unwrap_or((&text, ""));
                let mut metadata = MetadataMap::new();
                metadata.insert("x-why", "asked for".parse().expect("ASCII"));
                let code = Code::from(code.parse::<i32>().unwrap_or(2));
                let details = Bytes::from_static(b"\x08\x05\xff");
                return Err(Status::with_details_and_metadata(
                    code, words, details, metadata,
                ));
            }
            "Big" => Bytes::from(vec![0; pair(&message).0 as usize]),
            "Headers" => {
                let headers = metadata.clone().into_headers();
                let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
                    format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()))
                };
                headers.iter().map(line).collect::<String>().into()
            }
            "Stats" => {
                let count = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
                let (c, sent) = (&self.counters, count(&self.counters.sent));
                let text = format!("{}:{}:{sent}", count(&c.started), count(&c.cancelled));
                text.into()
            }
            "Health" => {
                self.counters
                    .health
                    .store(pair(&message).0 as u8, Ordering::SeqCst);
                message
            }
            "Exit" => std::process::exit(0),
            "Check" => Bytes::copy_from_slice(&health(&self.counters)),
            other => return Err(Status::unimplemented(format!("there is no method {other}"))),
        };
        Ok(answer)
    }
}

fn health(counters: &Counters) -> [u8; 2] {
    [0x08, counters.health.load(Ordering::SeqCst)]
}

impl ServerStreamingService<Bytes> for Method {
    type Response = Bytes;
    type ResponseStream = Answers;
    type Future = BoxFuture<Response<Answers>, Status>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let (metadata, _, message) = request.into_parts();
        let (name, counters) = (self.name.clone(), Arc::clone(&self.counters));
        let watched = Watched::new(&counters);
        let (messages, other) = pair(&message);
        let answers = async_stream(watched, move |number| {
            let (name, counters) = (name.clone(), Arc::clone(&counters));
            async move {
                if name == "Watch" {
                    // The health service: says what it says whenever that changes.
                    let before = number
                        .checked_sub(1)
                        .map(|_| counters.health.load(Ordering::SeqCst));
                    while before == Some(counters.health.load(Ordering::SeqCst)) {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    return Some(Bytes::copy_from_slice(&health(&counters)));
                }
                if number >= messages {
                    return None;
                }
                counters.sent.fetch_add(1, Ordering::SeqCst);
                if name == "Drip" {
                    tokio::time::sleep(Duration::from_millis(other)).await;
                    return Some(Bytes::from(number.to_string()));
                }
                let mut content = vec![0; (other as usize).max(8)];
                content[..8].copy_from_slice(&number.to_be_bytes());
                Some(content.into())
            }
        });
        let mut response = Response::new(answers);
        echo(&metadata, response.metadata_mut());
        Box::pin(async move { Ok(response) })
    }
}

/// A stream from a function that gives its next item.
fn async_stream<F>(watched: Watched, next: impl Fn(u64) -> F + Send + 'static) -> Answers
where
    F: Future<Output = Option<Bytes>> + Send + 'static,
{
    struct Items<N, F> {
        watched: Watched,
        next: N,
        number: u64,
        pending: Option<Pin<Box<F>>>,
    }
    impl<N: Fn(u64) -> F + Unpin, F: Future<Output = Option<Bytes>>> Stream for Items<N, F> {
        type Item = Result<Bytes, Status>;

        fn poll_next(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Self::Item>> {
            let this = &mut *self;
            let pending = this
                .pending
                .get_or_insert_with(|| Box::pin((this.next)(this.number)));
            let item = std::task::ready!(pending.as_mut().poll(context));
            this.pending = None;
            this.number += 1;
            this.watched.1 = item.is_none();
            Poll::Ready(item.map(Ok))
        }
    }
    Box::pin(Items {
        watched,
        next: Box::new(next),
        number: 0,
        pending: None,
    })
}

impl ClientStreamingService<Bytes> for Method {
    type Response = Bytes;
    type Future = BoxFuture<Response<Bytes>, Status>;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        let mut watched = Watched::new(&self.counters);
        Box::pin(async move {
            let (metadata, _, mut messages) = request.into_parts();
            let (mut count, mut length) = (0, 0);
            while let Some(message) = messages.next().await {
                count += 1;
                length += message?.len();
            }
            watched.done();
            let mut response = Response::new(Bytes::from(format!("{count}:{length}")));
            echo(&metadata, response.metadata_mut());
            Ok(response)
        })
    }
}

impl StreamingService<Bytes> for Method {
    type Response = Bytes;
    type ResponseStream = Answers;
    type Future = BoxFuture<Response<Answers>, Status>;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        let (metadata, _, messages) = request.into_parts();
        let answers: Answers = Box::pin(messages);
        let mut response = Response::new(answers);
        echo(&metadata, response.metadata_mut());
        Box::pin(async move { Ok(response) })
    }
}

/// `tusk.Test`, and the health service under its own name.
#[derive(Clone)]
pub struct Test<const HEALTH: bool>(pub Arc<Counters>);

impl NamedService for Test<false> {
    const NAME: &'static str = "tusk.Test";
}

impl NamedService for Test<true> {
    const NAME: &'static str = "grpc.health.v1.Health";
}

impl<const HEALTH: bool, B> Service<http::Request<B>> for Test<HEALTH>
where
    B: Body + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = http::Response<tonic::body::Body>;
    type Error = std::convert::Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let name = request
            .uri()
            .path()
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        let method = Method {
            name,
            counters: Arc::clone(&self.0),
        };
        let mut grpc = Grpc::new(Raw)
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(64 << 20);
        // As the client does, except where the limit after decompression is looked at.
        let compressed = request.headers().contains_key("grpc-encoding");
        if compressed || method.name == "Big" {
            grpc = grpc.send_compressed(CompressionEncoding::Gzip);
        }
        Box::pin(async move {
            Ok(match method.name.as_str() {
                "Count" | "Drip" | "Watch" => grpc.server_streaming(method, request).await,
                "Collect" => grpc.client_streaming(method, request).await,
                "Chat" => grpc.streaming(method, request).await,
                _ => grpc.unary(method, request).await,
            })
        })
    }
}

/// A fresh server that serves.
pub fn counters() -> Arc<Counters> {
    let counters = Counters::default();
    counters.health.store(1, Ordering::SeqCst);
    Arc::new(counters)
}
