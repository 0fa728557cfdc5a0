//! PostgreSQL in coroutines: what the classes of `Tusk\Pool\Postgres` share.
//!
//! The pool belongs to the reactor and to the PHP objects that use it. It is borrowed for
//! single calls only, inside a borrow of the core, and never over a wait. A coroutine inside
//! `transaction()` has one connection for itself: everything it asks of the pool meanwhile
//! goes there ([`Pins`]).

mod copy;
mod lease;
mod rows;
mod settings;
mod transaction;
mod values;

use std::cell::{RefCell, RefMut};
use std::rc::Rc;

pub use copy::{Rows, copy_in};
pub use lease::{Lease, Pins, Place};
pub use rows::Table;
pub use settings::Settings;
pub use transaction::transaction;
pub use values::params;

use tusk_postgres::failure::{Failure, ServerError};
use tusk_postgres::job::{Job, Ticket, Work};
use tusk_postgres::pool::{Fate, Pool};
use tusk_postgres::sql::Class as SqlClass;
use tusk_runtime::reactor::Reactor;
use tusk_runtime::task::Ends;

use crate::core;
use crate::coroutine::{self, Ended, check_may_wait, deadline_in};
use crate::exception::{self, Class, Thrown};
use crate::zend::engine;
use crate::zend::value::{Array, Value};

/// How much of a statement messages show.
const SHOWN_CHARS: usize = 80;

/// A pool that PHP objects share.
pub struct Shared {
    pool: Rc<RefCell<Pool>>,
    pins: Pins,
    /// How long a query may take that names no timeout of its own.
    pub timeout: Option<f64>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        if core::is_up() {
            self.with(Pool::close);
        }
    }
}

impl Shared {
    /// A pool; connected, unless the settings say that this may wait for the first query.
    /// Suspends.
    pub fn open(settings: Settings) -> Result<Rc<Shared>, Thrown> {
        let Settings {
            config,
            options,
            lazy,
            timeout,
            budget,
        } = settings;
        let pool = core::with(|core| Pool::new(config, options, &mut core.reactor));
        let pool = pool.map_err(|error| exception::native(&error))?;
        if let Some(budget) = budget {
            pool.borrow_mut().share(budget);
        }
        let shared = Rc::new(Shared {
            pool,
            pins: Pins::default(),
            timeout,
        });
        if !lazy {
            shared.connect()?;
        }
        Ok(shared)
    }

    /// Runs `f` with the pool. `f` must not call PHP or switch.
    pub fn with<R>(&self, f: impl FnOnce(&mut Pool, &mut Reactor) -> R) -> R {
        core::with(|core| f(&mut self.pool.borrow_mut(), &mut core.reactor))
    }

