//! `Tusk\Pool\PostgresStatement`.

use std::rc::Rc;

use super::result::{PostgresResult, RESULT, affected};
use crate::class::arguments::duration;
use crate::exception::{self, Thrown};
use crate::postgres::{Shared, params, shown};
use crate::zend::call::Call;
use crate::zend::class::{Class, NativeClass, method, raw_method};
use crate::zend::kind::Kind;
use crate::zend::value::Value;
use tusk_postgres::job::{Fetch, Ticket, Work};
use tusk_postgres::types::type_name;

/// A statement that the server was asked about. It holds no connection: each one prepares it
/// when it meets it first, as for `query()`.
pub static CLASS: Class = Class {
    name: "Tusk\\Pool\\PostgresStatement",
    interfaces: &[],
    native: true,
    methods: &[
        /// Made by `prepare()`.
        raw_method!("__construct()", construct),
        /// Runs it and returns its rows. **Suspends.**
        method!(
            "query(array $params = [], ?float $timeout = null): Tusk\\Pool\\PostgresResult",
            PostgresStatement,
            query
        ),
        /// Runs it and returns how many rows it changed. **Suspends.**
        method!(
            "execute(array $params = [], ?float $timeout = null): int",
            PostgresStatement,
            execute
        ),
        /// Names of its parameters' types; null for those that extensions define.
        method!("parameters(): array", PostgresStatement, parameters),
    ],
};

/// Makes its objects.
pub static STATEMENT: Kind<PostgresStatement> = Kind::new();

/// The state behind the object.
pub struct PostgresStatement {
    shared: Rc<Shared>,
    sql: String,
    types: Rc<[u32]>,
}

impl NativeClass for PostgresStatement {}

impl PostgresStatement {
    /// Asks the server about it. Suspends.
    pub fn prepare(
        shared: Rc<Shared>,
        sql: String,
        timeout: Option<f64>,
    ) -> Result<PostgresStatement, Thrown> {
        let ticket = run(&shared, &sql, Vec::new(), Fetch::Describe, timeout)?;
        let types = ticket.with(|job| job.reply.parameters.take());
        Ok(PostgresStatement {
            shared,
            sql,
            types: types.unwrap_or_default(),
        })
    }
}

/// Runs one statement to its end. Suspends.
pub fn run(
    shared: &Shared,
    sql: &str,
    params: Vec<tusk_postgres::types::Param>,
    fetch: Fetch,
    timeout: Option<f64>,
) -> Result<Ticket, Thrown> {
    let work = Work::query(sql, params, fetch);
    let connection = match &work {
        Work::Query { class, .. } => shared.pinned(*class)?,
        _ => None,
    };
    let timeout = timeout.or(shared.timeout);
    shared.perform(work, connection, timeout, &shown(sql))
}

fn construct(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(
        "a PostgresStatement is made by prepare()",
    ))
}

fn query(this: &PostgresStatement, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 2)?;
    let given = params(&call.array_value(0)?)?;
    let timeout = duration(call, 1)?;
    let ticket = run(&this.shared, &this.sql, given, Fetch::All, timeout)?;
    call.give(RESULT.make(PostgresResult::new(&ticket)));
    Ok(())
}

fn execute(this: &PostgresStatement, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 2)?;
    let given = params(&call.array_value(0)?)?;
    let timeout = duration(call, 1)?;
    let ticket = run(&this.shared, &this.sql, given, Fetch::All, timeout)?;
    call.give(Value::long(ticket.with(|job| affected(&job.reply.tag))));
    Ok(())
}

fn parameters(this: &PostgresStatement, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let names = this.types.iter().map(|&oid| type_name(oid));
    call.give(Value::list(names.map(|name| {
        name.map_or(Value::NULL, |name| Value::string(&name))
    })));
    Ok(())
}
