//! A PostgreSQL client whose connections are shared: the queries of many tasks are pipelined
//! on few of them, and transactions, COPY and cursors have one to themselves meanwhile.
//!
//! The modules stand in reading order: each uses only what is declared above it. What parses
//! or decides touches no descriptor (`login`, `config`, `types`, `session`); `pool` is the only part
//! that asks the kernel, through the runtime's reactor. The bytes of most messages are
//! rust-postgres' work (postgres-protocol).

pub mod limits;

pub mod login;

pub mod passfile;

pub mod config;

pub mod failure;

pub mod tls;

pub mod sql;

pub mod types;

pub mod job;

pub mod session;

pub mod pool;
