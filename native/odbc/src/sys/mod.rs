//! The driver manager and its drivers: every foreign call of this crate, as safe types.
//!
//! Invariants that the SAFETY arguments in this folder rest on:
//! 1. A library that was loaded is never unloaded, so its functions stay where they are.
//! 2. A connection and its statements are used in one thread, the one that opened them: the
//!    types hold raw pointers and are not `Send`. The one exception is `SQLCancel`, which
//!    ODBC allows from any thread: it is called under the lock of [`running::Running`], and a
//!    statement is freed only under that lock.
//! 3. What a driver writes into (blocks, indicators, parameters' lengths) lies in boxes and
//!    vectors of fixed length that their statement owns, and that go only after its handle.
//! 4. A driver's word is not trusted: lengths are cut at the buffer, counts at what was asked
//!    for, and a value that is neither a length nor one of ODBC's signs is an error. What
//!    cannot be guarded against is a driver that writes beyond the length it was told.
#![allow(unsafe_code)] // The calls into the driver manager are made here.

mod abi;

mod functions;

pub mod library;

mod diagnostics;

pub mod connection;

pub mod running;

pub mod statement;

mod parameters;

mod describe;

pub mod block;

mod long;
