//! One session with the server as a state machine: jobs in, bytes out, bytes in, answers out.
//!
//! It touches no socket, clock or scheduler. The pool feeds it what was received, takes what
//! is to be sent, and acts upon its [`News`].
//!
//! ```text
//!           begin                 AuthenticationOk, ReadyForQuery
//!   Fresh ────────▶ Authenticating ──────────────────────────────▶ Ready
//!                        └──▶ Asking (which role, where one of several is wanted) ─▲
//!
//!   a job:  submit ─▶ [Preparing ─▶] Running ─▶ done      one flight for each arrow, and each
//!                                                         ends with its own ReadyForQuery
//! ```
//!
//! Invariants:
//! 1. The server answers in the order of what was sent: the first flight is the one that is
//!    being answered, and every ReadyForQuery ends exactly one.
//! 2. Each query has its own Sync: an error of one leaves the others alone.
//! 3. A job whose Execute was not handed over can be done by another session.

mod authenticate;
mod ending;
mod incoming;
mod outgoing;
mod role;
mod statements;

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use bytes::{Buf, BytesMut};
use tusk_runtime::error::{Error, Kind};
use tusk_runtime::task::Waiter;

use crate::config::{Config, Target};
use crate::failure::{Failure, ServerError};
use crate::job::{Column, State, Ticket};
use crate::limits;
use authenticate::Authentication;
use role::Found;
use statements::Statements;

/// What can be chosen for a session.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Statements that stay prepared; none: each is prepared anew under no name, which a
    /// pooler between may hand to any server connection.
    pub statements: usize,
    /// See [`limits::RESULT_BYTES`].
    pub result_bytes: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            statements: limits::STATEMENTS,
            result_bytes: limits::RESULT_BYTES,
        }
    }
}

/// What NOTIFY sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// To which channel.
    pub channel: String,
    /// What.
    pub payload: String,
    /// The server process that did it.
    pub process: i32,
}

impl Flight {
    fn is_of(&self, ticket: &Ticket) -> bool {
        matches!(&self.step, Step::Run(job) | Step::Command(job) if Rc::ptr_eq(job, ticket))
    }
}

/// What the pool has to act upon.
#[derive(Debug, Default)]
pub struct News {
    /// Whose job has news.
    pub woken: Vec<Waiter>,
    /// Notifications.
    pub notifications: Vec<Notification>,
    /// Jobs that were not executed and are to be submitted again.
    pub again: Vec<Ticket>,
    /// The query that runs holds too much: it is to be cancelled.
    pub too_much: bool,
    /// Queries that have ended.
    pub finished: u64,
    /// Notices of the server.
    pub notices: u64,
}

#[derive(Clone, Debug)]
enum Step {
    /// Learns what a statement is; who waits for it is in [`Statements`].
    Prepare(Rc<str>),
    /// Runs one.
    Run(Ticket),
    /// A command of the simple protocol.
    Command(Ticket),
    /// Puts the session back in order for the next who leases it.
    Reset,
}

#[derive(Debug)]
struct Flight {
    step: Step,
    /// Where its bytes begin and end, counted over the connection's life.
    begin: u64,
    end: u64,
    /// Its Sync was written: ReadyForQuery will come.
    synced: bool,
    error: Option<ServerError>,
    /// What the columns of a statement being prepared are.
    parameters: Vec<u32>,
    columns: Option<Rc<[Column]>>,
    /// Of the rows that come.
    rows_seen: u64,
}

enum Phase {
    Fresh,
    Authenticating(Authentication),
    /// It is asked which of the servers it is.
    Asking(Option<Found>),
    Ready,
}

/// A cancel request and what it was meant for. The server's postmaster signals twice, the process
/// and its group, so that one request can hit twice: until it has arrived, and then whatever is
/// under way at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cancelling {
    No,
    /// The first flight.
    First,
    /// What it was meant for has ended: the next may be hit.
    Astray,
}

/// See the module's description.
pub struct Session {
    config: Rc<Config>,
    target: Target,
    options: Options,
    phase: Phase,
    out: BytesMut,
    taken: u64,
    inbox: Vec<u8>,
    flights: VecDeque<Flight>,
    statements: Statements,
    portals: u64,
    status: u8,
    key: Option<(i32, i32)>,
    parameters: BTreeMap<String, String>,
    cancelling: Cancelling,
    /// A cancel request has arrived: so many flights from the first on can still be hit by it.
    at_risk: Option<usize>,
    /// Something was left behind that the next user must not see.
    dirty: bool,
    /// See [`News`].
    pub news: News,
}

impl Session {
    /// A session that has said nothing yet.
    pub fn new(config: Rc<Config>, target: Target, options: Options) -> Session {
        Session {
            config,
            target,
            options,
            phase: Phase::Fresh,
            out: BytesMut::new(),
            taken: 0,
            inbox: Vec::new(),
            flights: VecDeque::new(),
            statements: Statements::new(options.statements),
            portals: 0,
            status: b'I',
            key: None,
            parameters: BTreeMap::new(),
            cancelling: Cancelling::No,
            at_risk: None,
            dirty: false,
            news: News::default(),
        }
    }

