//! What the reactor tells the pool: completions, its timer, the end of a turn, a fork.

use tusk_runtime::error::Error;
use tusk_runtime::reactor::{Actor, OpId, Reactor};
use tusk_runtime::sys::clock;

use super::connection::Role;
use super::wire::Event;
use super::{Pool, wake};
use crate::limits;

impl Pool {
    fn connection_completed(&mut self, reactor: &mut Reactor, at: usize, op: OpId, result: i32) {
        let Some(actor) = self.actor else { return };
        let connection = &mut self.connections[at];
        let (session, leaving) = (&mut connection.session, connection.leaving);
        let was_ready = session.is_ready();
        let event =
            connection
                .wire
                .completed(&connection.route, reactor, actor, (op, result), |bytes| {
                    if leaving {
                        Ok(())
                    } else {
                        session.received(bytes)
                    }
                });
        let id = connection.id;
        let is_ready = connection.session.is_ready();
        // What came before a failure counts.
        self.tell(reactor, at);
        let Some(at) = self.connections.iter().position(|one| one.id == id) else {
            return;
        };
        let went = match event {
            Ok(Event::Opened) => {
                let connection = &mut self.connections[at];
                let encrypted = connection.wire.is_encrypted();
                let end_point = connection.wire.end_point();
                connection.session.begin(encrypted, end_point)
            }
            Ok(Event::Received) => {
                if !was_ready && is_ready {
                    self.up(at);
                    if self.connections[at].role == Role::Listen {
                        self.listening_up(at);
                    }
                    self.wake_connecting(reactor);
                }
                self.settle(reactor, at);
                let Some(at) = self.connections.iter().position(|one| one.id == id) else {
                    return;
                };
                let connection = &mut self.connections[at];
                if connection.session.is_full() {
                    Ok(())
                } else {
                    connection.wire.receive(reactor, actor)
                }
            }
            Ok(Event::Sent) => {
                self.wake_writers(reactor, at);
                if leaving && self.connections[at].session.unsent() == 0 {
                    let connection = self.connections.swap_remove(at);
                    self.dying.extend(connection.wire.end(reactor));
                    return self.end_if_closed(reactor);
                }
                Ok(())
            }
            Ok(Event::Nothing) => Ok(()),
            Err(error) => Err(error),
        };
        self.flush_one(reactor, id, went);
    }

    fn flush_one(&mut self, reactor: &mut Reactor, id: u64, went: Result<(), Error>) {
        let Some(actor) = self.actor else { return };
        if went.is_ok() {
            self.pump(reactor);
        }
        let Some(at) = self.connections.iter().position(|one| one.id == id) else {
            return;
        };
        let went = went.and_then(|()| self.connections[at].flush(reactor, actor));
        if let Err(error) = went {
            self.lost(reactor, at, &error);
        }
        self.later(reactor);
    }

    /// Whoever waited until COPY data could be sent goes on.
    fn wake_writers(&mut self, reactor: &mut Reactor, at: usize) {
        let session = &self.connections[at].session;
        if session.unsent() < limits::COPY_BYTES / 2 {
            wake(reactor, session.take_writer());
        }
    }
}

impl Actor for Pool {
    fn completed(&mut self, reactor: &mut Reactor, op: OpId, result: i32) {
        if let Some(at) = self.connections.iter().position(|one| one.wire.owns(op)) {
            return self.connection_completed(reactor, at, op, result);
        }
        if let Some(at) = self.cancels.iter().position(|one| one.wire.owns(op)) {
            let Some(actor) = self.actor else { return };
            if !self.cancels[at].completed(reactor, actor, (op, result)) {
                self.cancel_over(reactor, at);
            }
            return;
        }
        self.dying.retain_mut(|dying| !dying.let_go(op));
        self.end_if_closed(reactor);
    }

    fn expired(&mut self, reactor: &mut Reactor) {
        self.timer = None;
        self.tick(reactor, clock::now());
        self.end_if_closed(reactor);
    }

    fn flush(&mut self, reactor: &mut Reactor) {
        let Some(actor) = self.actor else { return };
        let mut failed = Vec::new();
        for connection in &mut self.connections {
            if connection.session.unsent() == 0 {
                continue;
            }
            if let Err(error) = connection.flush(reactor, actor) {
                failed.push((connection.id, error));
            }
        }
        for (id, error) in failed {
            if let Some(at) = self.connections.iter().position(|one| one.id == id) {
                self.lost(reactor, at, &error);
            }
        }
    }

    fn unsent(&self) -> bool {
        self.connections.iter().any(|connection| {
            connection.session.is_ready()
                && (connection.session.unsent() > 0 || !connection.wire.is_silent())
        })
    }

    fn forked(&mut self, reactor: &mut Reactor) {
        for connection in &mut self.connections {
            connection.session.forget();
        }
        self.connections.clear();
        self.cancels.clear();
        self.dying.clear();
        self.queue.clear();
        self.connectors.clear();
        self.forget_listeners();
        (self.busy, self.down_since, self.timer) = (false, None, None);
        (self.refused, self.asked) = (None, 0);
        self.end_if_closed(reactor);
    }
}
