//! What callers do with a pool: submit jobs, wait for them, give them up, and work with a
//! connection that they leased.

use std::rc::Rc;

use tusk_runtime::error::{Error, Kind};
use tusk_runtime::reactor::Reactor;
use tusk_runtime::sys::clock;
use tusk_runtime::task::Waiter;

use super::connection::Lease;
use super::{Fate, Pool, wake};
use crate::failure::Failure;
use crate::job::{State, Ticket};
use crate::limits;

impl Pool {
    /// Queues a job; with `connection`, for the one that was leased under this number.
    ///
    /// # Errors
    /// `Connection` after [`Pool::close`], and when the leased one was lost; `Overloaded`
    /// beyond [`Options::queue`]. Nothing was queued.
    pub fn submit(
        &mut self,
        reactor: &mut Reactor,
        ticket: &Ticket,
        connection: Option<u64>,
    ) -> Result<(), Error> {
        if self.closing {
            return Err(self.closed());
        }
        self.counters.queries += 1;
        match connection {
            Some(id) => {
                let held = self.connections.iter_mut().find(|connection| {
                    connection.id == id && matches!(connection.lease, Lease::Held)
                });
                let Some(held) = held else {
                    return Err(Error::new(
                        Kind::Connection,
                        "send the query",
                        format!(
                            "the connection to {} that this coroutine had for itself was lost, and its transaction \
                             with it; the query was not sent",
                            self.hosts.show()
                        ),
                    ));
                };
                ticket.with(|job| job.reply.connection = Some(id));
                held.submit(Rc::clone(ticket));
            }
            None => {
                if self.queue.len() >= self.options.queue {
                    return Err(Error::new(
                        Kind::Overloaded,
                        "send the query",
                        format!("{} queries wait for a connection already", self.queue.len()),
                    )
                    .hint("let fewer coroutines query at once, or raise max"));
                }
                self.queue.push_back(Rc::clone(ticket));
                self.pump(reactor);
            }
        }
        self.later(reactor);
        Ok(())
    }

    /// This wait is woken by the job's next news. False: it has ended.
    pub fn wait(&mut self, reactor: &mut Reactor, ticket: &Ticket, waiter: Waiter) -> bool {
        let waits = ticket.with(|job| {
            let waits = job.state != State::Done;
            job.waiter = waits.then_some(waiter);
            waits
        });
        self.note_busy(reactor);
        waits
    }

    /// Nobody wants the answer any more. What the server works on is cancelled.
    pub fn abandon(&mut self, reactor: &mut Reactor, ticket: &Ticket) -> Fate {
        let done = ticket.with(|job| {
            job.wanted = false;
            job.waiter = None;
            job.reply.chunks.clear();
            job.state == State::Done
        });
        if done {
            return Fate::Sent;
        }
        self.counters.abandoned += 1;
        if let Some(at) = self
            .queue
            .iter()
            .position(|other| Rc::ptr_eq(other, ticket))
        {
            self.queue.remove(at);
            ticket.finish(None);
            self.note_busy(reactor);
            return Fate::NotSent;
        }
        let mut fate = Fate::NotSent;
        let mut to_cancel = None;
        for connection in &mut self.connections {
            if matches!(&connection.lease, Lease::Reserved(other) if Rc::ptr_eq(other, ticket)) {
                connection.lease = Lease::Free;
                ticket.finish(None);
            }
            connection
                .backlog
                .retain(|other| !Rc::ptr_eq(other, ticket));
            if connection.session.withdraw(ticket) {
                continue;
            }
            if connection.session.has(ticket) {
                fate = Fate::Sent;
            } else if connection.session.is_preparing(ticket) {
                fate = Fate::Preparing;
            }
            let (suspended, copying, leased) = ticket.with(|job| {
                let reply = &job.reply;
                (reply.suspended, reply.copying, reply.connection)
            });
            if leased == Some(connection.id) {
                connection.session.close_portal();
            }
            if connection.session.is_first(ticket) && !suspended {
                if copying {
                    // For a COPY to us it means nothing, and is ignored.
                    connection.session.copy_end(Some("the caller has gone"));
                }
                to_cancel = Some(connection.id);
            }
        }
        if let Some(id) = to_cancel {
            self.cancel(reactor, id);
        }
        self.pump(reactor);
        self.look_after(reactor);
        self.taken(reactor);
        self.later(reactor);
        fate
    }

