//! How connections come up, go down and are replaced, and what happens when time passes.

use std::rc::Rc;

use tusk_runtime::Nanos;
use tusk_runtime::error::{Error, Kind};
use tusk_runtime::reactor::Reactor;
use tusk_runtime::sys::clock;
use tusk_runtime::task::Wake;

use super::cancel::Cancel;
use super::connection::{Lease, Role};
use super::wire::Route;
use super::{Pool, wake};
use crate::failure::{Failure, is_permanent};
use crate::limits;

/// How long a goodbye may take to leave.
const LINGER: Nanos = 1_000_000_000;

impl Pool {
    /// A session can take work.
    pub(super) fn up(&mut self, at: usize) {
        self.counters.connects += 1;
        self.failure = None;
        self.pause = limits::BACKOFF_FIRST;
        self.not_before = 0;
        self.down_since = None;
        let connection = &mut self.connections[at];
        connection.deadline = None;
        connection.idle_since = clock::now();
        let route = Rc::clone(&connection.route);
        self.hosts.works(&route);
    }

    /// An attempt has failed. Work waits for the next while that is worth it.
    pub(super) fn failed(&mut self, reactor: &mut Reactor, route: &Rc<Route>, error: Error) {
        let now = clock::now();
        if !is_permanent(&error) && self.hosts.failed(route) {
            // Whoever waits for one waits for all.
            self.not_before = now;
            self.down_since.get_or_insert(now);
            self.failure = Some(error);
            return self.wake_at(reactor, now);
        }
        self.not_before = now + self.next_pause(now);
        let any_up = self
            .connections
            .iter()
            .any(|one| one.role == Role::Work && one.session.is_ready());
        if !any_up {
            let down = now - *self.down_since.get_or_insert(now);
            if is_permanent(&error) || down >= self.connect_timeout {
                let error = error.clone().note("; the query was not sent");
                self.fail_queue(reactor, &error);
            }
        }
        self.failure = Some(error);
        self.wake_connecting(reactor);
        if self.queue.is_empty() {
            self.down_since = None;
        } else {
            self.wake_at(reactor, self.not_before);
        }
    }

    /// How long to wait before the next attempt, up to a quarter longer than the last time
    /// doubled: many processes that lost the same server do not come back in step.
    fn next_pause(&mut self, now: Nanos) -> Nanos {
        let pause = self.pause;
        self.pause = (pause * 2).min(limits::BACKOFF_LONGEST);
        // The low bits of a clock that counts nanoseconds differ between processes.
        pause + now % (pause / 4 + 1)
    }

    /// A connection is of no use any more.
    pub(super) fn lost(&mut self, reactor: &mut Reactor, at: usize, why: &Error) {
        let mut connection = self.connections.swap_remove(at);
        self.dying.extend(connection.wire.end(reactor));
        let session = &mut connection.session;
        let was_ready = session.is_ready();
        let mut why = why.clone();
        if was_ready {
            why = why.note(&format!(
                "; the connection to {} was given up",
                connection.route.address
            ));
        }
        // Those whose turn had come are first again.
        if let Lease::Reserved(ticket) = connection.lease {
            self.queue.push_front(ticket);
        }
        for ticket in connection.backlog {
            let error = why.clone().note("; the query was not sent");
            wake(reactor, ticket.finish(Some(Failure::Native(error))));
        }
        session.lost(&why);
        self.counters.finished += session.news.finished;
        self.counters.again += session.news.again.len() as u64;
        for ticket in session.news.again.drain(..).rev() {
            self.queue.push_front(ticket);
        }
        for waiter in session.news.woken.drain(..) {
            reactor.scheduler.wake(waiter, Wake::Done);
        }
        if connection.role == Role::Listen {
            self.listening_lost(reactor, &why, was_ready);
        } else if connection.leaving {
            return self.end_if_closed(reactor);
        }
        if was_ready {
            self.counters.lost += 1;
        } else {
            self.failed(reactor, &connection.route, why);
        }
        self.pump(reactor);
        self.note_busy(reactor);
    }

