//! Primitives that tasks wait on. All are FIFO, and none holds a task: they hold
//! [`Waiter`](crate::task::Waiter)s, which go stale by themselves when the wait ends
//! another way.

mod channel;
mod wait_queue;

pub use channel::{Channel, Receive, Send};
pub use wait_queue::{Place, WaitQueue};
