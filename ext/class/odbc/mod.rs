//! The classes of ODBC, one file each.

mod pool;
mod result;
mod stream;

use super::kind;

/// Registers them. False: a signature is malformed.
pub fn register() -> bool {
    kind(&pool::ODBC, &pool::CLASS)
        && kind(&result::RESULT, &result::CLASS)
        && kind(&stream::STREAM, &stream::CLASS)
}
