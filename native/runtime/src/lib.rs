//! Driver, ops, timers, task scheduler and mailbox.
