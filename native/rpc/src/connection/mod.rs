//! A client's connection on the reactor: it connects when somebody calls, sends what a turn
//! has gathered in one piece, wakes whose answer has come, and connects again when it is lost.
//!
//! ```text
//!           call, connect                 connected
//!   Idle ──────────────────▶ Attempt ─────────────────▶ Up
//!    ▲  ▲    (Pause first,     │ failed: Pause while     │ lost: calls that were sent fail,
//!    │  │     after failures)  │ calls wait, not longer  │ those that were not go on with
//!    │  └──────────────────────┘ than connect_timeout    │ the next attempt
//!    └───────────────────────────────────────────────────┘
//! ```
//!
//! Invariants:
//! 1. Nothing here waits or calls back; wakes go to the scheduler.
//! 2. A descriptor is closed after the last op on it has completed.
//! 3. Whoever waits for a call or for the connection is woken exactly once for it.

mod events;
mod life;

use std::cell::RefCell;
use std::rc::Rc;

use tusk_link::address::Address;
use tusk_link::attempt::Attempt;
use tusk_link::link::{Dying, Link};
use tusk_link::tls;
use tusk_runtime::Nanos;
use tusk_runtime::error::{Error, Kind};
use tusk_runtime::reactor::{Actor, ActorId, Reactor};
use tusk_runtime::sys::clock;
use tusk_runtime::task::{Waiter, Wake};

use crate::client::{Bounds, CallId, Client, Counters, Outcome};
use crate::limits;
use crate::wire::{Request, Wire};

/// What can be chosen for a connection.
#[derive(Clone, Debug)]
pub struct Options {
    /// See [`limits::CONNECT_TIMEOUT`].
    pub connect_timeout: Nanos,
    /// Bounds of calls and bytes.
    pub bounds: Bounds,
    /// After this time without a word from the other side it is asked whether it is there,
    /// and after as much again the connection is given up. `None`: never, because stock
    /// RoadRunner does not answer.
    pub ping_interval: Option<Nanos>,
    /// For a target with TLS; see [`tls::Context`].
    pub tls: Option<tls::Context>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            connect_timeout: limits::CONNECT_TIMEOUT,
            bounds: Bounds::default(),
            ping_interval: None,
            tls: None,
        }
    }
}

enum State {
    /// Nobody needs a connection.
    Idle,
    /// The next attempt comes when the timer fires.
    Pause,
    Attempt(Attempt),
    Up(Link),
}

/// See the module's description.
pub struct Connection<W> {
    actor: Option<ActorId>,
    address: Address,
    options: Options,
    client: Client<W>,
    state: State,
    dying: Vec<Dying>,
    waiters: Vec<Waiter>,
    /// Why the last attempt failed, until one succeeds.
    failure: Option<Error>,
    pause: Nanos,
    /// No attempt before this.
    not_before: Nanos,
    /// Since when calls have had no connection.
    down_since: Option<Nanos>,
    /// When the other side was heard last.
    heard: Nanos,
    pinged: bool,
    busy: bool,
    closing: bool,
    connects: u64,
}

