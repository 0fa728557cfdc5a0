//! Queries whose answers leave nothing on their connection: it is lent for the round trip alone,
//! without an object for the lease.

use std::rc::Rc;

use tusk_pool::pool::{Fate, Lease};

use super::{End, Host, take};
use crate::exception::{self, Thrown};
use crate::zend::call::Callable;
use crate::zend::engine;
use crate::zend::pooled::{self, Outcome, StatementClass};
use crate::zend::value::Value;
use crate::zend::worker::Worker;

/// A connection for one execution; no lease: the coroutine had it already, and keeps it.
pub struct Loan {
    host: Rc<Host>,
    lease: Option<Lease>,
}

/// Runs SQL that only reads. `None`: the running coroutine has a connection already, or this one
/// is not fit: nothing was sent. **Suspends.**
///
/// # Errors
/// The exception that is set; the connection has gone back, or is being looked at.
pub fn query(
    host: &Rc<Host>,
    sql: &Value,
    version: i64,
    class: StatementClass,
) -> Result<Option<Value>, Thrown> {
    if host.lease_of(Worker::current()).is_some() {
        return Ok(None);
    }
    let lease = take(host, None, true)?;
    let thing = host.thing(lease).unwrap_or(Value::NULL);
    let outcome = pooled::query(host, &thing, sql, version, class);
    drop(thing);
    match outcome {
        Outcome::Done(statement) => {
            answered(host, lease);
            Ok(Some(statement))
        }
        Outcome::Unfit => {
            host.release(lease, Fate::Keep, false);
            Ok(None)
        }
        Outcome::Failed => {
            failed(host, lease);
            Err(Thrown)
        }
    }
}

fn answered(host: &Rc<Host>, lease: Lease) {
    host.has_answered(lease);
    host.release(lease, Fate::Keep, false);
}

/// Whether the connection still works is not known: a reset asks. After anything but PDO's own
/// exception, what was sent may still be answered.
fn failed(host: &Rc<Host>, lease: Lease) {
    host.end(
        lease,
        match engine::exception_is("PDOException") {
            true => End::Doubt,
            false => End::Cancelled,
        },
    );
    host.drop_hung_up();
}

/// A connection for a statement of [`query`] that is executed again. **Suspends.**
///
/// # Errors
/// As [`take`]; a `MisuseError` where the pool is gone.
pub fn borrow_again(host: Option<Rc<Host>>) -> Result<(Loan, Value), Thrown> {
    let host = host.ok_or_else(|| {
        exception::misuse(
            "this statement cannot be executed: the Tusk\\Pool\\Pdo that it came from is gone",
        )
    })?;
    let mine = host.lease_of(Worker::current());
    let lease = match mine {
        Some(lease) => lease,
        None => take(&host, None, true)?,
    };
    let thing = host.thing(lease).unwrap_or(Value::NULL);
    let loan = Loan {
        lease: mine.is_none().then_some(lease),
        host,
    };
    let prepare = loan.host.prepare_for.borrow().clone();
    if let Some(mut prepare) = prepare.as_ref().and_then(Callable::from_value) {
        if prepare.call_with(std::slice::from_ref(&thing)).is_err() {
            loan_ended(loan, false);
            return Err(Thrown);
        }
    }
    Ok((loan, thing))
}

/// It was executed, or it failed.
pub fn loan_ended(loan: Loan, executed: bool) {
    match loan.lease {
        Some(lease) if executed => answered(&loan.host, lease),
        Some(lease) => {
            loan.host.end(lease, End::Doubt);
        }
        None => {}
    }
}

impl Host {
    /// What is called with a connection before a statement is executed again on it.
    pub fn set_prepare_for(&self, callable: Value) {
        let old = self.prepare_for.replace(Some(callable));
        drop(old);
    }

    /// What this worker's job has of this pool; of several, one.
    fn lease_of(&self, worker: Worker) -> Option<Lease> {
        if !worker.has_leases() {
            return None;
        }
        let index = {
            let owners = self.owners.borrow();
            owners.iter().position(|owner| *owner == Some(worker))?
        };
        self.pool.borrow().lease_at(index)
    }
}
