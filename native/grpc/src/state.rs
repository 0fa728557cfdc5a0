//! Where the two sides of a call meet: what waits to be sent, what has come, how it ended,
//! and who waits for what.
//!
//! PHP's thread puts messages in and takes messages out; the background thread does the
//! opposite. Letters to waiters are posted by the background thread alone.
//!
//! Backpressure, in the words of HTTP/2: bytes of a message that nobody has taken are not
//! given back to the server as window, so it can never have more than one window under way.
//! Bytes of a message that is still incomplete are given back at once while nothing else
//! waits to be taken, or a message longer than the window could never arrive.

use crate::frame::Message;
use crate::metadata::Metadata;
use crate::outgoing::Outgoing;
use crate::status::Status;
use bytes::Bytes;
use h2::FlowControl;
use std::collections::VecDeque;
use std::sync::Arc;
use tusk_runtime::reactor::OpId;

/// What a waiter waits for. The end of the call ends every wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// The server's initial metadata.
    Headers,
    /// A message.
    Message,
    /// Room for messages to send.
    Room,
    /// The end.
    End,
}

/// A message that was not taken yet.
pub(crate) struct Received {
    pub(crate) data: Bytes,
    /// Window that taking it gives back.
    credit: usize,
}

/// See the module's description.
pub(crate) struct State {
    pub(crate) outgoing: Outgoing,
    /// Nothing is added to `outgoing` any more.
    pub(crate) half_closed: bool,
    pub(crate) headers: Option<Metadata>,
    pub(crate) messages: VecDeque<Received>,
    /// Bytes in `messages`, decompressed.
    pub(crate) waiting_bytes: usize,
    pub(crate) status: Option<Status>,
    pub(crate) peer: Option<Arc<str>>,
    waiters: Vec<(OpId, Interest)>,
    /// Gives window back; there while the stream is.
    flow: Option<FlowControl>,
    /// Window to give back.
    freed: usize,
    /// Bytes of the incomplete message: in all, and of those given back.
    partial: usize,
    partial_freed: usize,
    window: usize,
}

impl State {
    /// `keep`: bytes of the request that are kept for another attempt.
    pub(crate) fn new(window: u32, keep: usize) -> State {
        State {
            outgoing: Outgoing::new(keep),
            half_closed: false,
            headers: None,
            messages: VecDeque::new(),
            waiting_bytes: 0,
            status: None,
            peer: None,
            waiters: Vec::new(),
            flow: None,
            freed: 0,
            partial: 0,
            partial_freed: 0,
            window: window as usize,
        }
    }

    /// Is there what the waiter waits for? `room` is the bound for messages to send.
    pub(crate) fn is_there(&self, interest: Interest, room: usize) -> bool {
        self.status.is_some()
            || match interest {
                Interest::Headers => self.headers.is_some(),
                Interest::Message => !self.messages.is_empty(),
                Interest::Room => self.outgoing.bytes() < room,
                Interest::End => false,
            }
    }

    pub(crate) fn add_waiter(&mut self, op: OpId, interest: Interest) {
        self.waiters.push((op, interest));
    }

    /// True: it was still there, and nobody will post its letter.
    pub(crate) fn remove_waiter(&mut self, op: OpId) -> bool {
        let before = self.waiters.len();
        self.waiters.retain(|&(other, _)| other != op);
        self.waiters.len() < before
    }

    /// Takes out the waiters whose wait is over.
    pub(crate) fn take_waiters(&mut self, room: usize, mut take: impl FnMut(OpId)) {
        let mut index = 0;
        while let Some(&(op, interest)) = self.waiters.get(index) {
            if self.is_there(interest, room) {
                self.waiters.swap_remove(index);
                take(op);
            } else {
                index += 1;
            }
        }
    }

    // ---- window ----

    pub(crate) fn set_flow(&mut self, flow: Option<FlowControl>) {
        self.flow = flow;
    }

    /// Bytes came that belong to the incomplete message.
    pub(crate) fn set_partial(&mut self, bytes: usize) {
        self.partial = bytes;
        if self.messages.is_empty() {
            self.free_partial();
        }
    }

