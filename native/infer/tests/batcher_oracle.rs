//! The batcher against a naive model: a list of items that is searched at every step.
//!
//! Random items, cancels, deadlines, failing batches and pauses. Checked at every step: the
//! same batches, the same answers in the same order, nothing before `next_at`, and in the end
//! every item answered exactly once or cancelled.

use std::collections::{BTreeMap, HashMap};

use tusk_infer::batcher::{
    BatchId, Batcher, Item, ItemId, Options, Outcome, QueuePolicy, TimeoutAction, Verdict,
};

/// xorshift64*, seeded, so that a failure replays.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum At {
    /// `Some`: delayed, as the so-many-th event.
    Queue(Option<u64>),
    Alone,
    Running(BatchId),
    Held(Verdict),
}

#[derive(Clone, Debug)]
struct One {
    id: ItemId,
    number: u64,
    came: u64,
    priority: u32,
    rows: u32,
    bucket: u64,
    deadline: Option<u64>,
    queue_deadline: Option<u64>,
    at: At,
}

struct Model {
    options: Options,
    items: Vec<One>,
    running: Vec<(BatchId, Vec<ItemId>)>,
    answers: Vec<(ItemId, Verdict)>,
    numbers: u64,
    closing: bool,
}

impl Model {
    fn place(&self, id: ItemId) -> Option<usize> {
        self.items.iter().position(|one| one.id == id)
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn expire(&mut self, now: u64) {
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

    fn release(&mut self) {
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

    fn batch(&self, sorted: &[&One], now: u64) -> usize {
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
    fn next(&mut self, now: u64) -> Option<Vec<ItemId>> {
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

    fn begin(&mut self, id: BatchId, items: Vec<ItemId>) {
        for one in self.items.iter_mut().filter(|one| items.contains(&one.id)) {
            one.at = At::Running(id);
            one.queue_deadline = None;
        }
        self.running.push((id, items));
    }

    fn finish(&mut self, id: BatchId, ran: bool, failed: &[ItemId]) {
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

    fn wanted(&self, id: BatchId) -> bool {
        self.items.iter().any(|one| one.at == At::Running(id))
    }
}

fn policy(random: &mut Random) -> QueuePolicy {
    QueuePolicy {
        action: if random.one_in(2) {
            TimeoutAction::Reject
        } else {
            TimeoutAction::Delay
        },
        timeout: random.below(3) * random.below(40),
        allow_override: random.one_in(2),
        max_queue_size: random.below(2) as usize * (1 + random.below(12) as usize),
    }
}

fn options(random: &mut Random) -> Options {
    let max_batch = 1 + random.below(9) as u32;
    let priorities = 1 + random.below(3) as u32;
    let preferred = (0..random.below(3)).map(|_| 1 + random.below(max_batch.into()) as u32);
    Options {
        max_batch,
        preferred: preferred.collect(),
        max_delay: random.below(2) * random.below(30),
        adaptive: false,
        priorities,
        default_priority: 1 + random.below(priorities.into()) as u32,
        policy: policy(random),
        policies: (0..random.below(2)).map(|_| (1, policy(random))).collect(),
        max_items: 1 + random.below(60) as usize,
        preserve_order: random.one_in(3),
        instances: 1 + random.below(3) as u32,
        retry_singly: random.one_in(2),
    }
    .check()
    .expect("within the bounds")
}

struct Run {
    random: Random,
    batcher: Batcher,
    model: Model,
    now: u64,
    taken: u64,
    answered: HashMap<ItemId, Verdict>,
    cancelled: u64,
}

impl Run {
    fn submit(&mut self) {
        let random = &mut self.random;
        let options = &self.model.options;
        let item = Item {
            priority: random.below(u64::from(options.priorities) + 1) as u32,
            rows: if random.one_in(3) {
                1 + random.below(options.max_batch.into()) as u32
            } else {
                1
            },
            bucket: random.below(2) * random.below(3),
            deadline: random.one_in(4).then(|| self.now + random.below(60)),
            queue_timeout: random.one_in(4).then(|| random.below(30)),
        };
        let priority = match item.priority {
            0 => options.default_priority,
            given => given,
        };
        let policy = *options.policy(priority);
        let same = |one: &&One| one.priority == priority && matches!(one.at, At::Queue(_));
        let waiting = self.model.items.iter().filter(same).count();
        let refused = self.model.items.len() >= options.max_items
            || (policy.max_queue_size > 0 && waiting >= policy.max_queue_size);
        let id = match self.batcher.submit(item, self.now) {
            Ok(id) => id,
            Err(error) => return assert!(refused, "{error}"),
        };
        assert!(!refused, "it is beyond a bound");
        self.taken += 1;
        let own = item
            .queue_timeout
            .filter(|own| policy.allow_override && *own > 0);
        let timeout = [Some(policy.timeout).filter(|time| *time > 0), own];
        let number = self.model.number();
        self.model.items.push(One {
            id,
            number,
            came: self.now,
            priority,
            rows: item.rows,
            bucket: item.bucket,
            deadline: item.deadline,
            queue_deadline: timeout
                .into_iter()
                .flatten()
                .min()
                .map(|time| self.now + time),
            at: At::Queue(None),
        });
    }

    fn cancel(&mut self) {
        let count = self.model.items.len() as u64;
        if count == 0 {
            return;
        }
        let one = self.model.items.remove(self.random.below(count) as usize);
        assert!(self.batcher.cancel(one.id));
        assert!(!self.batcher.cancel(one.id), "it is gone");
        self.cancelled += 1;
        self.model.release();
    }

    fn run_what_is_ready(&mut self) {
        loop {
            let expected = self.model.next(self.now);
            let batch = self.batcher.next(self.now);
            assert_eq!(batch.as_ref().map(|batch| &batch.items), expected.as_ref());
            let ended = batch.is_none();
            if let Some(batch) = batch {
                assert!(batch.rows <= self.model.options.max_batch);
                self.model.begin(batch.id, batch.items);
            }
            self.compare_answers();
            if ended {
                break;
            }
        }
        // Nothing happens before it says so.
        if let Some(at) = self.batcher.next_at(self.now)
            && at > self.now + 1
        {
            let before = self.now + self.random.below(at - self.now);
            assert_eq!(self.model.next(before), None);
            assert_eq!(self.batcher.next(before), None);
            self.compare_answers();
        }
    }

    fn compare_answers(&mut self) {
        let answers: Vec<_> = std::iter::from_fn(|| self.batcher.answer()).collect();
        assert_eq!(answers, std::mem::take(&mut self.model.answers));
        for (id, verdict) in answers {
            assert_eq!(self.answered.insert(id, verdict), None, "answered twice");
        }
        while let Some(batch) = self.batcher.abandoned() {
            assert!(!self.model.wanted(batch));
        }
        assert_eq!(self.batcher.len(), self.model.items.len());
        assert_eq!(self.batcher.running(), self.model.running.len());
    }

    fn finish(&mut self) {
        let count = self.model.running.len() as u64;
        if count > 0 {
            let (id, _) = self.model.running[self.random.below(count) as usize];
            let ran = !self.random.one_in(4);
            let batch = self.model.running.iter().find(|batch| batch.0 == id);
            let items = batch.expect("it runs").1.clone();
            let failed: Vec<ItemId> = items
                .into_iter()
                .filter(|_| self.random.one_in(5))
                .collect();
            let outcome = match ran {
                true => Outcome::Ran { failed: &failed },
                false => Outcome::Failed,
            };
            self.batcher.finish(id, outcome, self.now);
            self.model.finish(id, ran, &failed);
        }
    }

    fn step(&mut self) {
        match self.random.below(10) {
            0..=4 => self.submit(),
            5 => self.cancel(),
            6..=7 => self.finish(),
            8 => self.now += self.random.below(12),
            _ => {
                if let Some(at) = self.batcher.next_at(self.now) {
                    self.now = self.now.max(at);
                }
            }
        }
        if self.random.one_in(3) {
            self.run_what_is_ready();
        }
    }

    fn end(&mut self) {
        self.batcher.close();
        self.model.closing = true;
        self.run_what_is_ready();
        while !self.model.running.is_empty() {
            self.finish();
            self.run_what_is_ready();
        }
        assert!(self.batcher.is_empty());
        assert_eq!(self.answered.len() as u64 + self.cancelled, self.taken);
        let stats = &self.batcher.stats;
        assert_eq!(stats.items, self.taken);
        let ended = stats.done + stats.failed + stats.expired + stats.rejected;
        assert_eq!(ended, self.answered.len() as u64);
        assert_eq!(stats.cancelled, self.cancelled);
        assert_eq!(stats.sizes.iter().sum::<u64>(), stats.batches);
    }
}

fn schedule(seed: u64, steps: u64) -> u64 {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let options = options(&mut random);
    let mut run = Run {
        batcher: Batcher::new(options.clone()).expect("good options"),
        model: Model {
            options,
            items: Vec::new(),
            running: Vec::new(),
            answers: Vec::new(),
            numbers: 0,
            closing: false,
        },
        random,
        now: 0,
        taken: 0,
        answered: HashMap::new(),
        cancelled: 0,
    };
    for _ in 0..steps {
        run.step();
    }
    run.end();
    run.taken
}

/// Ten thousand schedules; a million items with `TUSK_LONG`.
#[test]
fn every_item_is_answered_as_the_model_says_and_once() {
    let (least, mut items, mut seed) = match std::env::var_os("TUSK_LONG") {
        Some(_) => (1_000_000, 0, 0),
        None => (0, 0, 0),
    };
    while seed < 10_000 || items < least {
        items += schedule(seed, 60);
        seed += 1;
    }
    assert!(items > seed * 10, "hardly anything was taken: {items}");
}