    /// Work that waits fails for this reason.
    pub(super) fn fail_queue(&mut self, reactor: &mut Reactor, error: &Error) {
        for ticket in std::mem::take(&mut self.queue) {
            wake(reactor, ticket.finish(Some(Failure::Native(error.clone()))));
        }
    }

    /// Interrupts what a connection works on.
    pub(super) fn cancel(&mut self, reactor: &mut Reactor, id: u64) {
        let Some(actor) = self.actor else { return };
        let found = self.connections.iter_mut().find(|one| one.id == id);
        let Some(connection) = found.filter(|one| !one.cancel_pending) else {
            return;
        };
        let deadline = clock::now() + limits::CANCEL_PATIENCE;
        connection.deadline = Some(deadline);
        connection.orphan_since = None;
        let key = connection.session.key();
        let route = Rc::clone(&connection.route);
        let cancel = key.map(|key| Cancel::begin(id, key, deadline, route, reactor, actor));
        if let Some(Ok(cancel)) = cancel {
            self.counters.cancels += 1;
            connection.cancel_pending = true;
            self.cancels.push(cancel);
        }
        // Without a way to say so, the deadline alone ends it.
        connection.session.cancel_sent();
        self.wake_at(reactor, deadline);
    }

    /// A cancel request has arrived, or will not.
    pub(super) fn cancel_over(&mut self, reactor: &mut Reactor, at: usize) {
        let cancel = self.cancels.swap_remove(at);
        self.dying.extend(cancel.wire.end(reactor));
        let target = self
            .connections
            .iter()
            .position(|one| one.id == cancel.target);
        if let Some(at) = target {
            let connection = &mut self.connections[at];
            connection.cancel_pending = false;
            connection.session.cancel_over();
            for ticket in std::mem::take(&mut connection.backlog) {
                connection.session.submit(ticket);
            }
            self.tell(reactor, at);
            // Who has reserved it may have waited for this alone.
            self.settle(reactor, at);
        }
        self.pump(reactor);
        self.later(reactor);
    }

    /// Ends a connection with a goodbye.
    pub(super) fn leave(&mut self, reactor: &mut Reactor, at: usize, now: Nanos) {
        let Some(actor) = self.actor else { return };
        let connection = &mut self.connections[at];
        connection.leaving = true;
        connection.deadline = Some(now + LINGER);
        if connection.session.is_ready() {
            connection.session.terminate();
            let _ = connection.flush(reactor, actor);
        }
        if connection.session.unsent() == 0 && connection.wire.is_silent() {
            let connection = self.connections.swap_remove(at);
            self.dying.extend(connection.wire.end(reactor));
        } else {
            self.wake_at(reactor, now + LINGER);
        }
    }

    /// Deadlines: the earliest is what the timer is set to.
    pub(super) fn look_after(&mut self, reactor: &mut Reactor) {
        let mut next: Option<Nanos> = None;
        let mut at_least = |time: Option<Nanos>| {
            next = [next, time].into_iter().flatten().min();
        };
        let kept = self.options.min;
        let total = self.connections.len();
        for connection in &self.connections {
            at_least(connection.deadline);
            at_least(
                connection
                    .orphan_since
                    .map(|since| since + limits::ORPHAN_PATIENCE),
            );
            if connection.is_idle() && total > kept {
                at_least(Some(
                    connection
                        .idle_since
                        .saturating_add(self.options.idle_timeout),
                ));
            }
        }
        at_least(self.next_look());
        for cancel in &self.cancels {
            at_least(Some(cancel.deadline));
        }
        if let Some(next) = next {
            self.wake_at(reactor, next);
        }
    }

    /// [`Actor::expired`](tusk_runtime::reactor::Actor::expired) is called no later.
    pub(super) fn wake_at(&mut self, reactor: &mut Reactor, time: Nanos) {
        let Some(actor) = self.actor else { return };
        if self.timer.is_none_or(|timer| time < timer) {
            self.timer = Some(time);
            reactor.set_actor_timer(actor, Some(time));
        }
    }