impl<W: Wire + 'static> Connection<W> {
    /// A connection that is made when it is needed.
    pub fn new(
        address: Address,
        options: Options,
        wire: W,
        reactor: &mut Reactor,
    ) -> Rc<RefCell<Connection<W>>> {
        let client = Client::new(wire, options.bounds, 1);
        let connection = Rc::new(RefCell::new(Connection {
            actor: None,
            address,
            options,
            client,
            state: State::Idle,
            dying: Vec::new(),
            waiters: Vec::new(),
            failure: None,
            pause: limits::BACKOFF_FIRST,
            not_before: 0,
            down_since: None,
            heard: 0,
            pinged: false,
            busy: false,
            closing: false,
            connects: 0,
        }));
        let actor = reactor.add_actor(Rc::clone(&connection) as Rc<RefCell<dyn Actor>>);
        connection.borrow_mut().actor = Some(actor);
        connection
    }

    /// Where it leads.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Is there a connection?
    pub fn is_up(&self) -> bool {
        matches!(&self.state, State::Up(link) if link.is_ready())
    }

    /// Was it closed for good?
    pub fn is_closed(&self) -> bool {
        self.closing
    }

    /// Why the last attempt to connect failed.
    pub fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
    }

    /// Counters of the client, and how often it connected.
    pub fn counters(&self) -> (Counters, u64) {
        (self.client.counters, self.connects)
    }

    /// Calls that have not ended, and calls given up whose answers may still come.
    pub fn in_flight(&self) -> (usize, usize) {
        (self.client.in_flight(), self.client.abandoned())
    }

    /// Wakes `waiter` when the next attempt has ended. False: it is connected.
    pub fn connect(&mut self, reactor: &mut Reactor, waiter: Waiter) -> bool {
        if self.is_up() || self.closing {
            return false;
        }
        self.waiters.push(waiter);
        self.not_before = 0;
        self.need(reactor);
        self.note_busy(reactor);
        true
    }

    /// Queues a call, see [`Client::begin`].
    ///
    /// # Errors
    /// See there; `Connection` after [`Connection::close`].
    pub fn call(
        &mut self,
        reactor: &mut Reactor,
        request: &Request<'_>,
        waiter: Option<Waiter>,
        ignore: bool,
    ) -> Result<CallId, Error> {
        if self.closing {
            return Err(self.closed());
        }
        let id = self.client.begin(request, waiter, ignore)?;
        self.need(reactor);
        self.note_busy(reactor);
        Ok(id)
    }

    /// Queues calls as one message, see [`Client::begin_batch`].
    ///
    /// # Errors
    /// As [`Connection::call`].
    pub fn batch(
        &mut self,
        reactor: &mut Reactor,
        requests: &[(Request<'_>, bool)],
    ) -> Result<Vec<Option<CallId>>, Error> {
        if self.closing {
            return Err(self.closed());
        }
        let ids = self.client.begin_batch(requests)?;
        self.need(reactor);
        self.note_busy(reactor);
        Ok(ids)
    }

    /// What came of a call; see [`Client::take`].
    pub fn take(&mut self, reactor: &mut Reactor, id: CallId) -> Option<Outcome> {
        let outcome = self.client.take(id);
        self.note_busy(reactor);
        outcome
    }

    /// Is it ready to be taken?
    pub fn is_done(&mut self, id: CallId) -> bool {
        self.client.is_done(id)
    }

    /// This wait is woken when the call is done. False: it is, or is not known.
    pub fn set_waiter(&mut self, id: CallId, waiter: Option<Waiter>) -> bool {
        self.client.set_waiter(id, waiter)
    }

    /// Nobody wants the outcome any more; see [`Client::abandon`].
    pub fn abandon(&mut self, reactor: &mut Reactor, id: CallId) -> bool {
        let sent = self.client.abandon(id);
        self.note_busy(reactor);
        sent
    }

    /// Is it connected, with nothing on its way to the other side?
    pub fn is_silent(&self) -> bool {
        matches!(&self.state, State::Up(link) if link.is_ready() && link.is_silent())
    }

    /// Sends what is queued without waiting for the end of the turn.
    pub fn send_now(&mut self, reactor: &mut Reactor) {
        self.flush(reactor);
        reactor.push();
    }

    /// Ends it: what is queued is still sent, whoever waits fails. Calls whose answers nobody
    /// wants are made: a socket that is closed while answers come in takes from the other side
    /// what it has not read yet.
    pub fn close(&mut self, reactor: &mut Reactor) {
        if self.closing {
            return;
        }
        self.closing = true;
        let closed = self.closed();
        self.client.fail_awaited(&closed);
        self.wake(reactor);
        self.note_busy(reactor);
        match &self.state {
            State::Up(link) if link.is_ready() => {
                self.set_timer(reactor, Some(clock::now() + limits::LINGER));
                self.flush(reactor);
            }
            _ => self.end(reactor),
        }
    }

    fn closed(&self) -> Error {
        Error::new(
            Kind::Connection,
            "make a call",
            format!("the client of {} was closed", self.address),
        )
    }

    /// Nothing more is sent or expected.
    fn end(&mut self, reactor: &mut Reactor) {
        let closed = self.closed();
        self.drop_state(reactor);
        self.client.lost(&closed);
        self.client.give_up(&closed);
        self.failure = Some(closed);
        self.wake(reactor);
        self.leave(reactor);
    }

    fn leave(&mut self, reactor: &mut Reactor) {
        if self.closing && self.dying.is_empty() && matches!(self.state, State::Idle) {
            if let Some(actor) = self.actor.take() {
                reactor.remove_actor(actor);
            }
        }
    }

    fn drop_state(&mut self, reactor: &mut Reactor) {
        self.set_timer(reactor, None);
        let dying = match std::mem::replace(&mut self.state, State::Idle) {
            State::Up(link) => Some(link.end(reactor)),
            State::Attempt(attempt) => attempt.end(reactor),
            State::Idle | State::Pause => None,
        };
        self.dying.extend(dying.filter(|dying| !dying.is_over()));
    }

    fn set_timer(&mut self, reactor: &mut Reactor, deadline: Option<Nanos>) {
        if let Some(actor) = self.actor {
            reactor.set_actor_timer(actor, deadline);
        }
    }

    /// While somebody waits, what this does counts as something that may still happen.
    fn note_busy(&mut self, reactor: &mut Reactor) {
        let busy = self.client.in_flight() > 0 || !self.waiters.is_empty();
        if let Some(actor) = self.actor.filter(|_| busy != self.busy) {
            self.busy = busy;
            reactor.set_busy(actor, busy);
        }
    }

    fn wake(&mut self, reactor: &mut Reactor) {
        self.client.take_woken(|waiter| {
            reactor.scheduler.wake(waiter, Wake::Done);
        });
    }

    fn wake_connecting(&mut self, reactor: &mut Reactor) {
        for waiter in self.waiters.drain(..) {
            reactor.scheduler.wake(waiter, Wake::Done);
        }
    }
}
