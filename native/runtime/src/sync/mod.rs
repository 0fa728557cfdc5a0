//! Primitives that tasks wait on. All are FIFO, and none holds a task: they hold
//! [`Waiter`](crate::task::Waiter)s, which go stale by themselves when the wait ends
//! another way.
//!
//! What all have in common: what somebody is woken for is theirs from that moment, so that
//! whoever runs in between cannot take it; and who is woken but does not take it (it was
//! cancelled before it ran) passes it on.

mod backoff;
mod barrier;
mod channel;
mod mutex;
mod scope;
mod select;
mod semaphore;
mod wait_queue;

pub use backoff::Backoff;
pub use barrier::Barrier;
pub use channel::{Channel, Place, Receive, Send};
pub use mutex::{Lock, Mutex};
pub use scope::{Admit, Scope, Stop};
pub use select::{Case, Chosen, Select};
pub use semaphore::Semaphore;
pub use wait_queue::WaitQueue;
