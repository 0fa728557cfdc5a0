//! JSON-RPC: messages come out whole however they are cut, the scanner agrees with a parser
//! about what is JSON's shape, and no bytes do more than give an error.

mod common;

use common::{Random, seeds};
use tusk_rpc::jsonrpc::{DEPTH, Framing, Http, JsonRpc, members, skip_value};
use tusk_rpc::wire::{Incoming, Progress, Request, Wire};
use tusk_runtime::error::{Error, Kind};

#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Answer(u32, bool, String),
    Failed(u32, String),
    Asked(String),
}

fn note(seen: &mut Vec<Seen>, incoming: Incoming<'_>) -> Result<(), Error> {
    match incoming {
        Incoming::Answer {
            seq, failed, body, ..
        } => seen.push(Seen::Answer(
            seq,
            failed,
            String::from_utf8_lossy(body).into_owned(),
        )),
        Incoming::Failed { seq, error } => seen.push(Seen::Failed(seq, error.to_string())),
        Incoming::Asked { id } => seen.push(Seen::Asked(String::from_utf8_lossy(id).into_owned())),
        Incoming::Ping | Incoming::Pong => panic!("JSON-RPC has none"),
    }
    Ok(())
}

/// Reads `bytes` in pieces, as a connection would.
fn read(
    wire: &mut JsonRpc,
    bytes: &[u8],
    mut piece: impl FnMut() -> usize,
) -> Result<Vec<Seen>, Error> {
    let (mut seen, mut buffer, mut rest) = (Vec::new(), Vec::new(), bytes);
    while !rest.is_empty() {
        let (head, tail) = rest.split_at(piece().clamp(1, rest.len()));
        buffer.extend_from_slice(head);
        rest = tail;
        let Progress { consumed, need } =
            wire.decode(&buffer, &mut |incoming| note(&mut seen, incoming))?;
        buffer.drain(..consumed);
        assert!(need > buffer.len());
    }
    Ok(seen)
}

fn request(wire: &mut JsonRpc, seq: u32) {
    let request = Request {
        method: b"m",
        body: b"[1]",
        codec: 0,
    };
    wire.request(seq, &request, &mut Vec::new()).expect("legal");
}

type Wrap = fn(&str) -> Vec<u8>;

/// Every framing: a wire, and how its other side frames a message.
fn framings() -> Vec<(&'static str, JsonRpc, Wrap)> {
    let http = || JsonRpc::new(Framing::Http(Http::new("h", "/", &[])));
    vec![
        (
            "newline",
            JsonRpc::new(Framing::Newline { seen: 0 }),
            |text| format!("{text}\r\n").into_bytes(),
        ),
        ("length", JsonRpc::new(Framing::Length), |text| {
            [&(text.len() as u32).to_be_bytes(), text.as_bytes()].concat()
        }),
        ("http", http(), |text| {
            format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nX: y\r\n\r\n{text}",
                text.len()
            )
            .into_bytes()
        }),
        ("chunked", http(), |text| {
            let (a, b) = text.split_at(text.len() / 2);
            let chunk = |part: &str| format!("{:x};ext=1\r\n{part}\r\n", part.len());
            format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}{}0\r\nTrailer: x\r\n\r\n",
                chunk(a),
                chunk(b)
            )
            .into_bytes()
        }),
    ]
}

#[test]
fn responses_come_out_whole_however_they_are_cut() {
    for seed in seeds() {
        for (name, mut wire, wrap) in framings() {
            let mut random = Random::new(seed);
            let (mut bytes, mut expected) = (Vec::new(), Vec::new());
            for seq in 0..10 {
                request(&mut wire, seq);
                let body = ["null", "\"}{][\\\"\"", "{\"a\":[1,{}]}", "-1.5e9"][random.below(4)];
                let failed = random.one_in(3);
                let field = if failed { "error" } else { "result" };
                bytes.extend(wrap(&format!(
                    " {{ \"{field}\" : {body} , \"x\":[], \"id\":{seq}}} "
                )));
                // An error of null beside nothing else is still an error.
                expected.push(Seen::Answer(seq, failed, body.to_owned()));
            }
            let most = [1, 3, 50, 4096][random.below(4)];
            let seen = read(&mut wire, &bytes, || 1 + random.below(most));
            assert_eq!(seen.expect("legal"), expected, "seed {seed}, {name}");
        }
    }
}

