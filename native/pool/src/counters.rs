//! What a pool has done so far, for people and for Prometheus.

use tusk_runtime::Nanos;

/// Where a taker was when it gave up, or is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// In the line: all connections are lent.
    Wait,
    /// Connecting.
    Create,
    /// Checking or resetting a connection that was idle.
    Recycle,
}

impl Stage {
    /// Its word in messages and labels.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Wait => "wait",
            Stage::Create => "create",
            Stage::Recycle => "recycle",
        }
    }
}

/// Why a connection was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Nobody used it for `idle_timeout`.
    Idle,
    /// It was older than `max_lifetime`.
    Lifetime,
    /// It failed a check or a reset, or its user found it broken.
    Broken,
    /// The pool was made smaller.
    Resized,
    /// The pool was closed.
    Drained,
}

/// Numbers that only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections lent.
    pub taken: u64,
    /// Of those, to somebody who had to wait in line.
    pub waited: u64,
    /// How long they waited, in sum.
    pub wait_sum: Nanos,
    /// And the longest.
    pub wait_max: Nanos,
    /// Connections made.
    pub created: u64,
    /// Attempts that failed.
    pub create_failed: u64,
    /// Deadlines that passed: in line, connecting, recycling.
    pub timed_out: [u64; 3],
    /// Who were cancelled while they waited.
    pub cancelled: u64,
    /// Who were turned away at once: the line is full, or the server is down.
    pub refused: u64,
    /// Loans that lasted longer than `leak_after`.
    pub leaked: u64,
    /// Connections closed: idle, lifetime, broken, resized, drained.
    pub closed: [u64; 5],
}

impl Counters {
    /// A taker's deadline passed.
    pub fn timed_out(&mut self, stage: Stage) {
        self.timed_out[stage as usize] += 1;
    }

    pub(crate) fn closed(&mut self, why: Closed) {
        self.closed[why as usize] += 1;
    }

    pub(crate) fn waited_for(&mut self, wait: Nanos) {
        self.waited += 1;
        self.wait_sum = self.wait_sum.saturating_add(wait);
        self.wait_max = self.wait_max.max(wait);
    }
}

/// How many of what there are now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Lent.
    pub leased: usize,
    /// Ready to be lent.
    pub idle: usize,
    /// Being made.
    pub creating: usize,
    /// Being checked or reset.
    pub recycling: usize,
    /// Who wait in line.
    pub waiting: usize,
}
