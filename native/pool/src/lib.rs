//! Pools of connections: who has one, who is next, which are old, sick or too many.
//!
//! Everything here decides and nothing acts: no descriptor, no clock, no thread. A host (the
//! extension) keeps the connections themselves, passes the time in, and does what it is told:
//! make one, check it, close it, wake somebody. So one state machine serves PHP objects, PDO,
//! Redis, the native PostgreSQL client and ODBC, and is tested by schedules of a seed.
//!
//! The modules stand in reading order: each uses only what is declared above it.
//!
//! ```
//! use tusk_pool::config::Config;
//! use tusk_pool::pool::{Fate, Pool, Taken};
//!
//! let mut pool: Pool<&str> = Pool::new(Config { max: 1, ..Config::default() }, 1);
//! let Taken::Create(lease) = pool.take(0) else { panic!("there is room") };
//! pool.created(lease, 0);                          // connected: the taker has it
//! assert_eq!(pool.take(0), Taken::Wait);           // the next must wait
//! let ticket = pool.wait("second", 0);
//! pool.release(lease, Fate::Keep, 5);              // handed on, not put back
//! assert_eq!(pool.woken(), Some("second"));
//! let Taken::Lease(next) = pool.collect(ticket) else { panic!("it was handed on") };
//! assert_eq!(next.index(), lease.index());         // the same connection, another loan
//! ```

pub mod limits;

pub mod config;

pub mod allowance;

pub mod breaker;

pub mod line;

pub mod counters;

pub mod pool;
