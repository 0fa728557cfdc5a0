//! What can be asked of the kernel: one variant a verb, one file a verb.
//!
//! Each verb states its ring entry (`entry`) and its plain system call (`call`) side by
//! side, so that the drivers cannot drift apart: the ring driver uses the first, the epoll
//! driver the second, and the ring driver falls back to the second for a verb that
//! its kernel lacks. Both give the same results, which the contract suite checks.
//!
//! An op owns or pins all memory that the kernel touches for it, at addresses that do not
//! change when the op itself is moved.

mod accept;
mod cancel;
mod close;
mod connect;
mod fsync;
mod open_at;
mod poll;
mod read;
mod recv;
mod send;
mod statx;
mod timeout;
mod wait_id;
mod write;

pub use accept::Accept;
pub use cancel::Cancel;
pub use close::Close;
pub use connect::Connect;
pub use fsync::Fsync;
pub use open_at::OpenAt;
pub use poll::Poll;
pub use read::Read;
pub use recv::Recv;
pub use send::Send;
pub use statx::Statx;
pub use timeout::Timeout;
pub use wait_id::{Children, WaitId};
pub use write::Write;

use crate::Nanos;
use io_uring::{opcode, squeue};
use std::os::fd::RawFd;

/// The caller's name for an op. The caller chooses it and sees to it that no two ops in
/// flight have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(pub u64);

/// One request.
#[derive(Debug)]
pub enum Op {
    /// Take a connection.
    Accept(Accept),
    /// Make a connection.
    Connect(Connect),
    /// Receive from a socket.
    Recv(Recv),
    /// Send to a socket.
    Send(Send),
    /// Read from a file, pipe or socket.
    Read(Read),
    /// Write to a file, pipe or socket.
    Write(Write),
    /// Wait for readiness, once or at every change.
    Poll(Poll),
    /// Close a descriptor.
    Close(Close),
    /// Wait for a point in time.
    Timeout(Timeout),
    /// End another op, and tell whether it was found.
    Cancel(Cancel),
    /// Open a file.
    OpenAt(OpenAt),
    /// Ask for a file's attributes.
    Statx(Statx),
    /// Bring a file's data to the disk.
    Fsync(Fsync),
    /// Wait for a child process.
    WaitId(WaitId),
}

/// What is known about the descriptor when the plain call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// Nothing: the call must not wait, and says `-EAGAIN` if it would have to.
    Unknown,
    /// It was ready a moment ago: only somebody else can have taken what was there.
    Reported,
    /// It cannot be waited for (a regular file): the call may take as long as it takes.
    Always,
}

/// What an op whose call said `-EAGAIN` waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing: `-EAGAIN` is its result.
    Nothing,
    /// One of these `POLL*` events.
    Ready { fd: RawFd, events: u32 },
    /// Time to pass, because there is nothing to watch.
    Later(Nanos),
}

/// Number of verbs.
pub const VERBS: usize = 14;

/// Verb names and ring op codes, in the order of [`Op::verb`].
pub(crate) const VERB_TABLE: [(&str, u8); VERBS] = [
    ("accept", opcode::Accept::CODE),
    ("connect", opcode::Connect::CODE),
    ("recv", opcode::Recv::CODE),
    ("send", opcode::Send::CODE),
    ("read", opcode::Read::CODE),
    ("write", opcode::Write::CODE),
    ("poll", opcode::PollAdd::CODE),
    ("close", opcode::Close::CODE),
    ("timeout", opcode::Timeout::CODE),
    ("cancel", opcode::AsyncCancel::CODE),
    ("openat", opcode::OpenAt::CODE),
    ("statx", opcode::Statx::CODE),
    ("fsync", opcode::Fsync::CODE),
    ("waitid", opcode::WaitId::CODE),
];

macro_rules! each_verb {
    ($op:expr, $verb:ident => $body:expr) => {
        match $op {
            Op::Accept($verb) => $body,
            Op::Connect($verb) => $body,
            Op::Recv($verb) => $body,
            Op::Send($verb) => $body,
            Op::Read($verb) => $body,
            Op::Write($verb) => $body,
            Op::Poll($verb) => $body,
            Op::Close($verb) => $body,
            Op::Timeout($verb) => $body,
            Op::Cancel($verb) => $body,
            Op::OpenAt($verb) => $body,
            Op::Statx($verb) => $body,
            Op::Fsync($verb) => $body,
            Op::WaitId($verb) => $body,
        }
    };
}

impl Op {
    /// The verb's place in [`VERB_TABLE`].
    pub(crate) fn verb(&self) -> usize {
        match self {
            Op::Accept(_) => 0,
            Op::Connect(_) => 1,
            Op::Recv(_) => 2,
            Op::Send(_) => 3,
            Op::Read(_) => 4,
            Op::Write(_) => 5,
            Op::Poll(_) => 6,
            Op::Close(_) => 7,
            Op::Timeout(_) => 8,
            Op::Cancel(_) => 9,
            Op::OpenAt(_) => 10,
            Op::Statx(_) => 11,
            Op::Fsync(_) => 12,
            Op::WaitId(_) => 13,
        }
    }

    /// The verb's name.
    pub fn name(&self) -> &'static str {
        VERB_TABLE[self.verb()].0
    }

    /// The ring entry. `Cancel` has none of its own here: it names another op's entry,
    /// which only the driver knows.
    #[inline]
    pub(crate) fn entry(&self) -> squeue::Entry {
        each_verb!(self, verb => verb.entry())
    }

    /// Makes the plain call: its result, with `-EAGAIN` for "not yet, see [`Op::need`]".
    pub(crate) fn call(&mut self, readiness: Readiness) -> i32 {
        each_verb!(self, verb => verb.call(readiness))
    }

    /// What to wait for after the call said `-EAGAIN`.
    pub(crate) fn need(&self) -> Need {
        each_verb!(self, verb => verb.need())
    }
}

macro_rules! into_op {
    ($($verb:ident)*) => {
        $(impl From<$verb> for Op {
            fn from(verb: $verb) -> Op {
                Op::$verb(verb)
            }
        })*
    };
}
into_op! { Accept Connect Recv Send Read Write Poll Close Timeout Cancel OpenAt Statx Fsync WaitId }
