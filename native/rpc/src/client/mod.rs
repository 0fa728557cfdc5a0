//! One multiplexed connection as a state machine: calls in, bytes out, bytes in, answers out.
//!
//! It touches no socket, clock or scheduler. The connection feeds it what was received, takes
//! what is to be sent, and wakes whom it names.
//!
//! ```text
//!            begin           hand_over            received
//!   caller ────────▶ queued ───────────▶ sent ───────────────▶ done ──take──▶ caller
//!              abandon │   ▲ lost          │ abandon    lost ▲
//!             (revoked)▼   └──(not whole)  ▼ (late answer    │ "may have been executed"
//!                     free                 free    dropped)  └───── sent
//! ```
//!
//! Invariants:
//! 1. A number names at most one call and at most one answer that is awaited: numbers of
//!    calls that were given up stay taken until their answers have come.
//! 2. Every call that is not given up is done exactly once.
//! 3. A call that was not handed over whole survives the loss of its connection.

mod abandoned;
mod incoming;
mod queue;
mod table;

pub use table::{Answer, Outcome};

use abandoned::Abandoned;
use queue::Queue;
use table::{Call, State, Table};

use tusk_runtime::error::{Error, Kind};
use tusk_runtime::task::Waiter;

use crate::limits;
use crate::wire::{Request, Wire, method_tag};

/// Bounds of one client.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Calls that have not ended; see [`limits::IN_FLIGHT`].
    pub in_flight: usize,
    /// Bytes waiting for the socket; see [`limits::QUEUE_BYTES`].
    pub queue_bytes: usize,
    /// See [`limits::ABANDONED`].
    pub abandoned: usize,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            in_flight: limits::IN_FLIGHT,
            queue_bytes: limits::QUEUE_BYTES,
            abandoned: limits::ABANDONED,
        }
    }
}

/// Names a call until it is taken or given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallId(u32);

impl CallId {
    /// The number on the wire.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// Counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Calls begun.
    pub calls: u64,
    /// Answers that found their call.
    pub answers: u64,
    /// Answers to calls that had been given up.
    pub late: u64,
    /// Calls that failed with their connection.
    pub failed: u64,
}

/// See the module's description.
#[derive(Debug)]
pub struct Client<W> {
    wire: W,
    bounds: Bounds,
    table: Table,
    queue: Queue,
    abandoned: Abandoned,
    /// The message that has begun to come in, and how long it must get.
    partial: Vec<u8>,
    need: usize,
    woken: Vec<Waiter>,
    /// Counters.
    pub counters: Counters,
    ponged: bool,
    /// The place of our last pong in the queue.
    pong: Option<u64>,
}

impl<W: Wire> Client<W> {
    /// A client without a connection. Numbers begin at `first`.
    pub fn new(wire: W, bounds: Bounds, first: u32) -> Client<W> {
        Client {
            wire,
            bounds,
            table: Table::new(first),
            queue: Queue::default(),
            abandoned: Abandoned::new(bounds.abandoned),
            partial: Vec::new(),
            need: 0,
            woken: Vec::new(),
            counters: Counters::default(),
            ponged: false,
            pong: None,
        }
    }

    // ---- calls ----

    /// Queues a call. `waiter` is woken when it is done; `ignore`: nobody wants the answer.
    ///
    /// # Errors
    /// `Overloaded` beyond the bounds, and what the wire refuses. Nothing was queued.
    pub fn begin(
        &mut self,
        request: &Request<'_>,
        waiter: Option<Waiter>,
        ignore: bool,
    ) -> Result<CallId, Error> {
        self.check_room(1)?;
        let seq = self.free_number();
        let message = self.write(|wire, out| wire.request(seq, request, out))?;
        let state = if ignore {
            State::Ignored
        } else {
            State::Open(waiter)
        };
        self.enter(seq, state, request, message);
        Ok(CallId(seq))
    }

