//! RPC clients in coroutines: what the classes of `Tusk\Rpc` share.
//!
//! A connection belongs to the reactor and to the PHP objects that use it; when the last of
//! them goes it is closed. It is borrowed for single calls only, inside a borrow of the core,
//! and never over a wait: the coroutine that waits knows its call by number.

mod codec;
mod lanes;
mod msgpack;
mod options;

use std::cell::RefCell;
use std::rc::Rc;

pub use codec::{Codec, Encoded, decode, json};
pub use lanes::Lanes;
pub use options::{Settings, count, text, wrong};

use tusk_link::address::Address;
use tusk_rpc::client::{Answer, CallId, Outcome};
use tusk_rpc::connection::Connection;
use tusk_rpc::wire::{Request, Wire};
use tusk_runtime::reactor::Reactor;
use tusk_runtime::task::Ends;

use crate::core;
use crate::coroutine::{self, Ended, check_may_wait, deadline_in};
use crate::exception::{self, Class, Thrown};
use crate::zend::value::{Array, Value};

/// A connection that PHP objects share.
pub struct Shared<W: Wire + 'static> {
    connection: Rc<RefCell<Connection<W>>>,
}

impl<W: Wire + 'static> Drop for Shared<W> {
    fn drop(&mut self) {
        if core::is_up() {
            self.with(Connection::close);
        }
    }
}

