//! A transaction around a callable, and a savepoint around one inside.
//!
//! Whatever ends the callable, the connection goes back to the pool in order: a rollback is
//! sent without waiting for it, because a coroutine that is cancelled cannot wait, and the
//! pool gives the connection to nobody before it is done.

use tusk_postgres::job::{Job, Work};

use super::lease::lease;
use super::{Shared, server_failure};
use crate::exception::Thrown;
use crate::zend::value::Value;
use tusk_postgres::failure::ServerError;

/// Calls `body` inside. Suspends.
pub fn transaction(
    shared: &Shared,
    mode: &str,
    timeout: Option<f64>,
    body: impl FnOnce() -> Result<Value, Thrown>,
) -> Result<Value, Thrown> {
    if let Some(connection) = shared.pinned(tusk_postgres::sql::Class::Other)? {
        return savepoint(shared, connection, mode, timeout, body);
    }
    let connection = lease(shared, timeout, "transaction()")?;
    let result = on_own(shared, connection, mode, timeout, body);
    shared.pins().unpin(connection);
    shared.with(|pool, reactor| pool.release(reactor, connection));
    result
}

fn on_own(
    shared: &Shared,
    connection: u64,
    mode: &str,
    timeout: Option<f64>,
    body: impl FnOnce() -> Result<Value, Thrown>,
) -> Result<Value, Thrown> {
    shared.pins().pin(connection)?;
    let begin = format!("BEGIN {mode}");
    command(shared, connection, begin.trim_end(), timeout)?;
    let result = body()?;
    let tag = command(shared, connection, "COMMIT", timeout)?;
    if tag == "COMMIT" {
        return Ok(result);
    }
    // A statement failed and its exception was caught: the server has nothing to commit.
    Err(server_failure(&ServerError {
        severity: "ERROR".into(),
        code: "25P02".into(),
        message: "the transaction was rolled back instead of committed, because a statement in it had failed".into(),
        hint: Some("let the exception pass, or put what may fail into a transaction() inside".into()),
        ..ServerError::default()
    }))
}

fn savepoint(
    shared: &Shared,
    connection: u64,
    mode: &str,
    timeout: Option<f64>,
    body: impl FnOnce() -> Result<Value, Thrown>,
) -> Result<Value, Thrown> {
    if !mode.is_empty() {
        return Err(crate::exception::misuse(
            "the mode belongs to the outer transaction(): a savepoint has none of its own",
        ));
    }
    let depth = shared.pins().enter(connection);
    let name = format!("tusk_{depth}");
    let result = command(shared, connection, &format!("SAVEPOINT {name}"), timeout)
        .and_then(|_| body())
        .and_then(|result| {
            command(
                shared,
                connection,
                &format!("RELEASE SAVEPOINT {name}"),
                timeout,
            )
            .map(|_| result)
        });
    shared.pins().leave(connection, result.is_err());
    if result.is_err() {
        // Not waited for: what this connection is given next comes after it.
        let work = Work::Command(format!("ROLLBACK TO SAVEPOINT {name}").into());
        let _ =
            shared.with(|pool, reactor| pool.submit(reactor, &Job::new(work), Some(connection)));
    }
    result
}

fn command(
    shared: &Shared,
    connection: u64,
    text: &str,
    timeout: Option<f64>,
) -> Result<String, Thrown> {
    let ticket = shared.perform(Work::Command(text.into()), Some(connection), timeout, text)?;
    Ok(ticket.with(|job| std::mem::take(&mut job.reply.tag)))
}
