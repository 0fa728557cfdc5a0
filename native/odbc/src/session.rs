//! What a connection's thread does with a job.

use crate::failure::Failure;
use crate::flow::Producer;
use crate::kept::{Kept, Key, may_be_kept};
use crate::limits;
use crate::sys::connection::{Connection, Isolation};
use crate::sys::running::Running;
use crate::sys::statement::{Executed, Statement};
use crate::value::{Batch, Parameter};
use std::rc::Rc;
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
    /// All results are fetched, and not the first alone.
    pub all_results: bool,
}

/// An open connection and the state of its transaction.
pub(crate) struct Session<'r> {
    /// Statements hold it too, so it goes last.
    connection: Rc<Connection>,
    running: &'r Running,
    kept: Kept<Statement<'r>>,
    /// Autocommit is off.
    in_transaction: bool,
    /// The isolation to go back to.
    isolation: Option<u32>,
}

impl<'r> Session<'r> {
    /// `statements`: how many are kept prepared.
    pub(crate) fn new(
        connection: Connection,
        running: &'r Running,
        statements: usize,
    ) -> Session<'r> {
        Session {
            connection: Rc::new(connection),
            running,
            kept: Kept::new(statements),
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

    fn run(&mut self, run: &Run, to: &Producer) -> Result<(), Failure> {
        if to.is_closed() {
            return Ok(());
        }
        let keeps = self.kept.is_on() && may_be_kept(&run.sql);
        let key = keeps.then(|| Key::of(run));
        let prepared = match &key {
            Some(key) => self.prepared(key, run)?,
            None => None,
        };
        let (mut statement, is_prepared, executed) = self.execute(prepared, run)?;
        let all = self.fetch(&mut statement, executed, run, to)?;
        if let Some(key) = key.filter(|_| all && is_prepared) {
            if statement.rest() {
                self.kept.put(key, statement);
            }
        }
        Ok(())
    }

    /// A statement that is prepared, from before or now.
    fn prepared(&mut self, key: &Key, run: &Run) -> Result<Option<Statement<'r>>, Failure> {
        if let Some(statement) = self.kept.take(key) {
            return Ok(Some(statement));
        }
        if !self.kept.is_due(key) {
            return Ok(None);
        }
        let mut statement = Statement::new(&self.connection, self.running)?;
        match statement.prepare(&run.sql) {
            Ok(()) => Ok(Some(statement)),
            // What cannot be prepared may run all the same; but after a failure a transaction may not
            // go on.
            Err(failure) if self.in_transaction || failure.breaks_connection() => Err(failure),
            Err(_) => {
                self.kept.not_this(key);
                Ok(None)
            }
        }
    }

    /// Runs it. With the statement comes whether it is the one that was prepared.
    fn execute(
        &self,
        prepared: Option<Statement<'r>>,
        run: &Run,
    ) -> Result<(Statement<'r>, bool, Executed), Failure> {
        if let Some(mut statement) = prepared {
            match statement.execute_prepared(&run.parameters, run.blocks) {
                Ok(executed) => return Ok((statement, true, executed)),
                // The server has not run it: what it had prepared does not fit its tables any more.
                Err(failure) if failure.is_outdated() && !self.in_transaction => {}
                Err(failure) => return Err(failure),
            }
        }
        let mut statement = Statement::new(&self.connection, self.running)?;
        let executed = statement.execute(&run.sql, &run.parameters, run.blocks)?;
        Ok((statement, false, executed))
    }

    /// Hands over all rows of all results that are wanted. False: there may be more.
    fn fetch(
        &self,
        statement: &mut Statement<'r>,
        mut executed: Executed,
        run: &Run,
        to: &Producer,
    ) -> Result<bool, Failure> {
        loop {
            let width = executed.columns.len();
            to.head(executed);
            if width > 0 && !self.rows(statement, width, to)? {
                return Ok(false);
            }
            if !run.all_results {
                return Ok(true);
            }
            match statement.more(run.blocks)? {
                Some(next) => executed = next,
                None => return Ok(true),
            }
        }
    }

    /// Hands over the rows of one result. False: the reader wants no more.
    fn rows(
        &self,
        statement: &mut Statement<'r>,
        width: usize,
        to: &Producer,
    ) -> Result<bool, Failure> {
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
                return Ok(false);
            }
            if !more {
                return Ok(true);
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
