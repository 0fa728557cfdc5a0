//! Every bound of the ODBC client, each with its reason and what happens beyond it.

use std::time::Duration;

/// Bytes of a block that the driver fills in one call. A few hundred rows amortise the call,
/// and the block still fits the second-level cache.
/// Beyond it: fewer rows a call.
pub const BLOCK_BYTES: usize = 256 << 10;

/// Rows of a block.
/// Beyond it: the next call.
pub const BLOCK_ROWS: usize = 1000;

/// The widest column that is bound, in bytes of a cell. A block holds a cell of this size for
/// every row, used or not.
/// Beyond it: the column, and all after it, are fetched value by value.
pub const BOUND_CELL: usize = 8 << 10;

/// Bytes of a long value that are asked for at a time.
/// Beyond it: another call.
pub const PIECE_BYTES: usize = 64 << 10;

/// Bytes of one value. PHP's memory limit is 128 MiB where nobody changed it, and a value is
/// copied once on its way there.
/// Beyond it: the result fails with `Overloaded`.
pub const CELL_BYTES: usize = 64 << 20;

/// Bytes of batches that a stream keeps ready for its reader: two blocks, so that the driver
/// fetches while PHP works.
/// Beyond it: the thread of the connection waits for the reader.
pub const STREAM_BYTES: usize = 1 << 20;

/// Bytes of a result that is fetched whole, unless the pool says otherwise.
/// Beyond it: the result fails with `Overloaded`, whose message names streams.
pub const RESULT_BYTES: usize = 256 << 20;

/// How long rows that come one by one are collected before the reader gets them.
pub const BATCH_PATIENCE: Duration = Duration::from_millis(5);

/// Columns of a result. Databases stop at 1,600 to 4,096.
/// Beyond it: the result fails with `Overloaded`.
pub const COLUMNS: usize = 16_384;

/// Parameters of a statement. ODBC counts them in 16 bits.
/// Beyond it: `Misuse`.
pub const PARAMETERS: usize = 32_767;

/// Diagnostic records that are read after a failure; drivers that loop exist.
/// Beyond it: the rest is left.
pub const DIAGNOSTICS: usize = 16;

/// UTF-16 units of one diagnostic text.
/// Beyond it: the text is cut.
pub const DIAGNOSTIC_UNITS: usize = 4096;

/// Stack of a connection's thread. Drivers keep buffers on it (libpq's TLS, Oracle's OCI);
/// untouched pages cost nothing.
/// Beyond it: the guard page ends the process, as for any thread.
pub const STACK_BYTES: usize = 2 << 20;

/// How long a thread looks for its next job before it sleeps. A coroutine that goes on after
/// a result asks for the next within a few microseconds, and waking a sleeping thread costs
/// more than ten.
/// Beyond it: the thread sleeps, and the next job pays for the wake-up.
pub const SPIN: Duration = Duration::from_micros(20);

/// Statements that a connection keeps prepared, unless the pool says otherwise: a server holds memory for
/// each.
/// Beyond it: the one that was used least recently is let go.
pub const STATEMENTS: usize = 64;

/// Texts that a connection remembers to have run once. One that comes a second time is prepared.
/// Beyond it: the oldest is forgotten.
pub const SEEN: usize = 256;

/// Jobs that wait for one connection. A lease has one user, who waits for each.
/// Beyond it: `Overloaded`.
pub const JOBS: usize = 64;

/// Threads that call `SQLCancel`, which may itself wait for the network.
/// Beyond it: cancels queue.
pub const CANCEL_THREADS: usize = 4;

/// Cancels that wait for a thread.
/// Beyond it: the statement is not cancelled; its connection is retired all the same.
pub const CANCELS: usize = 1024;

/// How long an idle cancelling thread stays.
pub const CANCEL_IDLE: u64 = 10_000_000_000;

/// How long a statement whose rows are fetched may take to notice that nobody wants them.
/// Beyond it: the driver is asked to cancel it, as its server seems to be silent.
pub const FETCH_PATIENCE: Duration = Duration::from_secs(5);

/// How long a cancel is waited for, in milliseconds, before it is made again: it may come
/// between two calls of the driver, where it is lost. After the last, nothing more is tried.
pub const CANCEL_PATIENCE_MS: [u64; 5] = [50, 100, 200, 400, 800];
