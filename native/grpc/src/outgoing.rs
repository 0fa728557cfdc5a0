//! Messages of a call on their way out: those that wait, and those that were sent and may
//! have to be sent again.
//!
//! While nothing of the answer has come and what was sent is within its bound, an attempt that
//! failed can be repeated whole. Beyond either the call is *committed*: nothing is kept, and
//! nothing can be repeated.

use bytes::Bytes;
use std::collections::VecDeque;

/// See the module's description.
pub(crate) struct Outgoing {
    waiting: VecDeque<Bytes>,
    /// Bytes that wait, and of the message that is being sent.
    bytes: usize,
    sent: Vec<Bytes>,
    /// Bytes of `sent` that may still be added.
    room: usize,
    committed: bool,
}

impl Outgoing {
    /// `keep`: how many bytes that were sent are kept.
    pub(crate) fn new(keep: usize) -> Outgoing {
        Outgoing {
            waiting: VecDeque::new(),
            bytes: 0,
            sent: Vec::new(),
            room: keep,
            committed: false,
        }
    }

    pub(crate) fn push(&mut self, frame: Bytes) {
        self.bytes += frame.len();
        self.waiting.push_back(frame);
    }

    /// The next to send; [`Outgoing::done`] tells when it was.
    pub(crate) fn take(&mut self) -> Option<Bytes> {
        let frame = self.waiting.pop_front()?;
        match self.room.checked_sub(frame.len()) {
            Some(room) if !self.committed => {
                self.room = room;
                self.sent.push(frame.clone());
            }
            _ => self.commit(),
        }
        Some(frame)
    }

    /// A message of this length was sent.
    pub(crate) fn done(&mut self, length: usize) {
        self.bytes = self.bytes.saturating_sub(length);
    }

    /// Bytes that are not sent.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many messages wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// What was sent is not needed any more, and never will be again.
    pub(crate) fn commit(&mut self) {
        self.committed = true;
        self.sent = Vec::new();
    }

    pub(crate) fn is_committed(&self) -> bool {
        self.committed
    }

    /// Everything that was sent waits again, in its order.
    pub(crate) fn rewind(&mut self) {
        for frame in self.sent.drain(..).rev() {
            self.room += frame.len();
            self.waiting.push_front(frame);
        }
        self.bytes = self.waiting.iter().map(Bytes::len).sum();
    }

    /// Nothing is sent any more.
    pub(crate) fn clear(&mut self) {
        self.commit();
        self.waiting.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(number: u8, length: usize) -> Bytes {
        vec![number; length].into()
    }

    fn all(outgoing: &mut Outgoing) -> Vec<u8> {
        let mut seen = Vec::new();
        while let Some(frame) = outgoing.take() {
            seen.push(frame[0]);
            outgoing.done(frame.len());
        }
        seen
    }

    #[test]
    fn what_was_sent_is_sent_again_in_its_order() {
        let mut outgoing = Outgoing::new(100);
        for number in 0..4 {
            outgoing.push(frame(number, 10));
        }
        // One was sent whole, one in part, two wait.
        assert_eq!(outgoing.take().map(|frame| frame[0]), Some(0));
        outgoing.done(10);
        assert_eq!(outgoing.take().map(|frame| frame[0]), Some(1));
        assert_eq!((outgoing.bytes(), outgoing.len()), (30, 2));
        for _ in 0..3 {
            outgoing.rewind();
            assert_eq!((outgoing.bytes(), outgoing.len()), (40, 4));
            assert_eq!(all(&mut outgoing), [0, 1, 2, 3]);
            assert_eq!(outgoing.bytes(), 0);
        }
        assert!(!outgoing.is_committed());
    }

    #[test]
    fn more_than_the_bound_is_not_kept() {
        let mut outgoing = Outgoing::new(20);
        for number in 0..3 {
            outgoing.push(frame(number, 10));
        }
        outgoing.take();
        outgoing.take();
        assert!(!outgoing.is_committed());
        outgoing.take();
        assert!(outgoing.is_committed());
        assert!(outgoing.sent.is_empty());
        outgoing.push(frame(3, 1));
        assert_eq!(all(&mut outgoing), [3]);
        assert!(outgoing.sent.is_empty(), "and never again");
    }
}
