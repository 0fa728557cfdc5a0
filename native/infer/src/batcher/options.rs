//! What a batcher is told. The names and their meaning are Triton's
//! (`ModelDynamicBatching` in model_config.proto), where Triton has them.

use std::collections::BTreeMap;

use tusk_runtime::Nanos;
use tusk_runtime::error::{Error, Kind};

use crate::limits;

/// What becomes of an item that has waited in the queue for as long as its policy allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeoutAction {
    /// It is answered with a refusal.
    #[default]
    Reject,
    /// It stays, behind all items of its priority that have not waited too long.
    Delay,
}

/// The queue of one priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueuePolicy {
    /// See [`TimeoutAction`].
    pub action: TimeoutAction,
    /// How long an item may wait in the queue; zero: as long as it takes.
    pub timeout: Nanos,
    /// May an item bring a shorter time?
    pub allow_override: bool,
    /// Most items that wait at this priority; zero: as many as the batcher takes.
    pub max_queue_size: usize,
}

/// See the module's description.
#[derive(Clone, Debug)]
pub struct Options {
    /// Most rows in a batch. An item has one row unless it says otherwise.
    pub max_batch: u32,
    /// Sizes that are run at once when the queue holds so many rows; empty: `max_batch` alone.
    pub preferred: Vec<u32>,
    /// How long the oldest item waits for others.
    pub max_delay: Nanos,
    /// Shorten the delay when nothing more is likely to come within it.
    pub adaptive: bool,
    /// Priorities run from 1, the most urgent, to this.
    pub priorities: u32,
    /// The priority of items that name none (0).
    pub default_priority: u32,
    /// The policy of priorities that have none of their own.
    pub policy: QueuePolicy,
    /// Policies of single priorities.
    pub policies: BTreeMap<u32, QueuePolicy>,
    /// Most items that wait or run.
    pub max_items: usize,
    /// Answers leave in the order in which their items came.
    pub preserve_order: bool,
    /// Batches that run at the same time.
    pub instances: u32,
    /// The items of a batch that failed are run again, each alone.
    pub retry_singly: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            max_batch: 32,
            preferred: Vec::new(),
            max_delay: 5_000_000,
            adaptive: false,
            priorities: 1,
            default_priority: 1,
            policy: QueuePolicy::default(),
            policies: BTreeMap::new(),
            max_items: limits::ITEMS,
            preserve_order: false,
            instances: 1,
            retry_singly: false,
        }
    }
}

impl Options {
    /// Checks them, and sorts the preferred sizes.
    ///
    /// # Errors
    /// `Misuse`, which names the option.
    pub fn check(mut self) -> Result<Options, Error> {
        let within = |name: &str, value: u64, from: u64, to: u64| {
            if (from..=to).contains(&value) {
                return Ok(());
            }
            Err(refuse(format!(
                "{name} is {value}, and must be from {from} to {to}"
            )))
        };
        within(
            "maxBatch",
            self.max_batch.into(),
            1,
            limits::MAX_BATCH.into(),
        )?;
        within(
            "priorities",
            self.priorities.into(),
            1,
            limits::PRIORITIES.into(),
        )?;
        within(
            "defaultPriority",
            self.default_priority.into(),
            1,
            self.priorities.into(),
        )?;
        within(
            "instances",
            self.instances.into(),
            1,
            limits::INSTANCES.into(),
        )?;
        within("maxItems", self.max_items as u64, 1, u64::from(u32::MAX))?;
        for &size in &self.preferred {
            within("a preferred size", size.into(), 1, self.max_batch.into())?;
        }
        for &priority in self.policies.keys() {
            within(
                "a policy's priority",
                priority.into(),
                1,
                self.priorities.into(),
            )?;
        }
        self.preferred.sort_unstable();
        self.preferred.dedup();
        Ok(self)
    }

    /// The policy of a priority.
    pub fn policy(&self, priority: u32) -> &QueuePolicy {
        self.policies.get(&priority).unwrap_or(&self.policy)
    }

    /// The smallest and the largest size that runs without waiting.
    pub(super) fn preferred_range(&self) -> (u32, u32) {
        match self.preferred.as_slice() {
            [] => (self.max_batch, self.max_batch),
            [smallest, .., largest] => (*smallest, *largest),
            [only] => (*only, *only),
        }
    }

    pub(super) fn is_preferred(&self, rows: u32) -> bool {
        if self.preferred.is_empty() {
            return rows == self.max_batch;
        }
        self.preferred.binary_search(&rows).is_ok()
    }
}

fn refuse(detail: String) -> Error {
    Error::new(Kind::Misuse, "make a batcher", detail)
}
