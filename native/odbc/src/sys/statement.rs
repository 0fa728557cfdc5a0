//! A statement, with its parameters and its result.
//!
//! States: *new*; *prepared*, which sends nothing with many drivers; *running*, from the moment its
//! text or its parameters go to the driver until its rows were fetched or given up. One that was
//! prepared can be brought to rest, and run again; any other is run once. While it runs, a cancel
//! may reach it (`running`).

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
use std::rc::Rc;
use tusk_runtime::error::Kind;

/// The operation of running a statement, for messages.
pub const RUN: &str = "run a statement";
/// The operation of having the driver keep its text.
pub const PREPARE: &str = "prepare a statement";

/// The SQLSTATE of a function that the driver does not have.
const NOT_THERE: &str = "IM001";

/// What running a statement has led to.
#[derive(Clone, Debug, Default)]
pub struct Executed {
    /// Of the result; empty when there is none.
    pub columns: Vec<Column>,
    /// Rows that were changed; -1: the driver does not say, or there is a result.
    pub changed: i64,
}

/// See the module's description.
pub struct Statement<'r> {
    pub(super) connection: Rc<Connection>,
    running: &'r Running,
    pub(super) handle: Handle,
    /// Bound until the handle is freed (invariant 3 of the folder), so it is declared after
    /// nothing that needs it: `Drop` frees the handle before any field goes.
    bound: Vec<Bound>,
    block: Option<Block>,
}

impl<'r> Statement<'r> {
    /// A new one.
    ///
    /// # Errors
    /// What the driver says.
    pub fn new(connection: &Rc<Connection>, running: &'r Running) -> Result<Self, Failure> {
        let handle = allocate(connection.library, abi::HANDLE_STMT, connection.handle)?;
        Ok(Statement {
            connection: Rc::clone(connection),
            running,
            handle,
            bound: Vec::new(),
            block: None,
        })
    }

    /// Has the driver keep its text, to be run by [`Statement::execute_prepared`].
    ///
    /// # Errors
    /// What the driver says; some say only when it is run.
    pub fn prepare(&mut self, sql: &str) -> Result<(), Failure> {
        self.running.enter(self.handle);
        let functions = &self.connection.library.functions;
        let result = self.send(sql, functions.prepare, functions.prepare_w)?;
        self.check(result, PREPARE)
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
        self.bind_all(given)?;
        self.running.enter(self.handle);
        let functions = &self.connection.library.functions;
        let result = self.send(sql, functions.exec_direct, functions.exec_direct_w)?;
        self.executed(result, blocks)
    }

    /// The same for one that was prepared.
    ///
    /// # Errors
    /// As above.
    pub fn execute_prepared(
        &mut self,
        given: &[Parameter],
        blocks: bool,
    ) -> Result<Executed, Failure> {
        self.bind_all(given)?;
        self.running.enter(self.handle);
        // SAFETY: the statement is alive, and so is what is bound to it.
        let result = unsafe { (self.connection.library.functions.execute)(self.handle) };
        self.executed(result, blocks)
    }

    /// Goes on to the statement's next result, behind the last row of the one before; blocks.
    /// `None`: there is none.
    ///
    /// # Errors
    /// What the driver says: the rest may have failed.
    pub fn more(&mut self, blocks: bool) -> Result<Option<Executed>, Failure> {
        self.release_block();
        self.running.enter(self.handle);
        // SAFETY: the statement is alive, and nothing is bound to its columns.
        let result = unsafe { (self.connection.library.functions.more_results)(self.handle) };
        if result == abi::NO_DATA {
            return Ok(None);
        }
        if !succeeded(result) {
            let failure = self.check(result, RUN).err();
            // A driver that knows of one result only.
            return match failure {
                Some(failure) if failure.state() != NOT_THERE => Err(failure),
                _ => Ok(None),
            };
        }
        self.executed(result, blocks).map(Some)
    }

    /// Brings one that was prepared to rest: nothing of this run is left in it. False: the
    /// driver does not say so, and it must not be run again.
    pub fn rest(&mut self) -> bool {
        self.running.leave(|| {});
        self.release_block();
        let done = self.free(abi::CLOSE) && self.free(abi::RESET_PARAMS);
        if done {
            self.bound.clear();
        }
        done
    }

    fn free(&self, what: u16) -> bool {
        // SAFETY: the statement is alive.
        succeeded(unsafe { (self.connection.library.functions.free_stmt)(self.handle, what) })
    }

    /// The driver is told to forget the buffers of the result before they go.
    fn release_block(&mut self) {
        if let Some(block) = self.block.take() {
            self.free(abi::UNBIND);
            block.release(self);
        }
    }

    fn bind_all(&mut self, given: &[Parameter]) -> Result<(), Failure> {
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
        Ok(())
    }

    /// What running it has led to.
    fn executed(&mut self, result: Return, blocks: bool) -> Result<Executed, Failure> {
        self.running.answer();
        // Nothing to do is not a failure.
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

    /// Gives its text to one of two functions, as text travels on this connection.
    fn send(
        &self,
        sql: &str,
        narrow: unsafe extern "C" fn(Handle, *const u8, i32) -> Return,
        wide: unsafe extern "C" fn(Handle, *const u16, i32) -> Return,
    ) -> Result<Return, Failure> {
        let too_long = |_| Failure::of(Kind::Misuse, RUN, "the statement's text is too long");
        match self.connection.charset {
            Charset::Wide => {
                let text = to_wide(sql);
                let length = i32::try_from(text.len()).map_err(too_long)?;
                // SAFETY: the statement is alive, the text has that length in units, and both
                // functions only read it.
                Ok(unsafe { wide(self.handle, text.as_ptr(), length) })
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
                Ok(unsafe { narrow(self.handle, text.as_ptr(), length) })
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
