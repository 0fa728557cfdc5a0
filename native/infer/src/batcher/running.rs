//! Forming batches, and what becomes of their items.

use tusk_runtime::Nanos;

use super::{Batch, BatchId, Batcher, Outcome, Queue, Running, State, Verdict, uncount};

impl Batcher {
    /// The next batch to run now, if there is one and an instance is free. Acts on deadlines
    /// first.
    pub fn next(&mut self, now: Nanos) -> Option<Batch> {
        self.expire(now);
        if self.running.len() >= self.options.instances as usize {
            return None;
        }
        if let Some((_, slot)) = self.alone.pop_first() {
            self.stats.retried += 1;
            return Some(self.begin(vec![slot], now));
        }
        let (bucket, count) = self.ready(now)?;
        let queue = self.queues.get_mut(&bucket)?;
        let taken = queue.take(count);
        if queue.is_empty() {
            self.queues.remove(&bucket);
        }
        let slots = taken.iter().map(|item| item.slot).collect();
        Some(self.begin(slots, now))
    }

    /// The most urgent queue whose batch can run, and how many items that is.
    fn ready(&self, now: Nanos) -> Option<(u64, usize)> {
        let ready = self.queues.iter().filter_map(|(&bucket, queue)| {
            let count = queue.batch(&self.options, self.due(queue)? <= now);
            (count > 0).then_some((queue.head()?, bucket, count))
        });
        let (_, bucket, count) = ready.min_by_key(|&(head, bucket, _)| (head, bucket))?;
        Some((bucket, count))
    }

    /// When the queue's items have waited for long enough.
    fn due(&self, queue: &Queue) -> Option<Nanos> {
        let oldest = queue.oldest()?;
        Some(match &self.options {
            _ if self.closing => 0,
            options if options.adaptive => self.adaptive.due(oldest, options.max_delay),
            options => oldest.saturating_add(options.max_delay),
        })
    }

    fn begin(&mut self, slots: Vec<u32>, now: Nanos) -> Batch {
        let id = BatchId(self.next_batch);
        self.next_batch += 1;
        let mut rows = 0;
        let mut items = Vec::with_capacity(slots.len());
        for slot in slots {
            let entry = &mut self.slots[slot as usize];
            rows += entry.rows;
            if let State::Waiting(place) = entry.state {
                self.stats.waited(now.saturating_sub(entry.came));
                uncount(&mut self.waiting, place.priority);
            }
            let entry = &mut self.slots[slot as usize];
            entry.state = State::Running(id);
            if let Some(at) = entry.queue_deadline.take()
                && entry.deadline != Some(at)
            {
                self.deadlines.remove(&(at, slot));
            }
            items.push(self.id(slot));
        }
        self.stats.begun(rows);
        self.running.push(Running {
            id,
            wanted: items.len(),
            items: items.clone(),
            began: now,
        });
        Batch { id, items, rows }
    }

    /// A batch has ended.
    pub fn finish(&mut self, id: BatchId, outcome: Outcome<'_>, now: Nanos) {
        let Some(place) = self.running.iter().position(|batch| batch.id == id) else {
            return;
        };
        let batch = self.running.swap_remove(place);
        self.abandoned.retain(|&abandoned| abandoned != id);
        self.stats.ran_ns += now.saturating_sub(batch.began);
        let failed = outcome == Outcome::Failed;
        let again = failed && self.options.retry_singly && batch.items.len() > 1;
        for item in batch.items {
            let Some(slot) = self.find(item) else {
                continue;
            };
            if again {
                let entry = &mut self.slots[slot as usize];
                entry.state = State::Alone;
                self.alone.insert(entry.number, slot);
                continue;
            }
            let verdict = match outcome {
                Outcome::Ran { failed } if !failed.contains(&item) => Verdict::Done,
                _ => Verdict::Failed,
            };
            if self.options.preserve_order {
                self.slots[slot as usize].state = State::Held(verdict);
            } else {
                self.count(verdict);
                self.answer_now(slot, verdict);
            }
        }
        self.release_held();
    }

    /// When to come again at the latest; 0: at once. `None`: nothing happens by itself.
    pub fn next_at(&self, now: Nanos) -> Option<Nanos> {
        let deadline = self.deadlines.first().map(|&(at, _)| at);
        if self.running.len() >= self.options.instances as usize {
            return deadline;
        }
        if !self.alone.is_empty() || self.ready(now).is_some() {
            return Some(0);
        }
        let due = self.queues.values().filter_map(|queue| self.due(queue));
        due.chain(deadline).min()
    }
}
