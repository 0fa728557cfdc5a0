//! What a client on the ring connects by: an address, the attempt to reach it, and the link
//! that bytes go through, with TLS or without.
//!
//! It knows no protocol and never waits: each part is told about its ops by the actor that
//! owns it. The modules stand in reading order: each uses only what is declared above it.

pub mod limits;

pub mod shown;

pub mod address;

pub mod tls;

pub mod session;

pub mod link;

pub mod attempt;
