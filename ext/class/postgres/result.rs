//! `Tusk\Pool\PostgresResult`.

use std::cell::Cell;

use crate::exception::{self, Thrown};
use crate::postgres::Table;
use crate::zend::call::Call;
use crate::zend::class::{Class, Interface, NativeClass, method, raw_method};
use crate::zend::engine;
use crate::zend::kind::Kind;
use crate::zend::value::{Array, Value};
use tusk_postgres::job::{Rows, Ticket};

/// All rows of a query, in memory as they came; each becomes PHP values when it is looked at.
/// `foreach` begins at the first row each time.
pub static CLASS: Class = Class {
    name: "Tusk\\Pool\\PostgresResult",
    interfaces: &[Interface::Iterator, Interface::Countable],
    native: true,
    methods: &[
        /// Made by `query()`.
        raw_method!("__construct()", construct),
        /// From now on rows are lists, with each column at its number: two of one name are both
        /// there.
        method!("byNumber(): static", PostgresResult, by_number),
        /// All rows, as arrays by column names.
        method!("fetchAll(): array", PostgresResult, fetch_all),
        /// The next row, or null after the last.
        method!("fetchOne(): ?array", PostgresResult, fetch_one),
        /// The first column of the next row, or null after the last.
        method!("fetchValue(): mixed", PostgresResult, fetch_value),
        /// One column of all rows; columns count from 0.
        method!(
            "fetchColumn(int $column = 0): array",
            PostgresResult,
            fetch_column
        ),
        /// Rows that the command changed or returned.
        method!("rowCount(): int", PostgresResult, row_count),
        /// Names and types of the columns.
        method!("columns(): array", PostgresResult, columns),
        /// What the server did, such as `INSERT 0 1`.
        method!("command(): string", PostgresResult, command),
        /// Rows returned.
        method!("count(): int", PostgresResult, count),
        /// The current row.
        method!("current(): mixed", PostgresResult, current),
        /// Its number.
        method!("key(): int", PostgresResult, key),
        /// Goes to the next row.
        method!("next(): void", PostgresResult, next),
        /// Goes to the first row.
        method!("rewind(): void", PostgresResult, rewind),
        /// Is there a current row?
        method!("valid(): bool", PostgresResult, valid),
    ],
};

/// Makes its objects.
pub static RESULT: Kind<PostgresResult> = Kind::new();

/// The state behind the object.
pub struct PostgresResult {
    table: Table,
    rows: Rows,
    tag: String,
    position: Cell<usize>,
}

impl NativeClass for PostgresResult {}

impl PostgresResult {
    /// Of a job that has ended.
    pub fn new(ticket: &Ticket) -> PostgresResult {
        let (columns, rows, tag) = ticket.with(|job| {
            (
                job.reply.columns.take().unwrap_or_default(),
                job.reply.rows.take(),
                std::mem::take(&mut job.reply.tag),
            )
        });
        PostgresResult {
            table: Table::new(columns),
            rows,
            tag,
            position: Cell::new(0),
        }
    }
}

/// The number at the end of a command's tag; 0 for those that count nothing.
pub fn affected(tag: &str) -> i64 {
    let last = tag.rsplit(' ').next().unwrap_or_default();
    last.parse().unwrap_or(0)
}

fn construct(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse("a PostgresResult is made by query()"))
}

fn by_number(this: &PostgresResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    this.table.by_number();
    call.give_this();
    Ok(())
}

fn fetch_all(this: &PostgresResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let mut all = Array::new();
    for row in 0..this.rows.len() {
        all.push(this.table.row(&this.rows, row)?);
    }
    call.give(all.into());
    Ok(())
}

/// The current row's number; the next one is current then.
fn step(this: &PostgresResult) -> Option<usize> {
    let row = this.position.get();
    (row < this.rows.len()).then(|| {
        this.position.set(row + 1);
        row
    })
}

fn fetch_one(this: &PostgresResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    if let Some(row) = step(this) {
        call.give(this.table.row(&this.rows, row)?);
    }
    Ok(())
}

fn fetch_value(this: &PostgresResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    if let Some(row) = step(this) {
        call.give(this.table.field(&this.rows, row, 0)?);
    }
    Ok(())
}

fn fetch_column(this: &PostgresResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    let column = call.long(0, false)?.unwrap_or(0);
    let column = usize::try_from(column)
        .ok()
        .filter(|&column| column < this.table.width().max(1))
        .ok_or_else(|| {
            let most = this.table.width().saturating_sub(1);
            engine::argument_error(0, &format!("must be between 0 and {most}"))
        })?;
    let mut all = Array::new();
    for row in 0..this.rows.len() {
        all.push(this.table.field(&this.rows, row, column)?);
    }
    call.give(all.into());
    Ok(())
}

fn row_count(this: &PostgresResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(affected(&this.tag)));
    Ok(())
}

fn columns(this: &PostgresResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(this.table.describe());
    Ok(())
}

fn command(this: &PostgresResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::string(&this.tag));
    Ok(())
}

fn count(this: &PostgresResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(this.rows.len() as i64));
    Ok(())
}

fn current(this: &PostgresResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let row = this.position.get();
    if row < this.rows.len() {
        call.give(this.table.row(&this.rows, row)?);
    }
    Ok(())
}

fn key(this: &PostgresResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(this.position.get() as i64));
    Ok(())
}

fn next(this: &PostgresResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    this.position.set(this.position.get() + 1);
    Ok(())
}

fn rewind(this: &PostgresResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    this.position.set(0);
    Ok(())
}

fn valid(this: &PostgresResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::bool(this.position.get() < this.rows.len()));
    Ok(())
}
