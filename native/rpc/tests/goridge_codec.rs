//! The Goridge codec: what is written is read back however it is cut, the bytes are those of
//! other implementations, and no bytes make it do anything but say what is wrong.

mod common;

use common::{Random, seeds};
use tusk_rpc::goridge::{Goridge, Header, HeaderError, crc32, flags};
use tusk_rpc::wire::{Incoming, Progress, Request, Wire, method_tag};
use tusk_runtime::error::{Error, Kind};

#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Answer(u32, Option<u64>, u8, bool, Vec<u8>),
    Ping,
    Pong,
}

fn note(seen: &mut Vec<Seen>, incoming: Incoming<'_>) -> Result<(), Error> {
    seen.push(match incoming {
        Incoming::Answer {
            seq,
            method,
            codec,
            failed,
            body,
        } => Seen::Answer(seq, method, codec, failed, body.to_vec()),
        Incoming::Failed { error, .. } => return Err(error),
        Incoming::Ping => Seen::Ping,
        Incoming::Pong => Seen::Pong,
        Incoming::Asked { .. } => panic!("Goridge's other side calls nothing"),
    });
    Ok(())
}

/// Reads `bytes` in pieces as a connection would, keeping what was not consumed.
fn read(bytes: &[u8], mut piece: impl FnMut() -> usize) -> Result<Vec<Seen>, Error> {
    let (mut seen, mut buffer) = (Vec::new(), Vec::new());
    let mut rest = bytes;
    while !rest.is_empty() {
        let (head, tail) = rest.split_at(piece().clamp(1, rest.len()));
        buffer.extend_from_slice(head);
        rest = tail;
        let Progress { consumed, need } =
            Goridge.decode(&buffer, &mut |incoming| note(&mut seen, incoming))?;
        buffer.drain(..consumed);
        assert!(need > buffer.len(), "what is needed is more than there is");
    }
    Ok(seen)
}

fn written(random: &mut Random, out: &mut Vec<u8>) -> Seen {
    match random.below(8) {
        0 => {
            Goridge.ping(out);
            return Seen::Ping;
        }
        1 => {
            Goridge.pong(out);
            return Seen::Pong;
        }
        _ => {}
    }
    let codec = [flags::RAW, flags::JSON, flags::MSGPACK, flags::PROTO][random.below(4)];
    let method = [b"a".to_vec(), b"kv.Set".to_vec(), vec![b'm'; 300]][random.below(3)].clone();
    let most = if random.one_in(10) { 5000 } else { 40 };
    let body = random.bytes(most);
    let seq = random.next() as u32;
    if random.one_in(2) {
        let request = Request {
            method: &method,
            body: &body,
            codec,
        };
        Goridge.request(seq, &request, out).expect("a legal call");
        return Seen::Answer(seq, Some(method_tag(&method)), codec, false, body);
    }
    let length = (method.len() + body.len()) as u32;
    Header::new(codec | flags::ERROR, 0, length, &[seq, method.len() as u32]).write(out);
    out.extend_from_slice(&method);
    out.extend_from_slice(&body);
    Seen::Answer(seq, Some(method_tag(&method)), codec, true, body)
}

#[test]
fn what_is_written_is_read_back_however_it_is_cut() {
    for seed in seeds() {
        let mut random = Random::new(seed);
        let mut bytes = Vec::new();
        let expected: Vec<Seen> = (0..20).map(|_| written(&mut random, &mut bytes)).collect();
        let most = [1, 2, 13, 4096][random.below(4)];
        let read = read(&bytes, || 1 + random.below(most)).expect("legal frames");
        assert_eq!(read, expected, "seed {seed}");
    }
}

#[test]
fn any_single_changed_bit_of_the_protected_bytes_is_noticed() {
    let mut bytes = Vec::new();
    let request = Request {
        method: b"m",
        body: b"body",
        codec: flags::JSON,
    };
    Goridge.request(7, &request, &mut bytes).expect("legal");
    for bit in 0..80 {
        let mut broken = bytes.clone();
        broken[bit / 8] ^= 1 << (bit % 8);
        // A header that says it is longer than the bytes at hand is judged when they come.
        broken.resize(200, 0);
        let error = read(&broken, || usize::MAX).expect_err("a changed bit");
        assert_eq!(error.kind(), Kind::Protocol, "bit {bit}: {error}");
    }
}

#[test]
fn arbitrary_bytes_are_an_error_or_frames_and_never_a_panic() {
    for seed in seeds() {
        let mut random = Random::new(seed);
        let mut bytes = random.bytes(200);
        if random.one_in(2) && bytes.len() >= 12 {
            // Headers that pass the checksum and lie about everything else.
            bytes[0] = 0x10 | (3 + random.below(11) as u8);
            let crc = crc32(&bytes[..6]).to_le_bytes();
            bytes[6..10].copy_from_slice(&crc);
        }
        let whole = read(&bytes, || usize::MAX).map_err(|error| error.to_string());
        let parts = read(&bytes, || 1).map_err(|error| error.kind());
        assert_eq!(whole.is_ok(), parts.is_ok(), "seed {seed}");
    }
}

/// Written down from goridge-php's packFrame and Go's frame package, not by this code.
#[test]
fn the_bytes_of_other_implementations() {
    let mut bytes = Vec::new();
    let request = Request {
        method: b"app.Hi",
        body: b"\"x\"",
        codec: flags::JSON,
    };
    Goridge.request(1, &request, &mut bytes).expect("legal");
    let mut expected = vec![0x15, 0x08, 9, 0, 0, 0];
    expected.extend_from_slice(&[0xc0, 0x36, 0xa1, 0xaf]);
    expected.extend_from_slice(&[0, 0, 1, 0, 0, 0, 6, 0, 0, 0]);
    expected.extend_from_slice(b"app.Hi\"x\"");
    assert_eq!(bytes, expected);
}

#[test]
fn stray_text_is_named_at_its_first_byte() {
    let error = read(b"W", || 1).expect_err("not a frame");
    assert!(error.to_string().contains("\"W\""), "{error}");
    let error = read(b"Warning: Undefined variable $x in worker.php", || 99).expect_err("no frame");
    let text = error.to_string();
    assert!(
        text.contains("Warning: Undefined") && text.contains("STDERR"),
        "{text}"
    );
}

#[test]
fn an_oversized_frame_is_refused_before_its_bytes_come() {
    let mut bytes = Vec::new();
    Header::new(flags::JSON, 0, (64 << 20) + 1, &[1, 1]).write(&mut bytes);
    let error = read(&bytes, || usize::MAX).expect_err("too large");
    assert!(error.to_string().contains("67108865"), "{error}");
    assert_eq!(Header::parse(&[]), Err(HeaderError::Short(12)));
}
