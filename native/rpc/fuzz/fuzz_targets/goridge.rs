//! A server's bytes, cut in two anywhere, against the whole client: no panic, and the same
//! verdict as uncut. Headers get a right checksum, or nothing would come past it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tusk_rpc::client::{Bounds, Client};
use tusk_rpc::goridge::{FIXED_BYTES, Goridge, crc32, flags};
use tusk_rpc::wire::Request;

fn verdict(parts: &[&[u8]]) -> Result<usize, String> {
    let mut client = Client::new(Goridge, Bounds::default(), 1);
    let request = Request {
        method: b"m",
        body: b"",
        codec: flags::RAW,
    };
    let ids: Vec<_> = (0..4)
        .filter_map(|_| client.begin(&request, None, false).ok())
        .collect();
    for part in parts {
        client.received(part).map_err(|error| error.to_string())?;
    }
    Ok(ids.into_iter().filter(|&id| client.is_done(id)).count())
}

/// Makes each frame's version and checksum right, as far as its lengths lead.
fn repair(bytes: &mut [u8]) {
    let mut rest = bytes;
    while rest.len() >= FIXED_BYTES {
        rest[0] = 0x10 | rest[0] & 0x0f;
        // Lengths that stay within the input make several frames of it.
        rest[3..6].fill(0);
        let crc = crc32(&rest[..6]).to_le_bytes();
        rest[6..10].copy_from_slice(&crc);
        let length = 4 * usize::from(rest[0] & 0x0f) + usize::from(rest[2]);
        let next = length.max(FIXED_BYTES).min(rest.len());
        rest = &mut rest[next..];
    }
}

fuzz_target!(|input: (bool, u16, Vec<u8>)| {
    let (repaired, cut, mut bytes) = input;
    if repaired {
        repair(&mut bytes);
    }
    let bytes = bytes.as_slice();
    let (head, tail) = bytes.split_at(usize::from(cut).min(bytes.len()));
    // What the error shows depends on how much had come; that there is one does not.
    assert_eq!(
        verdict(&[bytes]).map_err(drop),
        verdict(&[head, tail]).map_err(drop)
    );
});