    /// Can it be given jobs?
    pub fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready)
    }

    /// Jobs that it has.
    pub fn load(&self) -> usize {
        self.flights.len() + self.statements.waiting()
    }

    /// Is a transaction open, or about to be?
    pub fn in_transaction(&self) -> bool {
        self.status != b'I'
    }

    /// What identifies its backend in a cancel request.
    pub fn key(&self) -> Option<(i32, i32)> {
        self.key
    }

    /// A setting that the server reported, such as `server_version`.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// Is this job the one that the server works on? Preparing counts, if it is for this job and
    /// for nobody who still wants it: that can take long, too (it waits for locks of tables).
    pub fn is_first(&self, ticket: &Ticket) -> bool {
        let Some(flight) = self.flights.front().filter(|one| one.begin < self.taken) else {
            return false;
        };
        match &flight.step {
            Step::Run(job) | Step::Command(job) => Rc::ptr_eq(job, ticket),
            Step::Prepare(sql) => {
                self.statements.waits_for(sql, ticket) && self.statements.is_unwanted(sql)
            }
            Step::Reset => false,
        }
    }

    /// Has the server been asked to prepare it, and has not answered?
    pub fn is_preparing(&self, ticket: &Ticket) -> bool {
        self.flights.iter().any(|flight| {
            matches!(&flight.step, Step::Prepare(sql) if self.statements.waits_for(sql, ticket))
                && flight.begin < self.taken
        })
    }

    /// Has it been told to run it, or will be? Not while it is being prepared.
    pub fn has(&self, ticket: &Ticket) -> bool {
        self.flights.iter().any(|flight| flight.is_of(ticket))
    }

    /// Does the server work on something that nobody wants any more?
    pub fn has_orphan_first(&self) -> bool {
        self.cancelling != Cancelling::First
            && self
                .flights
                .front()
                .is_some_and(|flight| match &flight.step {
                    Step::Run(job) | Step::Command(job) => {
                        job.with(|job| !job.wanted && !job.spared)
                    }
                    Step::Prepare(sql) => self.statements.is_unwanted(sql),
                    Step::Reset => false,
                })
    }

    /// A cancel request for the first flight is on its way.
    pub fn cancel_sent(&mut self) {
        self.cancelling = Cancelling::First;
        self.at_risk = None;
    }

    /// Is what it was meant for still running?
    pub fn is_cancelling(&self) -> bool {
        self.cancelling == Cancelling::First
    }

    /// It has arrived, or will not.
    pub fn cancel_over(&mut self) {
        if self.flights.is_empty() {
            self.cancelling = Cancelling::No;
            return;
        }
        self.at_risk = Some(self.flights.len());
        if self.cancelling == Cancelling::No {
            self.cancelling = Cancelling::Astray;
        }
    }

    /// Would more than enough be held for somebody who does not take it?
    pub fn is_full(&self) -> bool {
        self.flights
            .front()
            .is_some_and(|flight| match &flight.step {
                Step::Command(job) => {
                    job.with(|job| job.wanted && job.reply.chunk_bytes > limits::COPY_BYTES)
                }
                _ => false,
            })
    }

    /// Who waits until COPY data can be sent.
    pub fn take_writer(&self) -> Option<Waiter> {
        match &self.flights.front()?.step {
            Step::Command(job) => job.with(|job| {
                let writes = job.reply.copying && job.reply.chunks.is_empty();
                if writes { job.waiter.take() } else { None }
            }),
            _ => None,
        }
    }

    /// Bytes that were not handed over.
    pub fn unsent(&self) -> usize {
        self.out.len()
    }

    /// Hands over what fits.
    pub fn hand_over(&mut self, room: &mut [u8]) -> usize {
        let count = self.out.len().min(room.len());
        room[..count].copy_from_slice(&self.out[..count]);
        self.out.advance(count);
        self.taken += count as u64;
        count
    }

    /// The connection is gone for this reason. Jobs that were not executed go to
    /// [`News::again`], the others fail.
    pub fn lost(&mut self, why: &Error) {
        let executed = why
            .clone()
            .note("; the query was sent, and may have been executed");
        let waiting = self.statements.take_waiting();
        for ticket in waiting {
            self.again_or_fail(ticket, why);
        }
        for flight in std::mem::take(&mut self.flights) {
            let (Step::Run(ticket) | Step::Command(ticket)) = flight.step else {
                continue;
            };
            if flight.begin < self.taken {
                self.finish(&ticket, Some(executed.clone().into()));
            } else {
                self.again_or_fail(ticket, why);
            }
        }
    }

    /// In a forked child nobody is told anything.
    pub fn forget(&mut self) {
        self.flights.clear();
        self.statements.take_waiting();
    }

    /// A job that was not executed is tried once more; not in a transaction, which is gone.
    fn again_or_fail(&mut self, ticket: Ticket, why: &Error) {
        let retry = ticket.with(|job| {
            let retry = job.wanted && job.retries == 0 && job.reply.connection.is_none();
            if retry {
                job.retries += 1;
                job.state = State::Queued;
            }
            retry
        });
        if retry {
            self.news.again.push(ticket);
        } else {
            let error = why.clone().note("; the query was not executed");
            self.finish(&ticket, Some(error.into()));
        }
    }

    fn finish(&mut self, ticket: &Ticket, failure: Option<Failure>) {
        self.news.finished += 1;
        self.news.woken.extend(ticket.finish(failure));
    }
}

#[cold]
fn misuse(detail: impl Into<String>) -> Error {
    Error::new(Kind::Misuse, "send the query", detail.into())
}
