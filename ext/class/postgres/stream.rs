//! `Tusk\Pool\PostgresStream`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::core;
use crate::exception::{self, Thrown};
use crate::postgres::{Lease, Place, Rows as PieceKind, Shared, Table};
use crate::zend::call::Call;
use crate::zend::class::{Class, Interface, NativeClass, method, raw_method};
use crate::zend::kind::Kind;
use crate::zend::value::{Array, Value};
use tusk_postgres::job::{Rows, Ticket};
use tusk_postgres::limits;

/// Rows of `stream()`, or lines of `copyOut()`, a bounded part of them in memory at a time. It
/// has a connection for itself until the last was read, `close()`, or it is dropped; inside a
/// transaction rows of `stream()` share its connection. `foreach` can go over it once.
pub static CLASS: Class = Class {
    name: "Tusk\\Pool\\PostgresStream",
    interfaces: &[Interface::Iterator],
    native: true,
    methods: &[
        /// Made by `stream()` and `copyOut()`.
        raw_method!("__construct()", construct),
        /// From now on rows are lists, with each column at its number: two of one name are both
        /// there.
        method!("byNumber(): static", PostgresStream, by_number),
        /// Names and types of the columns; empty for copyOut(). **Suspends.**
        method!("columns(): array", PostgresStream, columns),
        /// The current row, or piece of data. **Suspends.**
        method!("current(): mixed", PostgresStream, current),
        /// Its number.
        method!("key(): int", PostgresStream, key),
        /// Goes to the next. **Suspends.**
        method!("next(): void", PostgresStream, next),
        /// Does nothing at the first; MisuseError after it. **Suspends.**
        method!("rewind(): void", PostgresStream, rewind),
        /// Is there a current one? **Suspends.**
        method!("valid(): bool", PostgresStream, valid),
        /// Ends it before its end.
        method!("close(): void", PostgresStream, close),
    ],
};

/// Makes its objects.
pub static STREAM: Kind<PostgresStream> = Kind::new();

/// The state behind the object.
pub struct PostgresStream {
    shared: Rc<Shared>,
    lease: Lease,
    ticket: Ticket,
    timeout: Option<f64>,
    shows: String,
    copies: bool,
    place: Option<Place>,
    /// The transaction has ended before all rows were asked for.
    gone: Cell<bool>,
    by_number: Cell<bool>,
    table: RefCell<Option<Rc<Table>>>,
    rows: RefCell<Rows>,
    chunk: RefCell<Option<Vec<u8>>>,
    at: Cell<usize>,
    number: Cell<i64>,
    over: Cell<bool>,
    waiting: Cell<bool>,
}

impl NativeClass for PostgresStream {}

impl Drop for PostgresStream {
    fn drop(&mut self) {
        self.end();
    }
}

impl PostgresStream {
    /// Of a job that was begun on this connection.
    pub fn new(
        shared: Rc<Shared>,
        lease: Lease,
        ticket: Ticket,
        timeout: Option<f64>,
        shows: String,
        kind: PieceKind,
    ) -> PostgresStream {
        let (copies, place) = match kind {
            PieceKind::OfCopy => (true, None),
            PieceKind::OfQuery(place) => (false, place),
        };
        PostgresStream {
            shared,
            lease,
            ticket,
            timeout,
            shows,
            copies,
            place,
            gone: Cell::new(false),
            by_number: Cell::new(false),
            table: RefCell::new(None),
            rows: RefCell::default(),
            chunk: RefCell::new(None),
            at: Cell::new(0),
            number: Cell::new(0),
            over: Cell::new(false),
            waiting: Cell::new(false),
        }
    }

    /// Ends it, once: what is under way is cancelled, the connection goes back.
    fn end(&self) {
        if self.over.replace(true) || !core::is_up() {
            return;
        }
        self.shared.with(|pool, reactor| {
            if self.lease.is_owned() {
                pool.abandon(reactor, &self.ticket);
            } else {
                pool.let_finish(reactor, &self.ticket);
            }
        });
        self.lease.give_back();
    }

    /// Makes the next piece of data current, if none is. False: there is none. Suspends.
    fn fill(&self) -> Result<bool, Thrown> {
        loop {
            if self.at.get() < self.rows.borrow().len() || self.chunk.borrow().is_some() {
                return Ok(true);
            }
            if self.over.get() {
                return Ok(false);
            }
            if self.waiting.replace(true) {
                return Err(exception::misuse(
                    "another coroutine waits for this stream's next row already: let one read, and pass the rows \
                     on by a Channel",
                ));
            }
            let filled = self.refill();
            self.waiting.set(false);
            if let Err(thrown) = filled {
                self.end();
                return Err(thrown);
            }
        }
    }

