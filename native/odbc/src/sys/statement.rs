//! A statement: run once, with its parameters and its result.

use super::abi::{self, Handle, Len, Return, succeeded};
use super::block::Block;
use super::connection::{Connection, allocate};
use super::describe::describe;
use super::diagnostics::failure;
use super::parameters::{self, Bound};
use super::running::Running;
use crate::charset::{Charset, to_narrow, to_wide};
use crate::failure::Failure;
use crate::limits::{COLUMNS, PARAMETERS};
use crate::value::{Batch, Column, Parameter};
use std::ffi::c_void;
use tusk_runtime::error::Kind;

/// The operation of running a statement, for messages.
pub const RUN: &str = "run a statement";

/// What running a statement has led to.
#[derive(Clone, Debug, Default)]
pub struct Executed {
    /// Of the result; empty when there is none.
    pub columns: Vec<Column>,
    /// Rows that were changed; -1: the driver does not say, or there is a result.
    pub changed: i64,
}

/// See the module's description.
pub struct Statement<'c> {
    pub(super) connection: &'c Connection,
    running: &'c Running,
    pub(super) handle: Handle,
    /// Bound until the handle is freed (invariant 3 of the folder), so it is declared after
    /// nothing that needs it: `Drop` frees the handle before any field goes.
    bound: Vec<Bound>,
    block: Option<Block>,
}

impl<'c> Statement<'c> {
    /// A new one.
    ///
    /// # Errors
    /// What the driver says.
    pub fn new(connection: &'c Connection, running: &'c Running) -> Result<Self, Failure> {
        let handle = allocate(connection.library, abi::HANDLE_STMT, connection.handle)?;
        running.enter(handle);
        Ok(Statement {
            connection,
            running,
            handle,
            bound: Vec::new(),
            block: None,
        })
    }

    /// Asks the driver to give up by itself after so many seconds. Drivers may refuse.
    pub fn limit_time(&self, seconds: u32) {
        self.set(abi::ATTR_QUERY_TIMEOUT, seconds as usize);
    }

    /// Runs it; blocks. `blocks`: rows are fetched in blocks although the driver cannot be
    /// asked again for a value that turns out longer than it said.
    ///
    /// # Errors
    /// What the driver says, or what is wrong with the call.
    pub fn execute(
        &mut self,
        sql: &str,
        given: &[Parameter],
        blocks: bool,
    ) -> Result<Executed, Failure> {
        if given.len() > PARAMETERS {
            let detail = format!("{} parameters; ODBC has {PARAMETERS} at most", given.len());
            return Err(Failure::of(Kind::Misuse, RUN, detail));
        }
        for (index, parameter) in given.iter().enumerate() {
            self.bind(index, parameter).map_err(|mut error| {
                error.detail = format!("parameter {}: {}", index + 1, error.detail);
                error
            })?;
        }
        // Nothing to do is not a failure.
        let result = self.run(sql)?;
        if result != abi::NO_DATA {
            self.check(result, RUN)?;
        }
        let mut count = 0i16;
        // SAFETY: the statement is alive.
        let result =
            unsafe { (self.connection.library.functions.num_result_cols)(self.handle, &mut count) };
        self.check(result, RUN)?;
        if count <= 0 || result == abi::NO_DATA {
            return Ok(Executed {
                columns: Vec::new(),
                changed: self.changed(),
            });
        }
        if count as usize > COLUMNS {
            let detail = format!("a result of {count} columns; at most {COLUMNS} are taken");
            return Err(Failure::of(Kind::Overloaded, RUN, detail));
        }
        let plans = describe(self, count as u16)?;
        let columns = plans.iter().map(|plan| plan.column.clone()).collect();
        self.block = Some(Block::open(self, plans, blocks)?);
        // How many rows a result has is not asked: MariaDB's driver would fetch all of them into
        // memory to know it.
        Ok(Executed {
            columns,
            changed: -1,
        })
    }

