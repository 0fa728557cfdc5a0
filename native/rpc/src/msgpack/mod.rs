//! MessagePack, for whoever has values of its own kind: a writer of its parts, and a reader
//! that hands them to a [`Build`].
//!
//! Source: github.com/msgpack/msgpack/spec.md. Lengths are checked against the bytes that
//! are there before anything is reserved, and nesting has a bound.

mod read;
mod write;

pub use read::{Build, read};
pub use write::Writer;

/// Nesting of arrays and maps, as in PHP's JSON. Beyond it: an error.
pub const DEPTH: usize = 512;