    /// Queues calls as one message. `None` stands for those that are not answered.
    ///
    /// # Errors
    /// As [`Client::begin`].
    pub fn begin_batch(
        &mut self,
        requests: &[(Request<'_>, bool)],
    ) -> Result<Vec<Option<CallId>>, Error> {
        let answered = requests.iter().filter(|(_, answered)| *answered).count();
        self.check_room(answered)?;
        let mut numbered: Vec<(Option<u32>, Request<'_>)> = Vec::with_capacity(requests.len());
        // A number is free until a call has it, so each is entered before the next is asked for.
        let mut numbers = Vec::with_capacity(requests.len());
        for (request, answered) in requests {
            let seq = answered.then(|| self.free_number());
            if let Some(seq) = seq {
                self.enter(seq, State::Open(None), request, u64::MAX);
            }
            numbers.push(seq);
            numbered.push((seq, *request));
        }
        let written = self.write(|wire, out| wire.batch(&numbered, out));
        for seq in numbers.iter().flatten() {
            match &written {
                Ok(message) => {
                    if let Some(call) = self.table.get_mut(*seq) {
                        call.message = *message;
                        call.shared = numbers.len() > 1;
                    }
                }
                Err(_) => {
                    self.counters.calls -= 1;
                    self.table.remove(*seq);
                }
            }
        }
        written?;
        Ok(numbers.into_iter().map(|seq| seq.map(CallId)).collect())
    }

    fn check_room(&self, more: usize) -> Result<(), Error> {
        if self.table.len() + more <= self.bounds.in_flight {
            return Ok(());
        }
        Err(Error::new(
            Kind::Overloaded,
            "make a call",
            format!("{} calls of this client have not ended", self.table.len()),
        )
        .hint("bound the coroutines that call, or raise max_in_flight"))
    }

    fn free_number(&mut self) -> u32 {
        let abandoned = &self.abandoned;
        self.table.free_number(|seq| abandoned.contains(seq))
    }

    /// Writes a message to the queue; its place.
    fn write(
        &mut self,
        write: impl FnOnce(&mut W, &mut Vec<u8>) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let waiting = self.queue.waiting();
        let start = self.queue.end().len();
        if let Err(error) = write(&mut self.wire, self.queue.end()) {
            self.queue.end().truncate(start);
            return Err(error);
        }
        let bytes = self.queue.end().len() - start;
        if waiting > 0 && waiting + bytes > self.bounds.queue_bytes {
            self.queue.end().truncate(start);
            self.wire.undo();
            return Err(Error::new(
                Kind::Overloaded,
                "make a call",
                format!("{waiting} bytes wait to be sent already"),
            )
            .hint("the other side reads too slowly or cannot be reached; call less, or raise max_queue_bytes"));
        }
        Ok(self.queue.commit(start))
    }

    fn enter(&mut self, seq: u32, state: State, request: &Request<'_>, message: u64) {
        self.table.insert(
            seq,
            Call {
                state,
                method: method_tag(request.method),
                message,
                shared: false,
            },
        );
        self.counters.calls += 1;
    }

    /// What came of a call, once; its number is free after that. `None`: not yet.
    pub fn take(&mut self, id: CallId) -> Option<Outcome> {
        if !self.is_done(id) {
            return None;
        }
        match self.table.remove(id.0)?.state {
            State::Done(outcome) => Some(outcome),
            State::Open(_) | State::Ignored => None,
        }
    }

    /// Is it ready to be taken?
    pub fn is_done(&mut self, id: CallId) -> bool {
        matches!(
            self.table.get_mut(id.0),
            Some(Call {
                state: State::Done(_),
                ..
            })
        )
    }

    /// This wait is woken when the call is done. False: it is.
    pub fn set_waiter(&mut self, id: CallId, waiter: Option<Waiter>) -> bool {
        match self.table.get_mut(id.0) {
            Some(Call {
                state: State::Open(slot),
                ..
            }) => {
                *slot = waiter;
                true
            }
            _ => false,
        }
    }

    /// Nobody wants the outcome any more. False: it was not sent, and is not sent at all.
    pub fn abandon(&mut self, id: CallId) -> bool {
        let Some(call) = self.table.remove(id.0) else {
            return true;
        };
        if matches!(call.state, State::Done(_)) {
            return true;
        }
        if self.wire.revocable() && !call.shared && self.queue.revoke(call.message) {
            return false;
        }
        self.abandoned.insert(id.0, call.message, call.shared);
        true
    }

    /// Calls that have not been taken or given up.
    pub fn in_flight(&self) -> usize {
        self.table.len()
    }

    /// Calls that were given up and whose answers may still come.
    pub fn abandoned(&self) -> usize {
        self.abandoned.len()
    }

    /// Who is to be woken.
    pub fn take_woken(&mut self, wake: impl FnMut(Waiter)) {
        self.woken.drain(..).for_each(wake);
    }

    // ---- the connection ----

    /// Is there something to send?
    pub fn wants_send(&self) -> bool {
        self.queue.waiting() > 0
    }

    /// Copies the next bytes to send; how many.
    pub fn hand_over(&mut self, room: &mut [u8]) -> usize {
        self.queue.hand_over(room)
    }

    /// Asks whether the other side is there. False: this protocol cannot.
    pub fn ping(&mut self) -> bool {
        let start = self.queue.end().len();
        let can = self.wire.ping(self.queue.end());
        if can {
            self.queue.commit(start);
        }
        can
    }

    /// Has it answered since this was asked last?
    pub fn take_ponged(&mut self) -> bool {
        std::mem::take(&mut self.ponged)
    }

    /// The connection is gone. Calls that the other side may have seen fail; the others wait
    /// for the next connection.
    pub fn lost(&mut self, error: &Error) {
        let handed = self.queue.handed();
        self.fail_where(error, |call| call.message < handed);
        self.queue.restart();
        let (queue, revocable) = (&mut self.queue, self.wire.revocable());
        self.abandoned.retain(|message, shared| {
            message >= handed && !(revocable && !shared && queue.revoke(message))
        });
        self.wire.lost(self.queue.len());
        self.partial = Vec::new();
        self.need = 0;
    }

    /// In the child of a fork: the calls are the parent's.
    pub fn forget(&mut self) {
        self.table = Table::new(1);
        self.queue.clear();
        self.abandoned.retain(|_, _| false);
        self.partial = Vec::new();
        self.woken.clear();
        self.need = 0;
        self.wire.lost(0);
    }

    /// Nobody waits any longer: all calls fail but those whose answers nobody wants, and what
    /// is queued stays so.
    pub fn fail_awaited(&mut self, error: &Error) {
        self.fail_where(error, |call| !matches!(call.state, State::Ignored));
    }

    /// Are there calls that are to be made, and whose answers nobody wants?
    pub fn has_ignored(&self) -> bool {
        let mut calls = self.table.iter();
        calls.any(|call| matches!(call.state, State::Ignored))
    }

    /// There will be no connection for now: calls that wait for one fail too.
    pub fn give_up(&mut self, error: &Error) {
        self.fail_where(error, |_| true);
        self.queue.clear();
        self.abandoned.retain(|_, _| false);
        self.wire.lost(0);
    }
}

impl<W> Client<W> {
    fn fail_where(&mut self, error: &Error, chosen: impl Fn(&Call) -> bool) {
        let mut unheard = Vec::new();
        for (seq, call) in self.table.iter_mut() {
            match call.state {
                State::Done(_) => continue,
                _ if !chosen(call) => continue,
                State::Ignored => unheard.push(seq),
                State::Open(waiter) => {
                    self.woken.extend(waiter);
                    call.state = State::Done(Outcome::Failed(error.clone()));
                }
            }
            self.counters.failed += 1;
        }
        for seq in unheard {
            self.table.remove(seq);
        }
    }
}
