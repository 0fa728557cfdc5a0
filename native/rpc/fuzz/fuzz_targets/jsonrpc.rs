//! A server's bytes against every framing of JSON-RPC.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tusk_rpc::client::{Bounds, Client};
use tusk_rpc::jsonrpc::{Framing, Http, JsonRpc};
use tusk_rpc::wire::Request;

fuzz_target!(|input: (u8, u16, &[u8])| {
    let (framing, cut, bytes) = input;
    let framing = match framing % 3 {
        0 => Framing::Newline { seen: 0 },
        1 => Framing::Length,
        _ => Framing::Http(Http::new("h", "/", &[])),
    };
    let mut client = Client::new(JsonRpc::new(framing), Bounds::default(), 1);
    let request = Request {
        method: b"m",
        body: b"[]",
        codec: 0,
    };
    for _ in 0..4 {
        let _ = client.begin(&request, None, false);
    }
    let (head, tail) = bytes.split_at(usize::from(cut).min(bytes.len()));
    let _ = client.received(head).and_then(|()| client.received(tail));
});