    /// What is due.
    pub(super) fn tick(&mut self, reactor: &mut Reactor, now: Nanos) {
        for at in (0..self.cancels.len()).rev() {
            if self
                .cancels
                .get(at)
                .is_some_and(|cancel| cancel.deadline <= now)
            {
                self.cancel_over(reactor, at);
            }
        }
        let ids: Vec<u64> = self.connections.iter().map(|one| one.id).collect();
        for id in ids {
            // What is done for one may have ended another.
            if let Some(at) = self.connections.iter().position(|one| one.id == id) {
                self.tick_one(reactor, at, now);
            }
        }
        self.look_at_others(reactor, now);
        self.pump(reactor);
        self.redial_listener(reactor, now);
        self.later(reactor);
    }

    fn tick_one(&mut self, reactor: &mut Reactor, at: usize, now: Nanos) {
        let connection = &self.connections[at];
        let is_due = connection.deadline.is_some_and(|deadline| deadline <= now);
        if is_due {
            let ready = connection.session.is_ready();
            let seconds = self.connect_timeout as f64 / 1e9;
            let error = if connection.leaving {
                return self.lost(reactor, at, &self.closed());
            } else if !ready {
                Error::new(
                    Kind::Connection,
                    "connect",
                    format!(
                        "{} did not let us in within {seconds:.3} s",
                        connection.route.address
                    ),
                )
                .hint("is a firewall between, or connect_timeout too short?")
            } else {
                let id = connection.id;
                self.suspect_others(reactor, id, now);
                Error::new(
                    Kind::Connection,
                    "use the connection",
                    "the server did not react to a cancel in time",
                )
                .hint("is it still there? It is replaced by a new connection")
            };
            return self.lost(reactor, at, &error);
        }
        let orphaned = connection
            .orphan_since
            .is_some_and(|since| since + limits::ORPHAN_PATIENCE <= now);
        if orphaned {
            let id = connection.id;
            if connection.session.has_orphan_first() {
                self.cancel(reactor, id);
            }
            return;
        }
        let idle_until = connection
            .idle_since
            .saturating_add(self.options.idle_timeout);
        let work = self
            .connections
            .iter()
            .filter(|one| one.role == Role::Work)
            .count();
        if connection.is_idle() && idle_until <= now && work > self.options.min {
            self.leave(reactor, at, now);
        }
    }

    /// One connection has gone silent: what took it (a dead host, a lost route, a firewall that
    /// forgot) may have taken others, and of those that idle nobody would know before the next
    /// query's deadline. They get nothing before they have answered.
    fn suspect_others(&mut self, reactor: &mut Reactor, silent: u64, now: Nanos) {
        for connection in &mut self.connections {
            let idles = connection.id != silent
                && connection.session.is_ready()
                && connection.session.load() == 0
                && !connection.leaving
                && !connection.cancel_pending
                && matches!(connection.lease, Lease::Free);
            if idles {
                connection.session.ping();
                connection.lease = Lease::Releasing;
                connection.deadline = Some(now + limits::CANCEL_PATIENCE);
            }
        }
        self.later(reactor);
    }

    pub(super) fn wake_connecting(&mut self, reactor: &mut Reactor) {
        for waiter in self.connectors.drain(..) {
            reactor.scheduler.wake(waiter, Wake::Done);
        }
    }

    /// While somebody waits, what this does counts as something that may still happen.
    pub(super) fn note_busy(&mut self, reactor: &mut Reactor) {
        let busy = !self.queue.is_empty()
            || !self.connectors.is_empty()
            || self.is_listening()
            || self.connections.iter().any(|connection| {
                connection.session.load() > 0
                    || !connection.backlog.is_empty()
                    || matches!(connection.lease, Lease::Reserved(_) | Lease::Releasing)
            });
        let Some(actor) = self.actor else { return };
        if busy != self.busy {
            self.busy = busy;
            reactor.set_busy(actor, busy);
        }
    }

    pub(super) fn end_if_closed(&mut self, reactor: &mut Reactor) {
        if !self.closing {
            return;
        }
        for cancel in std::mem::take(&mut self.cancels) {
            self.dying.extend(cancel.wire.end(reactor));
        }
        if !self.connections.is_empty() || !self.dying.is_empty() {
            return;
        }
        if let Some(actor) = self.actor.take() {
            reactor.remove_actor(actor);
        }
    }
}
