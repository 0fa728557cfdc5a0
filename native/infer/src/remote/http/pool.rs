//! The connections to one server, and requests over them, in the background thread.
//!
//! A request takes a connection for itself: an idle one, or a new one while there are fewer
//! than the bound; else it waits for one, first come, first served. One that broke, was
//! given up, or has been idle for long is closed. A GET on an idle connection that turns out to be closed is
//! sent again; a POST is not, once it may have reached the server.

use http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue};
use http::{Method, Request};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tusk_background::Handle;
use tusk_grpc::dial::{dial, resolve};
use tusk_grpc::target::Endpoint;
use tusk_grpc::tls::Tls;
use tusk_runtime::error::{Error, Kind};

use super::body::{HEADER_LENGTH, Question, Reply};
use super::link::{Link, Pieces, Unread, read_all};
use crate::limits;
use crate::remote::question::{Failure, OPERATION, malformed};

/// Where to connect to, and how.
pub struct Config {
    /// The server.
    pub endpoint: Endpoint,
    /// The `Host` of requests.
    pub host: HeaderValue,
    /// What stands before `/v2` in the server's paths.
    pub prefix: String,
    /// Encryption; `None` is plain text.
    pub tls: Option<Tls>,
    /// Sent with every request.
    pub headers: HeaderMap,
    /// How long connecting may take, TLS included.
    pub connect_timeout: Duration,
    /// Connections at the same time.
    pub connections: usize,
    /// Longest body of an answer.
    pub max_receive: usize,
    /// Requests that have not ended.
    pub calls: usize,
}

/// See the module's description.
pub struct Pool {
    pub(crate) config: Config,
    pub(crate) handle: Handle,
    idle: Mutex<Vec<Link>>,
    free: Semaphore,
    calls: AtomicUsize,
}

impl Pool {
    /// No connection is made before it is needed.
    pub fn new(config: Config, handle: Handle) -> Pool {
        Pool {
            free: Semaphore::new(config.connections),
            idle: Mutex::default(),
            calls: AtomicUsize::new(0),
            config,
            handle,
        }
    }

    /// Counts a request in; [`Pool::end`] counts it out.
    ///
    /// # Errors
    /// `Overloaded` at the bound.
    pub(crate) fn begin(&self) -> Result<(), Error> {
        if self.calls.fetch_add(1, Ordering::Relaxed) < self.config.calls {
            return Ok(());
        }
        self.end();
        let detail = format!(
            "{} requests to {} have not ended",
            self.config.calls,
            self.config.endpoint.peer()
        );
        Err(Error::new(Kind::Overloaded, OPERATION, detail)
            .hint("ask less often, or allow more (the option calls)"))
    }

    pub(crate) fn end(&self) {
        self.calls.fetch_sub(1, Ordering::Relaxed);
    }

    /// Requests that have not ended.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Link>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The idle connection that was used last, if there is one that still is one.
    fn take_idle(&self) -> Option<Link> {
        let mut idle = self.idle();
        idle.retain(|link| !link.send.is_closed() && link.used.elapsed() < limits::REMOTE_IDLE);
        idle.pop()
    }

    /// Sends a request and reads its response.
    pub(crate) async fn ask(&self, question: Question) -> Result<Reply, Failure> {
        let Ok(_free) = self.free.acquire().await else {
            return Err(self.broken("the script ends".to_owned()).into());
        };
        loop {
            let (mut link, reused) = match self.take_idle() {
                Some(link) => (link, true),
                None => (self.connect().await?, false),
            };
            let request = self.request(&question)?;
            let sent = match link.send.ready().await {
                Ok(()) => link.send.try_send_request(request).await,
                Err(_) if reused => continue,
                Err(error) => return Err(self.ended(&error, false).into()),
            };
            let response = match sent {
                Ok(response) => response,
                Err(mut failed) => {
                    let unsent = failed.take_message().is_some();
                    if reused && (unsent || !question.post) {
                        continue;
                    }
                    return Err(self.ended(&failed.into_error(), !unsent).into());
                }
            };
            return self.read(link, response).await;
        }
    }

