//! `Tusk\Pool\Reads`.

use std::rc::Rc;

use super::pool::{self, Pool};
use crate::exception::{self, Thrown};
use crate::pool::{self as hosts, Host};
use crate::zend::call::Call;
use crate::zend::class::{Class, NativeClass, method, raw_method};
use crate::zend::pooled::StatementClass;

/// Queries on a pool of PDO connections to MySQL whose answers leave nothing behind. Made and used
/// by Tusk\Pool\Pdo.
pub static CLASS: Class = Class {
    name: "Tusk\\Pool\\Reads",
    interfaces: &[],
    native: true,
    methods: &[
        /// `$class` is that of the statements: it extends PDOStatement and has no constructor.
        /// `$prepare` gets a connection on which a statement will be executed again.
        raw_method!(
            "__construct(Tusk\\Pool\\Pool $pool, string $class, callable $prepare)",
            construct
        ),
        /// Runs SQL that only reads, with a connection of the pool for the round trip alone: the
        /// rows are in memory then. Null: the coroutine has a connection already, or the one that
        /// was free has not `$version`, or not the attributes that this needs (buffered results,
        /// emulated prepares, exceptions, autocommit); nothing was sent. **Suspends.**
        method!(
            "query(string $sql, int $version): PDOStatement|false|null",
            Reads,
            query
        ),
    ],
};

/// The state behind the object.
pub struct Reads {
    host: Rc<Host>,
    class: StatementClass,
}

impl NativeClass for Reads {}

fn construct(call: &Call) -> Result<(), Thrown> {
    call.expect(3, 3)?;
    let pool = call.value(0);
    let host = pool::KIND.get(&pool).map(Pool::host).ok_or_else(|| {
        exception::misuse("new Tusk\\Pool\\Reads(): its pool was not constructed")
    })?;
    let class = StatementClass::named(&call.value(1)).ok_or_else(|| {
        crate::zend::engine::argument_error(
            1,
            "must be the name of a class that extends PDOStatement and has no constructor",
        )
    })?;
    call.callable(2)?;
    host.set_prepare_for(call.value(2));
    call.construct(Reads { host, class })
}

fn query(reads: &Reads, call: &Call) -> Result<(), Thrown> {
    call.expect(2, 2)?;
    let sql = call.value(0);
    let version = call.long(1, false)?.unwrap_or(0);
    if let Some(statement) = hosts::query(&reads.host, &sql, version, reads.class)? {
        call.give(statement);
    }
    Ok(())
}
