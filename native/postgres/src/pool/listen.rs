//! LISTEN: one connection of its own for all channels of a pool, made when the first is listened
//! to and given up with the last.
//!
//! When it is lost, all channels are listened to again on another one. What was notified in
//! between is lost, and each listener is told so once: the server keeps nothing for who is away.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use tusk_runtime::Nanos;
use tusk_runtime::error::{Error, Kind};
use tusk_runtime::reactor::Reactor;
use tusk_runtime::task::Waiter;

use super::connection::Role;
use super::{Pool, wake};
use crate::failure::Failure;
use crate::job::{Job, Ticket, Work};
use crate::limits;
use crate::session::Notification;

/// What one listener has received and not taken.
#[derive(Debug, Default)]
pub struct Received {
    /// In order.
    pub queue: VecDeque<Notification>,
    /// Something was missed, and why.
    pub missed: Option<Error>,
    /// Who waits for the next.
    pub waiter: Option<Waiter>,
    /// Nothing more comes.
    pub closed: bool,
}

/// One listener of a channel; dropping it ends the listening.
#[derive(Debug)]
pub struct Subscription {
    /// Its channel.
    pub channel: String,
    /// What came.
    pub received: RefCell<Received>,
}

/// All listeners of a pool.
#[derive(Default)]
pub struct Listener {
    subscriptions: Vec<Weak<Subscription>>,
    /// Jobs for the connection that is still being made.
    waiting: Vec<Ticket>,
    /// No attempt before this.
    not_before: Nanos,
}

impl Pool {
    /// Listens to a channel. The job is done when the server does.
    ///
    /// # Errors
    /// `Connection` after [`Pool::close`].
    pub fn listen(
        &mut self,
        reactor: &mut Reactor,
        channel: &str,
    ) -> Result<(Rc<Subscription>, Ticket), Error> {
        if self.closing {
            return Err(self.closed());
        }
        let subscription = Rc::new(Subscription {
            channel: channel.to_owned(),
            received: RefCell::default(),
        });
        let ticket = Job::new(Work::Command(format!("LISTEN {}", quoted(channel)).into()));
        self.listener
            .subscriptions
            .push(Rc::downgrade(&subscription));
        match self.listen_connection() {
            Some(at) if self.connections[at].session.is_ready() => {
                self.connections[at].session.submit(Rc::clone(&ticket));
                self.tell(reactor, at);
            }
            Some(_) => self.listener.waiting.push(Rc::clone(&ticket)),
            None => {
                self.listener.waiting.push(Rc::clone(&ticket));
                self.dial(reactor, Role::Listen);
            }
        }
        self.later(reactor);
        Ok((subscription, ticket))
    }

    /// A listener has gone: the channel is left with the last, the connection with the last
    /// channel.
    pub fn unlisten(&mut self, reactor: &mut Reactor, gone: &Rc<Subscription>) {
        gone.received.borrow_mut().closed = true;
        let mut others = false;
        let mut any = false;
        self.listener
            .subscriptions
            .retain(|other| match other.upgrade() {
                Some(other) if !Rc::ptr_eq(&other, gone) => {
                    others |= other.channel == gone.channel;
                    any = true;
                    true
                }
                _ => false,
            });
        let Some(at) = self.listen_connection() else {
            return;
        };
        if !any {
            self.leave(reactor, at, tusk_runtime::sys::clock::now());
        } else if !others && self.connections[at].session.is_ready() {
            let command = format!("UNLISTEN {}", quoted(&gone.channel));
            let ticket = Job::new(Work::Command(command.into()));
            self.connections[at].session.submit(ticket);
        }
        self.later(reactor);
    }

    /// Somebody waits for the subscription's next notification, or not any more.
    pub fn wait_notification(
        &mut self,
        reactor: &mut Reactor,
        subscription: &Subscription,
        waiter: Option<Waiter>,
    ) -> bool {
        let waits = {
            let mut received = subscription.received.borrow_mut();
            let waits = received.queue.is_empty() && received.missed.is_none() && !received.closed;
            received.waiter = waiter.filter(|_| waits);
            waits
        };
        self.note_busy(reactor);
        waits
    }

    pub(super) fn is_listening(&self) -> bool {
        !self.listener.waiting.is_empty()
            || self.listener.subscriptions.iter().any(|one| {
                one.upgrade()
                    .is_some_and(|one| one.received.borrow().waiter.is_some())
            })
    }