#[test]
fn a_batch_is_answered_in_any_order_and_what_is_left_out_fails_over_http() {
    let mut wire = JsonRpc::new(Framing::Http(Http::new("h", "/", &[])));
    let call = Request {
        method: b"a\"b",
        body: b"",
        codec: 0,
    };
    let mut out = Vec::new();
    wire.batch(
        &[
            (Some(1), call),
            (None, call),
            (Some(2), call),
            (Some(3), call),
        ],
        &mut out,
    )
    .expect("legal");
    let text = String::from_utf8(out).expect("text");
    assert!(text.starts_with("POST / HTTP/1.1\r\nHost: h\r\n"), "{text}");
    assert!(
        text.contains("{\"jsonrpc\":\"2.0\",\"method\":\"a\\\"b\"},"),
        "{text}"
    );
    let body = "[{\"id\":3,\"result\":30},{\"id\":1,\"error\":{}}]";
    let response = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let seen = read(&mut wire, response.as_bytes(), || usize::MAX).expect("legal");
    assert_eq!(seen[0], Seen::Answer(3, false, "30".into()));
    assert_eq!(seen[1], Seen::Answer(1, true, "{}".into()));
    assert!(matches!(&seen[2], Seen::Failed(2, text) if text.contains("no answer")));
}

#[test]
fn http_failures_belong_to_the_call_whose_turn_it_is() {
    let mut wire = JsonRpc::new(Framing::Http(Http::new("h", "/", &[])));
    (0..3).for_each(|seq| request(&mut wire, seq));
    // One was sent on a connection that is gone, the others go on.
    wire.lost(2);
    let bytes = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 502 Bad\r\nContent-Length: 2\r\n\r\nno\
        HTTP/1.1 204 No Content\r\n\r\n";
    let seen = read(&mut wire, bytes, || 5).expect("legal");
    assert!(
        matches!(&seen[0], Seen::Failed(1, text) if text.contains("HTTP 502: \"no\"")),
        "{seen:?}"
    );
    assert!(matches!(&seen[1], Seen::Failed(2, _)), "{seen:?}");
    let stray = read(&mut wire, b"HTTP/1.1 204 No Content\r\n\r\n", || 99).expect_err("stray");
    assert_eq!(stray.kind(), Kind::Protocol);
}

#[test]
fn what_is_no_response_is_named() {
    for (text, named) in [
        ("hello", "it is no JSON-RPC message"),
        ("{\"id\":1}", "neither a result nor an error"),
        ("{\"id\":\"x\",\"result\":1}", "its id is none of ours"),
        (
            "{\"id\":null,\"error\":{\"code\":-32700}}",
            "could not read what it was sent",
        ),
        ("{\"id\":1,\"result\":1}}", "something follows"),
        ("{\"id\":1,\"result\":[}", "brackets do not match"),
    ] {
        for (name, mut wire, wrap) in framings() {
            request(&mut wire, 1);
            let error = read(&mut wire, &wrap(text), || usize::MAX).expect_err(text);
            assert!(error.to_string().contains(named), "{name}: {error}");
        }
    }
}

