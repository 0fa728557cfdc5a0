//! The driver: hands ops to the kernel and brings their completions back.
//!
//! Three drivers fill one contract ([`Driver`]), checked by one suite
//! (`tests/driver_contract.rs`): [`Uring`], [`Epoll`] and the seeded [`Fake`]. A driver
//! belongs to the thread that made it. It knows tokens and completions; who waits for
//! them and why is the scheduler's business.

mod any;
mod bell;
mod coalesce;
mod epoll;
mod fake;
mod table;
mod uring;

pub use any::{AnyDriver, Choice, open};
pub use epoll::Epoll;
pub use fake::Fake;
pub use uring::Uring;

pub use crate::op::{Op, Token};
pub use crate::probe::{Kind, Plan};

use crate::Nanos;
use crate::error::Error;
use crate::sys::signal::SigSet;

/// One thing the kernel said about an op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Which op.
    pub token: Token,
    /// As documented at the verb; `-errno` for failure.
    pub result: i32,
    /// More completions of this op will follow.
    pub more: bool,
}

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Not at all: collect what is there.
    Now,
    /// Until this point of [`Driver::now`]'s clock.
    Until(Nanos),
    /// Until something completes or a signal comes.
    Forever,
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// At least one completion was appended.
    Events,
    /// Nothing was appended, and the time is over (for [`Wait::Now`]: at once).
    Deadline,
    /// Nothing was appended, and a signal may have been handled: look, and wait again.
    Interrupted,
}

/// What every driver promises, and what it asks of its caller.
///
/// 1. **One end.** Every op that `submit` accepted gets exactly one completion with
///    `more == false`, also when it is cancelled, and none after it. Only a `Poll` with
///    `multi` gets completions with `more == true` before.
/// 2. **Memory.** What an op points to belongs to the kernel from `submit` until `wait`
///    returned that final completion. The driver keeps the op, and so all memory that the
///    op owns, until then. Dropping a driver cancels what is in flight and waits for the
///    kernel to let go; what does not let go in time is leaked, not freed.
/// 3. **Batches.** `submit` and `cancel` never block and never wait for an op. They
///    may only queue: everything takes effect at the next `wait` or `flush`, with one
///    entry into the kernel for all.
/// 4. **Cancelling** is by token, never by descriptor. A cancelled op still completes:
///    with `-ECANCELED`, or with its result if that came first. Cancelling a token that
///    is not in flight does nothing.
/// 5. **Tokens** are chosen by the caller. Two ops in flight may not have the same:
///    `submit` refuses the second with `Misuse`. After the final completion was returned
///    the token is free.
/// 6. **Descriptors.** Ops on a descriptor are cancelled before it is closed. A descriptor
///    number that is then used for another file carries nothing over.
/// 7. **Waiting.** `wait` appends every completion that is there and returns as soon
///    as there is one, or, where many come fast, when there are a few, within
///    `limits::COALESCE_PATIENCE`. A deadline in the past means `Now`.
/// 8. **Signals** end a wait. A caller that must not miss one blocks it, looks at its own
///    flag, and passes a `mask` without it: the signal is then let in while the call
///    sleeps, without a gap in between, and stays pending when it does not sleep. A missed
///    signal is a defect; `Interrupted` without a signal is not, so what a signal means
///    is decided by looking at the flag, and a time not yet reached is waited for again.
/// 9. **Order.** Completions of one multishot op keep their order. Between ops there is
///    none, not even for two sends on one socket: the caller awaits the first.
/// 10. **Short transfers** are legal results. Nothing is retried on the caller's behalf.
pub trait Driver {
    /// Accepts an op under the caller's name for it.
    ///
    /// # Errors
    /// `Misuse` for a token in flight, `Overloaded` beyond `limits::OPS_IN_FLIGHT`. The
    /// op is then dropped and never completes. What the kernel says of an op is no
    /// error here but its completion.
    fn submit(&mut self, token: Token, op: Op) -> Result<(), Error>;

    /// Asks for the end of an op (point 4).
    fn cancel(&mut self, token: Token);

    /// Hands everything queued to the kernel without waiting or returning completions.
    /// After `cancel` and `flush` the op's hold on its file is gone, so that closing it
    /// is seen by the peer at once.
    fn flush(&mut self);

    /// Collects completions into `out`, waiting as `wait` says (point 7).
    fn wait(&mut self, wait: Wait, mask: Option<&SigSet>, out: &mut Vec<Completion>) -> Waited;

    /// Ops that were accepted and whose final completion was not returned yet.
    fn in_flight(&self) -> usize;

    /// Which driver this is.
    fn kind(&self) -> Kind;

    /// The time that [`Wait::Until`] and `Timeout` are measured with: the monotonic clock,
    /// or the fake driver's own.
    fn now(&self) -> Nanos;
}