    /// Is the transaction that it was begun in still as it was then?
    fn is_there(&self) -> bool {
        let place = self.place.as_ref();
        place.is_none_or(|place| self.shared.pins().is_there(place))
    }

    fn refill(&self) -> Result<(), Thrown> {
        if self.gone.get() {
            return Err(exception::misuse(
                "this stream was begun inside a transaction() that has ended or was rolled back: read it to its end \
                 before",
            ));
        }
        let copies = self.copies;
        self.shared
            .wait_for(&self.ticket, self.timeout, &self.shows, |ticket| {
                ticket.with(|job| {
                    if copies {
                        !job.reply.chunks.is_empty()
                    } else {
                        job.reply.suspended
                    }
                })
            })?;
        if copies {
            self.refill_copy()
        } else {
            self.refill_rows()
        }
    }

    fn refill_rows(&self) -> Result<(), Thrown> {
        let (rows, columns, done) = self.ticket.with(|job| {
            let done = !job.reply.suspended;
            (job.reply.rows.take(), job.reply.columns.clone(), done)
        });
        if self.table.borrow().is_none() {
            let table = Rc::new(Table::new(columns.unwrap_or_default()));
            if self.by_number.get() {
                table.by_number();
            }
            *self.table.borrow_mut() = Some(table);
        }
        let next = next_rows(rows.len(), rows.size());
        *self.rows.borrow_mut() = rows;
        self.at.set(0);
        if done {
            self.over.set(true);
            self.lease.give_back();
            return self.shared.settled(&self.ticket);
        }
        // The next rows are on their way while these are looked at.
        if !self.is_there() {
            self.gone.set(true);
            return Ok(());
        }
        let connection = self.lease.connection;
        self.shared
            .with(|pool, reactor| pool.fetch(reactor, connection, &self.ticket, next));
        Ok(())
    }

    fn refill_copy(&self) -> Result<(), Thrown> {
        let (chunk, done) = self.ticket.with(|job| {
            let chunk = job.reply.chunks.pop_front();
            job.reply.chunk_bytes -= chunk.as_ref().map_or(0, Vec::len);
            (chunk, job.state == tusk_postgres::job::State::Done)
        });
        if chunk.is_none() && done {
            self.over.set(true);
            self.lease.give_back();
            return self.shared.settled(&self.ticket);
        }
        *self.chunk.borrow_mut() = chunk;
        self.shared.with(|pool, reactor| pool.taken(reactor));
        Ok(())
    }
}

/// How many rows to ask for next, as large as those that came.
fn next_rows(count: usize, size: usize) -> u32 {
    if count == 0 {
        return limits::CHUNK_ROWS_FIRST;
    }
    let fits = limits::CHUNK_BYTES / (size / count).max(1);
    u32::try_from(fits)
        .unwrap_or(u32::MAX)
        .clamp(1, limits::CHUNK_ROWS)
}

fn construct(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(
        "a PostgresStream is made by stream() or copyOut()",
    ))
}

fn by_number(this: &PostgresStream, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    this.by_number.set(true);
    if let Some(table) = &*this.table.borrow() {
        table.by_number();
    }
    call.give_this();
    Ok(())
}

fn columns(this: &PostgresStream, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    if !this.copies {
        this.fill()?;
    }
    let table = this.table.borrow().clone();
    call.give(table.map_or_else(|| Array::new().into(), |table| table.describe()));
    Ok(())
}

fn current(this: &PostgresStream, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    if !this.fill()? {
        return Ok(());
    }
    let chunk = this.chunk.borrow().as_deref().map(Value::bytes);
    if let Some(chunk) = chunk {
        call.give(chunk);
        return Ok(());
    }
    let table = this.table.borrow().clone();
    if let Some(table) = table {
        call.give(table.row(&this.rows.borrow(), this.at.get())?);
    }
    Ok(())
}

fn key(this: &PostgresStream, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(this.number.get()));
    Ok(())
}

fn next(this: &PostgresStream, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    if this.fill()? {
        this.number.set(this.number.get() + 1);
        if this.chunk.borrow_mut().take().is_none() {
            this.at.set(this.at.get() + 1);
        }
    }
    Ok(())
}

fn rewind(this: &PostgresStream, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    if this.number.get() > 0 {
        return Err(exception::misuse(
            "a stream is read once: keep the rows, or use query() for a result that can be read again",
        ));
    }
    this.fill().map(drop)
}

fn valid(this: &PostgresStream, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::bool(this.fill()?));
    Ok(())
}

fn close(this: &PostgresStream, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    this.end();
    this.rows.take();
    this.chunk.take();
    Ok(())
}