    /// Nobody reads the rest of a stream in a transaction that goes on: a cancel would abort the
    /// transaction, so what is under way ends by itself and is dropped.
    pub fn let_finish(&mut self, reactor: &mut Reactor, ticket: &Ticket) {
        let id = ticket.with(|job| {
            (job.wanted, job.spared, job.waiter) = (false, true, None);
            job.reply.chunks.clear();
            job.reply.connection
        });
        if let Some(id) = id {
            self.with_session(reactor, id, |session| {
                if ticket.with(|job| job.reply.portal.is_some()) {
                    session.drop_portal(ticket);
                } else {
                    session.close_portal();
                }
            });
        }
        self.taken(reactor);
    }

    /// The caller of a lease is done with its connection.
    pub fn release(&mut self, reactor: &mut Reactor, id: u64) {
        let Some(connection) = self.connections.iter_mut().find(|one| one.id == id) else {
            return;
        };
        if !matches!(connection.lease, Lease::Held) {
            return;
        }
        for ticket in connection.backlog.drain(..) {
            ticket.finish(None);
        }
        if connection.session.clean_up() {
            connection.lease = Lease::Releasing;
            connection.deadline = Some(clock::now() + limits::CANCEL_PATIENCE);
        } else {
            connection.lease = Lease::Free;
            connection.idle_since = clock::now();
        }
        self.pump(reactor);
        self.later(reactor);
    }

    /// The next rows of a stream on a leased connection.
    pub fn fetch(&mut self, reactor: &mut Reactor, id: u64, ticket: &Ticket, rows: u32) {
        if !self.connections.iter().any(|one| one.id == id) {
            // One with a portal of its own has nothing under way that would have failed with it.
            let error = Error::new(
                Kind::Connection,
                "read the stream",
                "its connection was lost, and its transaction with it",
            );
            wake(reactor, ticket.finish(Some(Failure::Native(error))));
            return;
        }
        self.with_session(reactor, id, |session| session.fetch(ticket, rows));
    }

    /// Data of a COPY. Returns how many bytes now wait for the socket.
    ///
    /// # Errors
    /// `Misuse` for more than fits into a message; `Connection` when it was lost.
    pub fn copy_data(
        &mut self,
        reactor: &mut Reactor,
        id: u64,
        data: &[u8],
    ) -> Result<usize, Error> {
        let mut outcome = Err(Error::new(
            Kind::Connection,
            "copy",
            "the connection was lost; nothing of it counts",
        ));
        self.with_session(reactor, id, |session| {
            outcome = session.copy_data(data).map(|()| session.unsent());
        });
        outcome
    }

    /// Bytes of a leased connection that wait for the socket.
    pub fn unsent(&self, id: u64) -> usize {
        let found = self.connections.iter().find(|one| one.id == id);
        found.map_or(0, |connection| connection.session.unsent())
    }

    /// The end of its data; with a reason, none of it is to count.
    pub fn copy_end(&mut self, reactor: &mut Reactor, id: u64, failure: Option<&str>) {
        self.with_session(reactor, id, |session| session.copy_end(failure));
    }

    /// Somebody took what was held for him: more may come.
    pub fn taken(&mut self, reactor: &mut Reactor) {
        let Some(actor) = self.actor else { return };
        for connection in &mut self.connections {
            if !connection.session.is_full() {
                // An error shows again at the next completion.
                let _ = connection.wire.receive(reactor, actor);
            }
        }
    }
}
