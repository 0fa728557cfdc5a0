//! How payloads become bytes and bytes become values.

use super::msgpack;
use crate::exception::{self, Class, Thrown};
use crate::zend::encode::{self, EngineString, Failure};
use crate::zend::engine;
use crate::zend::value::Value;
use tusk_rpc::goridge::flags;

/// A codec of Goridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// Strings as they are.
    Raw,
    /// JSON.
    Json,
    /// MessagePack.
    Msgpack,
    /// Messages of google/protobuf, or their bytes.
    Proto,
    /// Bytes that somebody else encodes and decodes, under this flag.
    Bytes(u8),
}

/// An encoded payload.
pub enum Encoded {
    /// Made by the engine.
    Engine(EngineString),
    /// Made here.
    Owned(Vec<u8>),
    /// The value's own bytes.
    Given(Value),
}

impl Encoded {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Encoded::Engine(string) => string.bytes(),
            Encoded::Owned(bytes) => bytes,
            Encoded::Given(value) => value.as_bytes().unwrap_or_default(),
        }
    }
}

impl Codec {
    /// By its name; throws a `ValueError` about the argument at `index`.
    pub fn parse(name: &[u8], index: u32) -> Result<Codec, Thrown> {
        match name {
            b"raw" => Ok(Codec::Raw),
            b"json" => Ok(Codec::Json),
            b"msgpack" => Ok(Codec::Msgpack),
            b"protobuf" | b"proto" => Ok(Codec::Proto),
            other => bytes_codec(other).ok_or_else(|| {
                engine::argument_error(
                    index,
                    "must be one of \"json\", \"msgpack\", \"protobuf\", \"raw\", \"bytes:FLAG\"",
                )
            }),
        }
    }

    /// Its bit in a frame.
    pub fn flag(self) -> u8 {
        match self {
            Codec::Raw => flags::RAW,
            Codec::Json => flags::JSON,
            Codec::Msgpack => flags::MSGPACK,
            Codec::Proto => flags::PROTO,
            Codec::Bytes(flag) => flag,
        }
    }

    /// Encodes a payload. Runs PHP code, which may suspend.
    pub fn encode(self, payload: Value) -> Result<Encoded, Thrown> {
        match self {
            Codec::Raw | Codec::Bytes(_) if payload.is_string() => Ok(Encoded::Given(payload)),
            Codec::Raw | Codec::Bytes(_) if payload.is_null() => Ok(Encoded::Owned(Vec::new())),
            Codec::Raw | Codec::Bytes(_) => Err(exception::misuse(
                "the payload must be a string: the raw codec sends it as it is; use another codec for values",
            )),
            Codec::Json => json(&payload),
            Codec::Msgpack => msgpack::encode(&payload).map(Encoded::Owned),
            Codec::Proto if payload.is_string() => Ok(Encoded::Given(payload)),
            Codec::Proto if payload.is_null() => Ok(Encoded::Owned(Vec::new())),
            Codec::Proto if encode::is_message(&payload) => {
                encode::message_serialize(&payload).map(Encoded::Engine)
            }
            Codec::Proto => Err(exception::misuse(
                "the payload must be a message of google/protobuf, or a string of its bytes: the protobuf codec \
                 sends nothing else",
            )),
        }
    }
}

/// `bytes:FLAG`.
fn bytes_codec(name: &[u8]) -> Option<Codec> {
    let flag = std::str::from_utf8(name.strip_prefix(b"bytes:")?).ok()?;
    let flag = flag
        .parse()
        .ok()
        .filter(|flag| flag & !flags::CODECS == 0)?;
    Some(Codec::Bytes(flag))
}

/// Encodes as JSON.
pub fn json(payload: &Value) -> Result<Encoded, Thrown> {
    match encode::json_encode(payload) {
        Ok(string) => Ok(Encoded::Engine(string)),
        Err(Failure::Thrown) => Err(Thrown),
        Err(Failure::Because(reason)) => Err(exception::misuse(&format!(
            "the payload cannot be sent as JSON: {reason}"
        ))),
    }
}

/// Decodes an answer by the codec that it names. `into`: a message of google/protobuf, or its
/// class, for a protobuf answer; options of `json_decode()` for a JSON one.
pub fn decode(
    flag: u8,
    mut body: Vec<u8>,
    into: &Value,
    shows: &dyn Fn() -> String,
) -> Result<Value, Thrown> {
    let bad = |body: &[u8], what: &str, reason: &str| {
        exception::throw(
            Class::Protocol,
            &format!(
                "{} answered with {what} that cannot be read: {reason}; it begins with {}",
                shows(),
                tusk_link::shown::shown(body)
            ),
        )
    };
    match flag {
        flags::JSON => {
            let decoded = encode::json_decode(&mut body, into.as_long().unwrap_or(0));
            decoded.map_err(|reason| bad(&body[..body.len() - 1], "JSON", reason))
        }
        flags::MSGPACK => {
            msgpack::decode(&body).map_err(|reason| bad(&body, "MessagePack", &reason))
        }
        flags::PROTO if !into.is_null() => match encode::message_read(into, &body)? {
            Some(message) => Ok(message),
            None => Err(exception::misuse(
                "the answer is a protobuf message: it is read into a message of google/protobuf or a class \
                 of such messages, and what was given is neither (is google/protobuf installed?)",
            )),
        },
        flags::RAW | flags::PROTO | 0 => Ok(Value::bytes(&body)),
        flags::GOB => Err(bad(
            &body,
            "gob, Go's own encoding,",
            "the server was not asked for it; use json or protobuf",
        )),
        several => Err(bad(
            &body,
            "more than one codec",
            &format!("the flags are 0x{several:02x}"),
        )),
    }
}
