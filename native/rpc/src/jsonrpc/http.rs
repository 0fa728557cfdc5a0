//! JSON-RPC in HTTP/1.1: each message is the body of a POST, pipelined on one connection.
//!
//! Responses come in the order of the requests, so a response that holds no JSON-RPC message
//! still tells whose it is. Bodies have a length, come in chunks, or end with the connection.

use std::collections::VecDeque;

use tusk_link::shown::shown;
use tusk_runtime::error::{Error, Kind};

use super::chunks::{Chunks, too_long};
use super::message;
use crate::limits::MESSAGE_BYTES;
use crate::wire::{Incoming, Progress, malformed};

/// Header lines of a response. Beyond it: an error.
const HEADERS: usize = 64;
/// Bytes of a response's head. Beyond it: an error.
const HEAD_BYTES: usize = 16 << 10;

/// See the module's description.
#[derive(Debug)]
pub struct Http {
    /// What every request begins with, up to the length.
    head: Vec<u8>,
    /// Numbers that the next responses answer.
    expected: VecDeque<Vec<u32>>,
    /// The status of a response whose chunks are coming, and what has come of them.
    open: Option<(u16, Chunks)>,
}

/// How long a body is.
enum Body {
    Length(usize),
    Chunked,
    /// It ends with the connection.
    Rest,
}

impl Http {
    /// Requests to `path` of `host`, with more header lines such as `Authorization: …`.
    pub fn new(host: &str, path: &str, headers: &[(String, String)]) -> Http {
        let mut head = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
             Accept: application/json\r\n"
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("Content-Length: ");
        Http {
            head: head.into_bytes(),
            expected: VecDeque::new(),
            open: None,
        }
    }

    /// Writes a request whose response answers `numbers`.
    pub fn wrap(&mut self, numbers: Vec<u32>, body: &[u8], out: &mut Vec<u8>) {
        self.expected.push_back(numbers);
        out.extend_from_slice(&self.head);
        out.extend_from_slice(format!("{}\r\n\r\n", body.len()).as_bytes());
        out.extend_from_slice(body);
    }

    /// The request written last is not sent.
    pub fn undo(&mut self) {
        self.expected.pop_back();
    }

    /// Only the last `unsent` requests will still get a response.
    pub fn lost(&mut self, unsent: usize) {
        self.open = None;
        let gone = self.expected.len().saturating_sub(unsent);
        self.expected.drain(..gone);
    }

    /// Hands whole responses to `sink`.
    pub fn decode(
        &mut self,
        input: &[u8],
        sink: &mut impl FnMut(Incoming<'_>) -> Result<(), Error>,
    ) -> Result<Progress, Error> {
        self.read(input, false, sink)
    }

    /// The connection has ended, and `rest` came last: a response without a length is whole now.
    pub fn ended(
        &mut self,
        rest: &[u8],
        sink: &mut impl FnMut(Incoming<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.read(rest, true, sink).map(drop)
    }

    fn read(
        &mut self,
        input: &[u8],
        ended: bool,
        sink: &mut impl FnMut(Incoming<'_>) -> Result<(), Error>,
    ) -> Result<Progress, Error> {
        let mut consumed = 0;
        loop {
            let rest = &input[consumed..];
            if let Some((status, chunks)) = &mut self.open {
                consumed += chunks.take(rest)?;
                let Some(body) = chunks.whole() else {
                    return Ok(Progress {
                        consumed,
                        need: Progress::ANY,
                    });
                };
                let status = *status;
                self.open = None;
                self.came(status, &body, sink)?;
                continue;
            }
            let mut headers = [httparse::EMPTY_HEADER; HEADERS];
            let mut response = httparse::Response::new(&mut headers);
            let head = match response.parse(rest) {
                Ok(httparse::Status::Complete(head)) => head,
                Ok(httparse::Status::Partial) if rest.len() <= HEAD_BYTES => {
                    return Ok(Progress {
                        consumed,
                        need: Progress::ANY,
                    });
                }
                Ok(httparse::Status::Partial) => {
                    return Err(malformed("the head of a response does not end".into()));
                }
                Err(error) => {
                    return Err(malformed(format!(
                        "no HTTP response ({error}); the bytes are {}",
                        shown(rest)
                    )));
                }
            };
            let status = response.code.unwrap_or(0);
            let (end, body) = match length_of(&response)? {
                Body::Length(length) if length > MESSAGE_BYTES => return Err(too_long(length)),
                Body::Length(length) if rest.len() - head < length => {
                    return Ok(Progress {
                        consumed,
                        need: head + length,
                    });
                }
                Body::Length(length) => (head + length, rest[head..head + length].to_vec()),
                Body::Chunked => {
                    consumed += head;
                    self.open = Some((status, Chunks::default()));
                    continue;
                }
                Body::Rest if rest.len() - head > MESSAGE_BYTES => {
                    return Err(too_long(rest.len() - head));
                }
                Body::Rest if !ended => {
                    return Ok(Progress {
                        consumed,
                        need: Progress::ANY,
                    });
                }
                Body::Rest => (rest.len(), rest[head..].to_vec()),
            };
            consumed += end;
            self.came(status, &body, sink)?;
        }
    }

    /// A response is whole.
    fn came(
        &mut self,
        status: u16,
        body: &[u8],
        sink: &mut impl FnMut(Incoming<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match status {
            // Interim responses (100 Continue) answer nothing.
            ..200 => Ok(()),
            _ => self.answer(status, body, sink),
        }
    }

    fn answer(
        &mut self,
        status: u16,
        body: &[u8],
        sink: &mut impl FnMut(Incoming<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some(mut expected) = self.expected.pop_front() else {
            return Err(malformed(format!(
                "a response (HTTP {status}) came that nobody asked for; its body begins with {}",
                shown(body)
            )));
        };
        let read = if body.is_empty() {
            Ok(())
        } else {
            message::read(
                body,
                &mut |seq| expected.retain(|&other| other != seq),
                // A response has no place for an answer to a request in it.
                &mut |incoming| match incoming {
                    Incoming::Asked { .. } => Ok(()),
                    other => sink(other),
                },
            )
        };
        match read {
            // A body that is no message belongs to a failure of HTTP.
            Err(error) if (200..300).contains(&status) => return Err(error),
            _ => {}
        }
        for seq in expected {
            let text = match status {
                200..300 => "the response holds no answer to this call".to_owned(),
                _ => format!("HTTP {status}: {}", shown(body)),
            };
            let error = Error::new(Kind::Remote, "finish the call", text);
            sink(Incoming::Failed { seq, error })?;
        }
        Ok(())
    }
}

fn length_of(response: &httparse::Response<'_, '_>) -> Result<Body, Error> {
    let value = |name: &str| {
        let mut headers = response.headers.iter();
        let header = headers.find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value).ok().map(str::trim)
    };
    if value("Transfer-Encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        return Ok(Body::Chunked);
    }
    if let Some(length) = value("Content-Length") {
        return match length.parse() {
            Ok(length) => Ok(Body::Length(length)),
            Err(_) => Err(malformed(format!("the length of a response is {length:?}"))),
        };
    }
    match response.code {
        Some(100..200 | 204 | 304) => Ok(Body::Length(0)),
        _ => Ok(Body::Rest),
    }
}
