//! The pool on the reactor: it connects when there is work, gives work to the connection that
//! has least to do, sends what a turn has gathered in one piece for each connection, and wakes
//! whose answer has come.
//!
//! One actor owns all connections, so that no two borrows ever meet.
//!
//! Invariants:
//! 1. Nothing here waits or calls back; wakes go to the scheduler.
//! 2. A descriptor is closed after the last op on it has completed.
//! 3. Every job that was submitted ends exactly once, as long as the pool is not forked away.
//! 4. A job is given to one session at a time, and to a second one only if the first has not
//!    executed it.

pub mod allowance;
mod assign;
mod calls;
mod cancel;
mod connection;
mod events;
mod hosts;
mod life;
mod listen;
mod settle;
mod wire;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use tusk_link::link::Dying;
use tusk_runtime::Nanos;
use tusk_runtime::error::{Error, Kind};
use tusk_runtime::reactor::{Actor, ActorId, Reactor};
use tusk_runtime::sys::clock;
use tusk_runtime::task::{Waiter, Wake};

use allowance::Allowance;
use cancel::Cancel;
use connection::{Connection, Lease};
use hosts::Hosts;

use crate::config::Config;
use crate::failure::Failure;
use crate::job::Ticket;
use crate::limits;
use crate::session;

pub use listen::{Listener, Received, Subscription};

/// What can be chosen for a pool.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Connections at most, and those that are kept.
    pub max: usize,
    /// See [`Options::max`].
    pub min: usize,
    /// See [`limits::IDLE_TIMEOUT`].
    pub idle_timeout: Nanos,
    /// See [`limits::PIPELINE`].
    pub pipeline: usize,
    /// See [`limits::QUEUE`].
    pub queue: usize,
    /// For each session.
    pub session: session::Options,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            max: 8,
            min: 0,
            idle_timeout: limits::IDLE_TIMEOUT,
            pipeline: limits::PIPELINE,
            queue: limits::QUEUE,
            session: session::Options::default(),
        }
    }
}

/// Counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections that were made.
    pub connects: u64,
    /// Jobs begun.
    pub queries: u64,
    /// Jobs that ended in a session.
    pub finished: u64,
    /// Jobs that were given to another connection, not having been executed.
    pub again: u64,
    /// Jobs that were given up by their callers.
    pub abandoned: u64,
    /// Cancel requests sent.
    pub cancels: u64,
    /// Connections that were lost or given up.
    pub lost: u64,
    /// Leases granted.
    pub leases: u64,
    /// Notices of the server.
    pub notices: u64,
}

/// How many of a pool's connections are what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Ready for work.
    pub open: usize,
    /// Being made.
    pub connecting: usize,
    /// Had by one caller each.
    pub leased: usize,
    /// Jobs waiting for a connection.
    pub queued: usize,
    /// Jobs given to connections.
    pub in_flight: usize,
}

/// What became of a job that was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The server never heard of it.
    NotSent,
    /// The server was asked to prepare it, and had not answered.
    Preparing,
    /// It may have been executed, or will be.
    Sent,
}

/// See the module's description.
pub struct Pool {
    actor: Option<ActorId>,
    hosts: Hosts,
    connect_timeout: Nanos,
    options: Options,
    connections: Vec<Connection>,
    cancels: Vec<Cancel>,
    dying: Vec<Dying>,
    queue: VecDeque<Ticket>,
    listener: Listener,
    connectors: Vec<Waiter>,
    /// Why the last attempt failed, until one succeeds.
    failure: Option<Error>,
    pause: Nanos,
    not_before: Nanos,
    /// Since when work has had no connection.
    down_since: Option<Nanos>,
    timer: Option<Nanos>,
    /// What says whether another connection may be, besides [`Options::max`].
    allowance: Option<Rc<dyn Allowance>>,
    /// Since when it has said no, when it was last asked, and when we looked at who else waits.
    refused: Option<Nanos>,
    asked: Nanos,
    looked: Nanos,
    next_id: u64,
    busy: bool,
    closing: bool,
    /// Counters.
    pub counters: Counters,
}

