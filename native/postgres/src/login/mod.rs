//! How a password is shown to a server without being sent: SCRAM-SHA-256 (RFC 5802, 7677) and what
//! openGauss made of it. No bytes of messages here, but of what is inside them.
//!
//! The keys that a password gives are derived by thousands of rounds of hashing, on the thread
//! that everybody waits for. They are the same for every login of one user, so a pool derives
//! them once ([`keys::Keys`]); that is why this is not the crate's work.

pub mod keys;

pub mod scram;

pub mod gauss;