#[test]
fn the_scanner_finds_what_a_parser_finds() {
    for seed in seeds() {
        let mut random = Random::new(seed);
        let value = arbitrary(&mut random, 0);
        let text = if random.one_in(2) {
            serde_json::to_string(&value)
        } else {
            serde_json::to_string_pretty(&value)
        }
        .expect("JSON");
        assert_eq!(skip_value(text.as_bytes(), 0), Ok(text.len()), "{text}");
        if let serde_json::Value::Object(object) = &value {
            let mut found = serde_json::Map::new();
            let scanned = members(text.as_bytes(), |name, span| {
                let name = serde_json::from_slice(name).expect("a string");
                found.insert(
                    name,
                    serde_json::from_slice(&text.as_bytes()[span]).expect("JSON"),
                );
                Ok(())
            });
            assert_eq!((scanned, &found), (Ok(()), object));
        }
        // Cut or changed, a parser's yes is the scanner's yes.
        let mut broken = text.into_bytes();
        let at = random.below(broken.len());
        broken[at] = b"{}[],:\"\\0 x"[random.below(11)];
        if serde_json::from_slice::<serde_json::Value>(&broken).is_ok() {
            assert_eq!(
                skip_value(&broken, 0).map(|end| end.min(broken.len())),
                Ok(broken.trim_ascii_end().len())
            );
        }
    }
}

fn arbitrary(random: &mut Random, depth: usize) -> serde_json::Value {
    use serde_json::Value;
    match random.below(if depth > 4 { 4 } else { 6 }) {
        0 => Value::Null,
        1 => Value::from(random.one_in(2)),
        2 => Value::from(random.next() as i64 >> random.below(64)),
        3 => Value::from(String::from_utf8_lossy(&random.bytes(12)).into_owned()),
        4 => (0..random.below(5))
            .map(|_| arbitrary(random, depth + 1))
            .collect(),
        _ => Value::Object(
            (0..random.below(5))
                .map(|_| {
                    let name = String::from_utf8_lossy(&random.bytes(5)).into_owned();
                    (name, arbitrary(random, depth + 1))
                })
                .collect(),
        ),
    }
}

#[test]
fn arbitrary_bytes_are_an_error_or_nothing() {
    let pieces: [&[u8]; 12] = [
        b"{",
        b"}",
        b"[",
        b"]",
        b"\"id\":1",
        b",",
        b"\"result\":",
        b"\n",
        b"HTTP/1.1 200 OK\r\n",
        b"Content-Length: 3\r\n",
        b"\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n0\r\n\r\n",
    ];
    for seed in seeds() {
        let mut random = Random::new(seed);
        let mut bytes = random.bytes(10);
        for _ in 0..random.below(30) {
            bytes.extend_from_slice(pieces[random.below(pieces.len())]);
        }
        for (_, mut wire, _) in framings() {
            request(&mut wire, 1);
            let _ = read(&mut wire, &bytes, || 1 + random.below(9));
        }
    }
    let deep = [vec![b'['; DEPTH + 1], vec![b']'; DEPTH + 1]].concat();
    assert!(skip_value(&deep, 0).is_err());
    assert_eq!(skip_value(&deep[1..deep.len() - 1], 0), Ok(2 * DEPTH));
}

#[test]
fn a_call_of_the_other_side_is_refused_and_its_notification_is_not() {
    let mut wire = JsonRpc::new(Framing::Newline { seen: 0 });
    let lines = "{\"method\":\"a\",\"id\":\"x\\\"1\"}\n{\"method\":\"b\"}\n{\"id\":2,\"result\":3}\n\
                 [{\"method\":\"c\",\"id\":null},{\"id\":4,\"result\":5}]\n";
    let seen = read(&mut wire, lines.as_bytes(), || 7).expect("legal");
    let expected = [
        Seen::Asked("\"x\\\"1\"".into()),
        Seen::Answer(2, false, "3".into()),
        Seen::Asked("null".into()),
        Seen::Answer(4, false, "5".into()),
    ];
    assert_eq!(seen, expected);
    let mut out = Vec::new();
    wire.refuse(b"\"x\"", &mut out);
    assert_eq!(
        String::from_utf8(out).expect("text"),
        "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"error\":{\"code\":-32601,\"message\":\"Method not found\"}}\n"
    );
    let long = format!("{{\"method\":\"a\",\"id\":\"{}\"}}\n", "x".repeat(2000));
    let error = read(&mut wire, long.as_bytes(), || usize::MAX).expect_err("too long");
    assert_eq!(error.kind(), Kind::Protocol);
}

