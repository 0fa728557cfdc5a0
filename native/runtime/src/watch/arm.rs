//! What watches are asked for, and what they ask for. They decide; the reactor acts.

/// Which readiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Something to read, a connection to accept, or the peer has closed.
    Readable,
    /// Room to write.
    Writable,
}

/// May a callback be called while a former call is suspended?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// No: the callbacks of a watch run one after the other.
    Never,
    /// Yes, when there is something to read.
    Ready,
    /// Yes, and once as soon as a call is suspended: the host may have read more than that
    /// call has taken.
    Again,
}

/// What the reactor does next for a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arm {
    /// Nothing.
    Nothing,
    /// Submit a one-shot poll.
    Once,
    /// Submit a multishot poll.
    Multi,
    /// Queue its callback.
    Call,
    /// Tell the host that something happened while the callback is suspended.
    Busy,
}
