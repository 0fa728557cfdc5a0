//! What comes of a flight that has its whole answer: its job is done, goes on, or is run again
//! because nothing of it has happened.

use std::rc::Rc;

use super::{Cancelling, Flight, Session, Step};
use crate::failure::{Failure, ServerError};
use crate::job::{Column, Fetch, Rows, State, Ticket, Work};
use crate::limits;
use crate::sql::Class;

impl Session {
    /// A flight has its whole answer. `cancelled`: the server says that a cancel ended it, and
    /// this is what is known of one of ours.
    pub(super) fn ended(&mut self, flight: Flight, cancelled: Option<Cancelling>) {
        let hit_by_accident = cancelled == Some(Cancelling::Astray);
        match flight.step {
            Step::Reset => {}
            Step::Prepare(sql) if cancelled.is_some_and(|ours| ours != Cancelling::No) => {
                self.prepare_again(&sql, flight.error)
            }
            Step::Prepare(sql) => {
                self.prepared(&sql, flight.parameters, flight.columns, flight.error)
            }
            Step::Command(ticket) => {
                let failure = flight.error.map(|error| Failure::Server(Rc::new(error)));
                self.finish(&ticket, failure);
            }
            Step::Run(ticket) => {
                let untouched = flight.rows_seen == 0;
                let error = flight.error.as_ref();
                if error.is_some_and(|error| {
                    self.should_retry(&ticket, error, untouched, hit_by_accident)
                }) {
                    return self.submit(ticket);
                }
                let kept = ticket.with(|job| job.failure.is_some());
                let failure = flight
                    .error
                    .filter(|_| !kept)
                    .map(|error| Failure::Server(Rc::new(error)));
                let suspended = ticket.with(|job| job.reply.suspended && job.wanted);
                if suspended && failure.is_none() {
                    let waiter = ticket.with(|job| job.waiter.take());
                    self.news.woken.extend(waiter);
                    return;
                }
                ticket.with(|job| job.reply.suspended = false);
                self.end_portal(&ticket);
                if let Work::Query { sql, .. } = ticket.with(|job| job.work.clone()) {
                    self.drop_long(&sql);
                }
                self.finish(&ticket, failure);
            }
        }
    }

    fn prepared(
        &mut self,
        sql: &Rc<str>,
        parameters: Vec<u32>,
        columns: Option<Rc<[Column]>>,
        error: Option<ServerError>,
    ) {
        if let Some(error) = error {
            let error = Rc::new(error);
            for ticket in self.statements.failed(sql) {
                self.finish(&ticket, Some(Failure::Server(Rc::clone(&error))));
            }
            return;
        }
        let columns = columns.unwrap_or_default();
        let (waiting, evicted) = self.statements.ready(sql, parameters.into(), columns);
        for ticket in waiting {
            // Who has gone need not be served: nothing was executed yet.
            if ticket.is_wanted() {
                self.submit(ticket);
            } else {
                self.finish(&ticket, None);
            }
        }
        if let Some(name) = evicted {
            self.close_statement(&name);
            // Close needs no answer of its own, but the next Sync to be sent.
        }
    }

    /// A cancel of ours ended the preparing, for somebody who has gone. Who came after him and
    /// waits for the same statement is not concerned.
    fn prepare_again(&mut self, sql: &Rc<str>, error: Option<ServerError>) {
        let error = error.map(|error| Failure::Server(Rc::new(error)));
        for ticket in self.statements.failed(sql) {
            let again = ticket.with(|job| {
                let again = job.wanted && job.hits < limits::HITS;
                job.hits += u8::from(again);
                again
            });
            if again {
                self.submit(ticket);
            } else {
                self.finish(&ticket, error.clone());
            }
        }
    }

    /// The statement was not executed, or was undone, and it makes sense to run it again.
    fn should_retry(
        &mut self,
        ticket: &Ticket,
        error: &ServerError,
        untouched: bool,
        hit_by_accident: bool,
    ) -> bool {
        let Work::Query {
            sql, class, fetch, ..
        } = ticket.with(|job| job.work.clone())
        else {
            return false;
        };
        // The server refuses these when parameters are bound, before anything runs: somebody
        // has dropped the statement, or changed what it returns.
        let stale = match error.code.as_str() {
            "26000" | "0A000" => untouched,
            "08P01" => !self.statements.are_named(),
            _ => false,
        };
        if stale {
            if let Some(name) = self.statements.forget(&sql) {
                self.close_statement(&name);
            }
        }
        // A cancel that was meant for somebody else; what it ended was rolled back, because
        // nothing of this kind can commit in the middle.
        let undone = hit_by_accident && class == Class::Data && fetch == Fetch::All;
        let retry = (stale || undone) && !self.in_transaction();
        retry
            && ticket.with(|job| {
                let again = job.wanted
                    && match undone {
                        true => job.hits < limits::HITS,
                        false => job.retries == 0,
                    };
                if again {
                    job.hits += u8::from(undone);
                    job.retries += u8::from(!undone);
                    job.state = State::Taken;
                    job.reply.rows = Rows::default();
                }
                again
            })
    }
}
