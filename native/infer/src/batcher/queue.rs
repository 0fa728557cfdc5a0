//! Items that wait and may share a batch, in the order in which they will be taken.
//!
//! Invariant: every waiting item is in `order` once, under its place, and in `ages` once,
//! under its number; `rows` is the sum of theirs.

use std::collections::BTreeMap;

use tusk_runtime::Nanos;

use super::options::Options;

/// Where an item stands: priority, then those that have not waited too long, then first come.
/// A delayed item has the number of its delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) priority: u32,
    pub(super) delayed: bool,
    pub(super) number: u64,
}

/// What the queue knows of an item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) slot: u32,
    pub(super) rows: u32,
    pub(super) number: u64,
}

/// See the module's description.
#[derive(Debug, Default)]
pub(super) struct Queue {
    order: BTreeMap<Place, Waiting>,
    /// When the item of a number came; numbers grow with time.
    ages: BTreeMap<u64, Nanos>,
    rows: u64,
}

impl Queue {
    pub(super) fn insert(&mut self, place: Place, item: Waiting, came: Nanos) {
        self.rows += u64::from(item.rows);
        self.ages.insert(item.number, came);
        self.order.insert(place, item);
    }

    /// A delayed item goes to its new place.
    pub(super) fn move_to(&mut self, from: Place, to: Place) {
        if let Some(item) = self.order.remove(&from) {
            self.order.insert(to, item);
        }
    }

    pub(super) fn remove(&mut self, place: Place) {
        if let Some(item) = self.order.remove(&place) {
            self.rows -= u64::from(item.rows);
            self.ages.remove(&item.number);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Who is next, to choose between queues.
    pub(super) fn head(&self) -> Option<Place> {
        self.order.keys().next().copied()
    }

    /// When the item that waits longest came.
    pub(super) fn oldest(&self) -> Option<Nanos> {
        self.ages.values().next().copied()
    }

    /// How many items from the head make the batch to run now, the oldest item being `due` or
    /// not; zero: wait for more. The rules are those of Triton's `GetDynamicBatch()`:
    /// a preferred size runs at once; the rest runs when it is due, or cannot grow.
    pub(super) fn batch(&self, options: &Options, due: bool) -> usize {
        let (smallest, largest) = options.preferred_range();
        if !due && self.rows < u64::from(smallest) {
            return 0;
        }
        let (mut items, mut rows, mut best) = (0, 0, 0);
        let mut full = false;
        for item in self.order.values() {
            if rows + item.rows > options.max_batch {
                full = true;
                break;
            }
            rows += item.rows;
            items += 1;
            if options.is_preferred(rows) {
                best = items;
            }
        }
        if best > 0 && (!due || options.max_delay == 0) {
            return best;
        }
        if due || full || rows >= largest {
            items
        } else {
            0
        }
    }

    /// The first `count` items, which leave the queue.
    pub(super) fn take(&mut self, count: usize) -> Vec<Waiting> {
        let mut taken = Vec::with_capacity(count);
        while taken.len() < count {
            let Some((_, item)) = self.order.pop_first() else {
                break;
            };
            self.rows -= u64::from(item.rows);
            self.ages.remove(&item.number);
            taken.push(item);
        }
        taken
    }
}
