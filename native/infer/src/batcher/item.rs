//! What goes in and comes out of a batcher.

use tusk_runtime::Nanos;

/// Names an item that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemId(pub(super) u64);

impl ItemId {
    /// A small number that no other item has at the same time, for tables of the host.
    pub fn slot(self) -> usize {
        self.0 as u32 as usize
    }
}

/// Names a batch that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BatchId(pub(super) u64);

/// What is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Item {
    /// From 1, the most urgent; 0: the default.
    pub priority: u32,
    /// Rows that it adds to a batch; 0 counts as 1.
    pub rows: u32,
    /// Only items of the same bucket share a batch (their shapes fit).
    pub bucket: u64,
    /// When nobody will want the answer any more.
    pub deadline: Option<Nanos>,
    /// How long it may wait in the queue, where its policy lets it say so and it is shorter.
    pub queue_timeout: Option<Nanos>,
}

/// A batch to run now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Its name, for [`Batcher::finish`].
    pub id: BatchId,
    /// Its items, in the order of their rows.
    pub items: Vec<ItemId>,
    /// Rows of all.
    pub rows: u32,
}

/// How an item's life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its batch has run.
    Done,
    /// Its batch, or it alone, has failed.
    Failed,
    /// Its deadline passed.
    Expired,
    /// It waited in the queue for longer than the policy allows.
    Rejected,
}

/// How a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// The host has a result for each item; for these it is an error of their own.
    Ran {
        /// Items that failed by themselves.
        failed: &'a [ItemId],
    },
    /// All of it failed.
    Failed,
}

impl Outcome<'_> {
    /// All items have their results.
    pub const RAN: Outcome<'static> = Outcome::Ran { failed: &[] };
}
