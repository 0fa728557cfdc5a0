//! A connection: its environment, its handle, and what is asked of both.
//!
//! Every connection has an environment of its own, so that a driver manager which locks
//! environments does not make connections wait for one another.

use super::abi::{self, Handle, succeeded};
use super::diagnostics::failure;
use super::library::Library;
use crate::charset::{Charset, to_narrow, to_wide};
use crate::dsn::Dsn;
use crate::failure::{CONNECT, Failure};
use std::ffi::c_void;
use std::ptr::null_mut;
use tusk_runtime::error::Kind;

/// How strictly transactions are kept apart; the numbers are ODBC's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// `READ UNCOMMITTED`
    ReadUncommitted = 1,
    /// `READ COMMITTED`
    ReadCommitted = 2,
    /// `REPEATABLE READ`
    RepeatableRead = 4,
    /// `SERIALIZABLE`
    Serializable = 8,
}

/// An open connection. Not `Send`: it lives and ends in its thread.
pub struct Connection {
    pub(super) library: &'static Library,
    environment: Handle,
    pub(super) handle: Handle,
    open: bool,
    /// How text travels.
    pub charset: Charset,
}

/// Whom a connection leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Info {
    /// The driver's file and version.
    pub driver: String,
    /// The database and its version.
    pub database: String,
}

impl Connection {
    /// Connects; blocks. `login_timeout` is in seconds, 0 for the driver's own; drivers may
    /// ignore it.
    ///
    /// # Errors
    /// What the driver or its manager say.
    pub fn open(
        library: &'static Library,
        dsn: &Dsn,
        charset: Charset,
        login_timeout: u32,
    ) -> Result<Connection, Failure> {
        let environment = allocate(library, abi::HANDLE_ENV, null_mut())?;
        let mut connection = Connection {
            library,
            environment,
            handle: null_mut(),
            open: false,
            charset,
        };
        let version = abi::OV_ODBC3 as *mut c_void;
        // SAFETY: the environment is ours; the attribute is a number in a pointer's place.
        let result = unsafe {
            (library.functions.set_env_attr)(environment, abi::ATTR_ODBC_VERSION, version, 0)
        };
        if !succeeded(result) {
            return Err(failure(library, abi::HANDLE_ENV, environment, CONNECT));
        }
        connection.handle = allocate(library, abi::HANDLE_DBC, environment)?;
        if login_timeout > 0 {
            // A driver without it says so, and the caller's own deadline holds all the same.
            let _ = connection.set(abi::ATTR_LOGIN_TIMEOUT, login_timeout as usize);
        }
        connection.connect(&dsn.text())?;
        connection.open = true;
        Ok(connection)
    }

    fn connect(&mut self, text: &str) -> Result<(), Failure> {
        let functions = &self.library.functions;
        let too_long = || Failure::of(Kind::Misuse, CONNECT, "the connection string is too long");
        let mut out_length = 0i16;
        let result = match self.charset {
            Charset::Wide => {
                let wide = to_wide(text);
                let length = i16::try_from(wide.len()).map_err(|_| too_long())?;
                // SAFETY: the handle is ours, the text has that length in units; no completed
                // string is asked for.
                unsafe {
                    (functions.driver_connect_w)(
                        self.handle,
                        null_mut(),
                        wide.as_ptr(),
                        length,
                        null_mut(),
                        0,
                        &mut out_length,
                        abi::DRIVER_NOPROMPT,
                    )
                }
            }
            Charset::Narrow(encoding) => {
                let bytes = to_narrow(text, encoding).map_err(|letter| {
                    Failure::of(
                        Kind::Misuse,
                        CONNECT,
                        format!("{letter:?} is not in {}", encoding.name()),
                    )
                })?;
                let length = i16::try_from(bytes.len()).map_err(|_| too_long())?;
                // SAFETY: as above, in bytes.
                unsafe {
                    (functions.driver_connect)(
                        self.handle,
                        null_mut(),
                        bytes.as_ptr(),
                        length,
                        null_mut(),
                        0,
                        &mut out_length,
                        abi::DRIVER_NOPROMPT,
                    )
                }
            }
        };
        if succeeded(result) {
            return Ok(());
        }
        Err(self.failure(CONNECT))
    }

    fn failure(&self, operation: &'static str) -> Failure {
        failure(self.library, abi::HANDLE_DBC, self.handle, operation)
    }

    fn set(&self, attribute: i32, value: usize) -> abi::Return {
        // SAFETY: the handle is ours; these attributes are numbers in a pointer's place.
        unsafe {
            (self.library.functions.set_connect_attr)(
                self.handle,
                attribute,
                value as *mut c_void,
                0,
            )
        }
    }

    /// With it off, a transaction begins with the next statement.
    ///
    /// # Errors
    /// What the driver says.
    pub fn set_autocommit(&self, on: bool) -> Result<(), Failure> {
        if succeeded(self.set(abi::ATTR_AUTOCOMMIT, usize::from(on))) {
            return Ok(());
        }
        Err(self.failure(if on {
            "end a transaction"
        } else {
            "begin a transaction"
        }))
    }

