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

mod attempt;
mod link;

use std::cell::RefCell;
use std::rc::Rc;

use tusk_runtime::Nanos;
use tusk_runtime::error::{Error, Kind, describe_errno};
use tusk_runtime::reactor::{Actor, ActorId, OpId, Reactor};
use tusk_runtime::sys::clock;
use tusk_runtime::task::{Waiter, Wake};

use attempt::{Attempt, Step};
use link::{Channel, Dying, Link};

use crate::address::{Address, Target};
use crate::client::{Bounds, CallId, Client, Counters, Outcome};
use crate::limits;
use crate::tls;
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
    /// For a target with TLS; see [`crate::tls::Context`].
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

    /// Ends it: what is queued is still sent, whoever waits fails.
    pub fn close(&mut self, reactor: &mut Reactor) {
        if self.closing {
            return;
        }
        self.closing = true;
        if matches!(self.state, State::Up(_)) && self.client.wants_send() {
            self.flush(reactor);
        } else {
            self.end(reactor);
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
        if self.closing
            && self.dying.is_empty()
            && matches!(self.state, State::Idle)
            && let Some(actor) = self.actor.take()
        {
            reactor.remove_actor(actor);
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
        if busy != self.busy
            && let Some(actor) = self.actor
        {
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

    /// Somebody needs the connection.
    fn need(&mut self, reactor: &mut Reactor) {
        match self.state {
            State::Up(_) => {
                if let Some(actor) = self.actor {
                    reactor.flush_later(actor);
                }
            }
            State::Attempt(_) => {}
            State::Idle | State::Pause => {
                let now = clock::now();
                self.down_since.get_or_insert(now);
                if now >= self.not_before {
                    self.attempt(reactor, now);
                } else if matches!(self.state, State::Idle) {
                    self.state = State::Pause;
                    self.set_timer(reactor, Some(self.not_before));
                }
            }
        }
    }

    fn attempt(&mut self, reactor: &mut Reactor, now: Nanos) {
        let Some(actor) = self.actor else { return };
        self.set_timer(reactor, Some(now + self.options.connect_timeout));
        let step = Attempt::begin(&self.address, reactor, actor);
        self.step(reactor, step);
    }

    fn step(&mut self, reactor: &mut Reactor, step: Result<Step, Error>) {
        match step {
            Ok(Step::Waiting(attempt)) => self.state = State::Attempt(attempt),
            Ok(Step::Open(channel)) => self.open(reactor, channel),
            Err(error) => self.failed(reactor, error),
        }
    }

    fn open(&mut self, reactor: &mut Reactor, channel: Channel) {
        let Some(actor) = self.actor else { return };
        let session = match self.session() {
            Ok(session) => session,
            Err(error) => return self.failed(reactor, error),
        };
        let mut link = Link::new(channel, session);
        let received = link.receive(reactor, actor);
        let ready = link.is_ready();
        self.state = State::Up(link);
        match received {
            Err(error) => self.lost(reactor, &error),
            Ok(()) if ready => self.up(reactor),
            // The attempt's timer goes on.
            Ok(()) => self.flush(reactor),
        }
    }

    fn session(&self) -> Result<Option<tls::Session>, Error> {
        match (&self.address.target, &self.options.tls) {
            (Target::Tcp { tls: true, .. }, Some(context)) => context.session().map(Some),
            (Target::Tcp { tls: true, .. }, None) => Err(Error::new(
                Kind::Misuse,
                "connect",
                "TLS was asked for without a context",
            )),
            _ => Ok(None),
        }
    }

    /// Calls can be made.
    fn up(&mut self, reactor: &mut Reactor) {
        self.connects += 1;
        self.failure = None;
        self.down_since = None;
        self.heard = clock::now();
        self.pinged = false;
        self.set_timer(reactor, self.ping_due());
        self.wake_connecting(reactor);
        self.note_busy(reactor);
        self.flush(reactor);
    }

    /// An attempt has failed. Calls wait for the next while it is worth it.
    fn failed(&mut self, reactor: &mut Reactor, error: Error) {
        let now = clock::now();
        self.drop_state(reactor);
        self.not_before = now + self.pause;
        self.pause = (self.pause * 2).min(limits::BACKOFF_LONGEST);
        let down = now - *self.down_since.get_or_insert(now);
        let for_good = matches!(self.address.target, Target::Pipe { .. });
        if for_good || down >= self.options.connect_timeout {
            self.client
                .give_up(&error.clone().note("; the call was not sent"));
            self.wake(reactor);
        }
        self.failure = Some(error);
        self.wake_connecting(reactor);
        self.note_busy(reactor);
        self.pause_if_needed(reactor);
    }

    fn pause_if_needed(&mut self, reactor: &mut Reactor) {
        if self.client.wants_send() && !self.closing {
            self.state = State::Pause;
            self.set_timer(reactor, Some(self.not_before));
        } else {
            self.down_since = None;
            self.leave(reactor);
        }
    }

    /// The connection is gone.
    fn lost(&mut self, reactor: &mut Reactor, why: &Error) {
        if !self.is_up() {
            return self.failed(reactor, why.clone());
        }
        let now = clock::now();
        self.drop_state(reactor);
        let error = why.clone().note(&format!(
            "; the connection to {} was given up, the call was sent and may have been executed",
            self.address
        ));
        self.client.lost(&error);
        if matches!(self.address.target, Target::Pipe { .. }) || self.closing {
            self.closing = true;
            self.client.give_up(&error);
        }
        self.wake(reactor);
        self.note_busy(reactor);
        self.down_since = Some(now);
        // A server that accepts and hangs up at once is asked less and less often.
        self.not_before = now
            + if self.heard_since_open() {
                0
            } else {
                self.pause
            };
        self.pause = (self.pause * 2).min(limits::BACKOFF_LONGEST);
        self.failure = Some(why.clone());
        self.pause_if_needed(reactor);
    }

    fn heard_since_open(&self) -> bool {
        self.pause == limits::BACKOFF_FIRST
    }

    fn ping_due(&self) -> Option<Nanos> {
        Some(self.heard.max(clock::now()) + self.options.ping_interval?)
    }

    fn received(&mut self, reactor: &mut Reactor, result: i32) {
        let (State::Up(link), Some(actor)) = (&mut self.state, self.actor) else {
            return;
        };
        if result <= 0 && ![-libc::EINTR, -libc::EAGAIN].contains(&result) {
            let error = hung_up(result, &self.address);
            return self.lost(reactor, &error);
        }
        self.pinged = false;
        let was_ready = link.is_ready();
        let client = &mut self.client;
        let count = usize::try_from(result).unwrap_or(0);
        let understood = link.received(count, |bytes| {
            // It speaks our protocol: the next attempt need not wait.
            self.pause = limits::BACKOFF_FIRST;
            client.received(bytes)
        });
        let understood = understood.and_then(|()| link.receive(reactor, actor));
        let agreed = !was_ready && link.is_ready();
        if self.options.ping_interval.is_some() {
            self.heard = clock::now();
        }
        self.wake(reactor);
        match understood {
            Ok(()) if agreed => self.up(reactor),
            Ok(()) => self.flush(reactor),
            Err(error) => self.lost(reactor, &error),
        }
    }

    fn sent(&mut self, reactor: &mut Reactor, result: i32) {
        let State::Up(link) = &mut self.state else {
            return;
        };
        link.sent(usize::try_from(result).unwrap_or(0));
        if result < 0 && ![-libc::EINTR, -libc::EAGAIN].contains(&result) {
            let error = hung_up(result, &self.address);
            return self.lost(reactor, &error);
        }
        self.flush(reactor);
    }
}

fn hung_up(result: i32, address: &Address) -> Error {
    let how = match -result {
        0 => "the other side closed the connection".to_owned(),
        errno => describe_errno(errno),
    };
    Error::new(
        Kind::Connection,
        "finish the call",
        format!("{address}: {how}"),
    )
}

impl<W: Wire + 'static> Actor for Connection<W> {
    fn completed(&mut self, reactor: &mut Reactor, op: OpId, result: i32) {
        match &mut self.state {
            State::Up(link) if link.is_receiving(op) => self.received(reactor, result),
            State::Up(link) if link.is_sending(op) => self.sent(reactor, result),
            State::Attempt(attempt) if attempt.is_of(op) => {
                let Some(actor) = self.actor else { return };
                if let State::Attempt(attempt) = std::mem::replace(&mut self.state, State::Idle) {
                    let step = attempt.go_on(result, &self.address, reactor, actor);
                    self.step(reactor, step);
                }
            }
            _ => {
                self.dying.retain_mut(|dying| !dying.let_go(op));
                self.leave(reactor);
            }
        }
    }

    fn expired(&mut self, reactor: &mut Reactor) {
        match &self.state {
            State::Pause => self.attempt(reactor, clock::now()),
            State::Attempt(_) => {
                let error = Error::new(
                    Kind::Connection,
                    "connect",
                    format!(
                        "{} did not answer within {:.3} s",
                        self.address,
                        self.options.connect_timeout as f64 / 1e9
                    ),
                )
                .hint("is a firewall between, or connect_timeout too short?");
                self.failed(reactor, error);
            }
            State::Up(link) if !link.is_ready() => {
                let error = Error::new(
                    Kind::Connection,
                    "agree on TLS",
                    format!("{} did not answer in time", self.address),
                )
                .hint("does the other side speak TLS on this port?");
                self.failed(reactor, error);
            }
            State::Up(_) if self.pinged => {
                let error = Error::new(
                    Kind::Connection,
                    "finish the call",
                    format!("{} did not answer a ping in time", self.address),
                );
                self.lost(reactor, &error);
            }
            State::Up(_) => {
                let now = clock::now();
                let quiet = self.options.ping_interval.unwrap_or(u64::MAX);
                if now - self.heard >= quiet && self.client.ping() {
                    self.pinged = true;
                    self.flush(reactor);
                }
                let due = if self.pinged { now } else { self.heard };
                let due = due.saturating_add(quiet);
                self.set_timer(reactor, Some(due));
            }
            State::Idle => {}
        }
    }

    fn flush(&mut self, reactor: &mut Reactor) {
        let (State::Up(link), Some(actor)) = (&mut self.state, self.actor) else {
            return;
        };
        let client = &mut self.client;
        if let Err(error) = link.send(reactor, actor, |room| client.hand_over(room)) {
            return self.lost(reactor, &error);
        }
        if self.closing && link.is_silent() {
            self.end(reactor);
        }
    }

    fn unsent(&self) -> bool {
        match &self.state {
            State::Up(link) => self.client.wants_send() || !link.is_silent(),
            _ => false,
        }
    }

    fn forked(&mut self, reactor: &mut Reactor) {
        self.state = State::Idle;
        self.dying.clear();
        self.waiters.clear();
        self.client.forget();
        (self.busy, self.down_since) = (false, None);
        if self.closing {
            self.leave(reactor);
        }
    }
}
