//! `Tusk\Pool\Postgres`.

use std::rc::Rc;

use super::listener::{LISTENER, PostgresListener};
use super::result::{PostgresResult, RESULT, affected};
use super::statement::{PostgresStatement, STATEMENT, run};
use super::stream::{PostgresStream, STREAM};
use crate::class::arguments::duration;
use crate::class::require_core;
use crate::exception::{self, Thrown};
use crate::postgres::{Lease, Rows, Settings, Shared, copy_in, params, shown, transaction};
use crate::zend::call::Call;
use crate::zend::class::{Class, NativeClass, method, raw_method, static_method};
use crate::zend::engine;
use crate::zend::kind::Kind;
use crate::zend::value::{Array, Value};
use tusk_postgres::job::{Fetch, Job, Work};
use tusk_postgres::limits;
use tusk_postgres::sql::{Class as SqlClass, classify};

/// PostgreSQL for any number of coroutines on few connections: queries are pipelined, and
/// transactions, streams and COPY have a connection for themselves meanwhile.
pub static CLASS: Class = Class {
    name: "Tusk\\Pool\\Postgres",
    interfaces: &[],
    native: true,
    methods: &[
        /// Not this way: connect() makes pools.
        raw_method!("__construct()", construct),
        /// A pool of up to `$max` connections. `$dsn` is `postgresql://user:password@host/db`,
        /// PDO's `pgsql:host=…`, libpq's `host=… user=…`, or an array of the same names. TLS
        /// is verified unless `sslmode` says otherwise. Options: lazy, idle_timeout, pipeline,
        /// max_queue, max_result_bytes, statement_cache (0 behind pgbouncer), budget. `$timeout` is
        /// for queries that name none. Throws ConnectionException. **Suspends.**
        static_method!(
            "connect(string|array $dsn, int $max = 8, int $min = 0, ?float $timeout = null, array $options = []): Tusk\\Pool\\Postgres",
            connect
        ),
        /// Runs a statement with `$params` for `$1`, `$2` … and returns all its rows. Throws
        /// RemoteException with the server's fields in `data`, TimeoutException,
        /// ConnectionException, OverloadedException. **Suspends.**
        method!(
            "query(string $sql, array $params = [], ?float $timeout = null): Tusk\\Pool\\PostgresResult",
            Postgres,
            query
        ),
        /// Runs a statement and returns how many rows it changed. **Suspends.**
        method!(
            "execute(string $sql, array $params = [], ?float $timeout = null): int",
            Postgres,
            execute
        ),
        /// Asks the server about a statement that is run later. **Suspends.**
        method!(
            "prepare(string $sql, ?float $timeout = null): Tusk\\Pool\\PostgresStatement",
            Postgres,
            prepare
        ),
        /// Runs a query whose rows are read one by one, in bounded memory. `$timeout` is for
        /// each wait. **Suspends.**
        method!(
            "stream(string $sql, array $params = [], ?float $timeout = null): Tusk\\Pool\\PostgresStream",
            Postgres,
            stream
        ),
        /// Calls `$callable($this)` inside a transaction and commits when it returns; rolls
        /// back when it throws. What the calling coroutine asks of the pool meanwhile happens
        /// inside; other coroutines are not affected. Inside another transaction it is a
        /// savepoint. `$mode` such as `ISOLATION LEVEL SERIALIZABLE, READ ONLY`. `$timeout` is
        /// for each of connection, BEGIN and COMMIT. **Suspends.**
        method!(
            "transaction(callable $callable, string $mode = '', ?float $timeout = null): mixed",
            Postgres,
            transaction_of
        ),
        /// `COPY … FROM STDIN`: `$rows` yields strings in the format that `$sql` names, or
        /// arrays, which are written in the text format. Returns how many rows there are then.
        /// `$timeout` is for each wait. **Suspends.**
        method!(
            "copyIn(string $sql, mixed $rows, ?float $timeout = null): int",
            Postgres,
            copy_into
        ),
        /// `COPY … TO STDOUT`: yields pieces of data, a row each in the text formats. **Suspends.**
        method!(
            "copyOut(string $sql, ?float $timeout = null): Tusk\\Pool\\PostgresStream",
            Postgres,
            copy_out
        ),
        /// Listens to a channel of NOTIFY. **Suspends.**
        method!(
            "listen(string $channel, ?float $timeout = null): Tusk\\Pool\\PostgresListener",
            Postgres,
            listen
        ),
        /// Is the running coroutine inside transaction()?
        method!("inTransaction(): bool", Postgres, in_transaction),
        /// Counters and gauges: connections, connecting, leased, queued, in_flight, connects,
        /// queries, finished, again, abandoned, cancels, lost, leases, notices.
        method!("stats(): array", Postgres, stats),
        /// Ends the pool. Whoever waits gets a ConnectionException.
        method!("close(): void", Postgres, close),
    ],
};

