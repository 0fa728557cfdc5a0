//! `COPY … FROM STDIN` from what PHP code yields.

use std::rc::Rc;

use tusk_postgres::job::{Job, Ticket, Work};
use tusk_postgres::limits;
use tusk_postgres::sql::Class;

use super::lease::{Lease, Place};
use super::values::text_row;
use super::{Shared, shown};
use crate::exception::{self, Thrown};
use crate::zend::call::Callable;
use crate::zend::engine;
use crate::zend::value::Value;

/// Rows are gathered to messages of this size: each costs a header and a look at both ends.
const MESSAGE_BYTES: usize = 32 << 10;

/// What a stream is of.
pub enum Rows {
    /// Rows of a query, begun at this place of a transaction.
    OfQuery(Option<Place>),
    /// Data of COPY.
    OfCopy,
}

/// Copies `rows` in and returns the command's tag. Suspends.
pub fn copy_in(
    shared: &Rc<Shared>,
    sql: &str,
    rows: &Value,
    timeout: Option<f64>,
) -> Result<String, Thrown> {
    let shows = shown(sql);
    let pinned = shared.pinned(Class::Other)?;
    let lease = Lease::take(shared, pinned, timeout, &shows)?;
    let ticket = Job::new(Work::Command(sql.into()));
    let begun = shared.begin(&ticket, Some(lease.connection), timeout, &shows, |ticket| {
        ticket.with(|job| job.reply.copying)
    });
    let copied = begun.and_then(|()| shared.settled(&ticket)).and_then(|()| {
        let mut writer = Writer {
            shared,
            ticket: &ticket,
            connection: lease.connection,
            timeout,
            shows: &shows,
            buffer: Vec::new(),
        };
        writer.write_all(rows)
    });
    if copied.is_err() && !ticket.is_done() {
        // None of it counts.
        shared.with(|pool, reactor| pool.abandon(reactor, &ticket));
    }
    lease.give_back();
    copied?;
    Ok(ticket.with(|job| std::mem::take(&mut job.reply.tag)))
}

struct Writer<'a> {
    shared: &'a Shared,
    ticket: &'a Ticket,
    connection: u64,
    timeout: Option<f64>,
    shows: &'a str,
    buffer: Vec<u8>,
}

impl Writer<'_> {
    fn write_all(&mut self, rows: &Value) -> Result<(), Thrown> {
        if rows.is_array() {
            rows.each(|_, row| self.row(row))?;
        } else if rows.is_string() {
            self.row(rows)?;
        } else {
            self.iterate(rows)?;
        }
        self.flush()?;
        if !self.ticket.is_done() {
            let connection = self.connection;
            self.shared
                .with(|pool, reactor| pool.copy_end(reactor, connection, None));
            self.shared
                .wait_for(self.ticket, self.timeout, self.shows, |ticket| {
                    ticket.is_done()
                })?;
        }
        self.shared.settled(self.ticket)
    }

    /// By the methods of PHP's Iterator; generators are some.
    fn iterate(&mut self, rows: &Value) -> Result<(), Thrown> {
        let call = |object: &Value, method: &str| {
            let pair = Value::list([object.clone(), Value::string(method)]);
            match Callable::from_value(&pair) {
                Some(mut callable) => callable.call(),
                None => Err(engine::argument_type_error(
                    1,
                    "must be of type Traversable|array|string",
                )),
            }
        };
        let aggregate = Value::list([rows.clone(), Value::string("getIterator")]);
        let iterator = match Callable::from_value(&aggregate) {
            Some(mut callable) => callable.call()?,
            None => rows.clone(),
        };
        call(&iterator, "rewind")?;
        while call(&iterator, "valid")?.is_true() {
            let row = call(&iterator, "current")?;
            self.row(&row)?;
            drop(row);
            call(&iterator, "next")?;
        }
        Ok(())
    }

    fn row(&mut self, row: &Value) -> Result<(), Thrown> {
        if let Some(bytes) = row.as_bytes() {
            self.buffer.extend_from_slice(bytes);
        } else if row.is_array() {
            text_row(row, &mut self.buffer)?;
        } else {
            return Err(exception::misuse(
                "copyIn() takes strings in the format of the command, or arrays of columns",
            ));
        }
        if self.buffer.len() >= MESSAGE_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Hands over what was gathered, and waits while too much is on its way.
    fn flush(&mut self) -> Result<(), Thrown> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let data = std::mem::take(&mut self.buffer);
        let connection = self.connection;
        // The server may have refused what came before.
        if self.ticket.is_done() {
            return self.shared.settled(self.ticket);
        }
        let sent = self
            .shared
            .with(|pool, reactor| pool.copy_data(reactor, connection, &data));
        let unsent = sent.map_err(|error| exception::native(&error))?;
        if unsent > limits::COPY_BYTES {
            let shared = self.shared;
            shared.wait_for(self.ticket, self.timeout, self.shows, |_| {
                shared.with(|pool, _| pool.unsent(connection)) <= limits::COPY_BYTES / 2
            })?;
        }
        Ok(())
    }
}