    /// The pool, inside a borrow of the core.
    pub fn pool_mut(&self) -> RefMut<'_, Pool> {
        self.pool.borrow_mut()
    }

    /// Which coroutine has which connection.
    pub fn pins(&self) -> &Pins {
        &self.pins
    }

    fn connect(&self) -> Result<(), Thrown> {
        check_may_wait("connect()")?;
        let mut tried = false;
        let ended = coroutine::wait(Ends::OnCancel, None, |core, waiter| {
            tried = true;
            let mut pool = self.pool.borrow_mut();
            pool.connect(&mut core.reactor, waiter)
        });
        if let Err(ended) = ended {
            return Err(ended.throw("connect()"));
        }
        let failure = self.with(|pool, _| pool.failure().cloned());
        match failure {
            Some(error) if tried => Err(exception::native(&error)),
            _ => Ok(()),
        }
    }

    /// Ends the pool.
    pub fn close(&self) {
        self.with(Pool::close);
    }

    /// Does a job and waits for its end. `connection`: on the one that was leased. Suspends.
    pub fn perform(
        &self,
        work: Work,
        connection: Option<u64>,
        timeout: Option<f64>,
        shows: &str,
    ) -> Result<Ticket, Thrown> {
        let ticket = Job::new(work);
        self.begin(&ticket, connection, timeout, shows, |ticket| {
            ticket.is_done()
        })?;
        self.settled(&ticket)?;
        Ok(ticket)
    }

    /// Submits a job and waits until `there` is true of it. Suspends.
    pub fn begin(
        &self,
        ticket: &Ticket,
        connection: Option<u64>,
        timeout: Option<f64>,
        shows: &str,
        there: impl Fn(&Ticket) -> bool,
    ) -> Result<(), Thrown> {
        check_may_wait("a query")?;
        let mut begun = None;
        let deadline = deadline_in(timeout);
        let ended = coroutine::wait(Ends::OnCancel, deadline, |core, waiter| {
            let mut pool = self.pool.borrow_mut();
            let submitted = pool.submit(&mut core.reactor, ticket, connection);
            let submitted = begun.insert(submitted);
            submitted.is_ok() && pool.wait(&mut core.reactor, ticket, waiter)
        });
        match begun {
            Some(Ok(())) => self.wait_on(ticket, deadline, timeout, shows, there, Some(ended)),
            Some(Err(error)) => Err(exception::native(&error)),
            None => Err(ended.err().unwrap_or(Ended::Cancelled).throw(shows)),
        }
    }

    /// Waits until `there` is true of a job that was submitted. Suspends.
    pub fn wait_for(
        &self,
        ticket: &Ticket,
        timeout: Option<f64>,
        shows: &str,
        there: impl Fn(&Ticket) -> bool,
    ) -> Result<(), Thrown> {
        let deadline = deadline_in(timeout);
        self.wait_on(ticket, deadline, timeout, shows, there, None)
    }

    fn wait_on(
        &self,
        ticket: &Ticket,
        deadline: Option<u64>,
        timeout: Option<f64>,
        shows: &str,
        there: impl Fn(&Ticket) -> bool,
        mut ended: Option<Result<(), Ended>>,
    ) -> Result<(), Thrown> {
        loop {
            let is_there = there(ticket) || ticket.is_done();
            match ended {
                Some(Err(Ended::Deadline)) | Some(Ok(())) | None if is_there => return Ok(()),
                Some(Err(ended)) => return Err(self.given_up(ticket, ended, timeout, shows)),
                Some(Ok(())) | None => {}
            }
            check_may_wait("a query")?;
            ended = Some(coroutine::wait(Ends::OnCancel, deadline, |core, waiter| {
                let mut pool = self.pool.borrow_mut();
                pool.wait(&mut core.reactor, ticket, waiter)
            }));
        }
    }

    /// A wait ended before its job.
    #[cold]
    fn given_up(&self, ticket: &Ticket, ended: Ended, timeout: Option<f64>, shows: &str) -> Thrown {
        let fate = self.with(|pool, reactor| pool.abandon(reactor, ticket));
        let leased = ticket.with(|job| match job.work {
            Work::Lease => job.reply.connection,
            _ => None,
        });
        if let Some(id) = leased {
            self.with(|pool, reactor| pool.release(reactor, id));
        }
        if ended != Ended::Deadline {
            return ended.throw(shows);
        }
        let (fate, because) = match fate {
            Fate::NotSent => (
                "it was not executed: no connection was free for it in time",
                self.with(|pool, _| pool.describe_allowance()),
            ),
            Fate::Preparing => (
                "it was not executed: the server did not answer in time when it was to prepare it",
                String::new(),
            ),
            Fate::Sent => (
                "it was sent, is being cancelled, and may have been executed",
                String::new(),
            ),
        };
        let message = format!(
            "{shows} did not end within {} s; {fate}{because}",
            timeout.unwrap_or_default()
        );
        exception::throw(Class::Timeout, &message)
    }

    /// Throws what a job failed with.
    pub fn settled(&self, ticket: &Ticket) -> Result<(), Thrown> {
        match ticket.with(|job| job.failure.clone()) {
            None => Ok(()),
            Some(Failure::Native(error)) => Err(exception::native(&error)),
            Some(Failure::Server(error)) => Err(server_failure(&error)),
        }
    }

    /// The connection that the running coroutine has for itself, if it may be used for this.
    pub fn pinned(&self, class: SqlClass) -> Result<Option<u64>, Thrown> {
        engine::settle_fork();
        let pin = self.pins.current();
        match class {
            SqlClass::Transaction => Err(exception::misuse(
                "BEGIN, COMMIT, ROLLBACK and SAVEPOINT are the pool's: call transaction(), inside another one \
                 for a savepoint; throw to roll back",
            )),
            SqlClass::Copy => Err(exception::misuse("COPY is done by copyIn() and copyOut()")),
            SqlClass::Session if pin.is_none() => Err(exception::misuse(
                "this changes the session (SET, LISTEN, PREPARE, a temporary table, a session lock), and other \
                 coroutines share its connection; do it inside transaction(), which puts the session back in order \
                 afterwards, give settings for all to connect() as options, or call listen()",
            )),
            _ => match pin {
                Some(pin) if self.pins.is_streaming(pin) => Err(exception::misuse(
                    "this transaction's connection is in the middle of COPY: finish that before",
                )),
                pin => Ok(pin),
            },
        }
    }
}

/// A statement as messages show it, without its parameters.
pub fn shown(sql: &str) -> String {
    let mut line: String = sql
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(SHOWN_CHARS + 1)
        .collect();
    if line.chars().count() > SHOWN_CHARS {
        line.pop();
        line.push('…');
    }
    format!("\"{line}\"")
}

/// A `RemoteException` whose data holds the fields of the server's error.
#[cold]
fn server_failure(error: &ServerError) -> Thrown {
    let mut data = Array::new();
    let text = |text: &Option<String>| text.as_deref().map_or(Value::NULL, Value::string);
    data.set("sqlstate", Value::string(&error.code))
        .set("severity", Value::string(&error.severity))
        .set("message", Value::string(&error.message))
        .set("detail", text(&error.detail))
        .set("hint", text(&error.hint))
        .set(
            "position",
            error
                .position
                .map_or(Value::NULL, |at| Value::long(at.into())),
        )
        .set("context", text(&error.context))
        .set("schema", text(&error.schema))
        .set("table", text(&error.table))
        .set("column", text(&error.column))
        .set("datatype", text(&error.data_type))
        .set("constraint", text(&error.constraint));
    engine::throw_remote(&error.line(), 0, &data.into())
}
