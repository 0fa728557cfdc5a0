//! The state machine of a pool. A connection is a *slot* here; the host keeps the thing itself.
//!
//! ```text
//!                 take, fill            created
//!        (free) ─────────────▶ Creating ────────▶ Leased ◀──────────── Checking
//!           ▲                     │  failed,         │  ▲   recycled      ▲  │
//!           │                     │  given_up        │  │ take, or        │  │ recycled(false)
//!           │◀────────────────────┘                  │  │ handed on       │  │
//!           │       release(Keep) ┌──────────────────┤  │                 │  │
//!           │                     ▼                  │  │                 │  │
//!           │◀── retired ─────── Idle ───────────────┼──┴─────────────────┘  │
//!           │                     ▲   release(Reset) ▼                       │
//!           │                     └───────────── Resetting                   │
//!           │◀──── release(Retire), too old, too many, closed ──┘            │
//!           └◀───────────────────────────────────────────────────────────────┘
//! ```
//!
//! Who may move them: the taker moves what it was granted (`created`, `failed`, `given_up`,
//! `recycled`); who has a lease releases it, once, and who resets it releases it again; `tick`,
//! `resize` and `close` retire what is idle. A lease names one loan: its generation changes
//! with every release, so a stale one changes nothing.
//!
//! Invariants:
//! 1. `live()`, slots that are not free, is at most `max`, but for a while after `resize`.
//! 2. Nobody waits while a connection is idle, or while one more may be made. What becomes
//!    free goes to who waits longest at that moment: neither a taker that comes new nor the
//!    one that released it can have it.
//! 3. A grant is somebody's until it is collected. Who leaves the line hands back what it was
//!    given, and it goes to the next; a failure to connect passes the right to try on.
//! 4. Who waits is woken when nothing can ever come: the pool is closed, or connecting fails
//!    and there is no connection to wait for.
//!
//! What a host does after every call: wakes who [`Pool::woken`] names, and closes what
//! [`Pool::retired`] names. Not here: deadlines (a host's timer, and [`Pool::leave`]).

mod returning;
mod slots;
mod taking;
mod upkeep;

use std::collections::VecDeque;

use tusk_runtime::Nanos;
use tusk_runtime::random::Random;

use crate::allowance::{Allowance, Unlimited};
use crate::breaker::Breaker;
use crate::config::Config;
use crate::counters::{Counters, Gauges};
use crate::line::Line;

/// Names one loan of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    index: u32,
    generation: u32,
}

impl Lease {
    /// Where the host keeps the connection: below the most that were ever alive at once.
    pub fn index(self) -> usize {
        self.index as usize
    }

    /// As a number, for hosts that pass it through C.
    pub fn number(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.index)
    }

    /// From [`Lease::number`].
    pub fn from_number(number: u64) -> Lease {
        Lease {
            index: number as u32,
            generation: (number >> 32) as u32,
        }
    }
}

/// What a taker gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// A connection, ready to be used.
    Lease(Lease),
    /// One that was idle for long, or survived the break of another: the taker checks it and
    /// says [`Pool::recycled`].
    Check(Lease),
    /// There is room: the taker makes one and says [`Pool::created`] or [`Pool::failed`].
    Create(Lease),
    /// Nothing now: [`Pool::wait`].
    Wait,
    /// Never.
    Refused(Refusal),
}

/// Why nobody is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The pool was closed.
    Closed,
    /// As many wait as may.
    Full,
    /// Connecting fails, and there is no connection to wait for. Another attempt is made at
    /// this time.
    Down(Nanos),
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is as good as new.
    Keep,
    /// It must be reset first: who does that releases the new lease when it is done.
    Reset,
    /// It is broken.
    Retire,
}

/// What a release has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// The pool has it, or the next in line.
    Kept,
    /// It is being reset under this lease.
    Reset(Lease),
    /// The host closes it, now: its place may be another's already.
    Close,
    /// The lease had ended before; nothing was done.
    Stale,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    Creating,
    Idle,
    Checking,
    Leased,
    Resetting,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    state: State,
    generation: u32,
    /// When its lifetime ends.
    expires: Nanos,
    /// When it entered its state.
    since: Nanos,
    reported: bool,
}

/// See the module's description. `W` names who waits, for the host to wake.
pub struct Pool<W> {
    config: Config,
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Last used last; taken from the end, so that what is not needed grows old.
    idle: VecDeque<u32>,
    /// Slots by their state.
    count: [usize; 6],
    line: Line<(W, Nanos), Taken>,
    breaker: Breaker,
    allowance: Box<dyn Allowance>,
    /// The allowance said no, and has not said yes since.
    short: bool,
    /// Somebody was refused because the server is down; nobody has connected since.
    wanted: bool,
    /// A connection broke at this time: those that were idle then are not trusted.
    suspect_before: Nanos,
    closed: bool,
    woken: VecDeque<W>,
    retired: Vec<u32>,
    random: Random,
    counters: Counters,
}

impl<W: Copy> Pool<W> {
    /// An empty pool; `seed` decides how lifetimes vary.
    pub fn new(config: Config, seed: u64) -> Pool<W> {
        Pool::with_allowance(config, seed, Box::new(Unlimited))
    }

    /// The same below a limit that is shared with others.
    pub fn with_allowance(config: Config, seed: u64, allowance: Box<dyn Allowance>) -> Pool<W> {
        Pool {
            config,
            slots: Vec::new(),
            free: Vec::new(),
            idle: VecDeque::new(),
            count: [0; 6],
            line: Line::default(),
            breaker: Breaker::default(),
            allowance,
            short: false,
            wanted: false,
            suspect_before: 0,
            closed: false,
            woken: VecDeque::new(),
            retired: Vec::new(),
            random: Random::new(seed),
            counters: Counters::default(),
        }
    }

    /// Is anybody to be woken or anything to be closed, or was the pool closed?
    #[inline]
    pub fn has_news(&self) -> bool {
        !self.woken.is_empty() || !self.retired.is_empty() || self.closed
    }

    /// Who is to be woken now, one at a time.
    #[inline]
    pub fn woken(&mut self) -> Option<W> {
        self.woken.pop_front()
    }

    /// The place of a connection that is to be closed now, one at a time.
    #[inline]
    pub fn retired(&mut self) -> Option<usize> {
        let index = self.retired.pop()?;
        self.free.push(index);
        Some(index as usize)
    }

    /// The loan that the connection at this place is on.
    pub fn lease_at(&self, index: usize) -> Option<Lease> {
        let slot = self.slots.get(index)?;
        (slot.state == State::Leased).then_some(Lease {
            index: index as u32,
            generation: slot.generation,
        })
    }

    /// Is this loan still on?
    pub fn is_current(&self, lease: Lease) -> bool {
        self.in_state(lease, State::Leased)
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What it has done. The host notes deadlines and cancels there.
    pub fn counters(&mut self) -> &mut Counters {
        &mut self.counters
    }

    /// What there is now.
    pub fn gauges(&self) -> Gauges {
        let of = |state: State| self.count[state as usize];
        Gauges {
            leased: of(State::Leased),
            idle: of(State::Idle),
            creating: of(State::Creating),
            recycling: of(State::Checking) + of(State::Resetting),
            waiting: self.line.waiting(),
        }
    }

    /// Whether connecting is known to fail.
    pub fn breaker(&self) -> &Breaker {
        &self.breaker
    }
}
