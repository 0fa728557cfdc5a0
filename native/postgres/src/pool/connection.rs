//! One connection of a pool: its wire, its session, and who has it.
//!
//! ```text
//!   Free ──▶ Reserved ──last answer──▶ Held ──release──▶ Releasing ──rolled back──▶ Free
//!     └───────── nothing to do ─────────▲
//! ```
//! Only the pool moves it. Shared work goes to a connection that is `Free` alone.

use std::rc::Rc;

use tusk_runtime::Nanos;
use tusk_runtime::error::Error;
use tusk_runtime::reactor::{ActorId, Reactor};

use super::allowance::Permit;
use super::wire::{Route, Wire};
use crate::job::Ticket;
use crate::session::Session;

/// See the module's description.
pub(super) enum Lease {
    /// Everybody's.
    Free,
    /// Nothing more is given to it: it is for this job when it has nothing to do.
    Reserved(Ticket),
    /// Somebody's alone.
    Held,
    /// It was, and is being cleaned up; or it has to show that it still answers.
    Releasing,
}

/// What it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Queries and leases.
    Work,
    /// Notifications.
    Listen,
}

/// See the module's description.
pub(super) struct Connection {
    pub(super) id: u64,
    pub(super) role: Role,
    /// To which server.
    pub(super) route: Rc<Route>,
    pub(super) wire: Wire,
    pub(super) session: Session,
    pub(super) lease: Lease,
    /// Something must have happened by then: the login, the end of what was cancelled.
    pub(super) deadline: Option<Nanos>,
    /// Since when it has had nothing to do.
    pub(super) idle_since: Nanos,
    /// Since when it has worked for nobody.
    pub(super) orphan_since: Option<Nanos>,
    /// A cancel request is on its way: what is sent now could be hit.
    pub(super) cancel_pending: bool,
    /// What waits for that.
    pub(super) backlog: Vec<Ticket>,
    /// It has said goodbye.
    pub(super) leaving: bool,
    /// It gets nothing more and leaves when it has answered: another pool needs its place.
    pub(super) yields: bool,
    /// Kept for as long as it is there, and given back by its end.
    pub(super) _permit: Option<Permit>,
}

impl Connection {
    /// Can shared work go to it?
    pub(super) fn is_open(&self) -> bool {
        self.role == Role::Work
            && self.session.is_ready()
            && !self.leaving
            && !self.yields
            && !self.cancel_pending
            && matches!(self.lease, Lease::Free)
    }

    /// Has it nothing to do?
    pub(super) fn is_idle(&self) -> bool {
        self.is_open() && self.session.load() == 0
    }

    /// Sends what there is.
    pub(super) fn flush(&mut self, reactor: &mut Reactor, actor: ActorId) -> Result<(), Error> {
        let session = &mut self.session;
        self.wire
            .send(reactor, actor, |room| session.hand_over(room))
    }

    /// What a leased connection is given.
    pub(super) fn submit(&mut self, ticket: Ticket) {
        if self.cancel_pending {
            self.backlog.push(ticket);
        } else {
            self.session.submit(ticket);
        }
    }
}
