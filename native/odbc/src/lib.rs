//! ODBC: for databases whose drivers are blocking C libraries.
//!
//! A connection lives in a thread of its own and is never touched by another; whoever wants
//! something of it puts a job into the thread's inbox and waits for a letter. Results come
//! through a [`flow::Flow`], in batches, as values that know nothing of ODBC. Who may have a
//! connection when is not decided here (`tusk-pool` does that).
//!
//! The driver manager is loaded when it is first needed: a machine without unixODBC runs
//! everything else. That is why `sys` is not the crate odbc-api, which links libodbc: a module of
//! PHP that links it does not load where it is missing. The modules stand in reading order; unsafe code lies in `sys` alone.

pub mod limits;

pub mod failure;

pub mod value;

pub mod charset;

pub mod dsn;

pub mod sys;

pub mod sql;

pub mod flow;

mod kept;

pub mod session;

pub mod worker;
