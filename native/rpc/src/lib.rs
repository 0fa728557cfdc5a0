//! RPC clients that share one connection between any number of callers.
//!
//! The modules stand in reading order: each uses only what is declared above it. What parses
//! or decides touches no descriptor and no clock (`goridge`, `client`); `connection`
//! is the only part that asks the kernel, through the runtime's reactor and the links of
//! `tusk-link`.

pub mod limits;

pub mod wire;

pub mod goridge;

pub mod msgpack;

pub mod client;

pub mod jsonrpc;

pub mod connection;
