//! Goridge, the protocol of RoadRunner: framed calls with sequence numbers.
//!
//! Source: the frame of roadrunner-server/goridge v3 and v4 (pkg/frame) and of
//! roadrunner-php/goridge 4. All numbers are little-endian:
//!
//! ```text
//! byte 0      version (1) in the high 4 bits, header length in 32-bit words in the low 4
//!      1      flags: CONTROL, codec, ERROR
//!      2..6   length of the payload
//!      6..10  CRC-32 of bytes 0..6 alone
//!      10     STREAM, STOP, PING, PONG
//!      11     reserved
//!      12..   up to ten options of 4 bytes, then the payload
//! ```
//!
//! A call has two options, its number and the length of its method's name; its payload is
//! that name followed by the encoded body. An answer repeats both. A failure has ERROR beside
//! the codec, and its body is text.

mod crc;
mod frame;

use tusk_link::shown::shown;
use tusk_runtime::error::{Error, Kind};

use crate::limits::{MESSAGE_BYTES, METHOD_BYTES};
use crate::wire::{Incoming, Progress, Request, Wire, malformed, method_tag};

pub use crc::crc32;
pub use frame::{FIXED_BYTES, Header, HeaderError};

/// Bits of byte 1.
pub mod flags {
    /// A message of the protocol itself.
    pub const CONTROL: u8 = 0x01;
    /// Bytes as they are.
    pub const RAW: u8 = 0x04;
    /// JSON.
    pub const JSON: u8 = 0x08;
    /// MessagePack.
    pub const MSGPACK: u8 = 0x10;
    /// Go's own encoding, which is nothing for PHP.
    pub const GOB: u8 = 0x20;
    /// The body is the text of a failure.
    pub const ERROR: u8 = 0x40;
    /// A protobuf message.
    pub const PROTO: u8 = 0x80;
    /// All codecs.
    pub const CODECS: u8 = RAW | JSON | MSGPACK | GOB | PROTO;
}

/// Bits of byte 10.
pub mod control {
    /// A part of a stream.
    pub const STREAM: u8 = 0x01;
    /// The end of a stream.
    pub const STOP: u8 = 0x02;
    /// Are you there?
    pub const PING: u8 = 0x04;
    /// I am.
    pub const PONG: u8 = 0x08;
}

/// The protocol. It keeps nothing between frames.
#[derive(Clone, Copy, Debug, Default)]
pub struct Goridge;

impl Wire for Goridge {
    fn revocable(&self) -> bool {
        true
    }

    fn request(&mut self, seq: u32, request: &Request<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
        let &Request {
            method,
            body,
            codec,
        } = request;
        if method.is_empty() || method.len() > METHOD_BYTES {
            return Err(Error::new(
                Kind::Misuse,
                "make a call",
                format!("a method's name has 1 to {METHOD_BYTES} bytes"),
            ));
        }
        let payload = method.len() + body.len();
        if payload > MESSAGE_BYTES {
            return Err(Error::new(
                Kind::Overloaded,
                "make a call",
                format!("{payload} bytes are more than the {MESSAGE_BYTES} of one frame"),
            )
            .hint("send it in parts"));
        }
        let options = [seq, method.len() as u32];
        Header::new(codec, 0, payload as u32, &options).write(out);
        out.extend_from_slice(method);
        out.extend_from_slice(body);
        Ok(())
    }

    fn ping(&mut self, out: &mut Vec<u8>) -> bool {
        Header::new(flags::CONTROL, control::PING, 0, &[]).write(out);
        true
    }

    fn pong(&mut self, out: &mut Vec<u8>) {
        Header::new(flags::CONTROL, control::PONG, 0, &[]).write(out);
    }

    fn decode(
        &mut self,
        input: &[u8],
        sink: &mut impl FnMut(Incoming<'_>) -> Result<(), Error>,
    ) -> Result<Progress, Error> {
        let mut consumed = 0;
        loop {
            let rest = &input[consumed..];
            let need = match Header::parse(rest) {
                Ok(header) => {
                    check(&header, rest)?;
                    let length = header.bytes() + header.payload as usize;
                    if rest.len() >= length {
                        let payload = &rest[header.bytes()..length];
                        sink(understand(&header, payload, rest)?)?;
                        consumed += length;
                        continue;
                    }
                    length
                }
                Err(HeaderError::Short(need)) => need,
                Err(HeaderError::Malformed(why)) => return Err(stray(why, rest)),
            };
            return Ok(Progress { consumed, need });
        }
    }

    fn lost(&mut self, _: usize) {}
}

/// What can be said before the payload has come.
fn check(header: &Header, seen: &[u8]) -> Result<(), Error> {
    if header.payload as usize > MESSAGE_BYTES {
        return Err(malformed(format!(
            "a frame announces {} bytes, the bound is {MESSAGE_BYTES}; it begins with {}",
            header.payload,
            shown(seen)
        )));
    }
    let is_call = header.control & (control::PING | control::PONG) == 0;
    if is_call && header.options().len() != 2 {
        return Err(malformed(format!(
            "a frame has {} options, an answer has its number and the length of its method's name; \
             it begins with {}",
            header.options().len(),
            shown(seen)
        )));
    }
    if is_call && header.options()[1] > header.payload {
        return Err(malformed(format!(
            "a frame of {} bytes announces a method's name of {}; it begins with {}",
            header.payload,
            header.options()[1],
            shown(seen)
        )));
    }
    Ok(())
}

fn understand<'a>(header: &Header, payload: &'a [u8], seen: &[u8]) -> Result<Incoming<'a>, Error> {
    if header.control & control::PING != 0 {
        return Ok(Incoming::Ping);
    }
    if header.control & control::PONG != 0 {
        return Ok(Incoming::Pong);
    }
    if header.control & (control::STREAM | control::STOP) != 0 || header.flags & flags::CONTROL != 0
    {
        return Err(malformed(format!(
            "a frame of a stream or a worker came where an answer was expected: is this the port of \
             RoadRunner's rpc plugin? It begins with {}",
            shown(seen)
        )));
    }
    let (method, body) = payload.split_at(header.options()[1] as usize);
    Ok(Incoming::Answer {
        seq: header.options()[0],
        method: Some(method_tag(method)),
        codec: header.flags & flags::CODECS,
        failed: header.flags & flags::ERROR != 0,
        body,
    })
}

#[cold]
fn stray(why: &str, seen: &[u8]) -> Error {
    malformed(format!(
        "{why}; the bytes are {}",
        shown(seen)
    ))
    .hint(
        "on a pipe, a worker's echo or warning breaks the frames: let it write to STDERR; on a socket, \
         look whether the address is that of another service",
    )
}
