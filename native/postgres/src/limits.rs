//! Every bound of the PostgreSQL client, each with its reason and what happens beyond it.

use tusk_runtime::Nanos;

/// One message of the server. A field is at most 1 GiB in PostgreSQL itself; a quarter of that
/// is above any row that makes sense and below what a 2 GiB worker can hold twice.
/// Beyond it: the connection breaks with `Protocol`.
pub const MESSAGE_BYTES: usize = 256 << 20;

/// A message while the server has not shown who it is: enough for every error and mechanism
/// list, and no way for a stranger to fill our memory. libpq takes 30,000.
/// Beyond it: the connection breaks with `Protocol`.
pub const GREETING_BYTES: usize = 32 << 10;

/// Of a password file: tens of thousands of lines.
/// Beyond it: the rest is not read.
pub const PASSFILE_BYTES: u64 = 1 << 20;

/// What one result may hold in memory. `stream()` is for what is larger.
/// Beyond it: the query is cancelled and fails with `Overloaded`.
pub const RESULT_BYTES: usize = 256 << 20;

/// Columns of a result (PostgreSQL's own bound is 1664) and parameters of a statement
/// (65535, the protocol's).
/// Beyond it: `Protocol` for columns, `Misuse` for parameters.
pub const COLUMNS: usize = 1664;
/// See [`COLUMNS`].
pub const PARAMETERS: usize = u16::MAX as usize;

/// Dimensions of an array; PostgreSQL's own bound (MAXDIM).
/// Beyond it: the value is malformed.
pub const ARRAY_DIMENSIONS: i32 = 6;

/// Queries sent on one connection whose answers have not come. More are not faster: 32 small
/// queries keep a backend busy over a round trip in a data centre; and all of them wait
/// when the first is slow.
/// Beyond it: queries wait in the pool's queue, for whichever connection is free first.
pub const PIPELINE: usize = 32;

/// Queries that wait for a connection.
/// Beyond it: `Overloaded`.
pub const QUEUE: usize = 64 << 10;

/// Connections of one pool: PostgreSQL's default is 100 for all clients together.
/// Beyond it: `Misuse`.
pub const CONNECTIONS: usize = 1000;

/// Prepared statements kept by each connection. A backend holds some 10 KiB for each.
/// Beyond it: the one not used for the longest time is closed.
pub const STATEMENTS: usize = 256;

/// Length of a statement's text that is remembered as prepared. Longer ones (lists of a
/// thousand literals) are rarely sent twice.
/// Beyond it: the statement is prepared each time.
pub const STATEMENT_BYTES: usize = 16 << 10;

/// Bytes of rows that one step of a stream asks for, as far as the rows before tell.
pub const CHUNK_BYTES: usize = 256 << 10;

/// Rows of a stream's first step, before anything is known of their size.
pub const CHUNK_ROWS_FIRST: u32 = 64;

/// Rows of a stream's later steps at most.
pub const CHUNK_ROWS: u32 = 8192;

/// Bytes of COPY data held for somebody who has not taken them, in either direction.
/// Beyond it: nothing more is received, or the writer waits.
pub const COPY_BYTES: usize = 1 << 20;

/// Notifications that nobody has received yet, for each listener.
/// Beyond it: the oldest are dropped, and the listener is told once by `Overloaded`.
pub const NOTIFICATIONS: usize = 16 << 10;

/// Rounds of hashing that a server may ask for at a login, which everybody waits for (some 50 ms):
/// PostgreSQL's default is 4096, openGauss' 10000.
/// Beyond it: the login is refused.
pub const LOGIN_ROUNDS: u32 = 200_000;

/// How long connecting may take, with TLS and authentication, over all addresses of a name;
/// and how long queries wait while no connection can be made.
/// Beyond it: the queries that wait fail; they were not sent.
pub const CONNECT_TIMEOUT: Nanos = 5_000_000_000;

/// How long a query that was cancelled, or a rollback after a failed transaction, may take
/// until the server says that it has ended.
/// Beyond it: the connection is given up and replaced. A server that lives answers within
/// milliseconds.
pub const CANCEL_PATIENCE: Nanos = 2_000_000_000;

/// How often a query is run again because a cancel that was meant for another one hit it. Each time
/// takes a caller who gave up in that moment; more than this in a row are a mistake of ours.
pub const HITS: u8 = 16;

/// How long a query whose caller has gone may still run when its turn comes after others:
/// a short one ends by itself sooner than a cancel arrives.
/// Beyond it: it is cancelled.
pub const ORPHAN_PATIENCE: Nanos = 20_000_000;

/// The first pause after a failed attempt to connect; each further one is twice as long.
pub const BACKOFF_FIRST: Nanos = 10_000_000;

/// The longest pause between attempts: a server that comes back is found within a second.
pub const BACKOFF_LONGEST: Nanos = 1_000_000_000;

/// The pause between two tries to get another connection of a shared budget. It also keeps the
/// place among those that wait.
pub const ALLOWANCE_PAUSE: Nanos = 20_000_000;

/// How long work waits for a shared budget when there is no connection at all.
/// Beyond it: it fails with `Overloaded`; it was not sent.
pub const ALLOWANCE_PATIENCE: Nanos = 10_000_000_000;

/// How often a pool that has connections looks whether another pool lacks some.
pub const ALLOWANCE_LOOK: Nanos = 100_000_000;

/// How long a connection that has nothing to do is kept.
/// Beyond it: it is closed with a goodbye, down to the pool's minimum.
pub const IDLE_TIMEOUT: Nanos = 60_000_000_000;
