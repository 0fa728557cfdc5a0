//! The batcher against a naive model: a list of items that is searched at every step.
//!
//! Random items, cancels, deadlines, failing batches and pauses. Checked at every step: the
//! same batches, the same answers in the same order, nothing before `next_at`, and in the end
//! every item answered exactly once or cancelled.

mod model;

use std::collections::HashMap;

use model::{At, Model, One};
use tusk_infer::batcher::{
    Batcher, Item, ItemId, Options, Outcome, QueuePolicy, TimeoutAction, Verdict,
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