impl Pool {
    /// A pool whose connections are made when they are needed.
    ///
    /// # Errors
    /// `Misuse` for a configuration that cannot work.
    pub fn new(
        config: Config,
        options: Options,
        reactor: &mut Reactor,
    ) -> Result<Rc<RefCell<Pool>>, Error> {
        let pool = Rc::new(RefCell::new(Pool {
            actor: None,
            hosts: Hosts::new(&config)?,
            connect_timeout: config.connect_timeout,
            options,
            connections: Vec::new(),
            cancels: Vec::new(),
            dying: Vec::new(),
            queue: VecDeque::new(),
            listener: Listener::default(),
            connectors: Vec::new(),
            failure: None,
            pause: limits::BACKOFF_FIRST,
            not_before: 0,
            down_since: None,
            timer: None,
            allowance: None,
            refused: None,
            asked: 0,
            looked: 0,
            next_id: 0,
            busy: false,
            closing: false,
            counters: Counters::default(),
        }));
        let actor = reactor.add_actor(Rc::clone(&pool) as Rc<RefCell<dyn Actor>>);
        pool.borrow_mut().actor = Some(actor);
        Ok(pool)
    }

    /// Where it leads, without the password.
    pub fn address(&self) -> String {
        self.hosts.show()
    }

    /// Why the last attempt to connect failed.
    pub fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
    }

    /// A setting that the server reported.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let mut sessions = self.connections.iter();
        sessions.find_map(|connection| connection.session.parameter(name).map(str::to_owned))
    }

    /// How its connections are used.
    pub fn census(&self) -> Census {
        let mut census = Census {
            queued: self.queue.len(),
            ..Census::default()
        };
        for connection in &self.connections {
            census.in_flight += connection.session.load() + connection.backlog.len();
            match connection.lease {
                _ if !connection.session.is_ready() => census.connecting += 1,
                Lease::Free | Lease::Reserved(_) => census.open += 1,
                Lease::Held | Lease::Releasing => census.leased += 1,
            }
        }
        census
    }

    /// Wakes `waiter` when there is a connection, or the next attempt has failed. False: there
    /// is one.
    pub fn connect(&mut self, reactor: &mut Reactor, waiter: Waiter) -> bool {
        let open = self.connections.iter().any(|one| one.session.is_ready());
        if open || self.closing {
            return false;
        }
        self.connectors.push(waiter);
        self.not_before = 0;
        self.pump(reactor);
        self.note_busy(reactor);
        true
    }

    /// Ends it: whoever waits fails, connections say goodbye.
    pub fn close(&mut self, reactor: &mut Reactor) {
        if self.closing {
            return;
        }
        self.closing = true;
        let closed = self.closed();
        self.fail_queue(reactor, &closed);
        self.close_listeners(reactor);
        let now = clock::now();
        for at in (0..self.connections.len()).rev() {
            let connection = &mut self.connections[at];
            if let Lease::Reserved(ticket) = std::mem::replace(&mut connection.lease, Lease::Free) {
                let waiter = ticket.finish(Some(Failure::Native(closed.clone())));
                wake(reactor, waiter);
            }
            connection.session.lost(&closed);
            for ticket in std::mem::take(&mut connection.session.news.again) {
                let waiter = ticket.finish(Some(Failure::Native(closed.clone())));
                wake(reactor, waiter);
            }
            self.tell(reactor, at);
            self.leave(reactor, at, now);
        }
        self.wake_connecting(reactor);
        self.note_busy(reactor);
        self.end_if_closed(reactor);
    }

    /// Was it closed for good?
    pub fn is_closed(&self) -> bool {
        self.closing
    }

    fn closed(&self) -> Error {
        Error::new(
            Kind::Connection,
            "send the query",
            format!("the pool of {} was closed", self.hosts.show()),
        )
    }

    fn with_session(
        &mut self,
        reactor: &mut Reactor,
        id: u64,
        f: impl FnOnce(&mut session::Session),
    ) {
        if let Some(connection) = self.connections.iter_mut().find(|one| one.id == id) {
            f(&mut connection.session);
            self.later(reactor);
        }
    }

    /// What sessions have to say is sent at the end of the turn.
    fn later(&mut self, reactor: &mut Reactor) {
        if let Some(actor) = self.actor {
            reactor.flush_later(actor);
        }
        self.note_busy(reactor);
    }
}

fn wake(reactor: &mut Reactor, waiter: Option<Waiter>) {
    if let Some(waiter) = waiter {
        reactor.scheduler.wake(waiter, Wake::Done);
    }
}
