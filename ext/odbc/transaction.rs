//! A transaction around a callable.
//!
//! Whatever ends the callable, the connection goes back in order: a rollback is not waited
//! for, because a coroutine that is cancelled cannot wait, and nobody gets the connection
//! before it is done.

use std::sync::Arc;

use tusk_odbc::flow::{Flow, Interest, Room};
use tusk_odbc::session::Job;
use tusk_odbc::sys::connection::Isolation;
use tusk_pool::pool::Fate;

use super::host::Loan;
use super::run::{put, wait_for};
use super::take::take;
use super::{Shared, throw};
use crate::coroutine::{Ended, deadline_in};
use crate::exception::{self, Thrown};
use crate::zend::engine;
use crate::zend::value::Value;

/// A level by its SQL name, in any case; empty: the database's own.
pub fn isolation(name: &str) -> Option<Option<Isolation>> {
    let words: Vec<String> = name
        .split_whitespace()
        .map(str::to_ascii_lowercase)
        .collect();
    Some(match words.join(" ").as_str() {
        "" => None,
        "read uncommitted" => Some(Isolation::ReadUncommitted),
        "read committed" => Some(Isolation::ReadCommitted),
        "repeatable read" => Some(Isolation::RepeatableRead),
        "serializable" => Some(Isolation::Serializable),
        _ => return None,
    })
}

/// Calls `body` inside. Suspends.
pub fn transaction(
    shared: &Shared,
    isolation: Option<Isolation>,
    timeout: Option<f64>,
    body: impl FnOnce() -> Result<Value, Thrown>,
) -> Result<Value, Thrown> {
    engine::settle_fork();
    if shared.in_transaction() {
        return Err(exception::misuse(
            "this coroutine is inside transaction() already, and ODBC has no savepoints of its own: use the \
             database's SAVEPOINT statement inside it",
        ));
    }
    let loan = take(shared, deadline_in(timeout))?;
    let mut dirty = false;
    let result = match perform(
        shared,
        loan,
        Job::Begin(isolation),
        timeout,
        "transaction()",
    ) {
        Ok(()) => inside(shared, loan, timeout, body, &mut dirty),
        Err(thrown) => Err(thrown),
    };
    let fate = match &result {
        // What a session has left in it is undone by its end alone.
        _ if dirty => Fate::Retire,
        Ok(_) => Fate::Keep,
        Err(_) => Fate::Reset,
    };
    shared.with(|host, reactor| host.release(reactor, loan, fate));
    result
}

fn inside(
    shared: &Shared,
    loan: Loan,
    timeout: Option<f64>,
    body: impl FnOnce() -> Result<Value, Thrown>,
    dirty: &mut bool,
) -> Result<Value, Thrown> {
    shared.pins.pin(loan)?;
    let result = body();
    let left = shared.pins.unpin(loan);
    *dirty = left.dirty;
    let result = result?;
    if left.doubtful {
        return Err(exception::misuse(
            "the transaction was rolled back and not committed: a statement of it timed out or broke the \
             connection, or a stream of it is still open; let such an exception pass, and read streams to their end",
        ));
    }
    perform(shared, loan, Job::End(true), timeout, "the commit")?;
    Ok(result)
}

fn perform(
    shared: &Shared,
    loan: Loan,
    job: Job,
    timeout: Option<f64>,
    what: &str,
) -> Result<(), Thrown> {
    let flow: Arc<Flow> = Flow::new(Room::Stream);
    put(shared, loan, job, &flow)?;
    let ended = wait_for(&flow, Interest::End, deadline_in(timeout));
    match (flow.end(), ended) {
        (Some(end), Ok(()) | Err(Ended::Deadline)) => end.map_err(|failure| throw(&failure)),
        (_, ended) => Err(ended.err().unwrap_or(Ended::Cancelled).throw(what)),
    }
}
