//! Messages on their way to the socket.
//!
//! Bytes lie one message after the other. Who sends copies them out piece by piece; from
//! then on they count as handed over: the other side may have seen them. A message that
//! was not handed over whole cannot have been understood, so it may be taken back, and is
//! sent from its start on the next connection.
//!
//! Messages have places: a number that counts up and is never used again. Invariant:
//! `messages` holds those that were not handed over whole, in order; `bytes` begins
//! with the first of them.

use std::collections::VecDeque;

/// How much of the front may be handed over bytes before they are removed. Moving the rest
/// then costs at most one copied byte a byte sent.
const SLACK_BYTES: usize = 64 << 10;

#[derive(Debug)]
struct Message {
    bytes: usize,
    /// Was it taken back?
    revoked: bool,
}

/// See the module's description.
#[derive(Debug, Default)]
pub(super) struct Queue {
    bytes: Vec<u8>,
    /// Of `bytes`, belong to messages that are gone.
    gone: usize,
    /// Of the first message, were handed over.
    handed: usize,
    messages: VecDeque<Message>,
    /// Place of the first message.
    first: u64,
    revoked: usize,
    /// Bytes of messages that were not taken back, handed over bytes of the first included.
    live: usize,
}

impl Queue {
    /// The end, where the next message is written before [`Queue::commit`].
    pub(super) fn end(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Bytes waiting.
    pub(super) fn waiting(&self) -> usize {
        self.live - self.handed
    }

    /// Everything from `start` on is one message; its place.
    pub(super) fn commit(&mut self, start: usize) -> u64 {
        let bytes = self.bytes.len() - start;
        self.messages.push_back(Message {
            bytes,
            revoked: false,
        });
        self.live += bytes;
        self.first + (self.messages.len() - 1) as u64
    }

    /// Messages at places before this were handed over whole.
    pub(super) fn handed(&self) -> u64 {
        self.first
    }

    /// Takes a message back. False: a part of it was handed over.
    pub(super) fn revoke(&mut self, place: u64) -> bool {
        let Some(index) = place.checked_sub(self.first) else {
            return false;
        };
        if index == 0 && self.handed > 0 {
            return false;
        }
        let message = self.messages.get_mut(index as usize);
        if let Some(message) = message.filter(|message| !message.revoked) {
            message.revoked = true;
            self.revoked += 1;
            self.live -= message.bytes;
        }
        self.drop_revoked_front();
        true
    }

    /// Messages that were not handed over whole and not taken back.
    pub(super) fn len(&self) -> usize {
        self.messages.len() - self.revoked
    }

    fn drop_revoked_front(&mut self) {
        while self.handed == 0 {
            let Some(message) = self.messages.front().filter(|message| message.revoked) else {
                break;
            };
            self.gone += message.bytes;
            self.revoked -= 1;
            self.messages.pop_front();
            self.first += 1;
        }
        self.tidy();
    }

    fn tidy(&mut self) {
        if self.messages.is_empty() {
            self.bytes.clear();
            self.gone = 0;
            // A queue that was long once does not stay large.
            if self.bytes.capacity() > 4 * SLACK_BYTES {
                self.bytes = Vec::new();
            }
        } else if self.gone > SLACK_BYTES && self.gone > self.bytes.len() / 2 {
            self.bytes.drain(..self.gone);
            self.gone = 0;
        }
    }

    /// Copies what comes next to `room` and hands it over; how much that was.
    pub(super) fn hand_over(&mut self, room: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < room.len() {
            let Some(message) = self.messages.front() else {
                break;
            };
            let rest = message.bytes - self.handed;
            let count = rest.min(room.len() - filled);
            let from = self.gone + self.handed;
            room[filled..filled + count].copy_from_slice(&self.bytes[from..from + count]);
            filled += count;
            self.handed += count;
            if count == rest {
                self.live -= message.bytes;
                self.gone += message.bytes;
                self.handed = 0;
                self.messages.pop_front();
                self.first += 1;
                self.drop_revoked_front();
            }
        }
        filled
    }

    /// The connection is gone: a message that was handed over in part is sent from its start.
    pub(super) fn restart(&mut self) {
        self.handed = 0;
        self.drop_revoked_front();
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.first += self.messages.len() as u64;
        self.messages.clear();
        (self.handed, self.revoked, self.live) = (0, 0, 0);
        self.tidy();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(queue: &mut Queue, text: &[u8]) -> u64 {
        let start = queue.end().len();
        queue.end().extend_from_slice(text);
        queue.commit(start)
    }

    fn take(queue: &mut Queue, count: usize) -> Vec<u8> {
        let mut room = vec![0; count];
        let filled = queue.hand_over(&mut room);
        room.truncate(filled);
        room
    }

    #[test]
    fn a_message_in_part_is_sent_again_from_its_start() {
        let mut queue = Queue::default();
        let (first, second) = (push(&mut queue, b"first"), push(&mut queue, b"second"));
        assert_eq!(take(&mut queue, 7), b"firstse");
        assert!(first < queue.handed() && second >= queue.handed());
        assert!(!queue.revoke(second), "the other side has its beginning");
        queue.restart();
        assert_eq!(take(&mut queue, 99), b"second");
        assert_eq!((queue.waiting(), queue.len()), (0, 0));
    }

    #[test]
    fn what_was_taken_back_is_not_sent() {
        let mut queue = Queue::default();
        let places: Vec<u64> = [&b"a"[..], b"bb", b"ccc", b"dddd"]
            .iter()
            .map(|text| push(&mut queue, text))
            .collect();
        assert!(queue.revoke(places[1]) && queue.revoke(places[3]));
        assert_eq!((queue.waiting(), queue.len()), (4, 2));
        assert_eq!(take(&mut queue, 99), b"accc");
        assert_eq!((queue.waiting(), queue.len()), (0, 0));
        assert!(queue.bytes.is_empty());
    }
}
