//! How a connection comes up, goes down, and comes up again.

use tusk_link::address::Target;
use tusk_link::attempt::{Attempt, Step};
use tusk_link::link::{Channel, Link};
use tusk_link::session::Session;
use tusk_runtime::Nanos;
use tusk_runtime::error::{Error, Kind};
use tusk_runtime::reactor::{Actor, Reactor};
use tusk_runtime::sys::clock;

use super::{Connection, State};
use crate::limits;
use crate::wire::Wire;

impl<W: Wire + 'static> Connection<W> {
    /// Somebody needs the connection.
    pub(super) fn need(&mut self, reactor: &mut Reactor) {
        match self.state {
            State::Up(_) => {
                if let Some(actor) = self.actor {
                    reactor.flush_later(actor);
                }
            }
            State::Attempt(_) => {}
            State::Idle | State::Pause => {
                let now = clock::now();
                self.down_since.get_or_insert(now);
                if now >= self.not_before {
                    self.attempt(reactor, now);
                } else if matches!(self.state, State::Idle) {
                    self.state = State::Pause;
                    self.set_timer(reactor, Some(self.not_before));
                }
            }
        }
    }

    pub(super) fn attempt(&mut self, reactor: &mut Reactor, now: Nanos) {
        let Some(actor) = self.actor else { return };
        self.set_timer(reactor, Some(now + self.options.connect_timeout));
        let step = Attempt::begin(&self.address, reactor, actor);
        self.step(reactor, step);
    }

    pub(super) fn step(&mut self, reactor: &mut Reactor, step: Result<Step, Error>) {
        match step {
            Ok(Step::Waiting(attempt)) => self.state = State::Attempt(attempt),
            Ok(Step::Open(channel)) => self.open(reactor, channel),
            Err(error) => self.failed(reactor, error),
        }
    }

    pub(super) fn open(&mut self, reactor: &mut Reactor, channel: Channel) {
        let Some(actor) = self.actor else { return };
        let session = match self.session() {
            Ok(session) => session,
            Err(error) => return self.failed(reactor, error),
        };
        let mut link = Link::new(channel, session);
        let received = link.receive(reactor, actor);
        let ready = link.is_ready();
        self.state = State::Up(link);
        match received {
            Err(error) => self.lost(reactor, &error),
            Ok(()) if ready => self.up(reactor),
            // The attempt's timer goes on.
            Ok(()) => self.flush(reactor),
        }
    }

    pub(super) fn session(&self) -> Result<Option<Session>, Error> {
        match (&self.address.target, &self.options.tls) {
            (Target::Tcp { tls: true, .. }, Some(context)) => Session::new(context).map(Some),
            (Target::Tcp { tls: true, .. }, None) => Err(Error::new(
                Kind::Misuse,
                "connect",
                "TLS was asked for without a context",
            )),
            _ => Ok(None),
        }
    }

    /// Calls can be made.
    pub(super) fn up(&mut self, reactor: &mut Reactor) {
        self.connects += 1;
        self.failure = None;
        self.down_since = None;
        self.heard = clock::now();
        self.pinged = false;
        self.set_timer(reactor, self.ping_due());
        self.wake_connecting(reactor);
        self.note_busy(reactor);
        self.flush(reactor);
    }

    /// An attempt has failed. Calls wait for the next while it is worth it.
    pub(super) fn failed(&mut self, reactor: &mut Reactor, error: Error) {
        let now = clock::now();
        self.drop_state(reactor);
        self.not_before = now + self.next_pause(now);
        let down = now - *self.down_since.get_or_insert(now);
        let for_good = matches!(self.address.target, Target::Pipe { .. });
        if for_good || down >= self.options.connect_timeout {
            self.client
                .give_up(&error.clone().note("; the call was not sent"));
            self.wake(reactor);
        }
        self.failure = Some(error);
        self.wake_connecting(reactor);
        self.note_busy(reactor);
        self.pause_if_needed(reactor);
    }

    pub(super) fn pause_if_needed(&mut self, reactor: &mut Reactor) {
        if self.client.wants_send() && !self.closing {
            self.state = State::Pause;
            self.set_timer(reactor, Some(self.not_before));
        } else {
            self.down_since = None;
            self.leave(reactor);
        }
    }

    /// The connection is gone.
    pub(super) fn lost(&mut self, reactor: &mut Reactor, why: &Error) {
        if !self.is_up() {
            return self.failed(reactor, why.clone());
        }
        let now = clock::now();
        self.drop_state(reactor);
        let error = why.clone().note(&format!(
            "; the connection to {} was given up, the call was sent and may have been executed",
            self.address
        ));
        self.client.lost(&error);
        if matches!(self.address.target, Target::Pipe { .. }) || self.closing {
            self.closing = true;
            self.client.give_up(&error);
        }
        self.wake(reactor);
        self.note_busy(reactor);
        self.down_since = Some(now);
        // A server that accepts and hangs up at once is asked less and less often.
        let heard = self.pause == limits::BACKOFF_FIRST;
        let pause = self.next_pause(now);
        self.not_before = now + if heard { 0 } else { pause };
        self.failure = Some(why.clone());
        self.pause_if_needed(reactor);
    }

    /// How long to wait before the next attempt, up to a quarter longer than the last time
    /// doubled: many processes that lost the same server do not come back in step.
    pub(super) fn next_pause(&mut self, now: Nanos) -> Nanos {
        let pause = self.pause;
        self.pause = (pause * 2).min(limits::BACKOFF_LONGEST);
        // The low bits of a clock that counts nanoseconds differ between processes.
        pause + now % (pause / 4 + 1)
    }

    pub(super) fn ping_due(&self) -> Option<Nanos> {
        Some(self.heard.max(clock::now()) + self.options.ping_interval?)
    }
}
