//! The dynamic batcher: a state machine without a clock, a thread or a payload.
//!
//! Its host says what happens and when ([`Batcher::submit`], [`Batcher::cancel`],
//! [`Batcher::finish`]), asks for the next batch to run ([`Batcher::next`]) and for answers
//! ([`Batcher::answer`]), and comes again at [`Batcher::next_at`]. Inputs and outputs stay with
//! the host, under the numbers of their items. The rules are those of Triton's dynamic batcher
//! (triton-inference-server/core, dynamic_batch_scheduler.cc and scheduler_utils.cc); what
//! Triton lacks is said where it is.
//!
//! States of an item, and who moves it:
//!
//! | from | to | by |
//! |---|---|---|
//! | | Queued | `submit` |
//! | Queued | Delayed | `expire`, when its queue's time is over and the policy says so |
//! | Queued, Delayed, Alone | Running | `next` |
//! | Running | Alone | `finish` of a failed batch of several, with `retry_singly` |
//! | Running | Held | `finish`, when earlier items are unanswered and order is kept |
//! | Running, Held | answered | `finish` |
//! | Queued, Delayed, Alone, Running | answered (Expired, Rejected) | `expire` |
//! | any | gone, not answered | `cancel` |
//!
//! Invariants:
//! 1. An item is answered once or cancelled, never both: its slot is freed by the first, and a
//!    freed slot's generation is another.
//! 2. No more than `instances` batches run; a batch counts until `finish`, also when nobody
//!    wants it any more.
//! 3. `next_at` is never later than the moment at which `next` or `expire` would act.

mod adaptive;
mod options;
mod queue;
mod stats;

pub use options::{Options, QueuePolicy, TimeoutAction};
pub use stats::{QUEUE_BOUNDS, Stats};

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tusk_runtime::Nanos;
use tusk_runtime::error::{Error, Kind};

use crate::limits;
use adaptive::Adaptive;
use queue::{Place, Queue, Waiting};

/// Names an item that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemId(u64);

impl ItemId {
    /// A small number that no other item has at the same time, for tables of the host.
    pub fn slot(self) -> usize {
        self.0 as u32 as usize
    }
}

/// Names a batch that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BatchId(u64);

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    Waiting(Place),
    /// It waits to be run again, alone.
    Alone,
    Running(BatchId),
    Held(Verdict),
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    generation: u32,
    state: State,
    rows: u32,
    bucket: u64,
    number: u64,
    came: Nanos,
    deadline: Option<Nanos>,
    queue_deadline: Option<Nanos>,
}

#[derive(Debug)]
struct Running {
    id: BatchId,
    items: Vec<ItemId>,
    /// Items that somebody still wants.
    wanted: usize,
    began: Nanos,
}

/// See the module's description.
#[derive(Debug)]
pub struct Batcher {
    options: Options,
    slots: Vec<Slot>,
    free: Vec<u32>,
    live: usize,
    /// Queues with items in them.
    queues: BTreeMap<u64, Queue>,
    /// Items that wait, by their priority.
    waiting: BTreeMap<u32, usize>,
    /// Items to run again alone, oldest first.
    alone: BTreeMap<u64, u32>,
    running: Vec<Running>,
    /// Deadlines of all kinds, with the slot.
    deadlines: BTreeSet<(Nanos, u32)>,
    /// Items without an answer, oldest first; only where order is kept.
    unanswered: BTreeMap<u64, u32>,
    answers: VecDeque<(ItemId, Verdict)>,
    abandoned: VecDeque<BatchId>,
    adaptive: Adaptive,
    closing: bool,
    next_number: u64,
    next_batch: u64,
    /// Counters.
    pub stats: Stats,
}

impl Batcher {
    /// An empty batcher.
    ///
    /// # Errors
    /// `Misuse`: the options contradict themselves or a limit.
    pub fn new(options: Options) -> Result<Batcher, Error> {
        Ok(Batcher {
            options: options.check()?,
            slots: Vec::new(),
            free: Vec::new(),
            live: 0,
            queues: BTreeMap::new(),
            waiting: BTreeMap::new(),
            alone: BTreeMap::new(),
            running: Vec::new(),
            deadlines: BTreeSet::new(),
            unanswered: BTreeMap::new(),
            answers: VecDeque::new(),
            abandoned: VecDeque::new(),
            adaptive: Adaptive::default(),
            closing: false,
            next_number: 0,
            next_batch: 0,
            stats: Stats::default(),
        })
    }