    /// For transactions that begin after it.
    ///
    /// # Errors
    /// What the driver says, among it that it lacks the level.
    pub fn set_isolation(&self, isolation: Isolation) -> Result<(), Failure> {
        if succeeded(self.set(abi::ATTR_TXN_ISOLATION, isolation as usize)) {
            return Ok(());
        }
        Err(self.failure("set a transaction's isolation"))
    }

    /// Which level holds; `None`: the driver does not say.
    pub fn isolation(&self) -> Option<u32> {
        self.number(abi::ATTR_TXN_ISOLATION)
    }

    /// Puts back what [`Connection::isolation`] told.
    pub fn restore_isolation(&self, level: u32) {
        let _ = self.set(abi::ATTR_TXN_ISOLATION, level as usize);
    }

    /// Ends the transaction.
    ///
    /// # Errors
    /// What the driver says.
    pub fn end(&self, commit: bool) -> Result<(), Failure> {
        let (how, operation) = if commit {
            (abi::COMMIT, "commit")
        } else {
            (abi::ROLLBACK, "roll back")
        };
        // SAFETY: the handle is ours.
        let result =
            unsafe { (self.library.functions.end_tran)(abi::HANDLE_DBC, self.handle, how) };
        if succeeded(result) {
            return Ok(());
        }
        Err(self.failure(operation))
    }

    /// Does the driver know that the connection is lost?
    pub fn is_dead(&self) -> bool {
        self.number(abi::ATTR_CONNECTION_DEAD) == Some(1)
    }

    fn number(&self, attribute: i32) -> Option<u32> {
        // Some drivers write 8 bytes where the standard says 4.
        let mut value = 0u64;
        // SAFETY: the handle is ours; the place is large enough for either size.
        let result = unsafe {
            (self.library.functions.get_connect_attr)(
                self.handle,
                attribute,
                (&raw mut value).cast(),
                4,
                null_mut(),
            )
        };
        succeeded(result).then_some(value as u32)
    }

    /// Whom it leads to.
    pub fn info(&self) -> Info {
        let pair = |one, other| {
            let (one, other) = (self.info_text(one), self.info_text(other));
            format!("{one} {other}").trim().to_owned()
        };
        Info {
            driver: pair(abi::INFO_DRIVER_NAME, abi::INFO_DRIVER_VERSION),
            database: pair(abi::INFO_DBMS_NAME, abi::INFO_DBMS_VERSION),
        }
    }

    fn info_text(&self, what: u16) -> String {
        let mut text = [0u16; 128];
        let mut length = 0i16;
        // SAFETY: the handle is ours; the buffer's size is given in bytes, as this call wants.
        let result = unsafe {
            (self.library.functions.get_info_w)(
                self.handle,
                what,
                text.as_mut_ptr().cast(),
                size_of_val(&text) as i16,
                &mut length,
            )
        };
        if !succeeded(result) {
            return String::new();
        }
        let units = (length.max(0) as usize / 2).min(text.len() - 1);
        String::from_utf16_lossy(&text[..units])
            .trim_end_matches('\0')
            .to_owned()
    }

    /// Of what `SQLGetData` can reach: rows of a block, columns that are bound.
    pub(super) fn getdata_extensions(&self) -> u32 {
        let mut mask = 0u64;
        // SAFETY: the handle is ours; the information is 4 bytes, and there is room for 8.
        let result = unsafe {
            (self.library.functions.get_info_w)(
                self.handle,
                abi::INFO_GETDATA_EXTENSIONS,
                (&raw mut mask).cast(),
                4,
                null_mut(),
            )
        };
        if succeeded(result) { mask as u32 } else { 0 }
    }
}

impl Drop for Connection {
    /// Blocks for as long as the driver takes to say goodbye.
    fn drop(&mut self) {
        let functions = &self.library.functions;
        // SAFETY: the handles are ours and given up here, in ODBC's order. Statements borrow
        // the connection, so none is left.
        unsafe {
            if self.open {
                // With a transaction open it is refused until that is rolled back.
                if !succeeded((functions.disconnect)(self.handle)) {
                    (functions.end_tran)(abi::HANDLE_DBC, self.handle, abi::ROLLBACK);
                    (functions.disconnect)(self.handle);
                }
            }
            if !self.handle.is_null() {
                (functions.free_handle)(abi::HANDLE_DBC, self.handle);
            }
            (functions.free_handle)(abi::HANDLE_ENV, self.environment);
        }
    }
}

/// A handle of ODBC.
pub(super) fn allocate(
    library: &'static Library,
    kind: i16,
    parent: Handle,
) -> Result<Handle, Failure> {
    let mut handle = null_mut();
    // SAFETY: the parent is a live handle of the kind above, or null for an environment.
    let result = unsafe { (library.functions.alloc_handle)(kind, parent, &mut handle) };
    if succeeded(result) && !handle.is_null() {
        return Ok(handle);
    }
    if parent.is_null() {
        return Err(Failure::of(
            Kind::Overloaded,
            "use ODBC",
            "the driver manager gave no environment",
        ));
    }
    Err(failure(library, kind - 1, parent, "use a connection"))
}
