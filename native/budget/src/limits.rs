//! Every bound of budgets, each with its reason and what happens beyond it.

/// Processes that share one budget. Workers are a few for each core of the largest machines.
/// Beyond it: a process gets no share, as if the budget were spent.
pub const PROCESSES: usize = 1024;

/// Connections of one budget. Servers stop at some tens of thousands.
/// Beyond it: the limit is refused.
pub const CONNECTIONS: u64 = 1_000_000;

/// Letters of a name, which is part of a file's name.
/// Beyond it: refused.
pub const NAME_BYTES: usize = 64;

/// How often the lock is tried before an answer is "no". It is held for microseconds, except
/// by a process that was stopped by a signal in the middle.
/// Beyond it: the caller asks again later, as with a budget that is spent.
pub const LOCK_TRIES: usize = 50;

/// How long a refusal keeps its place among those that wait, in milliseconds. Who waits asks
/// every 20 ms.
/// Beyond it: who did not ask again has lost its place, and holds up nobody.
pub const WISH_MS: u32 = 250;
