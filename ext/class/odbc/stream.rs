//! `Tusk\Pool\OdbcStream`.

use std::cell::{Cell, RefCell};

use crate::exception::{self, Thrown};
use crate::odbc::{Stream, Table};
use crate::zend::call::Call;
use crate::zend::class::{Class, Interface, NativeClass, method, raw_method};
use crate::zend::engine;
use crate::zend::kind::Kind;
use crate::zend::value::Value;
use tusk_odbc::value::Batch;

/// Rows of `stream()`, a bounded part of them in memory at a time. It has a connection for
/// itself until the last was read, `close()`, or it is dropped. `foreach` can go over it once.
pub static CLASS: Class = Class {
    name: "Tusk\\Pool\\OdbcStream",
    interfaces: &[Interface::Iterator],
    native: true,
    methods: &[
        /// Made by `stream()`.
        raw_method!("__construct()", construct),
        /// From now on rows are lists, with each column at its number: two of one name are both
        /// there.
        method!("byNumber(): static", OdbcStream, by_number),
        /// Name, type, size, scale and whether it may be null, of every column.
        method!("columns(): array", OdbcStream, columns),
        /// The current row. **Suspends.**
        method!("current(): mixed", OdbcStream, current),
        /// Its number.
        method!("key(): int", OdbcStream, key),
        /// Goes to the next. **Suspends.**
        method!("next(): void", OdbcStream, next),
        /// Does nothing at the first row; MisuseError after it. **Suspends.**
        method!("rewind(): void", OdbcStream, rewind),
        /// Is there a current row? **Suspends.**
        method!("valid(): bool", OdbcStream, valid),
        /// Ends it before its end.
        method!("close(): void", OdbcStream, close),
    ],
};

/// Makes its objects.
pub static STREAM: Kind<OdbcStream> = Kind::new();

/// The state behind the object.
pub struct OdbcStream {
    stream: Stream,
    table: Table,
    batch: RefCell<Batch>,
    at: Cell<usize>,
    number: Cell<i64>,
    over: Cell<bool>,
    waiting: Cell<bool>,
}

impl NativeClass for OdbcStream {}

impl OdbcStream {
    /// Of one that was begun.
    pub fn new(stream: Stream) -> OdbcStream {
        let head = stream.flow().head().unwrap_or_default();
        OdbcStream {
            stream,
            table: Table::new(head.columns),
            batch: RefCell::default(),
            at: Cell::new(0),
            number: Cell::new(0),
            over: Cell::new(false),
            waiting: Cell::new(false),
        }
    }

    /// Is there a current row? Fetches more when those at hand were read. Suspends.
    fn fill(&self) -> Result<bool, Thrown> {
        while self.at.get() >= self.batch.borrow().rows() {
            if self.over.get() {
                return Ok(false);
            }
            if self.waiting.replace(true) {
                return Err(exception::misuse(
                    "another coroutine waits for this stream's next row already: let one read, and pass the rows \
                     on by a Channel",
                ));
            }
            let next = self.stream.next();
            self.waiting.set(false);
            match next {
                Ok(Some(batch)) => {
                    self.at.set(0);
                    self.batch.replace(batch);
                }
                Ok(None) => self.over.set(true),
                Err(thrown) => {
                    self.over.set(true);
                    return Err(thrown);
                }
            }
        }
        Ok(true)
    }
}

fn construct(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(
        "streams are made by Tusk\\Pool\\Odbc::stream()",
    ))
}

fn by_number(stream: &OdbcStream, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    stream.table.by_number();
    call.give_this();
    Ok(())
}

fn columns(stream: &OdbcStream, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(stream.table.describe());
    Ok(())
}

fn current(stream: &OdbcStream, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    engine::settle_fork();
    if stream.fill()? {
        let row = stream.table.row(&stream.batch.borrow(), stream.at.get());
        call.give(row);
    }
    Ok(())
}

fn key(stream: &OdbcStream, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(stream.number.get()));
    Ok(())
}

fn next(stream: &OdbcStream, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    engine::settle_fork();
    if stream.fill()? {
        stream.at.set(stream.at.get() + 1);
        stream.number.set(stream.number.get() + 1);
    }
    Ok(())
}

fn rewind(stream: &OdbcStream, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    if stream.number.get() > 0 {
        return Err(exception::misuse(
            "a stream can be read once: rows that were read are gone; use query() to go over them again",
        ));
    }
    Ok(())
}

fn valid(stream: &OdbcStream, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    engine::settle_fork();
    call.give(Value::bool(stream.fill()?));
    Ok(())
}

fn close(stream: &OdbcStream, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    engine::settle_fork();
    stream.over.set(true);
    let rest = stream.batch.take();
    stream.at.set(0);
    stream.stream.close();
    drop(rest);
    Ok(())
}
