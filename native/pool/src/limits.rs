//! Every bound of pools, each with its reason and what happens beyond it.

use tusk_runtime::Nanos;

/// One second.
pub const SECOND: Nanos = 1_000_000_000;

/// Connections of one pool. A slot is named by 32 bits and a database serves hundreds;
/// somebody who asks for more has mistaken the unit.
/// Beyond it: the configuration is refused.
pub const CONNECTIONS: usize = 10_000;

/// Who may wait for one pool at once. A waiter is a coroutine (9 KB); 100,000 of them at a
/// millisecond each on 8 connections are twelve seconds of work, beyond every deadline.
/// Beyond it: refused at once, as overloaded.
pub const WAITERS: usize = 100_000;

/// Failures to connect, one after the other, after which nobody is made to try again until
/// a pause has passed. One may be a lost packet and two a restart; three are a server that
/// is down.
pub const BREAKER_FAILURES: u32 = 3;

/// The first pause. A restart of a database takes some hundred milliseconds.
pub const BREAKER_FIRST_PAUSE: Nanos = 100_000_000;

/// The longest pause: how late a pool may notice that its server is back.
pub const BREAKER_LONGEST_PAUSE: Nanos = 5 * SECOND;

/// Lifetimes are shortened by up to this part, chosen for each connection, so that those
/// made together are not renewed together.
pub const LIFETIME_JITTER: f64 = 0.1;

/// How soon a pool that was refused by a shared allowance asks again while somebody waits.
/// Other processes cannot wake this one; a wait that is this much longer is not noticed.
pub const ALLOWANCE_RETRY: Nanos = 20_000_000;
