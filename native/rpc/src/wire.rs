//! What a protocol is to the client: it turns requests into bytes and bytes into answers.
//!
//! A wire touches no socket and no clock. It may keep what it needs to understand the next
//! bytes; the client tells it when the connection is another one.

use tusk_runtime::error::{Error, Kind};

/// A call to be written.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method's whole name.
    pub method: &'a [u8],
    /// The encoded payload.
    pub body: &'a [u8],
    /// How it is encoded, in the protocol's own terms.
    pub codec: u8,
}

/// What came in. Borrowed from the bytes received.
#[derive(Debug)]
pub enum Incoming<'a> {
    /// The answer to a call.
    Answer {
        /// The call's number.
        seq: u32,
        /// [`method_tag`] of the method that it names, where the protocol does.
        method: Option<u64>,
        /// How the body is encoded.
        codec: u8,
        /// Did the other side report a failure?
        failed: bool,
        /// The encoded result or failure.
        body: &'a [u8],
    },
    /// A call will get no answer, for this reason; the connection is sound.
    Failed {
        /// The call's number.
        seq: u32,
        /// Why.
        error: Error,
    },
    /// The other side calls a method of ours, and there is none.
    Asked {
        /// What the refusal names, as it was written.
        id: &'a [u8],
    },
    /// The other side asks whether we are there.
    Ping,
    /// It is there.
    Pong,
}

/// How far the bytes could be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are done with, from the front: whole messages, and parts that the wire keeps.
    pub consumed: usize,
    /// How long what follows must get before it is worth looking at again; it may have to get
    /// longer still. [`Progress::ANY`]: one byte more may be enough.
    pub need: usize,
}

impl Progress {
    /// The length of the message that has begun is not known.
    pub const ANY: usize = usize::MAX;
}

/// See the module's description.
pub trait Wire {
    /// Can a message that was not sent be taken back? Not where answers are told apart by
    /// their order.
    fn revocable(&self) -> bool;

    /// Writes a call with the number `seq` to the end of `out`.
    ///
    /// # Errors
    /// `Misuse` or `Overloaded` when it cannot be said in this protocol. The client removes what was
    /// written.
    fn request(&mut self, seq: u32, request: &Request<'_>, out: &mut Vec<u8>) -> Result<(), Error>;

    /// Writes several calls as one message; those without a number are not answered.
    ///
    /// # Errors
    /// As [`Wire::request`]; `Misuse` where the protocol has no batches.
    fn batch(
        &mut self,
        requests: &[(Option<u32>, Request<'_>)],
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let _ = (requests, out);
        Err(Error::new(
            Kind::Misuse,
            "make a call",
            "this protocol has no batches and notifications",
        ))
    }

    /// The message written last is not sent after all.
    fn undo(&mut self) {}

    /// Writes the question whether the other side is there. False: the protocol has none.
    fn ping(&mut self, out: &mut Vec<u8>) -> bool;

    /// Writes the answer to [`Incoming::Ping`].
    fn pong(&mut self, out: &mut Vec<u8>);

    /// Writes the answer to [`Incoming::Asked`].
    fn refuse(&mut self, id: &[u8], out: &mut Vec<u8>) {
        let _ = (id, out);
    }

    /// Hands whole messages from the front of `input` to `sink`.
    ///
    /// # Errors
    /// `Protocol`, naming what was seen: nothing that follows can be understood. The sink's
    /// own errors.
    fn decode(
        &mut self,
        input: &[u8],
        sink: &mut impl FnMut(Incoming<'_>) -> Result<(), Error>,
    ) -> Result<Progress, Error>;

    /// The other side has ended the connection, and `rest` is what came last without being a
    /// whole message: in some protocols that end is what makes it whole.
    ///
    /// # Errors
    /// As [`Wire::decode`].
    fn ended(
        &mut self,
        rest: &[u8],
        sink: &mut impl FnMut(Incoming<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let _ = (rest, sink);
        Ok(())
    }

    /// The connection is gone; the last `unsent` messages will be sent on another one.
    fn lost(&mut self, unsent: usize);
}

/// Tells methods apart without keeping their names (FNV-1a, 64 bits).
pub fn method_tag(method: &[u8]) -> u64 {
    method.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A protocol error; `seen` says what came instead of what was expected.
#[cold]
pub fn malformed(seen: String) -> Error {
    Error::new(Kind::Protocol, "understand the answer", seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_differ() {
        assert_ne!(method_tag(b"kv.Get"), method_tag(b"kv.Set"));
        assert_ne!(method_tag(b""), method_tag(b"\0"));
    }
}