/// Makes its objects.
pub static POSTGRES: Kind<Postgres> = Kind::new();

/// The state behind the object.
pub struct Postgres {
    shared: Rc<Shared>,
}

impl NativeClass for Postgres {
    fn describe(&self) -> Option<String> {
        Some(self.shared.with(|pool, _| pool.address()))
    }
}

fn construct(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(
        "a pool is made by Tusk\\Pool\\Postgres::connect()",
    ))
}

fn connect(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 5)?;
    let address = call.value(0);
    if !address.is_string() && !address.is_array() {
        return Err(engine::argument_type_error(
            0,
            "must be of type array|string",
        ));
    }
    let max = call.long(1, false)?.unwrap_or(8);
    let min = call.long(2, false)?.unwrap_or(0);
    let timeout = duration(call, 3)?;
    let options = call.array_value(4)?;
    require_core()?;
    engine::settle_fork();
    let mut settings = Settings::read(&address, max, min, &options)?;
    settings.timeout = timeout;
    let shared = Shared::open(settings)?;
    call.give(POSTGRES.make(Postgres { shared }));
    Ok(())
}

/// The SQL argument.
fn sql(call: &Call) -> Result<String, Thrown> {
    let bytes = call.bytes(0)?.unwrap_or_default();
    if bytes.contains(&0) {
        return Err(engine::argument_error(0, "must not contain NUL bytes"));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(engine::argument_error(
            0,
            "must be UTF-8; bytes of other kinds go as parameters",
        )),
    }
}

fn query(this: &Postgres, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 3)?;
    let sql = sql(call)?;
    let given = params(&call.array_value(1)?)?;
    let ticket = run(&this.shared, &sql, given, Fetch::All, duration(call, 2)?)?;
    call.give(RESULT.make(PostgresResult::new(&ticket)));
    Ok(())
}

fn execute(this: &Postgres, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 3)?;
    let sql = sql(call)?;
    let given = params(&call.array_value(1)?)?;
    let ticket = run(&this.shared, &sql, given, Fetch::All, duration(call, 2)?)?;
    call.give(Value::long(ticket.with(|job| affected(&job.reply.tag))));
    Ok(())
}

fn prepare(this: &Postgres, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let sql = sql(call)?;
    let timeout = duration(call, 1)?;
    let statement = PostgresStatement::prepare(Rc::clone(&this.shared), sql, timeout)?;
    call.give(STATEMENT.make(statement));
    Ok(())
}

fn stream(this: &Postgres, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 3)?;
    let sql = sql(call)?;
    let given = params(&call.array_value(1)?)?;
    let timeout = duration(call, 2)?.or(this.shared.timeout);
    let pinned = this.shared.pinned(classify(&sql))?;
    let shows = shown(&sql);
    // In a transaction other statements may come between its steps.
    let (lease, place, fetch) = match pinned {
        Some(connection) => (
            Lease::beside(&this.shared, connection),
            Some(this.shared.pins().place(connection)),
            Fetch::Portal(limits::CHUNK_ROWS_FIRST),
        ),
        None => (
            Lease::take(&this.shared, None, timeout, &shows)?,
            None,
            Fetch::Some(limits::CHUNK_ROWS_FIRST),
        ),
    };
    let ticket = Job::new(Work::query(&sql, given, fetch));
    this.shared
        .begin(&ticket, Some(lease.connection), timeout, &shows, |ticket| {
            ticket.with(|job| job.reply.suspended)
        })?;
    this.shared.settled(&ticket)?;
    let stream = PostgresStream::new(
        Rc::clone(&this.shared),
        lease,
        ticket,
        timeout,
        shows,
        Rows::OfQuery(place),
    );
    call.give(STREAM.make(stream));
    Ok(())
}