    /// What it was made with.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Items that wait or run.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Is nothing there?
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Items that wait to be run.
    pub fn waiting(&self) -> usize {
        self.waiting.values().sum::<usize>() + self.alone.len()
    }

    /// Batches that run.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// Takes an item.
    ///
    /// # Errors
    /// `Overloaded` beyond the batcher's or the priority's bound, or when too many shapes
    /// wait; `Misuse` for a priority that is not there, or more rows than a batch has.
    pub fn submit(&mut self, item: Item, now: Nanos) -> Result<ItemId, Error> {
        let priority = match item.priority {
            0 => self.options.default_priority,
            given => given,
        };
        let rows = item.rows.max(1);
        if let Err(error) = self.admit(priority, rows, item.bucket) {
            self.stats.refused += u64::from(error.kind() == Kind::Overloaded);
            return Err(error);
        }
        let policy = self.options.policy(priority);
        let mut timeout = Some(policy.timeout).filter(|&timeout| timeout > 0);
        if policy.allow_override {
            // Triton lets only a limit that there is be shortened; "no limit" is longer than all.
            let own = item.queue_timeout.filter(|&own| own > 0);
            timeout = match (timeout, own) {
                (Some(timeout), Some(own)) => Some(timeout.min(own)),
                (timeout, own) => timeout.or(own),
            };
        }
        let place = Place {
            priority,
            delayed: false,
            number: self.number(),
        };
        let slot = self.allocate(Slot {
            generation: 0,
            state: State::Waiting(place),
            rows,
            bucket: item.bucket,
            number: place.number,
            came: now,
            deadline: item.deadline,
            queue_deadline: timeout.map(|timeout| now.saturating_add(timeout)),
        });
        let waiting = Waiting {
            slot,
            rows,
            number: place.number,
        };
        let queue = self.queues.entry(item.bucket).or_default();
        queue.insert(place, waiting, now);
        *self.waiting.entry(priority).or_default() += 1;
        if self.options.preserve_order {
            self.unanswered.insert(place.number, slot);
        }
        if self.options.adaptive {
            self.adaptive.arrived(now, self.options.max_delay);
        }
        self.stats.items += 1;
        Ok(self.id(slot))
    }

    fn admit(&self, priority: u32, rows: u32, bucket: u64) -> Result<(), Error> {
        let options = &self.options;
        let refuse = |kind, detail: String| Err(Error::new(kind, "queue an inference", detail));
        if self.closing {
            return refuse(Kind::Misuse, "the batcher was closed".into());
        }
        if priority > options.priorities {
            let detail = format!(
                "priority {priority} is not there; the batcher has 1 (most urgent) to {}",
                options.priorities
            );
            return refuse(Kind::Misuse, detail);
        }
        if rows > options.max_batch {
            let detail = format!(
                "the item has {rows} rows, and a batch at most {}",
                options.max_batch
            );
            return refuse(Kind::Misuse, detail);
        }
        let overloaded = |detail: String| {
            let error = Error::new(Kind::Overloaded, "queue an inference", detail);
            Err(error.hint("ask less often, add instances, or raise the limit"))
        };
        if self.live >= options.max_items {
            return overloaded(format!("{} items wait or run already", self.live));
        }
        let most = options.policy(priority).max_queue_size;
        let waiting = self.waiting.get(&priority).copied().unwrap_or(0);
        if most > 0 && waiting >= most {
            return overloaded(format!(
                "{waiting} items of priority {priority} wait already"
            ));
        }
        if !self.queues.contains_key(&bucket) && self.queues.len() >= limits::BUCKETS {
            return overloaded(format!(
                "items of {} different shapes wait already",
                limits::BUCKETS
            ));
        }
        Ok(())
    }

    /// Nobody wants this item any more. False: it was answered already.
    pub fn cancel(&mut self, id: ItemId) -> bool {
        let Some(slot) = self.find(id) else {
            return false;
        };
        self.stats.cancelled += 1;
        self.leave(slot);
        self.release_held();
        true
    }

    /// No more items are taken, and those that wait wait for no company.
    pub fn close(&mut self) {
        self.closing = true;
    }

    /// Acts on deadlines that have passed.
    pub fn expire(&mut self, now: Nanos) {
        while let Some(&(at, slot)) = self.deadlines.first() {
            if at > now {
                break;
            }
            self.deadlines.pop_first();
            let entry = &mut self.slots[slot as usize];
            if entry.deadline == Some(at) {
                entry.deadline = None;
                self.stats.expired += 1;
                self.answer_now(slot, Verdict::Expired);
                continue;
            }
            entry.queue_deadline = None;
            let State::Waiting(place) = entry.state else {
                continue;
            };
            match self.options.policy(place.priority).action {
                TimeoutAction::Reject => {
                    self.stats.rejected += 1;
                    self.answer_now(slot, Verdict::Rejected);
                }
                TimeoutAction::Delay => self.delay(slot, place),
            }
        }
        self.release_held();
    }

