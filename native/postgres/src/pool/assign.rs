//! Who gets which connection.
//!
//! The queue is first come, first served. A query goes to the open connection that has least to
//! do; while all have something, another one is made, as far as allowed, and the query is
//! pipelined meanwhile. A lease needs one that has nothing to do: the one with least to do
//! gets nothing more until then, so a stream of queries cannot keep a transaction waiting.

use std::rc::Rc;

use tusk_runtime::reactor::Reactor;
use tusk_runtime::sys::clock;

use super::connection::{Connection, Lease, Role};
use super::wire::Wire;
use super::{Pool, wake};
use crate::job::Work;
use crate::session::Session;

impl Pool {
    /// Gives out what can be given, and connects for what cannot.
    pub(super) fn pump(&mut self, reactor: &mut Reactor) {
        let mut crowded = 0;
        while let Some(front) = self.queue.front() {
            let is_lease = front.with(|job| matches!(job.work, Work::Lease));
            let Some(at) = self.least_busy() else { break };
            let connection = &mut self.connections[at];
            let load = connection.session.load();
            if load > 0 {
                crowded += 1;
                if !is_lease && load >= self.options.pipeline {
                    break;
                }
            }
            let Some(ticket) = self.queue.pop_front() else {
                break;
            };
            if !is_lease {
                connection.session.submit(ticket);
                self.tell(reactor, at);
            } else {
                connection.lease = Lease::Reserved(ticket);
                if load == 0 {
                    self.grant(reactor, at);
                }
            }
        }
        self.grow(reactor, crowded);
        self.look_after(reactor);
    }

    /// A connection that was reserved has nothing to do any more.
    pub(super) fn grant(&mut self, reactor: &mut Reactor, at: usize) {
        let connection = &mut self.connections[at];
        if let Lease::Reserved(ticket) = std::mem::replace(&mut connection.lease, Lease::Held) {
            self.counters.leases += 1;
            let id = connection.id;
            ticket.with(|job| job.reply.connection = Some(id));
            wake(reactor, ticket.finish(None));
        }
    }

    fn least_busy(&self) -> Option<usize> {
        let open = self.connections.iter().enumerate();
        let open = open.filter(|(_, connection)| connection.is_open());
        open.min_by_key(|(_, connection)| connection.session.load())
            .map(|(at, _)| at)
    }

    /// Makes connections for what waits, what shares, and the minimum.
    fn grow(&mut self, reactor: &mut Reactor, crowded: usize) {
        if self.closing {
            return;
        }
        let work = |one: &&Connection| one.role == Role::Work && !one.leaving;
        let mut total = self.connections.iter().filter(work).count();
        let all = self.connections.iter().filter(work);
        let mut connecting = all.filter(|one| !one.session.is_ready()).count();
        let waits = usize::from(!self.connectors.is_empty() && total == 0);
        let wanted = (self.queue.len() + crowded + waits)
            .max((self.options.min + connecting).saturating_sub(total));
        if wanted <= connecting || total >= self.options.max {
            if !self.lacks_listener() {
                self.needs_no_more();
            }
            return;
        }
        let now = clock::now();
        if now < self.not_before {
            return self.wake_at(reactor, self.not_before);
        }
        while connecting < wanted && total < self.options.max {
            if !self.dial(reactor, Role::Work) {
                break;
            }
            connecting += 1;
            total += 1;
        }
    }

    /// Begins to connect.
    pub(super) fn dial(&mut self, reactor: &mut Reactor, role: Role) -> bool {
        let Some(actor) = self.actor else {
            return false;
        };
        let Ok(permit) = self.permit(reactor) else {
            return false;
        };
        let now = clock::now();
        let (route, target) = self.hosts.next(now);
        match Wire::begin(&route, reactor, actor) {
            Ok(wire) => {
                self.next_id += 1;
                let deadline = now + self.connect_timeout;
                self.connections.push(Connection {
                    id: self.next_id,
                    role,
                    wire,
                    session: Session::new(Rc::clone(&route.config), target, self.options.session),
                    route,
                    lease: Lease::Free,
                    deadline: Some(deadline),
                    idle_since: now,
                    orphan_since: None,
                    cancel_pending: false,
                    backlog: Vec::new(),
                    leaving: false,
                    yields: false,
                    _permit: permit,
                });
                self.wake_at(reactor, deadline);
                true
            }
            Err(error) => {
                self.failed(reactor, &route, error);
                false
            }
        }
    }
}
