//! Jobs become messages.

use std::rc::Rc;

use bytes::{BufMut, BytesMut};
use postgres_protocol::message::frontend;
use tusk_runtime::error::Error;

use super::statements::Statement;
use super::{Flight, Session, Step, misuse};
use crate::job::{Fetch, State, Ticket, Work};
use crate::limits;
use crate::sql::{Class, classify};
use crate::types::{Param, format_of, write};

impl Session {
    /// Takes a job. What cannot be sent fails at once.
    pub fn submit(&mut self, ticket: Ticket) {
        let work = ticket.with(|job| {
            job.state = State::Taken;
            job.work.clone()
        });
        let begin = self.position();
        let submitted = match work {
            Work::Query {
                sql,
                class,
                params,
                fetch,
            } => {
                if class == Class::Session {
                    self.dirty = true;
                }
                match self.statements.get(&sql) {
                    Some(statement) => self.run(&ticket, &sql, &statement, &params, fetch),
                    None => self.prepare(&ticket, &sql),
                }
            }
            Work::Command(text) => {
                if classify(&text) == Class::Session {
                    self.dirty = true;
                }
                let written = frontend::query(&text, &mut self.out)
                    .map_err(|error| misuse(error.to_string()));
                written.map(|()| self.take_off(Step::Command(Rc::clone(&ticket)), begin, true))
            }
            Work::Lease => Err(misuse("a lease is the pool's")),
        };
        if let Err(error) = submitted {
            self.cut(begin);
            self.finish(&ticket, Some(error.into()));
        }
    }

    /// The next rows of a stream that is suspended.
    pub fn fetch(&mut self, rows: u32) {
        let is_suspended = |flight: &Flight| match &flight.step {
            Step::Run(ticket) if !flight.synced => {
                ticket.with(|job| std::mem::take(&mut job.reply.suspended))
            }
            _ => false,
        };
        if self.flights.front().is_some_and(is_suspended) {
            let rows = i32::try_from(rows.max(1)).unwrap_or(i32::MAX);
            // The name is empty, so nothing can be wrong with it.
            let _ = frontend::execute("", rows, &mut self.out);
            frontend::flush(&mut self.out);
        }
    }

    /// Ends a stream after the rows that are under way. Nothing may be sent behind one that has
    /// no Sync: the next one's would end both.
    pub fn close_portal(&mut self) {
        let last = self.flights.back_mut().filter(|flight| !flight.synced);
        if let Some(flight) = last {
            flight.synced = true;
            if let Step::Run(ticket) = &flight.step {
                ticket.with(|job| job.reply.suspended = false);
            }
            frontend::sync(&mut self.out);
        }
    }

    /// Data of a COPY that was begun.
    ///
    /// # Errors
    /// `Misuse` for more than fits into a message.
    pub fn copy_data(&mut self, data: &[u8]) -> Result<(), Error> {
        let message = frontend::CopyData::new(data).map_err(|error| misuse(error.to_string()))?;
        message.write(&mut self.out);
        Ok(())
    }

    /// All data was given; or, with a reason, none of it is to count.
    pub fn copy_end(&mut self, failure: Option<&str>) {
        match failure {
            None => frontend::copy_done(&mut self.out),
            Some(reason) => {
                let reason = reason.replace('\0', "");
                let _ = frontend::copy_fail(&reason, &mut self.out);
            }
        }
    }

    /// Whoever has leased it has gone: ends what is open. True: it must be waited for.
    pub fn clean_up(&mut self) -> bool {
        self.close_portal();
        let begin = self.position();
        // What is on its way may still open a transaction; ROLLBACK outside one is a warning.
        if self.in_transaction() || !self.flights.is_empty() {
            let _ = frontend::query("ROLLBACK", &mut self.out);
            self.take_off(Step::Reset, begin, true);
        }
        if std::mem::take(&mut self.dirty) {
            let begin = self.position();
            let _ = frontend::query("DISCARD ALL", &mut self.out);
            self.take_off(Step::Reset, begin, true);
            self.statements.clear();
        }
        !self.flights.is_empty()
    }

    /// Asks whether the server is there.
    pub fn ping(&mut self) {
        let begin = self.position();
        frontend::sync(&mut self.out);
        self.take_off(Step::Reset, begin, true);
    }

    /// The goodbye.
    pub fn terminate(&mut self) {
        frontend::terminate(&mut self.out);
    }

    pub(super) fn position(&self) -> u64 {
        self.taken + self.out.len() as u64
    }

    pub(super) fn take_off(&mut self, step: Step, begin: u64, synced: bool) {
        self.flights.push_back(Flight {
            step,
            begin,
            synced,
            error: None,
            parameters: Vec::new(),
            columns: None,
            rows_seen: 0,
        });
    }