    async fn read(
        &self,
        mut link: Link,
        response: http::Response<hyper::body::Incoming>,
    ) -> Result<Reply, Failure> {
        let (parts, body) = response.into_parts();
        let status = parts.status.as_u16();
        let head = match parts.headers.get(HEADER_LENGTH) {
            None => None,
            Some(value) => {
                let length = value.to_str().ok().and_then(|value| value.parse().ok());
                let shown = String::from_utf8_lossy(value.as_bytes()).into_owned();
                Some(length.ok_or_else(|| {
                    malformed(format!(
                        "its Inference-Header-Content-Length is \"{shown}\""
                    ))
                })?)
            }
        };
        let limit = self.config.max_receive;
        match read_all(body, limit).await {
            Ok(body) => {
                link.used = Instant::now();
                self.idle().push(link);
                Ok(Reply { status, head, body })
            }
            Err(Unread::TooLong) => {
                let detail = format!(
                    "{} answered with more than {limit} bytes, which is the limit",
                    self.config.endpoint.peer()
                );
                let error = Error::new(Kind::Overloaded, OPERATION, detail)
                    .hint("set the option maxReceive higher");
                Err(Failure { error, code: 0 })
            }
            Err(Unread::Broken(error)) => Err(self.ended(&error, true).into()),
        }
    }

    fn request(&self, question: &Question) -> Result<Request<Pieces>, Error> {
        let refuse = |error: http::Error| Error::new(Kind::Misuse, OPERATION, error.to_string());
        let config = &self.config;
        let method = match question.post {
            true => Method::POST,
            false => Method::GET,
        };
        let path = format!("{}{}", config.prefix, question.path);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .body(Pieces(question.pieces.iter().cloned().collect()))
            .map_err(refuse)?;
        let headers = request.headers_mut();
        headers.insert(HOST, config.host.clone());
        if let Some(head) = question.head {
            headers.insert(HEADER_LENGTH, HeaderValue::from(head));
        }
        if question.post {
            let kind = match question.head {
                Some(_) => "application/octet-stream",
                None => "application/json",
            };
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        for (name, value) in &config.headers {
            headers.append(name, value.clone());
        }
        Ok(request)
    }

    async fn connect(&self) -> Result<Link, Error> {
        let config = &self.config;
        let work = async {
            let mut failures = Vec::new();
            for address in resolve(&config.endpoint).await? {
                match dial(&address, config.tls.as_ref(), &self.handle).await {
                    Ok(dialed) => {
                        return Link::new(dialed).await.map_err(|error| error.to_string());
                    }
                    Err(failure) => failures.push(format!("{}: {failure}", address.peer())),
                }
            }
            Err(failures.join("; "))
        };
        match tokio::time::timeout(config.connect_timeout, work).await {
            Ok(connected) => connected.map_err(|failure| self.broken(failure)),
            Err(_) => Err(self.broken(format!(
                "{}: no connection within {:.1} seconds",
                config.endpoint.peer(),
                config.connect_timeout.as_secs_f64()
            ))),
        }
    }

    fn broken(&self, detail: String) -> Error {
        Error::new(Kind::Connection, OPERATION, detail)
    }

    /// A connection ended before the answer was there. `sent`: the server may have worked.
    fn ended(&self, error: &hyper::Error, sent: bool) -> Error {
        let peer = self.config.endpoint.peer();
        if error.is_parse() {
            return malformed(format!("{peer} sent what is no HTTP/1.1 ({error})"));
        }
        let cause = std::error::Error::source(error);
        let cause = cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
        let executed = match sent {
            true => ", and the request may have been executed",
            false => "",
        };
        self.broken(format!(
            "{peer} ended the connection before all of the answer was there ({cause}){executed}"
        ))
    }
}
