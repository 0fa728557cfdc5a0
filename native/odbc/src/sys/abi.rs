//! ODBC 3.8's types and numbers, by the names of `sql.h` and `sqlext.h` without their prefix.

use std::ffi::c_void;

/// `SQLHANDLE`
pub type Handle = *mut c_void;
/// `SQLRETURN`
pub type Return = i16;
/// `SQLLEN`: as wide as a pointer, as unixODBC builds it.
pub type Len = isize;

pub const SUCCESS: Return = 0;
pub const SUCCESS_WITH_INFO: Return = 1;
pub const NO_DATA: Return = 100;

pub const HANDLE_ENV: i16 = 1;
pub const HANDLE_DBC: i16 = 2;
pub const HANDLE_STMT: i16 = 3;

pub const ATTR_ODBC_VERSION: i32 = 200;
pub const OV_ODBC3: usize = 3;

pub const ATTR_AUTOCOMMIT: i32 = 102;
pub const ATTR_LOGIN_TIMEOUT: i32 = 103;
pub const ATTR_TXN_ISOLATION: i32 = 108;
pub const ATTR_CONNECTION_DEAD: i32 = 1209;

pub const ATTR_QUERY_TIMEOUT: i32 = 0;
pub const ATTR_ROW_BIND_TYPE: i32 = 5;
pub const ATTR_ROW_STATUS_PTR: i32 = 25;
pub const ATTR_ROWS_FETCHED_PTR: i32 = 26;
pub const ATTR_ROW_ARRAY_SIZE: i32 = 27;

pub const INFO_DRIVER_NAME: u16 = 6;
pub const INFO_DRIVER_VERSION: u16 = 7;
pub const INFO_DBMS_NAME: u16 = 17;
pub const INFO_DBMS_VERSION: u16 = 18;
pub const INFO_GETDATA_EXTENSIONS: u16 = 81;
pub const GD_BLOCK: u32 = 4;
pub const GD_BOUND: u32 = 8;

pub const DRIVER_NOPROMPT: u16 = 0;
pub const COMMIT: i16 = 0;
pub const ROLLBACK: i16 = 1;

/// `SQLFreeStmt`: the cursor, the columns' buffers, the parameters'.
pub const CLOSE: u16 = 0;
pub const UNBIND: u16 = 2;
pub const RESET_PARAMS: u16 = 3;

pub const PARAM_INPUT: i16 = 1;
pub const DESC_UNSIGNED: u16 = 8;
pub const POSITION: u16 = 0;
pub const LOCK_NO_CHANGE: u16 = 0;

pub const ROW_SUCCESS: u16 = 0;
pub const ROW_NOROW: u16 = 3;
pub const ROW_ERROR: u16 = 5;

/// The value is NULL.
pub const NULL_DATA: Len = -1;
/// The driver does not know how much is left.
pub const NO_TOTAL: Len = -4;

// SQL types.
pub const CHAR: i16 = 1;
pub const NUMERIC: i16 = 2;
pub const DECIMAL: i16 = 3;
pub const INTEGER: i16 = 4;
pub const SMALLINT: i16 = 5;
pub const FLOAT: i16 = 6;
pub const REAL: i16 = 7;
pub const DOUBLE: i16 = 8;
pub const DATETIME: i16 = 9;
pub const TIME: i16 = 10;
pub const TIMESTAMP: i16 = 11;
pub const VARCHAR: i16 = 12;
pub const TYPE_DATE: i16 = 91;
pub const TYPE_TIME: i16 = 92;
pub const TYPE_TIMESTAMP: i16 = 93;
pub const LONGVARCHAR: i16 = -1;
pub const BINARY: i16 = -2;
pub const VARBINARY: i16 = -3;
pub const LONGVARBINARY: i16 = -4;
pub const BIGINT: i16 = -5;
pub const TINYINT: i16 = -6;
pub const BIT: i16 = -7;
pub const WCHAR: i16 = -8;
pub const WVARCHAR: i16 = -9;
pub const WLONGVARCHAR: i16 = -10;
pub const GUID: i16 = -11;

// C types.
pub const C_CHAR: i16 = 1;
pub const C_DOUBLE: i16 = 8;
pub const C_DATE: i16 = 91;
pub const C_TIME: i16 = 92;
pub const C_TIMESTAMP: i16 = 93;
pub const C_BINARY: i16 = -2;
pub const C_BIT: i16 = -7;
pub const C_WCHAR: i16 = -8;
pub const C_SBIGINT: i16 = -25;

/// Did the call do its work?
pub fn succeeded(result: Return) -> bool {
    result == SUCCESS || result == SUCCESS_WITH_INFO
}
