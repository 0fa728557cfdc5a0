//! Requests and responses as gRPC over HTTP/2 wants them.

use crate::config::Config;
use crate::gzip;
use crate::metadata::Metadata;
use crate::status::{Code, Origin, Status};
use crate::{frame, timeout};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, TE, USER_AGENT};
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use std::time::Duration;
use tusk_runtime::error::{Error, Kind};

const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
/// How many attempts a server may have seen already; gRPC's proposal A6.
const PREVIOUS: HeaderName = HeaderName::from_static("grpc-previous-rpc-attempts");
const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// What all requests of a channel have in common.
pub(crate) struct Wire {
    scheme: Scheme,
    authority: Authority,
    user_agent: HeaderValue,
    compress: bool,
}

impl Wire {
    /// # Errors
    /// `Misuse` when authority or user agent cannot stand in a header.
    pub(crate) fn new(config: &Config) -> Result<Wire, Error> {
        let refuse = |detail: String| Error::new(Kind::Misuse, "open a gRPC channel", detail);
        let authority = Authority::try_from(config.target.authority.as_str())
            .map_err(|_| refuse(format!("\"{}\" is no authority", config.target.authority)))?;
        let mut user_agent = config.user_agent.clone();
        if !user_agent.is_empty() {
            user_agent.push(' ');
        }
        user_agent.push_str(concat!("tusk-grpc/", env!("CARGO_PKG_VERSION")));
        let user_agent = HeaderValue::try_from(user_agent)
            .map_err(|_| refuse(format!("\"{}\" is no user agent", config.user_agent)))?;
        Ok(Wire {
            scheme: if config.tls.is_some() {
                Scheme::HTTPS
            } else {
                Scheme::HTTP
            },
            authority,
            user_agent,
            compress: config.compress,
        })
    }

    pub(crate) fn request(
        &self,
        path: PathAndQuery,
        metadata: &Metadata,
        timeout: Option<Duration>,
        previous: u32,
    ) -> http::Request<()> {
        let mut parts = Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path);
        let mut request = http::Request::new(());
        *request.method_mut() = http::Method::POST;
        // All three parts are there, so they make a URI.
        *request.uri_mut() = http::Uri::from_parts(parts).unwrap_or_default();
        let headers = request.headers_mut();
        headers.reserve(8);
        headers.insert(TE, HeaderValue::from_static("trailers"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(USER_AGENT, self.user_agent.clone());
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity,gzip"));
        if self.compress {
            headers.insert(ENCODING, HeaderValue::from_static("gzip"));
        }
        if let Some(value) =
            timeout.and_then(|timeout| HeaderValue::try_from(timeout::header(timeout)).ok())
        {
            headers.insert(TIMEOUT, value);
        }
        metadata.write_to(headers);
        if previous > 0 {
            headers.insert(PREVIOUS, previous.into());
        }
        request
    }

    /// A message as it goes out.
    pub(crate) fn frame(&self, message: &[u8], compress: bool) -> Bytes {
        if self.compress && compress {
            frame::encode(true, &gzip::compress(message))
        } else {
            frame::encode(false, message)
        }
    }
}

/// The path of a method.
///
/// # Errors
/// `Misuse` when it is none.
pub fn path(method: &str) -> Result<PathAndQuery, Error> {
    let valid = method.starts_with('/') && !method.contains(['?', '#']);
    let path = valid.then(|| PathAndQuery::try_from(method).ok()).flatten();
    path.ok_or_else(|| {
        Error::new(
            Kind::Misuse,
            "call a gRPC method",
            format!("\"{method}\" is no method; it is written /package.Service/Method"),
        )
    })
}

/// Is this response gRPC? Its status where it ends at once.
pub(crate) fn check(parts: &http::response::Parts) -> Result<(), Box<Status>> {
    if let Some(status) = Status::of_trailers(&parts.headers) {
        return Err(Box::new(status));
    }
    let content_type = parts
        .headers
        .get(CONTENT_TYPE)
        .map_or(&b""[..], HeaderValue::as_bytes);
    if parts.status == http::StatusCode::OK && content_type.starts_with(b"application/grpc") {
        return Ok(());
    }
    let shown = String::from_utf8_lossy(content_type);
    Err(Box::new(Status::of_http(parts.status, &shown)))
}

/// How the server compresses.
pub(crate) fn encoding(headers: &http::HeaderMap) -> String {
    headers.get(ENCODING).map_or_else(
        || "identity".to_owned(),
        |value| String::from_utf8_lossy(value.as_bytes()).into_owned(),
    )
}

/// The content of a message.
pub(crate) fn open(message: frame::Message, encoding: &str, limit: usize) -> Result<Bytes, Status> {
    if !message.compressed {
        return Ok(message.data);
    }
    match encoding {
        "gzip" => gzip::decompress(&message.data, limit)
            .map(Bytes::from)
            .map_err(|failure| match failure {
                gzip::Failure::TooLong => {
                    too_long("more than the limit after decompression", limit)
                }
                gzip::Failure::Corrupt => Status::protocol("a message says it is gzip, and is not"),
            }),
        "identity" => Err(Status::protocol(
            "a message says it is compressed, but the server named no grpc-encoding",
        )),
        other => Err(Status::new(
            Origin::Protocol,
            Code::UNIMPLEMENTED,
            format!(
                "the server compresses with {other}, which was not offered to it; gzip and identity were"
            ),
        )),
    }
}

/// What is wrong with the bytes, as a status.
pub(crate) fn failure(failure: frame::Failure, limit: usize) -> Status {
    match failure {
        frame::Failure::Flag(flag) => Status::protocol(format!(
            "a message begins with the byte {flag:#04x} where gRPC has 0 or 1; what came is no gRPC"
        )),
        frame::Failure::TooLong(length) => too_long(&format!("{length} bytes"), limit),
    }
}

fn too_long(what: &str, limit: usize) -> Status {
    Status::new(
        Origin::Local,
        Code::RESOURCE_EXHAUSTED,
        format!(
            "received a message of {what}; the limit is {limit} bytes (maxReceive of the channel, or its service config)"
        ),
    )
}
