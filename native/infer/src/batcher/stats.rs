//! What a batcher counts.

use tusk_runtime::Nanos;

/// Upper bounds of the histogram of times in the queue, in nanoseconds: from a tenth of a
/// millisecond to a second, in the steps 1, 2, 5 that Prometheus' users know.
pub const QUEUE_BOUNDS: [Nanos; 13] = [
    100_000,
    200_000,
    500_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    20_000_000,
    50_000_000,
    100_000_000,
    200_000_000,
    500_000_000,
    1_000_000_000,
];

/// See the module's description. Every item that was taken is counted in exactly one of
/// `done`, `failed`, `expired`, `rejected`, `cancelled`, or is still there.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// Items taken.
    pub items: u64,
    /// Items not taken, because a queue was full.
    pub refused: u64,
    /// Items answered by their batch.
    pub done: u64,
    /// Items whose batch, or they themselves, failed.
    pub failed: u64,
    /// Items whose own deadline passed.
    pub expired: u64,
    /// Items that waited in the queue longer than its policy allows.
    pub rejected: u64,
    /// Items given up by who asked.
    pub cancelled: u64,
    /// Batches begun.
    pub batches: u64,
    /// Items that were run again alone.
    pub retried: u64,
    /// Batches by their rows; index 0 is not used.
    pub sizes: Vec<u64>,
    /// Items by their time in the queue, at most [`QUEUE_BOUNDS`] each; the last is above all.
    pub queued: [u64; QUEUE_BOUNDS.len() + 1],
    /// All times in the queue together.
    pub queued_ns: u64,
    /// The longest of them.
    pub queued_max_ns: Nanos,
    /// All times that batches ran, together.
    pub ran_ns: u64,
}

impl Stats {
    /// Adds what another batcher counted.
    pub fn add(&mut self, other: &Stats) {
        self.items += other.items;
        self.refused += other.refused;
        self.done += other.done;
        self.failed += other.failed;
        self.expired += other.expired;
        self.rejected += other.rejected;
        self.cancelled += other.cancelled;
        self.batches += other.batches;
        self.retried += other.retried;
        self.sizes
            .resize(self.sizes.len().max(other.sizes.len()), 0);
        for (sum, more) in self.sizes.iter_mut().zip(&other.sizes) {
            *sum += more;
        }
        for (sum, more) in self.queued.iter_mut().zip(&other.queued) {
            *sum += more;
        }
        self.queued_ns = self.queued_ns.saturating_add(other.queued_ns);
        self.queued_max_ns = self.queued_max_ns.max(other.queued_max_ns);
        self.ran_ns = self.ran_ns.saturating_add(other.ran_ns);
    }

    pub(super) fn begun(&mut self, rows: u32) {
        self.batches += 1;
        let rows = rows as usize;
        if self.sizes.len() <= rows {
            self.sizes.resize(rows + 1, 0);
        }
        self.sizes[rows] += 1;
    }

    pub(super) fn waited(&mut self, time: Nanos) {
        let place = QUEUE_BOUNDS.partition_point(|&bound| bound < time);
        self.queued[place] += 1;
        self.queued_ns = self.queued_ns.saturating_add(time);
        self.queued_max_ns = self.queued_max_ns.max(time);
    }
}
