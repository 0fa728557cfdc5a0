//! The Tusk extension: parses what PHP calls with, calls the native crates, converts.
//!
//! Reading order. `zend` holds every raw engine call and all unsafe code; `coroutine` is
//! the only place that switches stacks; `class` is what PHP code sees.

mod zend;

mod calls;
mod core;
mod exception;
mod ini;
mod watchdog;

mod coroutine;

mod background;
mod postgres;
mod rpc;

mod grpc;

mod budget;

mod device;
mod odbc;

mod infer;

mod pool;

mod class;
