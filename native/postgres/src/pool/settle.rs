//! What follows for a connection when its session has moved: who is woken, who gets it next,
//! whether it can be kept.

use tusk_runtime::error::{Error, Kind};
use tusk_runtime::reactor::Reactor;
use tusk_runtime::sys::clock;
use tusk_runtime::task::Wake;

use super::Pool;
use super::connection::Lease;

impl Pool {
    /// Acts upon what a session has to say.
    pub(super) fn tell(&mut self, reactor: &mut Reactor, at: usize) {
        let connection = &mut self.connections[at];
        let news = std::mem::take(&mut connection.session.news);
        for waiter in news.woken {
            reactor.scheduler.wake(waiter, Wake::Done);
        }
        self.counters.finished += news.finished;
        self.counters.notices += news.notices;
        self.counters.again += news.again.len() as u64;
        for ticket in news.again.into_iter().rev() {
            self.queue.push_front(ticket);
        }
        let id = connection.id;
        if !news.notifications.is_empty() {
            self.notify(reactor, news.notifications);
        }
        if news.too_much {
            self.cancel(reactor, id);
        }
    }

    /// A session's state may have changed: what follows for its connection.
    pub(super) fn settle(&mut self, reactor: &mut Reactor, at: usize) {
        let now = clock::now();
        let connection = &mut self.connections[at];
        if !connection.session.is_ready() {
            return;
        }
        let load = connection.session.load();
        if connection.deadline.is_some()
            && !connection.session.is_cancelling()
            && !connection.leaving
            && !matches!(connection.lease, Lease::Releasing)
        {
            connection.deadline = None;
        }
        connection.orphan_since = match connection.session.has_orphan_first() {
            true => connection.orphan_since.or(Some(now)),
            false => None,
        };
        if load > 0 {
            return;
        }
        connection.idle_since = now;
        if connection.yields && matches!(connection.lease, Lease::Free) {
            return self.leave(reactor, at, now);
        }
        match connection.lease {
            // A statement that nobody may send there has opened a transaction: whatever is
            // open in it belongs to nobody.
            Lease::Free | Lease::Reserved(_) if connection.session.in_transaction() => {
                let error = Error::new(
                    Kind::Misuse,
                    "use the connection",
                    "a statement opened a transaction on a connection that others share",
                )
                .hint("use transaction()");
                self.lost(reactor, at, &error);
            }
            Lease::Reserved(_) if !connection.cancel_pending => self.grant(reactor, at),
            Lease::Releasing => {
                connection.deadline = None;
                if connection.session.in_transaction() {
                    let error = Error::new(
                        Kind::Connection,
                        "roll back",
                        "the transaction is still open after it",
                    );
                    self.lost(reactor, at, &error);
                } else {
                    connection.lease = Lease::Free;
                }
            }
            _ => {}
        }
    }
}
