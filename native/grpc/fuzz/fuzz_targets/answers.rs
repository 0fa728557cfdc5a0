//! What a server sends inside HTTP/2: messages cut anywhere, gzip within its bound, trailers,
//! and the health service's answers. No panic, and messages are the same however they were cut.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use tusk_grpc::frame::{Decoder, Failure, Message};
use tusk_grpc::status::Status;
use tusk_grpc::{gzip, health};

const LIMIT: usize = 2000;

fn messages(parts: &[&[u8]]) -> (Vec<Message>, usize, Option<Failure>) {
    let mut decoder = Decoder::new(LIMIT);
    let mut seen = Vec::new();
    for part in parts {
        decoder.add(Bytes::copy_from_slice(part));
        loop {
            match decoder.take() {
                Ok(Some(message)) => seen.push(message),
                Ok(None) => break,
                Err(failure) => return (seen, 0, Some(failure)),
            }
        }
    }
    (seen, decoder.pending(), None)
}

fuzz_target!(|input: (Vec<u8>, Vec<u16>, Vec<(Vec<u8>, Vec<u8>)>)| {
    let (bytes, cuts, trailers) = input;
    let whole = messages(&[&bytes]);
    let mut rest = bytes.as_slice();
    let mut parts = Vec::new();
    for cut in cuts {
        let (part, after) = rest.split_at(usize::from(cut).min(rest.len()));
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    assert_eq!(whole, messages(&parts));

    for message in &whole.0 {
        assert!(message.data.len() <= LIMIT);
        if let Ok(opened) = gzip::decompress(&message.data, LIMIT) {
            assert!(opened.len() <= LIMIT);
        }
        let _ = health::answer(&message.data);
    }

    let mut headers = http::HeaderMap::new();
    for (name, value) in &trailers {
        if let (Ok(name), Ok(value)) = (
            http::HeaderName::from_bytes(name),
            http::HeaderValue::from_bytes(value),
        ) {
            headers.append(name, value);
        }
    }
    // Whatever fuzzing thinks of, these are among them often enough.
    for (name, value) in ["grpc-status", "grpc-message", "x-bin"]
        .into_iter()
        .zip(&trailers)
    {
        if let Ok(value) = http::HeaderValue::from_bytes(&value.1) {
            headers.append(name, value);
        }
    }
    let _ = Status::of_trailers(&headers);
});
