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
mod item;
mod options;
mod queue;
mod stats;

mod leaving;
mod running;

pub use item::{Batch, BatchId, Item, ItemId, Outcome, Verdict};
pub use options::{Options, QueuePolicy, TimeoutAction};
pub use stats::{QUEUE_BOUNDS, Stats};

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tusk_runtime::Nanos;
use tusk_runtime::error::{Error, Kind};

use crate::limits;
use adaptive::Adaptive;
use queue::{Place, Queue, Waiting};

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

    /// The next answer for somebody.
    pub fn answer(&mut self) -> Option<(ItemId, Verdict)> {
        self.answers.pop_front()
    }

    /// A running batch that nobody wants any more: the host may stop it, and still has to
    /// [`Batcher::finish`] it.
    pub fn abandoned(&mut self) -> Option<BatchId> {
        self.abandoned.pop_front()
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