impl<W: Wire + 'static> Shared<W> {
    /// A connection to `address`; connected, unless the settings say that this may wait for
    /// the first call. Suspends.
    pub fn open(address: Address, settings: &Settings, wire: W) -> Result<Rc<Shared<W>>, Thrown> {
        let connection = core::with(|core| {
            Connection::new(address, settings.options.clone(), wire, &mut core.reactor)
        });
        let shared = Rc::new(Shared { connection });
        if !settings.lazy {
            shared.connect()?;
        }
        Ok(shared)
    }

    /// Runs `f` with the connection. `f` must not call PHP or switch.
    pub fn with<R>(&self, f: impl FnOnce(&mut Connection<W>, &mut Reactor) -> R) -> R {
        core::with(|core| f(&mut self.connection.borrow_mut(), &mut core.reactor))
    }

    fn connect(&self) -> Result<(), Thrown> {
        check_may_wait("connect()")?;
        let ended = coroutine::wait(Ends::OnCancel, None, |core, waiter| {
            let mut connection = self.connection.borrow_mut();
            connection.connect(&mut core.reactor, waiter)
        });
        if let Err(ended) = ended {
            return Err(ended.throw("connect()"));
        }
        let failure = self.with(|connection, _| {
            let down = !connection.is_up();
            connection.failure().filter(|_| down).cloned()
        });
        match failure {
            Some(error) => Err(exception::native(&error)),
            None => Ok(()),
        }
    }

    /// Makes a call and waits for its answer. Suspends.
    pub fn call(
        &self,
        request: &Request<'_>,
        timeout: Option<f64>,
        shows: &dyn Fn() -> String,
    ) -> Result<Answer, Thrown> {
        check_may_wait("call()")?;
        let mut begun = None;
        let ended = coroutine::wait(Ends::OnCancel, deadline_in(timeout), |core, waiter| {
            let mut connection = self.connection.borrow_mut();
            let call = connection.call(&mut core.reactor, request, Some(waiter), false);
            begun.insert(call).is_ok()
        });
        let id = match begun {
            Some(Ok(id)) => id,
            Some(Err(error)) => return Err(exception::native(&error)),
            None => return Err(ended.err().unwrap_or(Ended::Cancelled).throw("call()")),
        };
        let outcome = self.with(|connection, reactor| connection.take(reactor, id));
        match (outcome, ended) {
            (Some(outcome), Ok(()) | Err(Ended::Deadline)) => settle(outcome),
            (Some(_), Err(ended)) => Err(ended.throw(&shows())),
            (None, ended) => {
                let sent = self.with(|connection, reactor| connection.abandon(reactor, id));
                Err(given_up(ended, sent, timeout, shows))
            }
        }
    }

    /// Makes a call without waiting. It is sent at once when nothing is on its way, else with
    /// what comes next.
    pub fn begin(&self, request: &Request<'_>, ignore: bool) -> Result<CallId, Thrown> {
        let begun = self.with(|connection, reactor| {
            let id = connection.call(reactor, request, None, ignore)?;
            if connection.is_silent() {
                connection.send_now(reactor);
            }
            Ok(id)
        });
        begun.map_err(|error: tusk_runtime::error::Error| exception::native(&error))
    }

    /// Makes calls as one message, without waiting.
    pub fn begin_batch(
        &self,
        requests: &[(Request<'_>, bool)],
    ) -> Result<Vec<Option<CallId>>, Thrown> {
        let begun = self.with(|connection, reactor| {
            let ids = connection.batch(reactor, requests)?;
            if connection.is_silent() {
                connection.send_now(reactor);
            }
            Ok(ids)
        });
        begun.map_err(|error: tusk_runtime::error::Error| exception::native(&error))
    }

    /// Waits until a call that was begun is done. Suspends.
    pub fn wait(&self, id: CallId, deadline: Option<u64>) -> Result<(), Ended> {
        let ended = coroutine::wait(Ends::OnCancel, deadline, |_, waiter| {
            self.connection.borrow_mut().set_waiter(id, Some(waiter))
        });
        if ended.is_err() {
            self.connection.borrow_mut().set_waiter(id, None);
        }
        ended
    }

    /// Counters, for `stats()`.
    pub fn stats(&self) -> Value {
        shown_stats(self.counts())
    }

    /// The numbers of `stats()`, in the order of [`COUNTS`].
    pub fn counts(&self) -> [u64; COUNTS.len()] {
        let connection = self.connection.borrow();
        let (counters, connects) = connection.counters();
        let (in_flight, abandoned) = connection.in_flight();
        [
            connects,
            counters.calls,
            counters.answers,
            counters.late,
            counters.failed,
            in_flight as u64,
            abandoned as u64,
        ]
    }

    /// Calls that hold up the next one, where answers come in the order of the calls.
    pub fn ahead(&self) -> usize {
        let (in_flight, abandoned) = self.connection.borrow().in_flight();
        in_flight + abandoned
    }

    /// Where it leads.
    pub fn address(&self) -> String {
        self.connection.borrow().address().to_string()
    }

    /// Is it connected now?
    pub fn is_up(&self) -> bool {
        self.connection.borrow().is_up()
    }
}

/// What `stats()` counts.
pub const COUNTS: [&str; 7] = [
    "connects",
    "calls",
    "answers",
    "late_answers",
    "failed",
    "in_flight",
    "abandoned",
];

/// The array of `stats()`.
pub fn shown_stats(counts: [u64; COUNTS.len()]) -> Value {
    let mut stats = Array::new();
    for (name, number) in COUNTS.into_iter().zip(counts) {
        stats.set(name, Value::long(number as i64));
    }
    stats.into()
}

/// An answer, or the failure thrown.
pub fn settle(outcome: Outcome) -> Result<Answer, Thrown> {
    match outcome {
        Outcome::Answer(answer) => Ok(answer),
        Outcome::Failed(error) => Err(exception::native(&error)),
    }
}

/// A wait ended before its call.
#[cold]
pub fn given_up(
    ended: Result<(), Ended>,
    sent: bool,
    timeout: Option<f64>,
    shows: &dyn Fn() -> String,
) -> Thrown {
    match ended {
        Err(Ended::Deadline) => {
            let fate = if sent {
                "it was sent, and may have been executed"
            } else {
                "it was not sent"
            };
            let message = format!(
                "{} did not answer within {} s; {fate}",
                shows(),
                timeout.unwrap_or_default()
            );
            exception::throw(Class::Timeout, &message)
        }
        Err(ended) => ended.throw(&shows()),
        Ok(()) => exception::throw(
            Class::Connection,
            &format!(
                "{} was made before this process was forked: its answer goes to the parent",
                shows()
            ),
        ),
    }
}
