//! Who says whether one more connection may exist at all: a limit that pools share, in this
//! process or in all workers of a machine.
//!
//! ```text
//!   wanted ──try_take──▶ taken, for as long as the connection is there ──▶ given back
//!      ▲        │ refused
//!      └────────┘ asked again after a pause: that keeps its place among those that wait
//! ```
//! Invariants:
//! 1. What was taken is given back once, with its connection, whatever ends it ([`Permit`]).
//! 2. Work that waits for an allowance alone, with no connection at all, fails after
//!    [`limits::ALLOWANCE_PATIENCE`]; with one it is pipelined there meanwhile.
//! 3. While another pool has none at all, one that has several gives one up: an idle one at once,
//!    a busy one when it has answered what it was given.

use std::rc::Rc;

use tusk_runtime::Nanos;
use tusk_runtime::error::{Error, Kind};
use tusk_runtime::reactor::Reactor;
use tusk_runtime::sys::clock;

use super::Pool;
use super::connection::{Lease, Role};
use crate::limits;

/// Who else wants a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Nobody.
    Nobody,
    /// Somebody who has some: what lies idle is better given back.
    Somebody,
    /// Somebody who has none at all: who has several can do with one less.
    Starving,
}

/// See the module's description. Called with no borrow of a pool but the caller's own.
pub trait Allowance {
    /// One more, if there is one left. Never waits.
    fn try_take(&self) -> bool;

    /// One less.
    fn give_back(&self);

    /// Who was refused does not wait any more.
    fn withdraw(&self);

    /// Does anybody else wait?
    fn wanted(&self) -> Want;

    /// Why nothing is to be had; empty: it is not the reason.
    fn describe(&self) -> String;
}

/// What was taken for one connection; dropping it gives it back.
pub(super) struct Permit(Rc<dyn Allowance>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

impl Pool {
    /// From now on connections are made as far as this allows.
    pub fn share(&mut self, allowance: Rc<dyn Allowance>) {
        self.allowance = Some(allowance);
    }

    /// Why no connection is to be had, if the allowance is the reason.
    pub fn describe_allowance(&self) -> String {
        let allowance = self.allowance.as_ref().filter(|_| self.refused.is_some());
        allowance.map_or_else(String::new, |allowance| allowance.describe())
    }

    /// Permission for one more connection. `Err`: there is none, and it is asked for again.
    pub(super) fn permit(&mut self, reactor: &mut Reactor) -> Result<Option<Permit>, ()> {
        let Some(allowance) = &self.allowance else {
            return Ok(None);
        };
        let now = clock::now();
        let again = self.asked + limits::ALLOWANCE_PAUSE;
        if now < again {
            self.wake_at(reactor, again);
            return Err(());
        }
        if allowance.try_take() {
            (self.refused, self.asked) = (None, 0);
            return Ok(Some(Permit(Rc::clone(allowance))));
        }
        self.asked = now;
        let since = *self.refused.get_or_insert(now);
        if now.saturating_sub(since) >= limits::ALLOWANCE_PATIENCE {
            self.allowance_failed(reactor);
        }
        self.wake_at(reactor, now + limits::ALLOWANCE_PAUSE);
        Err(())
    }

    /// It was waited for in vain.
    fn allowance_failed(&mut self, reactor: &mut Reactor) {
        let why = self.describe_allowance();
        let error = Error::new(
            Kind::Overloaded,
            "connect",
            format!(
                "{} may have no more connections, for {} s now{why}",
                self.address(),
                limits::ALLOWANCE_PATIENCE / 1_000_000_000
            ),
        )
        .hint("raise the budget's limit, or let fewer processes share it");
        let works = |role| {
            let mut all = self.connections.iter();
            all.any(|one| one.role == role && !one.leaving)
        };
        if !works(Role::Work) {
            let error = error.clone().note("; the query was not sent");
            self.fail_queue(reactor, &error);
            self.failure = Some(error);
            self.wake_connecting(reactor);
        }
        self.fail_listening(reactor, &error);
        self.refused = None;
    }

    /// Nobody needs another connection any more: others need not wait for our turn.
    pub(super) fn needs_no_more(&mut self) {
        if self.refused.take().is_some() {
            self.asked = 0;
            if let Some(allowance) = &self.allowance {
                allowance.withdraw();
            }
        }
    }

    /// When the next look at what others lack is due.
    pub(super) fn next_look(&self) -> Option<Nanos> {
        let has_some = self.connections.iter().any(|one| one.session.is_ready());
        (self.allowance.is_some() && has_some).then_some(self.looked + limits::ALLOWANCE_LOOK)
    }

    /// Gives up what another pool needs more.
    pub(super) fn look_at_others(&mut self, reactor: &mut Reactor, now: Nanos) {
        if now < self.looked + limits::ALLOWANCE_LOOK {
            return;
        }
        self.looked = now;
        let Some(allowance) = &self.allowance else {
            return;
        };
        let want = allowance.wanted();
        if want == Want::Nobody || !self.queue.is_empty() {
            return;
        }
        if let Some(at) = self.connections.iter().position(|one| one.is_idle()) {
            return self.leave(reactor, at, now);
        }
        let shared =
            |one: &&mut super::Connection| one.is_open() && matches!(one.lease, Lease::Free);
        let mut open = self.connections.iter_mut().filter(shared);
        let several = self.options.max > 1 && open.by_ref().count() > 1;
        if want == Want::Starving && several {
            let open = self.connections.iter_mut().filter(shared);
            if let Some(one) = open.min_by_key(|one| one.session.load()) {
                one.yields = true;
            }
        }
    }
}