    /// A message is complete; `wire` is its length with its prefix.
    pub(crate) fn push(&mut self, data: Bytes, wire: usize) {
        let credit = wire - std::mem::take(&mut self.partial_freed).min(wire);
        self.partial = 0;
        self.waiting_bytes += data.len();
        self.messages.push_back(Received { data, credit });
    }

    /// Takes a message. True beside it: window is to be given back, by [`State::give_back`].
    pub(crate) fn take(&mut self) -> Option<(Bytes, bool)> {
        let received = self.messages.pop_front()?;
        self.waiting_bytes -= received.data.len();
        self.freed += received.credit;
        let empty = self.messages.is_empty();
        let stuck = empty && self.partial > self.partial_freed;
        let wanted = self.flow.is_some() && (stuck || self.freed * 4 >= self.window);
        Some((received.data, wanted))
    }

    fn free_partial(&mut self) {
        self.freed += self.partial - self.partial_freed;
        self.partial_freed = self.partial;
    }

    /// Gives window back to the server; in the background thread.
    pub(crate) fn give_back(&mut self) {
        if self.messages.is_empty() {
            self.free_partial();
        }
        let bytes = std::mem::take(&mut self.freed);
        if let Some(flow) = self.flow.as_mut().filter(|_| bytes > 0) {
            // It fails when the stream has ended, and then nothing has to be given back.
            let _ = flow.release_capacity(bytes);
        }
    }

    /// Is more waiting to be taken than a window? Compressed messages may hold much more
    /// than they took on the wire.
    pub(crate) fn is_full(&self) -> bool {
        !self.messages.is_empty() && self.waiting_bytes >= self.window && self.status.is_none()
    }

    /// The message's own length and its prefix.
    pub(crate) fn wire_length(message: &Message) -> usize {
        crate::frame::PREFIX + message.data.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_comes_back_with_what_is_taken() {
        let mut state = State::new(1000, 0);
        state.push(Bytes::from_static(b"abc"), 8);
        state.push(Bytes::from_static(b"defg"), 9);
        state.set_partial(5);
        assert_eq!(state.freed, 0, "somebody has to take something first");
        assert_eq!(state.take().map(|(data, _)| data), Some("abc".into()));
        assert_eq!(state.take().map(|(data, _)| data), Some("defg".into()));
        assert_eq!(state.freed, 17);
        state.give_back();
        assert_eq!((state.freed, state.partial_freed), (0, 5));
        // The rest of the message comes: only what was not given back is its credit.
        state.push(Bytes::from_static(&[0; 20]), 25);
        assert!(state.take().is_some());
        assert_eq!(state.freed, 20);
    }

    #[test]
    fn a_message_longer_than_the_window_gets_through() {
        let mut state = State::new(100, 0);
        for received in [100, 200, 300] {
            state.set_partial(received);
            assert_eq!(state.freed, 100, "all of it can come again");
            state.give_back();
        }
        state.push(Bytes::from_static(&[0; 300]), 305);
        assert!(state.take().is_some());
        assert_eq!(state.freed, 5);
    }

    #[test]
    fn waiters_get_what_they_wait_for_and_the_end_ends_all() {
        let mut reactor =
            tusk_runtime::reactor::Reactor::new(tusk_runtime::driver::Choice::Epoll, 4, 1, 1)
                .expect("one");
        let all = [
            Interest::Headers,
            Interest::Message,
            Interest::Room,
            Interest::End,
        ];
        let ops: Vec<OpId> = all.iter().map(|_| reactor.open_letter(None)).collect();
        let mut state = State::new(1000, 0);
        state.outgoing.push(Bytes::from_static(&[0; 10]));
        for (&op, &interest) in ops.iter().zip(&all) {
            state.add_waiter(op, interest);
        }
        let woken = |state: &mut State| {
            let mut woken = Vec::new();
            state.take_waiters(10, |op| woken.push(op));
            woken
        };
        assert!(woken(&mut state).is_empty());
        state.outgoing.done(1);
        assert_eq!(woken(&mut state), [ops[2]]);
        state.push(Bytes::new(), 5);
        assert_eq!(woken(&mut state), [ops[1]]);
        assert!(state.remove_waiter(ops[0]));
        assert!(!state.remove_waiter(ops[0]));
        state.status = Some(Status::protocol("over"));
        assert_eq!(woken(&mut state), [ops[3]]);
    }
}
