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
    pub fn fetch(&mut self, ticket: &Ticket, rows: u32) {
        let portal = ticket.with(|job| job.reply.portal.clone());
        if let Some(portal) = portal {
            return self.fetch_portal(ticket, &portal, rows);
        }
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

    fn fetch_portal(&mut self, ticket: &Ticket, portal: &str, rows: u32) {
        let (suspended, columns) = ticket.with(|job| {
            let reply = &mut job.reply;
            (std::mem::take(&mut reply.suspended), reply.columns.clone())
        });
        if !suspended {
            return;
        }
        let begin = self.position();
        let rows = i32::try_from(rows.max(1)).unwrap_or(i32::MAX);
        let _ = frontend::execute(portal, rows, &mut self.out);
        frontend::sync(&mut self.out);
        self.take_off(Step::Run(Rc::clone(ticket)), begin, true);
        if let Some(flight) = self.flights.back_mut() {
            flight.columns = columns;
        }
    }

    /// Nobody reads the rest of a stream with a portal of its own: it goes now, or, while rows are
    /// under way, when they have come.
    pub fn drop_portal(&mut self, ticket: &Ticket) {
        let idle = ticket.with(|job| std::mem::take(&mut job.reply.suspended));
        if idle {
            self.end_portal(ticket);
            self.finish(ticket, None);
        }
    }

    /// Closes a portal. Its answer comes before that to the next Sync, or with the transaction's end.
    pub(super) fn end_portal(&mut self, ticket: &Ticket) {
        if let Some(portal) = ticket.with(|job| job.reply.portal.take()) {
            let _ = frontend::close(b'P', &portal, &mut self.out);
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

    /// Takes back a job that waits for the socket, so that it is not executed later, when its
    /// caller was told that it was not. False: a part of it has gone out, or it is not here.
    pub fn withdraw(&mut self, ticket: &Ticket) -> bool {
        let taken = self.taken;
        let held = |flight: &Flight| flight.begin >= taken && flight.synced && flight.is_of(ticket);
        let Some(at) = self.flights.iter().position(held) else {
            return false;
        };
        let Some(flight) = self.flights.remove(at) else {
            return false;
        };
        let behind = self.out.split_off((flight.end - taken) as usize);
        self.out.truncate((flight.begin - taken) as usize);
        self.out.extend_from_slice(&behind);
        for later in self.flights.range_mut(at..) {
            later.begin -= flight.end - flight.begin;
            later.end -= flight.end - flight.begin;
        }
        self.finish(ticket, None);
        true
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
            end: self.position(),
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
        let portal: Rc<str> = match fetch {
            Fetch::Portal(_) => {
                self.portals += 1;
                format!("tusk_{}", self.portals).into()
            }
            _ => "".into(),
        };
        bind(&portal, statement, params, &mut self.out)?;
        if unnamed {
            // Its columns may be others than when it was looked at.
            frontend::describe(b'P', &portal, &mut self.out).map_err(io)?;
        }
        let rows = match fetch {
            Fetch::Some(rows) | Fetch::Portal(rows) => {
                i32::try_from(rows.max(1)).unwrap_or(i32::MAX)
            }
            _ => 0,
        };
        frontend::execute(&portal, rows, &mut self.out).map_err(io)?;
        let synced = !matches!(fetch, Fetch::Some(_));
        if !portal.is_empty() {
            ticket.with(|job| job.reply.portal = Some(portal));
        }
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
fn bind(
    portal: &str,
    statement: &Statement,
    params: &[Param],
    out: &mut BytesMut,
) -> Result<(), Error> {
    let start = out.len();
    out.put_u8(b'B');
    out.put_i32(0);
    out.put_slice(portal.as_bytes());
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