/// A response of this body in chunks of 1 KiB, each with its line ends.
fn chunked(body: &str) -> Vec<u8> {
    let mut bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.as_bytes().chunks(1024) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

#[test]
fn what_came_of_a_body_in_chunks_is_not_looked_at_again() {
    let mut wire = JsonRpc::new(Framing::Http(Http::new("h", "/", &[])));
    request(&mut wire, 1);
    let result = format!("\"{}\"", "a".repeat(8 << 20));
    let mut bytes = chunked(&format!("{{\"id\":1,\"result\":{result}}}"));
    bytes.extend_from_slice(b"0\r\n\r\n");
    let (mut seen, mut rest) = (Vec::new(), Vec::new());
    for piece in bytes.chunks(1000) {
        rest.extend_from_slice(piece);
        let progress = wire
            .decode(&rest, &mut |incoming| note(&mut seen, incoming))
            .expect("legal");
        rest.drain(..progress.consumed);
        // The head of the response, or a chunk's size that was cut.
        assert!(rest.len() < 64, "{} bytes are read twice", rest.len());
    }
    assert_eq!(seen, [Seen::Answer(1, false, result)]);
}

#[test]
fn lines_between_chunks_that_do_not_end_are_refused() {
    let size = format!("1;{}", "x".repeat(20 << 10));
    let trailer = format!("0\r\n{}", "x: y\r\n".repeat(4 << 10));
    let long = format!("0\r\nx: {}", "y".repeat(20 << 10));
    for end in [&size, &trailer, &long] {
        for most in [100, 1 << 20] {
            let mut wire = JsonRpc::new(Framing::Http(Http::new("h", "/", &[])));
            request(&mut wire, 1);
            let mut bytes = chunked("{}");
            bytes.extend_from_slice(end.as_bytes());
            let error = read(&mut wire, &bytes, || most).expect_err("it does not end");
            assert_eq!(error.kind(), Kind::Protocol);
        }
    }
}

#[test]
fn a_body_in_chunks_that_was_cut_is_forgotten_with_its_connection() {
    let mut wire = JsonRpc::new(Framing::Http(Http::new("h", "/", &[])));
    request(&mut wire, 1);
    assert_eq!(
        read(&mut wire, &chunked("{\"id\":1"), || 9).expect("legal"),
        []
    );
    wire.ended(b"", &mut |_| panic!("it is not whole"))
        .expect("legal");
    wire.lost(0);
    request(&mut wire, 2);
    let mut bytes = chunked("{\"id\":2,\"result\":3}");
    bytes.extend_from_slice(b"0\r\n\r\n");
    let seen = read(&mut wire, &bytes, || 9).expect("legal");
    assert_eq!(seen, [Seen::Answer(2, false, "3".into())]);
}

#[test]
fn a_response_without_a_length_is_whole_when_the_connection_ends() {
    let mut wire = JsonRpc::new(Framing::Http(Http::new("h", "/", &[])));
    request(&mut wire, 1);
    request(&mut wire, 2);
    let mut bytes =
        b"HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{\"id\":1,\"result\":2}".to_vec();
    bytes.extend_from_slice(b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n{\"id\":2,");
    let mut seen = Vec::new();
    let progress = wire
        .decode(&bytes, &mut |incoming| note(&mut seen, incoming))
        .expect("legal");
    assert_eq!(seen, [Seen::Answer(1, false, "2".into())]);
    let mut rest = bytes.split_off(progress.consumed);
    rest.extend_from_slice(b"\"result\":3}");
    seen.clear();
    wire.ended(&rest, &mut |incoming| note(&mut seen, incoming))
        .expect("legal");
    assert_eq!(seen, [Seen::Answer(2, false, "3".into())]);
    // Cut in the middle of its message it is no answer.
    request(&mut wire, 3);
    let cut = b"HTTP/1.0 200 OK\r\n\r\n{\"id\":3,\"res";
    let error = wire.ended(cut, &mut |_| Ok(())).expect_err("cut");
    assert_eq!(error.kind(), Kind::Protocol);
}