fn transaction_of(this: &Postgres, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 3)?;
    let mut callable = call.callable(0)?;
    let mode = String::from_utf8_lossy(call.bytes(1)?.unwrap_or_default()).into_owned();
    if !mode
        .chars()
        .all(|char| char.is_ascii_alphabetic() || " ,".contains(char))
    {
        return Err(engine::argument_error(
            1,
            "must be transaction modes, such as \"ISOLATION LEVEL SERIALIZABLE, READ ONLY\"",
        ));
    }
    let timeout = duration(call, 2)?.or(this.shared.timeout);
    let pool = POSTGRES.make(Postgres {
        shared: Rc::clone(&this.shared),
    });
    let result = transaction(&this.shared, &mode, timeout, || callable.call_with(&[pool]))?;
    call.give(result);
    Ok(())
}

fn check_copy(sql: &str) -> Result<(), Thrown> {
    if classify(sql) == SqlClass::Copy {
        return Ok(());
    }
    Err(engine::argument_error(0, "must be a COPY command"))
}

fn copy_into(this: &Postgres, call: &Call) -> Result<(), Thrown> {
    call.expect(2, 3)?;
    let sql = sql(call)?;
    check_copy(&sql)?;
    let timeout = duration(call, 2)?.or(this.shared.timeout);
    let tag = copy_in(&this.shared, &sql, &call.value(1), timeout)?;
    call.give(Value::long(affected(&tag)));
    Ok(())
}

fn copy_out(this: &Postgres, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let sql = sql(call)?;
    check_copy(&sql)?;
    let timeout = duration(call, 1)?.or(this.shared.timeout);
    let shows = shown(&sql);
    let pinned = this.shared.pinned(SqlClass::Other)?;
    let lease = Lease::take(&this.shared, pinned, timeout, &shows)?;
    let ticket = Job::new(Work::Command(sql.as_str().into()));
    this.shared
        .begin(&ticket, Some(lease.connection), timeout, &shows, |ticket| {
            ticket.with(|job| job.reply.copying)
        })?;
    this.shared.settled(&ticket)?;
    let stream = PostgresStream::new(
        Rc::clone(&this.shared),
        lease,
        ticket,
        timeout,
        shows,
        Rows::OfCopy,
    );
    call.give(STREAM.make(stream));
    Ok(())
}

fn listen(this: &Postgres, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let channel = String::from_utf8_lossy(call.bytes(0)?.unwrap_or_default()).into_owned();
    // NAMEDATALEN; the server would cut longer ones off, and notify nobody.
    if channel.is_empty() || channel.len() > 63 || channel.contains('\0') {
        return Err(engine::argument_error(0, "must be a name of 1 to 63 bytes"));
    }
    let timeout = duration(call, 1)?.or(this.shared.timeout);
    engine::settle_fork();
    let begun = this
        .shared
        .with(|pool, reactor| pool.listen(reactor, &channel));
    let (subscription, ticket) = begun.map_err(|error| exception::native(&error))?;
    let listener = PostgresListener::new(Rc::clone(&this.shared), subscription);
    let shows = format!("LISTEN {channel}");
    this.shared
        .wait_for(&ticket, timeout, &shows, |ticket| ticket.is_done())?;
    this.shared.settled(&ticket)?;
    call.give(LISTENER.make(listener));
    Ok(())
}

fn in_transaction(this: &Postgres, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::bool(this.shared.pins().current().is_some()));
    Ok(())
}

fn stats(this: &Postgres, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let (census, counters) = this.shared.with(|pool, _| (pool.census(), pool.counters));
    let mut stats = Array::new();
    for (name, number) in [
        ("connections", census.open + census.leased),
        ("connecting", census.connecting),
        ("leased", census.leased),
        ("queued", census.queued),
        ("in_flight", census.in_flight),
    ] {
        stats.set(name, Value::long(number as i64));
    }
    for (name, number) in [
        ("connects", counters.connects),
        ("queries", counters.queries),
        ("finished", counters.finished),
        ("again", counters.again),
        ("abandoned", counters.abandoned),
        ("cancels", counters.cancels),
        ("lost", counters.lost),
        ("leases", counters.leases),
        ("notices", counters.notices),
    ] {
        stats.set(name, Value::long(number as i64));
    }
    call.give(stats.into());
    Ok(())
}

fn close(this: &Postgres, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    this.shared.close();
    Ok(())
}
