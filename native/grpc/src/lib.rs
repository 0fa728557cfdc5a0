//! A gRPC client: channels with several addresses, calls of all four kinds, deadlines,
//! metadata, compression, TLS and health, on the background thread.
//!
//! The modules stand in reading order. `limits` to `wire` are pure; `dial` to
//! `links` run in the background thread; `outgoing` and `state` are the meeting place of a
//! call's two sides, `exchange` a call's life on the wire, and `call` what the caller holds.
//! Messages are bytes: what they mean is the caller's business.
//!
//! Invariants:
//! 1. PHP's thread never waits for a lock longer than the other side holds it, and that
//!    side holds locks only to move values in and out.
//! 2. A call ends exactly once, with one [`status::Status`], whatever happens to its
//!    connection.
//! 3. Nothing here knows PHP.

pub mod limits;

pub mod status;

mod base64;

pub mod metadata;

pub mod frame;

pub mod gzip;

pub mod timeout;

pub mod target;

pub mod tls;

pub mod service;

pub mod config;

mod backoff;

mod retry;

mod wire;

pub mod dial;

mod connect;

mod balance;

pub mod health;

mod links;

pub mod channel;

mod outgoing;

mod state;

mod exchange;

pub mod call;

pub use balance::Connectivity;