    fn listen_connection(&self) -> Option<usize> {
        let mut connections = self.connections.iter();
        connections.position(|one| one.role == Role::Listen && !one.leaving)
    }

    fn subscriptions(&self) -> Vec<Rc<Subscription>> {
        let all = self.listener.subscriptions.iter();
        all.filter_map(Weak::upgrade).collect()
    }

    pub(super) fn notify(&mut self, reactor: &mut Reactor, notifications: Vec<Notification>) {
        let all = self.subscriptions();
        for notification in notifications {
            for subscription in &all {
                if subscription.channel != notification.channel {
                    continue;
                }
                let waiter = {
                    let mut received = subscription.received.borrow_mut();
                    if received.queue.len() >= limits::NOTIFICATIONS {
                        received.queue.pop_front();
                        received.missed = Some(
                            Error::new(
                                Kind::Overloaded,
                                "receive notifications",
                                format!(
                                    "more than {} came and were not taken; the oldest were dropped",
                                    limits::NOTIFICATIONS
                                ),
                            )
                            .hint("receive faster, and do slow work in another coroutine"),
                        );
                    }
                    received.queue.push_back(notification.clone());
                    received.waiter.take()
                };
                wake(reactor, waiter);
            }
        }
    }

    /// The connection can be used: everything that is listened to, and who waits.
    pub(super) fn listening_up(&mut self, at: usize) {
        let mut channels: Vec<String> = Vec::new();
        for subscription in self.subscriptions() {
            if !channels.contains(&subscription.channel) {
                channels.push(subscription.channel.clone());
            }
        }
        let session = &mut self.connections[at].session;
        for channel in channels {
            let command = format!("LISTEN {}", quoted(&channel));
            session.submit(Job::new(Work::Command(command.into())));
        }
        for ticket in self.listener.waiting.drain(..) {
            session.submit(ticket);
        }
    }

    /// It is gone. Another one is made, unless nobody listens.
    pub(super) fn listening_lost(&mut self, reactor: &mut Reactor, why: &Error, was_up: bool) {
        let missed = why
            .clone()
            .note("; what was notified until it is listened to again is lost");
        for subscription in self.subscriptions() {
            let waiter = {
                let mut received = subscription.received.borrow_mut();
                if was_up {
                    received.missed = Some(missed.clone());
                }
                received.waiter.take().filter(|_| was_up)
            };
            wake(reactor, waiter);
        }
        if !was_up {
            for ticket in std::mem::take(&mut self.listener.waiting) {
                wake(reactor, ticket.finish(Some(Failure::Native(why.clone()))));
            }
        }
        if !self.closing && !self.subscriptions().is_empty() {
            let now = tusk_runtime::sys::clock::now();
            self.listener.not_before = if was_up {
                now
            } else {
                now + limits::BACKOFF_LONGEST / 4
            };
            self.wake_at(reactor, self.listener.not_before);
        }
    }

    pub(super) fn redial_listener(&mut self, reactor: &mut Reactor, now: Nanos) {
        if !self.lacks_listener() {
            return;
        }
        if now < self.listener.not_before {
            self.wake_at(reactor, self.listener.not_before);
        } else {
            self.dial(reactor, Role::Listen);
        }
    }

    /// Does somebody listen, without a connection for that?
    pub(super) fn lacks_listener(&self) -> bool {
        !self.closing && self.listen_connection().is_none() && !self.subscriptions().is_empty()
    }

    /// Who waits to listen fails for this reason.
    pub(super) fn fail_listening(&mut self, reactor: &mut Reactor, error: &Error) {
        if self.lacks_listener() {
            for ticket in std::mem::take(&mut self.listener.waiting) {
                wake(reactor, ticket.finish(Some(Failure::Native(error.clone()))));
            }
        }
    }

    pub(super) fn close_listeners(&mut self, reactor: &mut Reactor) {
        let closed = self.closed();
        for subscription in self.subscriptions() {
            let waiter = {
                let mut received = subscription.received.borrow_mut();
                received.closed = true;
                received.waiter.take()
            };
            wake(reactor, waiter);
        }
        for ticket in std::mem::take(&mut self.listener.waiting) {
            wake(
                reactor,
                ticket.finish(Some(Failure::Native(closed.clone()))),
            );
        }
    }

    pub(super) fn forget_listeners(&mut self) {
        for subscription in self.subscriptions() {
            let mut received = subscription.received.borrow_mut();
            received.closed = true;
            received.waiter = None;
        }
        self.listener = Listener::default();
    }
}

/// A name as SQL has it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
