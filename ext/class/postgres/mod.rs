//! `Tusk\Pool\Postgres` and the classes of its results, one file each.

mod listener;
mod pool;
mod result;
mod statement;
mod stream;

use super::kind;

/// Registers them. False: a signature is malformed.
pub fn register() -> bool {
    kind(&pool::POSTGRES, &pool::CLASS)
        && kind(&result::RESULT, &result::CLASS)
        && kind(&statement::STATEMENT, &statement::CLASS)
        && kind(&stream::STREAM, &stream::CLASS)
        && kind(&listener::LISTENER, &listener::CLASS)
}