    /// What was written since is not sent after all.
    fn cut(&mut self, begin: u64) {
        self.out.truncate((begin - self.taken) as usize);
    }

    fn prepare(&mut self, ticket: &Ticket, sql: &Rc<str>) -> Result<(), Error> {
        let begin = self.position();
        if sql.contains('\0') {
            return Err(misuse("the SQL holds a NUL byte"));
        }
        let Some(name) = self.statements.wait_for(sql, Rc::clone(ticket)) else {
            return Ok(());
        };
        let written = frontend::parse(&name, sql, None, &mut self.out)
            .and_then(|()| frontend::describe(b'S', &name, &mut self.out));
        if let Err(error) = written {
            self.statements.failed(sql);
            return Err(misuse(error.to_string()));
        }
        frontend::sync(&mut self.out);
        self.take_off(Step::Prepare(Rc::clone(sql)), begin, true);
        Ok(())
    }

    pub(super) fn run(
        &mut self,
        ticket: &Ticket,
        sql: &str,
        statement: &Statement,
        params: &[Param],
        fetch: Fetch,
    ) -> Result<(), Error> {
        let begin = self.position();
        let types = &statement.parameters;
        ticket.with(|job| {
            job.reply.columns = Some(Rc::clone(&statement.columns));
            job.reply.parameters = Some(Rc::clone(types));
        });
        if fetch == Fetch::Describe {
            self.finish(ticket, None);
            return Ok(());
        }
        if params.len() != types.len() {
            return Err(misuse(format!(
                "the statement has {} parameters ($1, $2 …), and {} were given",
                types.len(),
                params.len()
            )));
        }
        let unnamed = statement.name.is_empty();
        let io = |error: std::io::Error| misuse(error.to_string());
        if unnamed {
            frontend::parse("", sql, types.iter().copied(), &mut self.out).map_err(io)?;
        }
        bind(statement, params, &mut self.out)?;
        if unnamed {
            // Its columns may be others than when it was looked at.
            frontend::describe(b'P', "", &mut self.out).map_err(io)?;
        }
        let rows = match fetch {
            Fetch::Some(rows) => i32::try_from(rows.max(1)).unwrap_or(i32::MAX),
            _ => 0,
        };
        frontend::execute("", rows, &mut self.out).map_err(io)?;
        let synced = rows == 0;
        if synced {
            frontend::sync(&mut self.out);
        } else {
            frontend::flush(&mut self.out);
        }
        self.take_off(Step::Run(Rc::clone(ticket)), begin, synced);
        if let Some(flight) = self.flights.back_mut() {
            flight.columns = Some(Rc::clone(&statement.columns));
        }
        Ok(())
    }

    /// A statement is not used any more.
    pub(super) fn close_statement(&mut self, name: &str) {
        let _ = frontend::close(b'S', name, &mut self.out);
    }

    /// Those too long to be kept are closed after their use.
    pub(super) fn drop_long(&mut self, sql: &str) {
        if sql.len() <= limits::STATEMENT_BYTES {
            return;
        }
        if let Some(name) = self.statements.forget(sql) {
            self.close_statement(&name);
        }
    }
}

/// Bind, without the detour over closures of the crate's: the hottest message.
fn bind(statement: &Statement, params: &[Param], out: &mut BytesMut) -> Result<(), Error> {
    let start = out.len();
    out.put_u8(b'B');
    out.put_i32(0);
    // The unnamed portal.
    out.put_u8(0);
    out.put_slice(statement.name.as_bytes());
    out.put_u8(0);
    let count = u16::try_from(params.len()).map_err(|_| misuse("more than 65535 parameters"))?;
    out.put_u16(count);
    for (param, &oid) in params.iter().zip(&*statement.parameters) {
        out.put_i16(format_of(param, oid));
    }
    out.put_u16(count);
    for (number, (param, &oid)) in params.iter().zip(&*statement.parameters).enumerate() {
        let at = out.len();
        out.put_i32(-1);
        if write(param, oid, number, out)? {
            let length = i32::try_from(out.len() - at - 4)
                .map_err(|_| misuse(format!("parameter ${} is too large", number + 1)))?;
            out[at..at + 4].copy_from_slice(&length.to_be_bytes());
        }
    }
    let columns = &statement.columns;
    out.put_u16(columns.len() as u16);
    for column in columns.iter() {
        out.put_i16(i16::from(column.decoder.is_binary()));
    }
    let length = i32::try_from(out.len() - start - 1)
        .map_err(|_| misuse("the parameters are too large for one message"))?;
    out[start + 1..start + 5].copy_from_slice(&length.to_be_bytes());
    Ok(())
}
