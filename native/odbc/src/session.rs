//! What a connection's thread does with a job.

use crate::failure::Failure;
use crate::flow::Producer;
use crate::limits;
use crate::sys::connection::{Connection, Isolation};
use crate::sys::running::Running;
use crate::sys::statement::{Executed, Statement};
use crate::value::{Batch, Parameter};
use std::time::Instant;
use tusk_runtime::error::Kind;

/// Something for a connection to do.
#[derive(Debug)]
pub enum Job {
    /// Runs a statement and fetches its result.
    Run(Run),
    /// Begins a transaction.
    Begin(Option<Isolation>),
    /// Ends it: commits, or rolls back.
    End(bool),
    /// Makes the connection as good as new, if it is alive: ends a transaction that is open
    /// by a rollback, and asks the driver and, by this statement, the server.
    Recover(Option<String>),
}

/// A statement to run.
#[derive(Debug)]
pub struct Run {
    /// In the database's dialect, with `?` for parameters.
    pub sql: String,
    /// In order.
    pub parameters: Vec<Parameter>,
    /// See [`Statement::execute`].
    pub blocks: bool,
}

/// An open connection and the state of its transaction.
pub(crate) struct Session<'r> {
    connection: Connection,
    running: &'r Running,
    /// Autocommit is off.
    in_transaction: bool,
    /// The isolation to go back to.
    isolation: Option<u32>,
}

impl<'r> Session<'r> {
    pub(crate) fn new(connection: Connection, running: &'r Running) -> Session<'r> {
        Session {
            connection,
            running,
            in_transaction: false,
            isolation: None,
        }
    }

    /// Does the job; what it finds goes to the producer, how it ends comes back.
    pub(crate) fn perform(&mut self, job: &Job, to: &Producer) -> Result<(), Failure> {
        match job {
            Job::Run(run) => self.run(run, to),
            Job::Begin(isolation) => self.begin(*isolation),
            Job::End(commit) => self.end(*commit),
            Job::Recover(check) => self.recover(check.as_deref(), to),
        }
    }

    /// Runs a statement whose result nobody wants.
    pub(crate) fn run_plainly(&self, sql: &str) -> Result<(), Failure> {
        let mut statement = Statement::new(&self.connection, self.running)?;
        let Executed { columns, .. } = statement.execute(sql, &[], false)?;
        let mut batch = Batch::new(columns.len());
        while !columns.is_empty() && statement.fetch(&mut batch)? {
            batch = Batch::new(columns.len());
        }
        Ok(())
    }

    fn run(&self, run: &Run, to: &Producer) -> Result<(), Failure> {
        if to.is_closed() {
            return Ok(());
        }
        let mut statement = Statement::new(&self.connection, self.running)?;
        let executed = statement.execute(&run.sql, &run.parameters, run.blocks)?;
        let width = executed.columns.len();
        to.head(executed);
        if width == 0 {
            return Ok(());
        }
        loop {
            // Rows of several calls make one batch: a driver may give them one by one.
            let mut batch = Batch::new(width);
            let (mut more, begun) = (true, Instant::now());
            while more
                && batch.size() < limits::BLOCK_BYTES
                && batch.rows() < limits::BLOCK_ROWS
                && begun.elapsed() < limits::BATCH_PATIENCE
            {
                more = statement.fetch(&mut batch)?;
            }
            if batch.rows() > 0 && !to.push(batch)? {
                return Ok(());
            }
            if !more {
                return Ok(());
            }
        }
    }

    fn begin(&mut self, isolation: Option<Isolation>) -> Result<(), Failure> {
        if self.in_transaction {
            return Err(Failure::of(
                Kind::Misuse,
                "begin a transaction",
                "one is open on this connection",
            ));
        }
        if let Some(isolation) = isolation {
            self.isolation = self.connection.isolation();
            self.connection.set_isolation(isolation)?;
        }
        self.connection.set_autocommit(false)?;
        self.in_transaction = true;
        Ok(())
    }

    fn end(&mut self, commit: bool) -> Result<(), Failure> {
        let ended = self.connection.end(commit);
        if commit && ended.is_err() {
            // What could not be committed must not go on.
            let _ = self.connection.end(false);
        }
        let back = self.connection.set_autocommit(true);
        self.in_transaction = back.is_err();
        if let Some(level) = self.isolation.take() {
            self.connection.restore_isolation(level);
        }
        ended.and(back)
    }

    fn recover(&mut self, check: Option<&str>, to: &Producer) -> Result<(), Failure> {
        if self.connection.is_dead() {
            return Err(Failure::of(
                Kind::Connection,
                "use a connection",
                "the driver says that it is lost",
            ));
        }
        if self.in_transaction {
            self.end(false)?;
        }
        match check {
            Some(sql) if !to.is_closed() => self.run_plainly(sql),
            _ => Ok(()),
        }
    }
}
