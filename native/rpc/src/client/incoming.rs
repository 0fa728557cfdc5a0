//! What comes in: bytes become messages, answers find their calls.
//!
//! A message that has begun is kept until it is whole; what follows it is read where it lies.

use tusk_link::limits::INBOX_BYTES;
use tusk_link::shown::shown;
use tusk_runtime::error::Error;
use tusk_runtime::task::Waiter;

use super::abandoned::Abandoned;
use super::table::{Answer, Outcome, State, Table};
use super::{Client, Counters};
use crate::wire::{Incoming, Progress, Wire, malformed};

impl<W: Wire> Client<W> {
    /// Bytes came in.
    ///
    /// # Errors
    /// `Protocol`: what came is not understood; the connection is of no use any more.
    pub fn received(&mut self, mut input: &[u8]) -> Result<(), Error> {
        while !input.is_empty() {
            if self.partial.is_empty() {
                let progress = self.decode(input)?;
                input = &input[progress.consumed..];
                self.partial.extend_from_slice(input);
                self.need = progress.need;
                return Ok(());
            }
            // Complete the message that has begun, and not more: what follows it is read
            // where it lies.
            let missing = self.need.saturating_sub(self.partial.len());
            let (head, rest) = input.split_at(missing.min(input.len()));
            self.partial.extend_from_slice(head);
            input = rest;
            if self.need != Progress::ANY && self.partial.len() < self.need {
                return Ok(());
            }
            let partial = std::mem::take(&mut self.partial);
            let progress = self.decode(&partial)?;
            self.partial = partial;
            self.partial.drain(..progress.consumed);
            self.need = progress.need;
            if self.partial.is_empty() && self.partial.capacity() > INBOX_BYTES {
                self.partial = Vec::new();
            }
        }
        Ok(())
    }

    /// The other side has ended the connection: what it sent last may be whole by that.
    ///
    /// # Errors
    /// As [`Client::received`].
    pub fn ended(&mut self) -> Result<(), Error> {
        let partial = std::mem::take(&mut self.partial);
        self.need = 0;
        self.understand(|wire, sink| wire.ended(&partial, &mut |incoming| sink(incoming)))
    }

    fn decode(&mut self, input: &[u8]) -> Result<Progress, Error> {
        self.understand(|wire, sink| wire.decode(input, &mut |incoming| sink(incoming)))
    }

    /// Lets the wire read, and does what its messages ask for.
    fn understand<R>(
        &mut self,
        read: impl FnOnce(&mut W, Sink<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let (mut pings, mut asked) = (0, Vec::new());
        let Client {
            wire,
            table,
            abandoned,
            woken,
            counters,
            ponged,
            ..
        } = self;
        let progress = read(wire, &mut |incoming| match incoming {
            Incoming::Answer {
                seq,
                method,
                codec,
                failed,
                body,
            } => {
                let answer = |table: &mut Table| match table.get_mut(seq) {
                    Some(call) if method.is_some_and(|tag| tag != call.method) => Err(malformed(
                        format!("the answer to call {seq} names another method than the call did"),
                    )),
                    _ => Ok(Outcome::Answer(Answer {
                        codec,
                        failed,
                        body: with_room(body),
                    })),
                };
                finish(table, abandoned, woken, counters, seq, answer, body)
            }
            Incoming::Failed { seq, error } => {
                let failed = |_: &mut Table| Ok(Outcome::Failed(error));
                finish(table, abandoned, woken, counters, seq, failed, &[])
            }
            Incoming::Asked { id } => {
                asked.push(id.to_vec());
                Ok(())
            }
            Incoming::Ping => {
                pings += 1;
                Ok(())
            }
            Incoming::Pong => {
                *ponged = true;
                Ok(())
            }
        })?;
        // However often it asked: it sees that we are here. While it has not read one pong there
        // is no second, or a peer that only asks would fill the queue.
        let waits = self.pong.is_some_and(|place| place >= self.queue.handed());
        if pings > 0 && !waits {
            let start = self.queue.end().len();
            self.wire.pong(self.queue.end());
            self.pong = Some(self.queue.commit(start));
        }
        for id in asked {
            self.refuse(&id)?;
        }
        Ok(progress)
    }

    /// Nobody here is called: the other side is told so.
    fn refuse(&mut self, id: &[u8]) -> Result<(), Error> {
        if self.queue.waiting() > self.bounds.queue_bytes {
            return Err(malformed(format!(
                "the other side calls methods here and does not read the refusals: {} bytes wait",
                self.queue.waiting()
            )));
        }
        let start = self.queue.end().len();
        self.wire.refuse(id, self.queue.end());
        if self.queue.end().len() > start {
            self.queue.commit(start);
        }
        Ok(())
    }
}

/// What a wire tells of each message.
type Sink<'a> = &'a mut dyn FnMut(Incoming<'_>) -> Result<(), Error>;

/// A copy with room for one byte more: decoders of C strings need a NUL.
fn with_room(body: &[u8]) -> Vec<u8> {
    let mut copy = Vec::with_capacity(body.len() + 1);
    copy.extend_from_slice(body);
    copy
}

fn finish(
    table: &mut Table,
    abandoned: &mut Abandoned,
    woken: &mut Vec<Waiter>,
    counters: &mut Counters,
    seq: u32,
    outcome: impl FnOnce(&mut Table) -> Result<Outcome, Error>,
    body: &[u8],
) -> Result<(), Error> {
    match table.get_mut(seq).map(|call| &call.state) {
        Some(&State::Open(waiter)) => {
            let outcome = outcome(table)?;
            if let Some(call) = table.get_mut(seq) {
                call.state = State::Done(outcome);
            }
            counters.answers += 1;
            woken.extend(waiter);
            Ok(())
        }
        Some(State::Ignored) => {
            counters.answers += 1;
            table.remove(seq);
            Ok(())
        }
        None if abandoned.take(seq) => {
            counters.late += 1;
            Ok(())
        }
        known => Err(malformed(format!(
            "an answer came for call {seq}, {}; its body begins with {}",
            if known.is_some() {
                "which was answered already"
            } else {
                "which nobody made"
            },
            shown(body)
        ))),
    }
}
