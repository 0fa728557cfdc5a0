//! A server that answers calls after they were cancelled, as every server does whose answer
//! and whose client's RST_STREAM cross on the way.

#[path = "support/bad.rs"]
mod bad;
#[path = "support/rig.rs"]
mod rig;
#[path = "support/server.rs"]
mod server;

use rig::Rig;
use std::collections::VecDeque;
use std::io::{Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use tusk_grpc::call::Interest;
use tusk_grpc::status::Code;

/// More than h2's bound for resets in a connection's life, 1024.
const CANCELS: usize = 1500;

/// The server is as many cancellations late: h2 remembers fewer streams that it has reset.
const LATE: usize = 200;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short");
    let mut bytes = length.to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// `:status 200` and literal fields, without Huffman's code.
fn fields(of: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = vec![0x88];
    for (name, value) in of {
        bytes.push(0);
        for text in [name, value] {
            bytes.push(u8::try_from(text.len()).expect("short"));
            bytes.extend(text.as_bytes());
        }
    }
    bytes
}

/// Answers each of the first `CANCELS` requests with a head alone, and each reset, `LATE`
/// resets later, with data. Later requests end with NOT_FOUND.
fn serve(mut socket: TcpStream) -> Result<()> {
    let grpc = ("content-type", "application/grpc");
    let (mut requests, mut owed) = (0, VecDeque::new());
    socket.read_exact(&mut [0; 24])?;
    socket.write_all(&frame(SETTINGS, 0, 0, &[]))?;
    loop {
        let mut head = [0; 9];
        if socket.read_exact(&mut head).is_err() {
            return Ok(());
        }
        let [a, b, c, kind, flags, ref stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        socket.read_exact(&mut payload)?;
        let stream = u32::from_be_bytes(*stream);
        match kind {
            SETTINGS | PING if flags & ACK == 0 => {
                let echoed = if kind == PING { &payload[..] } else { &[] };
                socket.write_all(&frame(kind, ACK, 0, echoed))?;
            }
            HEADERS if requests < CANCELS => {
                requests += 1;
                let head = fields(&[grpc]);
                socket.write_all(&frame(HEADERS, END_HEADERS, stream, &head))?;
            }
            HEADERS => {
                let end = fields(&[grpc, ("grpc-status", "5")]);
                socket.write_all(&frame(HEADERS, END_HEADERS | END_STREAM, stream, &end))?;
            }
            RST_STREAM => {
                owed.push_back(stream);
                if owed.len() > LATE {
                    let stream = owed.pop_front().expect("one is owed");
                    socket.write_all(&frame(DATA, 0, stream, &[0]))?;
                }
            }
            _ => {}
        }
    }
}

#[test]
fn a_connection_outlives_answers_to_a_thousand_cancelled_calls() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let target = listener.local_addr().expect("bound").to_string();
    let server = std::thread::spawn(move || serve(listener.accept().expect("a client").0));
    let mut rig = Rig::new();
    let channel = rig.channel(&target, |_| {});
    for _ in 0..CANCELS / 50 {
        let calls: Vec<_> = (0..50)
            .map(|_| rig.unary(&channel, "/tusk.Test/Echo", "x"))
            .collect();
        for call in &calls {
            rig.wait(call, Interest::Headers);
            call.cancel().expect("not forked");
        }
    }
    // The server takes one connection only: this answer came over it.
    let last = rig.unary(&channel, "/tusk.Test/Echo", "x");
    let status = rig.status(&last);
    assert_eq!(status.code, Code::NOT_FOUND, "{}", status.details);
    channel.close();
    drop((last, channel, rig));
    let _ = server.join().expect("no panic");
}