    /// Appends the next rows; false when there are no more. Blocks.
    ///
    /// # Errors
    /// What the driver says, or that it contradicts itself.
    pub fn fetch(&mut self, to: &mut Batch) -> Result<bool, Failure> {
        let Some(mut block) = self.block.take() else {
            return Ok(false);
        };
        let fetched = block.fetch(self, to);
        self.block = Some(block);
        fetched
    }

    fn bind(&mut self, index: usize, parameter: &Parameter) -> Result<(), Failure> {
        let mut bound = parameters::bind(parameter, self.connection.charset)?;
        // SAFETY: the vector's buffer and the boxed indicator do not move when `bound` goes
        // into the list, and stay until the handle is freed.
        let result = unsafe {
            (self.connection.library.functions.bind_parameter)(
                self.handle,
                index as u16 + 1,
                abi::PARAM_INPUT,
                bound.c_type,
                bound.sql_type,
                bound.size,
                bound.scale,
                bound.data.as_mut_ptr().cast(),
                bound.bytes as Len,
                &mut *bound.indicator,
            )
        };
        self.bound.push(bound);
        self.check(result, "bind a parameter")
    }

    fn run(&self, sql: &str) -> Result<Return, Failure> {
        let functions = &self.connection.library.functions;
        let too_long = |_| Failure::of(Kind::Misuse, RUN, "the statement's text is too long");
        match self.connection.charset {
            Charset::Wide => {
                let text = to_wide(sql);
                let length = i32::try_from(text.len()).map_err(too_long)?;
                // SAFETY: the statement is alive, the text has that length in units.
                Ok(unsafe { (functions.exec_direct_w)(self.handle, text.as_ptr(), length) })
            }
            Charset::Narrow(encoding) => {
                let text = to_narrow(sql, encoding).map_err(|letter| {
                    let detail = format!(
                        "{letter:?} is not in {}, the pool's charset",
                        encoding.name()
                    );
                    Failure::of(Kind::Misuse, RUN, detail)
                })?;
                let length = i32::try_from(text.len()).map_err(too_long)?;
                // SAFETY: as above, in bytes.
                Ok(unsafe { (functions.exec_direct)(self.handle, text.as_ptr(), length) })
            }
        }
    }

    fn changed(&self) -> i64 {
        let mut count: Len = -1;
        // SAFETY: the statement is alive.
        let result =
            unsafe { (self.connection.library.functions.row_count)(self.handle, &mut count) };
        if succeeded(result) { count as i64 } else { -1 }
    }

    pub(super) fn is_unsigned(&self, number: u16) -> bool {
        let mut answer: Len = 0;
        // SAFETY: the statement is alive; the answer is a number, so no text is written.
        let result = unsafe {
            (self.connection.library.functions.col_attribute)(
                self.handle,
                number,
                abi::DESC_UNSIGNED,
                std::ptr::null_mut(),
                0,
                std::ptr::null_mut(),
                &mut answer,
            )
        };
        succeeded(result) && answer == 1
    }

    /// Sets an attribute that is a number.
    pub(super) fn set(&self, attribute: i32, value: usize) -> Return {
        self.set_pointer(attribute, value as *mut c_void)
    }

    /// Sets an attribute; a pointer stays valid until the handle is freed.
    pub(super) fn set_pointer(&self, attribute: i32, value: *mut c_void) -> Return {
        // SAFETY: the statement is alive; callers pass numbers, or places that outlive it.
        unsafe {
            (self.connection.library.functions.set_stmt_attr)(self.handle, attribute, value, 0)
        }
    }

    /// A call's failure.
    pub(super) fn check(&self, result: Return, operation: &'static str) -> Result<(), Failure> {
        if succeeded(result) {
            return Ok(());
        }
        Err(failure(
            self.connection.library,
            abi::HANDLE_STMT,
            self.handle,
            operation,
        ))
    }
}

impl Drop for Statement<'_> {
    fn drop(&mut self) {
        let functions = &self.connection.library.functions;
        self.running.leave(|| {
            // SAFETY: ours, and nobody cancels it now: `leave` holds the lock. What is bound
            // to it goes after this.
            unsafe { (functions.free_handle)(abi::HANDLE_STMT, self.handle) };
        });
    }
}
