//! Every raw engine call of the extension: the C shim's declarations and the safe types
//! around them.
//!
//! Invariants that the SAFETY arguments below this folder rest on:
//! 1. PHP runs on one thread (of a ZTS build the first, ext/zend/module.c). Everything here is called on that
//!    thread; other threads only ever hold a mailbox's sender.
//! 2. A pointer handed out by C as an argument, `$this` or the running worker is valid
//!    until the PHP call returns: the engine's frame owns it, also while the coroutine is
//!    suspended in that call.
//! 3. No Rust borrow of shared state is alive while control may be elsewhere: state is
//!    borrowed for single calls ([`global::PhpThread`]), and never over a switch, a call
//!    into PHP, or the drop of a PHP value (which may run a destructor).
//! 4. A bailout (fatal error) jumps over Rust frames. They hold nothing whose `Drop`
//!    matters at a point where PHP code can run.
#![allow(unsafe_code)]

pub mod call;
pub mod callback;
pub mod class;
pub mod context;
pub mod encode;
pub mod engine;
pub mod entry;
pub mod ffi;
pub mod global;
pub mod kind;
pub mod object;
pub mod pooled;
pub mod report;
pub mod signature;
pub mod string;
pub mod value;
pub mod worker;
