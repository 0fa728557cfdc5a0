//! What the reactor tells a connection: completions, its timer, the end of a turn, a fork.

use tusk_link::address::Address;
use tusk_link::link::SendError;
use tusk_runtime::error::{Error, Kind, describe_errno};
use tusk_runtime::reactor::{Actor, OpId, Reactor};
use tusk_runtime::sys::clock;

use super::{Connection, State};
use crate::limits;
use crate::wire::Wire;

impl<W: Wire + 'static> Connection<W> {
    fn received(&mut self, reactor: &mut Reactor, result: i32) {
        let (State::Up(link), Some(actor)) = (&mut self.state, self.actor) else {
            return;
        };
        link.has_received();
        if result <= 0 && ![-libc::EINTR, -libc::EAGAIN].contains(&result) {
            let mut error = hung_up(result, &self.address);
            if result == 0 && link.ends_whole() {
                error = self.client.ended().err().unwrap_or(error);
            }
            self.wake(reactor);
            return self.lost(reactor, &error);
        }
        self.pinged = false;
        let was_ready = link.is_ready();
        let closing = self.closing && !self.client.has_ignored();
        let client = &mut self.client;
        let count = usize::try_from(result).unwrap_or(0);
        let understood = link.received(count, |bytes| {
            if closing {
                return Ok(());
            }
            // It speaks our protocol: the next attempt need not wait.
            self.pause = limits::BACKOFF_FIRST;
            client.received(bytes)
        });
        let understood = understood.and_then(|()| link.receive(reactor, actor));
        let agreed = !was_ready && link.is_ready();
        if self.options.ping_interval.is_some() {
            self.heard = clock::now();
        }
        self.wake(reactor);
        match understood {
            Ok(()) if agreed => self.up(reactor),
            Ok(()) => self.flush(reactor),
            Err(error) => self.lost(reactor, &error),
        }
    }

    fn sent(&mut self, reactor: &mut Reactor, result: i32) {
        let State::Up(link) = &mut self.state else {
            return;
        };
        link.sent(usize::try_from(result).unwrap_or(0));
        if result < 0 && ![-libc::EINTR, -libc::EAGAIN].contains(&result) {
            let error = hung_up(result, &self.address);
            return self.lost(reactor, &error);
        }
        self.flush(reactor);
    }
}

fn hung_up(result: i32, address: &Address) -> Error {
    let how = match -result {
        0 => "the other side closed the connection".to_owned(),
        errno => describe_errno(errno),
    };
    Error::new(
        Kind::Connection,
        "finish the call",
        format!("{address}: {how}"),
    )
}

impl<W: Wire + 'static> Actor for Connection<W> {
    fn completed(&mut self, reactor: &mut Reactor, op: OpId, result: i32) {
        match &mut self.state {
            State::Up(link) if link.is_receiving(op) => self.received(reactor, result),
            State::Up(link) if link.is_sending(op) => self.sent(reactor, result),
            State::Attempt(attempt) if attempt.is_of(op) => {
                let Some(actor) = self.actor else { return };
                if let State::Attempt(attempt) = std::mem::replace(&mut self.state, State::Idle) {
                    let step = attempt.go_on(result, &self.address, reactor, actor);
                    self.step(reactor, step);
                }
            }
            _ => {
                self.dying.retain_mut(|dying| !dying.let_go(op));
                self.leave(reactor);
            }
        }
    }

    fn expired(&mut self, reactor: &mut Reactor) {
        if self.closing {
            return self.end(reactor);
        }
        match &self.state {
            State::Pause => self.attempt(reactor, clock::now()),
            State::Attempt(_) => {
                let error = Error::new(
                    Kind::Connection,
                    "connect",
                    format!(
                        "{} did not answer within {:.3} s",
                        self.address,
                        self.options.connect_timeout as f64 / 1e9
                    ),
                )
                .hint("is a firewall between, or connect_timeout too short?");
                self.failed(reactor, error);
            }
            State::Up(link) if !link.is_ready() => {
                let error = Error::new(
                    Kind::Connection,
                    "agree on TLS",
                    format!("{} did not answer in time", self.address),
                )
                .hint("does the other side speak TLS on this port?");
                self.failed(reactor, error);
            }
            State::Up(_) if self.pinged => {
                let error = Error::new(
                    Kind::Connection,
                    "finish the call",
                    format!("{} did not answer a ping in time", self.address),
                );
                self.lost(reactor, &error);
            }
            State::Up(_) => {
                let now = clock::now();
                let quiet = self.options.ping_interval.unwrap_or(u64::MAX);
                if now - self.heard >= quiet && self.client.ping() {
                    self.pinged = true;
                    self.flush(reactor);
                }
                let due = if self.pinged { now } else { self.heard };
                let due = due.saturating_add(quiet);
                self.set_timer(reactor, Some(due));
            }
            State::Idle => {}
        }
    }

    fn flush(&mut self, reactor: &mut Reactor) {
        let (State::Up(link), Some(actor)) = (&mut self.state, self.actor) else {
            return;
        };
        let client = &mut self.client;
        match link.send(reactor, actor, |room| client.hand_over(room)) {
            Ok(()) => {}
            Err(SendError::Refused(errno)) => {
                let error = hung_up(-errno, &self.address);
                return self.lost(reactor, &error);
            }
            Err(SendError::NotBegun(error)) => return self.lost(reactor, &error),
        }
        if !self.closing || !link.is_silent() || self.client.has_ignored() {
            return;
        }
        if link.say_goodbye() {
            self.flush(reactor);
        } else {
            self.end(reactor);
        }
    }

    fn unsent(&self) -> bool {
        match &self.state {
            State::Up(link) => {
                self.client.wants_send() || !link.is_silent() || self.client.has_ignored()
            }
            _ => false,
        }
    }

    fn forked(&mut self, reactor: &mut Reactor) {
        self.state = State::Idle;
        self.dying.clear();
        self.waiters.clear();
        self.client.forget();
        (self.busy, self.down_since) = (false, None);
        if self.closing {
            self.leave(reactor);
        }
    }
}