    fn delay(&mut self, slot: u32, from: Place) {
        let to = Place {
            delayed: true,
            number: self.number(),
            ..from
        };
        let entry = &mut self.slots[slot as usize];
        entry.state = State::Waiting(to);
        if let Some(queue) = self.queues.get_mut(&entry.bucket) {
            queue.move_to(from, to);
        }
    }

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

    /// The next answer for somebody.
    pub fn answer(&mut self) -> Option<(ItemId, Verdict)> {
        self.answers.pop_front()
    }

    /// A running batch that nobody wants any more: the host may stop it, and still has to
    /// [`Batcher::finish`] it.
    pub fn abandoned(&mut self) -> Option<BatchId> {
        self.abandoned.pop_front()
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

    /// Forgets all items and batches, without an answer: the process that knew them is another.
    pub fn clear(&mut self) {
        for slot in 0..self.slots.len() as u32 {
            if self.slots[slot as usize].state != State::Free {
                self.stats.cancelled += 1;
                self.leave(slot);
            }
        }
        self.running.clear();
        self.abandoned.clear();
        self.answers.clear();
    }

    fn answer_now(&mut self, slot: u32, verdict: Verdict) {
        let id = self.id(slot);
        self.leave(slot);
        self.answers.push_back((id, verdict));
    }

    fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Done => self.stats.done += 1,
            Verdict::Failed => self.stats.failed += 1,
            Verdict::Expired => self.stats.expired += 1,
            Verdict::Rejected => self.stats.rejected += 1,
        }
    }

    /// Answers what was held for the sake of order, as far as all before it are answered.
    fn release_held(&mut self) {
        while let Some((_, &slot)) = self.unanswered.first_key_value() {
            let State::Held(verdict) = self.slots[slot as usize].state else {
                return;
            };
            self.count(verdict);
            self.answer_now(slot, verdict);
        }
    }

    /// Takes an item out of wherever it is, and frees its slot.
    fn leave(&mut self, slot: u32) {
        let entry = self.slots[slot as usize];
        match entry.state {
            State::Waiting(place) => {
                if let Some(queue) = self.queues.get_mut(&entry.bucket) {
                    queue.remove(place);
                    if queue.is_empty() {
                        self.queues.remove(&entry.bucket);
                    }
                }
                uncount(&mut self.waiting, place.priority);
            }
            State::Alone => {
                self.alone.remove(&entry.number);
            }
            State::Running(id) => {
                if let Some(batch) = self.running.iter_mut().find(|batch| batch.id == id) {
                    batch.wanted -= 1;
                    if batch.wanted == 0 {
                        self.abandoned.push_back(id);
                    }
                }
            }
            State::Held(_) | State::Free => {}
        }
        for at in entry.deadline.iter().chain(&entry.queue_deadline) {
            self.deadlines.remove(&(*at, slot));
        }
        self.unanswered.remove(&entry.number);
        let entry = &mut self.slots[slot as usize];
        entry.state = State::Free;
        entry.generation = entry.generation.wrapping_add(1);
        self.free.push(slot);
        self.live -= 1;
    }

    fn allocate(&mut self, new: Slot) -> u32 {
        self.live += 1;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(new);
            (self.slots.len() - 1) as u32
        });
        let generation = self.slots[slot as usize].generation;
        self.slots[slot as usize] = Slot { generation, ..new };
        for at in new.deadline.iter().chain(&new.queue_deadline) {
            self.deadlines.insert((*at, slot));
        }
        slot
    }

    fn id(&self, slot: u32) -> ItemId {
        ItemId(u64::from(self.slots[slot as usize].generation) << 32 | u64::from(slot))
    }

    fn find(&self, id: ItemId) -> Option<u32> {
        let entry = self.slots.get(id.slot())?;
        let alive = u64::from(entry.generation) == id.0 >> 32 && entry.state != State::Free;
        alive.then_some(id.slot() as u32)
    }

    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }
}

fn uncount(waiting: &mut BTreeMap<u32, usize>, priority: u32) {
    if let Some(count) = waiting.get_mut(&priority) {
        *count -= 1;
        if *count == 0 {
            waiting.remove(&priority);
        }
    }
}
