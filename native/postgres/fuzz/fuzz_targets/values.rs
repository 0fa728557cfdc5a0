//! Bytes as values of any type: no panic, and no memory beyond what came.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tusk_postgres::types::{Decoder, decode};

fuzz_target!(|input: (u32, Vec<u8>)| {
    let _ = decode(Decoder::of(input.0 % 4096), &input.1);
});
