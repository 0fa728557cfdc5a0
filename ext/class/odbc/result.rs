//! `Tusk\Pool\OdbcResult`.

use std::cell::Cell;
use std::sync::Arc;

use crate::exception::{self, Thrown};
use crate::odbc::Table;
use crate::zend::call::Call;
use crate::zend::class::{Class, Interface, NativeClass, method, raw_method};
use crate::zend::kind::Kind;
use crate::zend::value::Value;
use tusk_odbc::flow::Flow;
use tusk_odbc::sys::statement::Executed;
use tusk_odbc::value::Batch;

/// All rows of a result, or of several. It holds no connection. Exact numbers and dates are strings, bytes are
/// strings, and text is UTF-8 whatever the database stores.
pub static CLASS: Class = Class {
    name: "Tusk\\Pool\\OdbcResult",
    interfaces: &[Interface::Iterator, Interface::Countable],
    native: true,
    methods: &[
        /// Made by `query()`.
        raw_method!("__construct()", construct),
        /// From now on rows are lists, with each column at its number: two of one name are both
        /// there.
        method!("byNumber(): static", OdbcResult, by_number),
        /// All rows, each by its columns' names.
        method!("fetchAll(): array", OdbcResult, fetch_all),
        /// The first row; null when there is none.
        method!("fetchOne(): ?array", OdbcResult, fetch_one),
        /// The first column of the first row; null when there is none.
        method!("fetchValue(): mixed", OdbcResult, fetch_value),
        /// One column of all rows.
        method!(
            "fetchColumn(int $column = 0): array",
            OdbcResult,
            fetch_column
        ),
        /// Rows of the result, or, where there is none, rows that were changed (-1: the driver
        /// does not say).
        method!("rowCount(): int", OdbcResult, row_count),
        /// Goes on to the statement's next result: a procedure's, or that of the next of several
        /// statements. False: there is none, and this one stays. One without columns tells only
        /// how many rows were changed.
        method!("nextResult(): bool", OdbcResult, next_result),
        /// Name, type, size, scale and whether it may be null, of every column.
        method!("columns(): array", OdbcResult, columns),
        /// Rows of the result.
        method!("count(): int", OdbcResult, count),
        /// The current row.
        method!("current(): mixed", OdbcResult, current),
        /// Its number.
        method!("key(): int", OdbcResult, key),
        /// Goes to the next.
        method!("next(): void", OdbcResult, next),
        /// Goes to the first.
        method!("rewind(): void", OdbcResult, rewind),
        /// Is there a current one?
        method!("valid(): bool", OdbcResult, valid),
    ],
};

/// Makes its objects.
pub static RESULT: Kind<OdbcResult> = Kind::new();

/// The state behind the object.
pub struct OdbcResult {
    results: Vec<One>,
    /// Which of them is read.
    which: Cell<usize>,
    number: Cell<usize>,
    /// Where the current row is: batch, and row of it.
    at: Cell<(usize, usize)>,
}

/// One of a statement's results.
struct One {
    table: Table,
    batches: Vec<Batch>,
    rows: usize,
    changed: i64,
}

impl NativeClass for OdbcResult {}

impl OdbcResult {
    /// Of a flow that has ended.
    pub fn new(flow: &Arc<Flow>) -> OdbcResult {
        let mut results: Vec<One> = flow.results().into_iter().map(One::new).collect();
        if results.is_empty() {
            results.push(One::new((Executed::default(), Vec::new())));
        }
        OdbcResult {
            results,
            which: Cell::new(0),
            number: Cell::new(0),
            at: Cell::new((0, 0)),
        }
    }

    fn one(&self) -> &One {
        &self.results[self.which.get()]
    }
}

impl One {
    fn new((head, batches): (Executed, Vec<Batch>)) -> One {
        One {
            table: Table::new(head.columns),
            rows: batches.iter().map(Batch::rows).sum(),
            batches,
            changed: head.changed,
        }
    }

    fn all(&self) -> impl Iterator<Item = (&Batch, usize)> {
        let rows = |batch| (0..Batch::rows(batch)).map(move |row| (batch, row));
        self.batches.iter().flat_map(rows)
    }
}

fn construct(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(
        "results are made by Tusk\\Pool\\Odbc::query()",
    ))
}

fn fetch_all(result: &OdbcResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let one = result.one();
    let rows = one.all().map(|(batch, row)| one.table.row(batch, row));
    call.give(Value::list(rows));
    Ok(())
}

fn fetch_one(result: &OdbcResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let one = result.one();
    if let Some((batch, row)) = one.all().next() {
        call.give(one.table.row(batch, row));
    }
    Ok(())
}

fn fetch_value(result: &OdbcResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let one = result.one();
    if let Some((batch, row)) = one.all().next() {
        call.give(one.table.field(batch, row, 0));
    }
    Ok(())
}

fn fetch_column(result: &OdbcResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    let one = result.one();
    let column = call.long(0, false)?.unwrap_or(0);
    let index = usize::try_from(column).ok();
    let Some(index) = index.filter(|&index| index < one.table.width()) else {
        return Err(crate::zend::engine::argument_error(
            0,
            "must be the number of a column, counted from 0",
        ));
    };
    let all = one.all();
    let values = all.map(|(batch, row)| one.table.field(batch, row, index));
    call.give(Value::list(values));
    Ok(())
}

fn row_count(result: &OdbcResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let one = result.one();
    call.give(Value::long(match one.table.width() {
        0 => one.changed,
        _ => one.rows as i64,
    }));
    Ok(())
}

fn by_number(result: &OdbcResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let one = result.one();
    one.table.by_number();
    call.give_this();
    Ok(())
}

fn columns(result: &OdbcResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let one = result.one();
    call.give(one.table.describe());
    Ok(())
}

fn count(result: &OdbcResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let one = result.one();
    call.give(Value::long(one.rows as i64));
    Ok(())
}

fn next_result(result: &OdbcResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let next = result.which.get() + 1;
    let has = next < result.results.len();
    if has {
        result.which.set(next);
        result.at.set((0, 0));
        result.number.set(0);
    }
    call.give(Value::bool(has));
    Ok(())
}

fn current(result: &OdbcResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let one = result.one();
    let (batch, row) = result.at.get();
    if let Some(batch) = one.batches.get(batch) {
        call.give(one.table.row(batch, row));
    }
    Ok(())
}

fn key(result: &OdbcResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(result.number.get() as i64));
    Ok(())
}

fn next(result: &OdbcResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let one = result.one();
    let (batch, row) = result.at.get();
    if let Some(current) = one.batches.get(batch) {
        let at = match row + 1 < current.rows() {
            true => (batch, row + 1),
            false => (batch + 1, 0),
        };
        result.at.set(at);
        result.number.set(result.number.get() + 1);
    }
    Ok(())
}

fn rewind(result: &OdbcResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    result.at.set((0, 0));
    result.number.set(0);
    Ok(())
}

fn valid(result: &OdbcResult, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let one = result.one();
    call.give(Value::bool(result.at.get().0 < one.batches.len()));
    Ok(())
}
