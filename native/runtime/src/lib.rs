//! Driver, ops, timers, task scheduler and mailbox: what Tusk does without PHP.
//!
//! The modules stand in reading order: each uses only what is declared above it.
//! Nothing here knows PHP, and unsafe code lives in `buf` and `sys` alone.

pub mod error;
pub mod limits;

pub mod random;

pub mod metrics;

pub mod buf;
pub mod sys;

pub mod op;

pub mod timer;

pub mod probe;

pub mod driver;

pub mod mailbox;

pub mod pool;

pub mod watchdog;

pub mod task;

pub mod scheduler;

pub mod sync;

pub mod watch;

pub mod reactor;

/// A point on, or a length of, the monotonic clock, in nanoseconds.
pub type Nanos = u64;
