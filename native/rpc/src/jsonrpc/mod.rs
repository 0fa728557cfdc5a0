//! JSON-RPC 2.0 over a stream: a message a line, messages behind their length, or HTTP.
//!
//! Numbers are written as ids, so answers may come in any order. A batch is one message with
//! several calls; its answers are those of single calls.

mod chunks;
mod http;
mod message;
mod scan;
mod url;

pub use http::Http;
pub use scan::{DEPTH, elements, members, skip_value};

use tusk_link::shown::shown;
use tusk_runtime::error::{Error, Kind};

use crate::limits::{MESSAGE_BYTES, METHOD_BYTES};
use crate::wire::{Incoming, Progress, Request, Wire, malformed};

/// How messages are told apart.
#[derive(Debug)]
pub enum Framing {
    /// Each ends with a line feed.
    Newline {
        /// Bytes at the front that hold no line feed.
        seen: usize,
    },
    /// Each follows its length: four bytes, the highest first, as hyperf has it.
    Length,
    /// Each is the body of a request or response.
    Http(Http),
}

/// See the module's description.
#[derive(Debug)]
pub struct JsonRpc {
    framing: Framing,
}

impl JsonRpc {
    /// The protocol with this framing.
    pub fn new(framing: Framing) -> JsonRpc {
        JsonRpc { framing }
    }

    fn frame(&mut self, numbers: Vec<u32>, body: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        if body.len() > MESSAGE_BYTES {
            return Err(Error::new(
                Kind::Overloaded,
                "make a call",
                format!(
                    "{} bytes are more than the {MESSAGE_BYTES} of one message",
                    body.len()
                ),
            ));
        }
        match &mut self.framing {
            Framing::Newline { .. } => {
                out.extend_from_slice(body);
                out.push(b'\n');
            }
            Framing::Length => {
                out.extend_from_slice(&(body.len() as u32).to_be_bytes());
                out.extend_from_slice(body);
            }
            Framing::Http(http) => http.wrap(numbers, body, out),
        }
        Ok(())
    }
}

fn check(request: &Request<'_>) -> Result<(), Error> {
    let method = request.method;
    if method.is_empty() || method.len() > METHOD_BYTES || std::str::from_utf8(method).is_err() {
        return Err(Error::new(
            Kind::Misuse,
            "make a call",
            format!("a method's name has 1 to {METHOD_BYTES} bytes of UTF-8"),
        ));
    }
    Ok(())
}

impl Wire for JsonRpc {
    fn revocable(&self) -> bool {
        !matches!(self.framing, Framing::Http(_))
    }

    fn request(&mut self, seq: u32, request: &Request<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
        check(request)?;
        let mut body = Vec::with_capacity(64 + request.method.len() + request.body.len());
        message::write(Some(seq), request, &mut body);
        self.frame(vec![seq], &body, out)
    }

    fn batch(
        &mut self,
        requests: &[(Option<u32>, Request<'_>)],
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let mut body = Vec::new();
        for (index, (seq, request)) in requests.iter().enumerate() {
            check(request)?;
            body.push(if index == 0 { b'[' } else { b',' });
            message::write(*seq, request, &mut body);
        }
        body.push(b']');
        // A single notification is no batch.
        if let [(None, _)] = requests {
            body.pop();
            body.remove(0);
        }
        let numbers = requests.iter().filter_map(|(seq, _)| *seq).collect();
        self.frame(numbers, &body, out)
    }

    fn undo(&mut self) {
        if let Framing::Http(http) = &mut self.framing {
            http.undo();
        }
    }

    fn ping(&mut self, _: &mut Vec<u8>) -> bool {
        false
    }

    fn pong(&mut self, _: &mut Vec<u8>) {}

    fn refuse(&mut self, id: &[u8], out: &mut Vec<u8>) {
        let mut body = Vec::with_capacity(80 + id.len());
        message::write_refusal(id, &mut body);
        // Short by the bound of ids; and no request comes in a response of HTTP.
        let _ = self.frame(Vec::new(), &body, out);
    }

    fn decode(
        &mut self,
        input: &[u8],
        sink: &mut impl FnMut(Incoming<'_>) -> Result<(), Error>,
    ) -> Result<Progress, Error> {
        match &mut self.framing {
            Framing::Newline { seen } => lines(input, seen, sink),
            Framing::Length => lengths(input, sink),
            Framing::Http(http) => http.decode(input, sink),
        }
    }

    fn ended(
        &mut self,
        rest: &[u8],
        sink: &mut impl FnMut(Incoming<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match &mut self.framing {
            Framing::Http(http) => http.ended(rest, sink),
            Framing::Newline { .. } | Framing::Length => Ok(()),
        }
    }

    fn lost(&mut self, unsent: usize) {
        match &mut self.framing {
            Framing::Newline { seen } => *seen = 0,
            Framing::Length => {}
            Framing::Http(http) => http.lost(unsent),
        }
    }
}

fn lines(
    input: &[u8],
    seen: &mut usize,
    sink: &mut impl FnMut(Incoming<'_>) -> Result<(), Error>,
) -> Result<Progress, Error> {
    let mut consumed = 0;
    loop {
        let rest = &input[consumed..];
        let from = std::mem::take(seen).min(rest.len());
        let Some(end) = rest[from..].iter().position(|&byte| byte == b'\n') else {
            *seen = rest.len();
            if rest.len() > MESSAGE_BYTES {
                return Err(malformed(format!(
                    "a line is longer than {MESSAGE_BYTES} bytes"
                )));
            }
            return Ok(Progress {
                consumed,
                need: Progress::ANY,
            });
        };
        let line = &rest[..from + end];
        consumed += line.len() + 1;
        if scan::first(line).is_some() {
            message::read(line, &mut |_| {}, sink)?;
        }
    }
}

fn lengths(
    input: &[u8],
    sink: &mut impl FnMut(Incoming<'_>) -> Result<(), Error>,
) -> Result<Progress, Error> {
    let mut consumed = 0;
    loop {
        let rest = &input[consumed..];
        let need = match rest.first_chunk() {
            None => 4,
            Some(&head) => 4 + u32::from_be_bytes(head) as usize,
        };
        if need - 4 > MESSAGE_BYTES {
            return Err(malformed(format!(
                "a message announces {} bytes, the bound is {MESSAGE_BYTES}; it begins with {}: is the \
                 framing right?",
                need - 4,
                shown(rest)
            )));
        }
        if rest.len() < need {
            return Ok(Progress { consumed, need });
        }
        message::read(&rest[4..need], &mut |_| {}, sink)?;
        consumed += need;
    }
}
