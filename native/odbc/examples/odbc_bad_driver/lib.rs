//! An ODBC driver for tests that misbehaves as it is told. No database is behind it.
//!
//! Connection string (`Driver=/path/libodbc_bad_driver.so;…`):
//! - `Fail=08001`: connecting fails with this SQLSTATE; `Stall=200`: it takes so many ms
//! - `GetData=12`: what `SQL_GETDATA_EXTENSIONS` answers; without it 0
//!
//! Statements, any of them also with `SELECT ` in front, which lets them be prepared:
//! - `sleep MS` waits and heeds `SQLCancel`; `deaf MS` waits and does not
//! - `fail STATE NATIVE TEXT` fails; `lose` fails with 08S01 and the connection is dead after
//! - `rows N` gives the integers 0 to N-1
//! - `longer N` gives a value of N letters in a column of at most 10
//! - `pieces N` gives a long value of N letters, whose total it does not know
//! - `endless` gives a long value that has no end
//! - `negative` gives a value of length -7; `surplus` says it fetched more rows than fit;
//!   `none` says it fetched rows, and gives 0; `half` gives half a surrogate pair
//! - `spin` reports a failure with forty diagnostics
//! - `twice N` gives two results, of N and of N + 1 rows; `then fail` one, and fails in the next
//! - `prepared` gives how many statements the process has prepared; `unpreparable` cannot be,
//!   `outdated` is refused when it was prepared before, and gives a row otherwise
//! - `executed` gives how many statements the process has run, this one left out
//! - `panic` ends the driver's call by a failure without any diagnostic
//!
//! SAFETY of the whole file: the driver manager passes handles that came from
//! `SQLAllocHandle` below and were not freed, and buffers of the sizes it says.
#![allow(unsafe_code, non_snake_case, missing_docs, private_interfaces)]
#![allow(clippy::missing_safety_doc, clippy::undocumented_unsafe_blocks)]

mod result;
mod running;
mod state;

