//! `Tusk\Pool\Odbc`.

use std::rc::Rc;

use super::result::{OdbcResult, RESULT};
use super::stream::{OdbcStream, STREAM};
use crate::class::arguments::duration;
use crate::class::require_core;
use crate::exception::{self, Thrown};
use crate::odbc::{
    Asked, Settings, Shared, Target, connect as open, isolation, parameters, query as run,
    stream as begin, transaction as transact,
};
use crate::zend::call::Call;
use crate::zend::class::{Class, NativeClass, method, raw_method, static_method};
use crate::zend::engine;
use crate::zend::kind::Kind;
use crate::zend::value::Value;

/// Databases that ship an ODBC driver, for any number of coroutines on few connections. Each
/// connection has a thread of its own, in which the driver may block; the coroutine waits.
pub static CLASS: Class = Class {
    name: "Tusk\\Pool\\Odbc",
    interfaces: &[],
    native: true,
    methods: &[
        /// Not this way: connect() makes pools.
        raw_method!("__construct()", construct),
        /// A pool of up to `$max` connections, `$min` of them made ahead. `$dsn` is a data
        /// source's name or a connection string, `Driver={…};Server=…`. `$timeout` is for
        /// statements that name none. docs/odbc.md describes the options. Throws
        /// UnsupportedException where unixODBC or the driver is missing, ConnectionException.
        /// **Suspends.**
        static_method!(
            "connect(string $dsn, ?string $user = null, ?string $password = null, int $max = 8, int $min = 0, ?float $timeout = null, array $options = []): Tusk\\Pool\\Odbc",
            connect
        ),
        /// Runs a statement with `$params` for its question marks and returns all rows.
        /// Throws RemoteException with SQLSTATE and native code in `data`, TimeoutException,
        /// ConnectionException, OverloadedException. **Suspends.**
        method!(
            "query(string $sql, array $params = [], ?float $timeout = null): Tusk\\Pool\\OdbcResult",
            Odbc,
            query
        ),
        /// Runs a statement and returns how many rows it changed; -1 where the driver does
        /// not say. **Suspends.**
        method!(
            "execute(string $sql, array $params = [], ?float $timeout = null): int",
            Odbc,
            execute
        ),
        /// Runs a query whose rows are fetched as they are read, in bounded memory. `$timeout`
        /// is for every wait. **Suspends.**
        method!(
            "stream(string $sql, array $params = [], ?float $timeout = null): Tusk\\Pool\\OdbcStream",
            Odbc,
            stream
        ),
        /// Calls `$callable` in a transaction: all that its coroutine asks of this pool
        /// meanwhile runs on one connection. Commits when it returns, rolls back when it
        /// throws. `$mode` is an isolation level, such as `'serializable'`. `$timeout` is for
        /// the wait for a connection, the begin and the commit, each. **Suspends.**
        method!(
            "transaction(callable $callable, string $mode = '', ?float $timeout = null): mixed",
            Odbc,
            transaction
        ),
        /// Is the running coroutine inside `transaction()`?
        method!("inTransaction(): bool", Odbc, in_transaction),
        /// Connections by state, counters, and what driver and database call themselves.
        method!("stats(): array", Odbc, stats),
        /// Nothing more can be asked; connections end as they become free.
        method!("close(): void", Odbc, close),
    ],
};

/// Makes its objects.
pub static ODBC: Kind<Odbc> = Kind::new();

/// The state behind the object.
pub struct Odbc(Rc<Shared>);

impl NativeClass for Odbc {}

fn construct(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(
        "pools are made by Tusk\\Pool\\Odbc::connect()",
    ))
}

fn text(call: &Call, index: u32) -> Result<String, Thrown> {
    let bytes = call.bytes(index)?.unwrap_or_default().to_vec();
    String::from_utf8(bytes).map_err(|_| {
        engine::argument_error(
            index,
            "must be valid UTF-8; the option \"charset\" says what the driver is told",
        )
    })
}

fn nullable_text(call: &Call, index: u32) -> Result<Option<String>, Thrown> {
    if call.value(index).is_null() {
        return Ok(None);
    }
    text(call, index).map(Some)
}

fn connect(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 7)?;
    require_core()?;
    engine::settle_fork();
    let dsn = text(call, 0)?;
    let (user, password) = (nullable_text(call, 1)?, nullable_text(call, 2)?);
    let number = |index, otherwise| -> Result<usize, Thrown> {
        let number = call.long(index, false)?.unwrap_or(otherwise);
        usize::try_from(number).map_err(|_| engine::argument_error(index, "must be zero or more"))
    };
    let (max, min) = (number(3, 8)?, number(4, 0)?);
    let timeout = duration(call, 5)?;
    let options = call.array_value(6)?;
    let target = Target {
        dsn: &dsn,
        user: user.as_deref(),
        password: password.as_deref(),
        max,
        min,
        timeout,
    };
    let settings = Settings::read(&target, &options)?;
    let lazy = settings.lazy;
    let shared = Shared::open(settings)?;
    open(&shared, lazy)?;
    call.give(ODBC.make(Odbc(shared)));
    Ok(())
}

fn asked(odbc: &Odbc, call: &Call) -> Result<Asked, Thrown> {
    call.expect(1, 3)?;
    require_core()?;
    let sql = text(call, 0)?;
    let parameters = parameters(&call.array_value(1)?, 1)?;
    let timeout = duration(call, 2)?.or(odbc.0.timeout);
    Ok(Asked {
        sql,
        parameters,
        timeout,
    })
}

fn query(odbc: &Odbc, call: &Call) -> Result<(), Thrown> {
    let asked = asked(odbc, call)?;
    let flow = run(&odbc.0, asked)?;
    call.give(RESULT.make(OdbcResult::new(&flow)));
    Ok(())
}

fn execute(odbc: &Odbc, call: &Call) -> Result<(), Thrown> {
    let asked = asked(odbc, call)?;
    let flow = run(&odbc.0, asked)?;
    let changed = match flow.results().into_iter().next() {
        None => 0,
        Some((head, _)) if head.columns.is_empty() => head.changed,
        // What changes rows and returns them (RETURNING) returns those that it changed.
        Some((_, batches)) => batches.iter().map(|batch| batch.rows() as i64).sum(),
    };
    call.give(Value::long(changed));
    Ok(())
}

fn stream(odbc: &Odbc, call: &Call) -> Result<(), Thrown> {
    let asked = asked(odbc, call)?;
    let stream = begin(&odbc.0, asked)?;
    call.give(STREAM.make(OdbcStream::new(stream)));
    Ok(())
}

fn transaction(odbc: &Odbc, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 3)?;
    require_core()?;
    let mut callable = call.callable(0)?;
    let level = isolation(&text(call, 1)?).ok_or_else(|| {
        engine::argument_error(
            1,
            "must be empty or an isolation level: read uncommitted, read committed, repeatable read, serializable",
        )
    })?;
    let timeout = duration(call, 2)?.or(odbc.0.timeout);
    let result = transact(&odbc.0, level, timeout, || callable.call())?;
    call.give(result);
    Ok(())
}

fn in_transaction(odbc: &Odbc, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::bool(odbc.0.in_transaction()));
    Ok(())
}

fn stats(odbc: &Odbc, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    require_core()?;
    call.give(odbc.0.stats());
    Ok(())
}

fn close(odbc: &Odbc, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    require_core()?;
    engine::settle_fork();
    odbc.0.close();
    Ok(())
}
