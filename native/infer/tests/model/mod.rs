//! The naive model of the batcher: a list of items that is searched at every step.

use std::collections::BTreeMap;

use tusk_infer::batcher::{BatchId, ItemId, Options, TimeoutAction, Verdict};

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum At {
    /// `Some`: delayed, as the so-many-th event.
    Queue(Option<u64>),
    Alone,
    Running(BatchId),
    Held(Verdict),
}

#[derive(Clone, Debug)]
pub struct One {
    pub id: ItemId,
    pub number: u64,
    pub came: u64,
    pub priority: u32,
    pub rows: u32,
    pub bucket: u64,
    pub deadline: Option<u64>,
    pub queue_deadline: Option<u64>,
    pub at: At,
}

pub struct Model {
    pub options: Options,
    pub items: Vec<One>,
    pub running: Vec<(BatchId, Vec<ItemId>)>,
    pub answers: Vec<(ItemId, Verdict)>,
    pub numbers: u64,
    pub closing: bool,
}

impl Model {
    pub fn place(&self, id: ItemId) -> Option<usize> {
        self.items.iter().position(|one| one.id == id)
    }

    pub fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub fn expire(&mut self, now: u64) {
        // The earliest event first, and of several at once the smallest slot.
        loop {
            let events = self.items.iter().flat_map(|one| {
                let times = one.deadline.into_iter().chain(one.queue_deadline);
                times.map(move |at| (at, one.id.slot(), one.id))
            });
            let Some((at, _, id)) = events.min().filter(|event| event.0 <= now) else {
                break;
            };
            let place = self.place(id).expect("it is there");
            if self.items[place].deadline == Some(at) {
                self.items.remove(place);
                self.answers.push((id, Verdict::Expired));
                continue;
            }
            self.items[place].queue_deadline = None;
            let policy = *self.options.policy(self.items[place].priority);
            if matches!(self.items[place].at, At::Queue(_)) {
                if policy.action == TimeoutAction::Reject {
                    self.items.remove(place);
                    self.answers.push((id, Verdict::Rejected));
                } else {
                    let number = self.number();
                    self.items[place].at = At::Queue(Some(number));
                }
            }
        }
        self.release();
    }

    pub fn release(&mut self) {
        while self.options.preserve_order {
            let oldest = (0..self.items.len()).min_by_key(|&place| self.items[place].number);
            let Some(place) = oldest else { return };
            let At::Held(verdict) = self.items[place].at else {
                return;
            };
            let one = self.items.remove(place);
            self.answers.push((one.id, verdict));
        }
    }

    pub fn batch(&self, sorted: &[&One], now: u64) -> usize {
        let options = &self.options;
        let oldest = sorted.iter().map(|one| one.came).min().expect("not empty");
        let due = self.closing || oldest + options.max_delay <= now;
        let sum = |count: usize| sorted[..count].iter().map(|one| one.rows).sum::<u32>();
        let all = (1..=sorted.len())
            .rev()
            .find(|&count| sum(count) <= options.max_batch);
        let all = all.expect("one always fits");
        let sizes = match options.preferred.as_slice() {
            [] => vec![options.max_batch],
            some => some.to_vec(),
        };
        let preferred = (1..=all).rev().find(|&count| sizes.contains(&sum(count)));
        let cannot_grow = all < sorted.len() || sum(all) >= *sizes.iter().max().expect("one");
        match preferred {
            _ if due && options.max_delay > 0 => all,
            Some(count) => count,
            None if due || cannot_grow => all,
            None => 0,
        }
    }

    /// The items of the next batch.
    pub fn next(&mut self, now: u64) -> Option<Vec<ItemId>> {
        self.expire(now);
        if self.running.len() >= self.options.instances as usize {
            return None;
        }
        let alone = self.items.iter().filter(|one| one.at == At::Alone);
        if let Some(one) = alone.min_by_key(|one| one.number) {
            return Some(vec![one.id]);
        }
        let mut buckets: BTreeMap<u64, Vec<&One>> = BTreeMap::new();
        for one in &self.items {
            if matches!(one.at, At::Queue(_)) {
                buckets.entry(one.bucket).or_default().push(one);
            }
        }
        let key = |one: &One| match one.at {
            At::Queue(Some(delayed)) => (one.priority, true, delayed),
            _ => (one.priority, false, one.number),
        };
        let mut best = None;
        for items in buckets.values_mut() {
            items.sort_by_key(|one| key(one));
            let count = self.batch(items, now);
            if count > 0 && best.as_ref().is_none_or(|(head, _)| key(items[0]) < *head) {
                let ids = items[..count].iter().map(|one| one.id).collect();
                best = Some((key(items[0]), ids));
            }
        }
        best.map(|(_, ids)| ids)
    }

    pub fn begin(&mut self, id: BatchId, items: Vec<ItemId>) {
        for one in self.items.iter_mut().filter(|one| items.contains(&one.id)) {
            one.at = At::Running(id);
            one.queue_deadline = None;
        }
        self.running.push((id, items));
    }

    pub fn finish(&mut self, id: BatchId, ran: bool, failed: &[ItemId]) {
        let place = self.running.iter().position(|batch| batch.0 == id);
        let (_, items) = self.running.swap_remove(place.expect("it runs"));
        let several = items.len() > 1;
        for item in items {
            let Some(place) = self.place(item) else {
                continue;
            };
            let good = ran && !failed.contains(&item);
            let verdict = if good { Verdict::Done } else { Verdict::Failed };
            if !ran && several && self.options.retry_singly {
                self.items[place].at = At::Alone;
            } else if self.options.preserve_order {
                self.items[place].at = At::Held(verdict);
            } else {
                self.items.remove(place);
                self.answers.push((item, verdict));
            }
        }
        self.release();
    }

    pub fn wanted(&self, id: BatchId) -> bool {
        self.items.iter().any(|one| one.at == At::Running(id))
    }
}