use result::Content;
use state::{Connection, Statement, diagnose, text_of, write_wide};
use std::ffi::c_void;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub(crate) const SUCCESS: i16 = 0;
pub(crate) const WITH_INFO: i16 = 1;
pub(crate) const ERROR: i16 = -1;
pub(crate) const NO_DATA: i16 = 100;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLAllocHandle(
    kind: i16,
    parent: *mut c_void,
    out: *mut *mut c_void,
) -> i16 {
    let made: *mut c_void = match kind {
        1 => Box::into_raw(Box::new(0u64)).cast(),
        2 => Box::into_raw(Box::new(Connection::default())).cast(),
        3 => Box::into_raw(Box::new(Statement::new(parent.cast()))).cast(),
        _ => return ERROR,
    };
    unsafe { *out = made };
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLFreeHandle(kind: i16, handle: *mut c_void) -> i16 {
    unsafe {
        match kind {
            1 => drop(Box::from_raw(handle.cast::<u64>())),
            2 => drop(Box::from_raw(handle.cast::<Connection>())),
            3 => drop(Box::from_raw(handle.cast::<Statement>())),
            _ => return ERROR,
        }
    }
    SUCCESS
}

#[unsafe(no_mangle)]
pub extern "C" fn SQLSetEnvAttr(_: *mut c_void, _: i32, _: *mut c_void, _: i32) -> i16 {
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLDriverConnectW(
    connection: *mut Connection,
    _: *mut c_void,
    text: *const u16,
    length: i16,
    _: *mut u16,
    _: i16,
    _: *mut i16,
    _: u16,
) -> i16 {
    let connection = unsafe { &*connection };
    let text = unsafe { text_of(text, i32::from(length)) };
    let option = |name: &str| {
        let mut parts = text.split(';').filter_map(|part| part.split_once('='));
        parts
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
    };
    if let Some(ms) = option("Stall").and_then(|ms| ms.parse().ok()) {
        std::thread::sleep(Duration::from_millis(ms));
    }
    if let Some(state) = option("Fail") {
        return connection.fail(&state, 1045, "the server does not want you");
    }
    let abilities = option("GetData").and_then(|mask| mask.parse().ok());
    connection
        .abilities
        .store(abilities.unwrap_or(0), Ordering::SeqCst);
    SUCCESS
}

#[unsafe(no_mangle)]
pub extern "C" fn SQLDisconnect(_: *mut Connection) -> i16 {
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLGetInfoW(
    connection: *mut Connection,
    what: u16,
    out: *mut c_void,
    room: i16,
    length: *mut i16,
) -> i16 {
    let connection = unsafe { &*connection };
    let text = match what {
        6 => "odbc_bad_driver",
        7 | 77 => "03.80",
        17 => "nothing",
        18 => "0",
        81 => {
            unsafe { *out.cast::<u32>() = connection.abilities.load(Ordering::SeqCst) };
            return SUCCESS;
        }
        23 | 24 => {
            unsafe { *out.cast::<u16>() = 0 };
            return SUCCESS;
        }
        _ => return ERROR,
    };
    unsafe { write_wide(text, out.cast(), room as usize / 2, length, 2) };
    SUCCESS
}

#[unsafe(no_mangle)]
pub extern "C" fn SQLSetConnectAttrW(_: *mut Connection, _: i32, _: *mut c_void, _: i32) -> i16 {
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLGetConnectAttrW(
    connection: *mut Connection,
    attribute: i32,
    out: *mut c_void,
    _: i32,
    _: *mut i32,
) -> i16 {
    let value = match attribute {
        1209 => u32::from(unsafe { &*connection }.dead.load(Ordering::SeqCst)),
        108 => 2,
        _ => 0,
    };
    unsafe { *out.cast::<u32>() = value };
    SUCCESS
}

#[unsafe(no_mangle)]
pub extern "C" fn SQLEndTran(_: i16, _: *mut c_void, _: i16) -> i16 {
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLGetDiagRecW(
    kind: i16,
    handle: *mut c_void,
    number: i16,
    state: *mut u16,
    native: *mut i32,
    text: *mut u16,
    room: i16,
    length: *mut i16,
) -> i16 {
    let found = unsafe { diagnose(kind, handle, number) };
    let Some((code, number, message)) = found else {
        return NO_DATA;
    };
    unsafe {
        let mut unused = 0;
        write_wide(&code, state, 6, &mut unused, 1);
        *native = number;
        write_wide(&message, text, room as usize, length, 1);
    }
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLSetStmtAttrW(
    statement: *mut Statement,
    attribute: i32,
    value: *mut c_void,
    _: i32,
) -> i16 {
    let statement = unsafe { &mut *statement };
    match attribute {
        25 => statement.status = value.cast(),
        26 => statement.fetched = value.cast(),
        27 => statement.rows = value as usize,
        _ => {}
    }
    SUCCESS
}

#[unsafe(no_mangle)]
pub extern "C" fn SQLGetStmtAttrW(
    _: *mut Statement,
    _: i32,
    _: *mut c_void,
    _: i32,
    _: *mut i32,
) -> i16 {
    SUCCESS
}

#[unsafe(no_mangle)]
pub extern "C" fn SQLBindParameter(
    _: *mut Statement,
    _: u16,
    _: i16,
    _: i16,
    _: i16,
    _: usize,
    _: i16,
    _: *mut c_void,
    _: isize,
    _: *mut isize,
) -> i16 {
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLCancel(statement: *mut Statement) -> i16 {
    unsafe { (*statement).shared().cancel() };
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLNumResultCols(statement: *mut Statement, out: *mut i16) -> i16 {
    unsafe { *out = i16::from((*statement).answer.content != Content::Nothing) };
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLRowCount(_: *mut Statement, out: *mut isize) -> i16 {
    unsafe { *out = -1 };
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLDescribeColW(
    statement: *mut Statement,
    _: u16,
    name: *mut u16,
    room: i16,
    length: *mut i16,
    kind: *mut i16,
    size: *mut usize,
    scale: *mut i16,
    nullable: *mut i16,
) -> i16 {
    unsafe {
        write_wide("value", name, room as usize, length, 1);
        (*kind, *size) = (*statement).answer.described();
        (*scale, *nullable) = (0, 1);
    }
    SUCCESS
}

#[unsafe(no_mangle)]
pub extern "C" fn SQLColAttributeW(
    _: *mut Statement,
    _: u16,
    _: u16,
    _: *mut c_void,
    _: i16,
    _: *mut i16,
    _: *mut isize,
) -> i16 {
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLBindCol(
    statement: *mut Statement,
    _: u16,
    _: i16,
    data: *mut c_void,
    width: isize,
    lengths: *mut isize,
) -> i16 {
    unsafe { (*statement).bind(data.cast(), width as usize, lengths) };
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLFetch(statement: *mut Statement) -> i16 {
    unsafe { (*statement).fetch() }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLSetPos(statement: *mut Statement, _: usize, _: u16, _: u16) -> i16 {
    unsafe { (*statement).answer.given = 0 };
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLGetData(
    statement: *mut Statement,
    _: u16,
    _: i16,
    data: *mut c_void,
    room: isize,
    length: *mut isize,
) -> i16 {
    unsafe {
        (*statement)
            .answer
            .piece(data.cast(), room as usize, &mut *length)
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn SQLFreeStmt(_: *mut Statement, _: u16) -> i16 {
    SUCCESS
}

/// unixODBC asks nothing of a driver that lacks it, not even records.
#[unsafe(no_mangle)]
pub extern "C" fn SQLGetDiagFieldW(
    _: i16,
    _: *mut c_void,
    _: i16,
    _: i16,
    _: *mut c_void,
    _: i16,
    _: *mut i16,
) -> i16 {
    ERROR
}
