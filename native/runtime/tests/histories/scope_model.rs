//! What scope.rs believes of scopes and tasks.

use std::collections::VecDeque;
use tusk_runtime::sync::{Scope, Stop};
use tusk_runtime::task::TaskId;

pub struct Record {
    pub scope: Scope<usize>,
    pub parent: Option<usize>,
    pub limit: Option<usize>,
    pub deadline: Option<u64>,
    pub stop: Option<Stop>,
    pub failure: Option<usize>,
    /// Hosts that wait for a place, in order.
    pub line: VecDeque<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Runs in a scope; `placed`: it was admitted and holds a place.
    Member { scope: usize, placed: bool },
    /// Waits for a place in a scope.
    Starter(usize),
    /// Waits for the end of a scope.
    Joiner(usize),
}

pub struct Actor {
    pub task: TaskId,
    pub role: Role,
}
