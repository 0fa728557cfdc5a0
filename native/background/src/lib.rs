//! The one background thread of a process: a tokio runtime for protocols that are more than
//! a socket (gRPC over HTTP/2 with TLS), started when it is first needed.
//!
//! The modules stand in reading order. Two directions, both batched:
//! - PHP's thread hands **jobs** over ([`Handle::run`]). They are queued, and the thread is
//!   woken at most once a turn of the loop, by [`Handle`] as the reactor's outbox.
//! - The background posts **letters** to the loop's mailbox ([`Handle::post`]). They are
//!   kept until everything that is ready here has run, and posted together, so that a
//!   burst of answers wakes PHP's thread once.
//!
//! Invariant: nothing here touches what belongs to PHP's thread; the two share queues and
//! what jobs carry, nothing else. After a fork the child has no thread: [`Handle::is_lost`]
//! is true there, and nothing that the thread may have locked is touched again.

pub mod limits;

pub mod descriptors;

mod shared;

pub mod handle;

mod thread;

pub use handle::{Handle, Job};
pub use thread::Background;
