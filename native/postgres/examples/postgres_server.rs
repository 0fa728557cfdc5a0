//! A PostgreSQL server that misbehaves as its queries say; for php-tests/postgres.
//!
//! `postgres_server PORT`: lets everybody in and answers every statement with one row, whose one
//! column is the statement's text. A comment in the statement says what goes wrong instead:
//! `split` (one byte at a time), `slow` (after 300 ms), `hang` (never, and it reads nothing more),
//! `hangup` (closes before the answer), `half` (closes in the middle of it), `garbage` (bytes of
//! no protocol), `extra` (an answer that nobody asked for), `huge` (a length of 2 GiB), `fields`
//! (more fields than columns), `lie` (a field longer than its row). Cancel requests are ignored.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

fn main() {
    let port = std::env::args()
        .nth(1)
        .expect("usage: postgres_server PORT");
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).expect("bind");
    for stream in listener.incoming().flatten() {
        thread::spawn(move || serve(stream));
    }
}

fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    bytes.extend((body.len() as u32 + 4).to_be_bytes());
    bytes.extend(body);
    bytes
}

fn read_exactly(stream: &mut TcpStream, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).ok().map(|()| bytes)
}

fn length(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .fold(0, |length, &byte| length << 8 | usize::from(byte))
}

fn serve(mut stream: TcpStream) {
    // Nothing is to be gathered: split answers are to arrive split.
    let _ = stream.set_nodelay(true);
    let _ = talk(&mut stream);
}

fn talk(stream: &mut TcpStream) -> Option<()> {
    let head = read_exactly(stream, 8)?;
    read_exactly(stream, length(&head[..4]).checked_sub(8)?)?;
    if head[4..] != [0, 3, 0, 0] {
        return None;
    }
    let mut greeting = message(b'R', &[0; 4]);
    greeting.extend(message(b'S', b"server_version\x0015.0\0"));
    greeting.extend(message(b'K', &[0, 0, 0, 1, 0, 0, 0, 2]));
    greeting.extend(message(b'Z', b"I"));
    stream.write_all(&greeting).ok()?;
    let mut statements = std::collections::HashMap::new();
    let mut running = String::new();
    let mut answer = Vec::new();
    loop {
        let head = read_exactly(stream, 5)?;
        let body = read_exactly(stream, length(&head[1..]).checked_sub(4)?)?;
        let mut texts = body.split(|&byte| byte == 0);
        let mut text = || {
            let bytes = texts.next().unwrap_or_default();
            String::from_utf8_lossy(bytes).into_owned()
        };
        match head[0] {
            b'P' => {
                statements.insert(text(), text());
                answer.extend(message(b'1', &[]));
            }
            b'D' => {
                answer.extend(message(b't', &[0, 0]));
                let mut row = vec![0, 1, b's', b'q', b'l', 0];
                row.extend([0; 6]);
                row.extend(25u32.to_be_bytes());
                row.extend([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0]);
                answer.extend(message(b'T', &row));
            }
            b'B' => {
                let _portal = text();
                running = statements.get(&text())?.clone();
                answer.extend(message(b'2', &[]));
            }
            b'E' => execute(stream, &running, &mut answer)?,
            b'S' => {
                answer.extend(message(b'Z', b"I"));
                if running.contains("split") {
                    for byte in std::mem::take(&mut answer) {
                        stream.write_all(&[byte]).ok()?;
                    }
                }
                stream.write_all(&std::mem::take(&mut answer)).ok()?;
                running.clear();
            }
            b'X' => return None,
            _ => {}
        }
    }
}

fn execute(stream: &mut TcpStream, sql: &str, answer: &mut Vec<u8>) -> Option<()> {
    let size = (sql.len() as u32).to_be_bytes();
    let mut row = vec![0, 1];
    row.extend(size);
    row.extend(sql.bytes());
    let has = |word: &str| sql.contains(&format!("/* {word} */"));
    if has("slow") {
        thread::sleep(Duration::from_millis(300));
    } else if has("hang") {
        loop {
            thread::sleep(Duration::from_secs(3600));
        }
    } else if has("hangup") {
        return None;
    } else if has("half") {
        answer.extend(&message(b'D', &row)[..row.len() / 2]);
        stream.write_all(answer).ok()?;
        return None;
    } else if has("garbage") {
        answer.extend(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    } else if has("huge") {
        answer.extend([b'D', 0x7f, 0xff, 0xff, 0xff]);
    } else if has("fields") {
        row[1] = 2;
    } else if has("lie") {
        row[2..6].copy_from_slice(&(sql.len() as u32 + 9).to_be_bytes());
    }
    answer.extend(message(b'D', &row));
    answer.extend(message(b'C', b"SELECT 1\0"));
    if has("extra") {
        answer.extend(message(b'Z', b"I"));
        answer.extend(message(b'D', &row));
    }
    Some(())
}
