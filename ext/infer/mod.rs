//! What the classes of `Tusk\Infer` share: a batcher whose items are PHP values.
//!
//! `infer()` puts an item into the native batcher and waits. **Workers** run the batches: a
//! worker is a coroutine in no scope that exists while there is something to do. At most one
//! rests; it waits for the moment that the batcher names, be it a batch's or a deadline's. One
//! that runs a batch comes back for the next, and ends when another rests already. So there
//! are at most as many as instances, and the one that rests; none is left when no item is.
//!
//! States of the one that rests (`State::rest`), and who moves it:
//! - none → called: who finds that something will have to be done, by spawning it.
//! - called → none: itself, when it begins.
//! - none → resting: a worker that found nothing to do now.
//! - resting → called: who finds that something is to be done earlier, or nothing any more.
//! - resting, called → none: itself, when it goes on.
//!
//! Invariant: `state` is borrowed for native work alone; PHP values leave it before they are
//! dropped, because a destructor may call `infer()`.

mod address;
mod executor;
mod metrics;
mod options;
mod remote;
mod remote_options;
mod session;
mod session_options;
mod tensors;
mod worker;

pub use executor::{Engine, Executor, Output};
pub use metrics::{register, runtime_metrics, stats};
pub use options::{read_gather, read_policies};
pub use remote::{REMOTE, Remote, RemoteObject};
pub use session::{SESSION, SessionObject, finish, load, run};
pub use session_options::read_session;
pub use tensors::{ports_to_php, read_tensors, read_values, tensors_to_php, values_to_php};
pub use worker::{WORKER, WorkerObject};

use std::cell::RefCell;
use std::rc::Rc;

use tusk_infer::batcher::{Batcher, Item, ItemId, Options, TimeoutAction, Verdict};
use tusk_runtime::error::Error;
use tusk_runtime::sys::clock;
use tusk_runtime::task::{Ends, TaskId, Waiter, Wake};

use crate::core;
use crate::coroutine::{self, check_may_wait, deadline_in};
use crate::exception::{self, Class, Thrown};
use crate::zend::class::Visitor;
use crate::zend::engine;
use crate::zend::value::Value;

/// One batcher, shared by its PHP object and its workers.
pub struct Batching {
    state: RefCell<State>,
    executor: Executor,
    name: String,
}

struct State {
    batcher: Batcher,
    /// Items, by their ticket. An item keeps it until its coroutine has taken the answer,
    /// when the batcher has long forgotten it.
    entries: Vec<Option<Entry>>,
    free: Vec<usize>,
    /// Tickets of the batcher's items, by their slot.
    tickets: Vec<usize>,
    workers: Vec<TaskId>,
    rest: Option<Rest>,
}

struct Entry {
    id: ItemId,
    inputs: Value,
    output: Option<Output>,
    verdict: Option<Verdict>,
    waiter: Option<Waiter>,
}

/// The worker that rests, or was called and has not begun: until when.
struct Rest {
    waiter: Option<Waiter>,
    until: u64,
}

impl Batching {
    /// A batcher over this executor.
    pub fn new(executor: Executor, options: Options, name: String) -> Result<Rc<Self>, Error> {
        let batching = Rc::new(Batching {
            state: RefCell::new(State {
                batcher: Batcher::new(options)?,
                entries: Vec::new(),
                free: Vec::new(),
                tickets: Vec::new(),
                workers: Vec::new(),
                rest: None,
            }),
            executor,
            name,
        });
        register(&batching);
        Ok(batching)
    }

    /// Queues the inputs and waits for the outputs. Suspends.
    pub fn infer(
        self: &Rc<Self>,
        inputs: Value,
        timeout: Option<f64>,
        priority: u32,
    ) -> Result<Value, Thrown> {
        const WHAT: &str = "Batcher::infer()";
        check_may_wait(WHAT)?;
        self.forget_parents_items();
        let (ticket, call) = self.submit(inputs, timeout, priority)?;
        if call {
            self.spawn().inspect_err(|_| drop(self.take(ticket)))?;
        }
        let ended = coroutine::wait(Ends::OnCancel, None, |_, waiter| {
            self.register_waiter(ticket, waiter)
        });
        let Some(entry) = self.take(ticket) else {
            return Err(exception::misuse(
                "the item has gone: its process is another",
            ));
        };
        if let Err(ended) = ended {
            return Err(ended.throw(WHAT));
        }
        let refusal = match (entry.verdict, entry.output) {
            (Some(Verdict::Done | Verdict::Failed), Some(Output::Value(value))) => {
                return Ok(value);
            }
            (Some(Verdict::Done | Verdict::Failed), Some(Output::Thrown(thrown))) => {
                return Err(engine::throw_value(&thrown));
            }
            (Some(Verdict::Expired), _) => (Class::Timeout, "timed out"),
            (Some(Verdict::Rejected), _) => (
                Class::Overloaded,
                "was not begun: it waited in the queue for longer than the policy of its priority \
                 allows; ask less often, or add instances",
            ),
            _ => (Class::Cancelled, "was given up by its batch"),
        };
        Err(exception::throw(
            refusal.0,
            &format!("{WHAT} {}", refusal.1),
        ))
    }

    /// No more items are taken; those that wait run at once.
    pub fn close(self: &Rc<Self>) {
        self.state.borrow_mut().batcher.close();
        if self.state.borrow_mut().call_rest() {
            self.spawn_or_forget();
        }
    }

    /// Tells the collector what it holds.
    pub fn visit(&self, visitor: &mut Visitor) {
        self.executor.visit(visitor);
        for entry in self.state.borrow().entries.iter().flatten() {
            visitor.value(&entry.inputs);
            if let Some(Output::Value(value) | Output::Thrown(value)) = &entry.output {
                visitor.value(value);
            }
        }
    }

    /// What somebody who waits for it should know.
    pub fn describe(&self) -> String {
        let state = self.state.borrow();
        let batcher = &state.batcher;
        format!(
            "{} queued, {} batches running",
            batcher.waiting(),
            batcher.running()
        )
    }

    fn submit(
        &self,
        inputs: Value,
        timeout: Option<f64>,
        priority: u32,
    ) -> Result<(usize, bool), Thrown> {
        let (inputs, bucket, rows) = self.executor.prepare(inputs, timeout)?;
        let now = clock::now();
        let mut state = self.state.borrow_mut();
        let options = state.batcher.options();
        let policy = options.policy(match priority {
            0 => options.default_priority,
            given => given,
        });
        // Triton's override is a time in the queue; where that delays instead of ending, it
        // must not end the call either.
        let in_queue = policy.allow_override && policy.action == TimeoutAction::Delay;
        let item = Item {
            priority,
            rows,
            bucket,
            deadline: deadline_in(timeout).filter(|_| !in_queue),
            queue_timeout: deadline_in(timeout).map(|at| at.saturating_sub(now)),
        };
        match state.batcher.submit(item, now) {
            Ok(id) => {
                let ticket = state.keep(id, inputs);
                Ok((ticket, state.call_rest()))
            }
            Err(error) => {
                drop(state);
                Err(exception::native(&error))
            }
        }
    }

    fn register_waiter(&self, ticket: usize, waiter: Waiter) -> bool {
        let mut state = self.state.borrow_mut();
        match state.entries.get_mut(ticket) {
            Some(Some(entry)) if entry.verdict.is_none() => {
                entry.waiter = Some(waiter);
                true
            }
            _ => false,
        }
    }

    /// The entry, which nobody else sees any more. An item without an answer is cancelled.
    fn take(self: &Rc<Self>, ticket: usize) -> Option<Entry> {
        let (entry, call) = {
            let mut state = self.state.borrow_mut();
            let entry = state.entries.get_mut(ticket)?.take()?;
            state.free.push(ticket);
            // It may have been answered because its time was over, while its batch runs on.
            let answered = entry.verdict.is_some();
            if !answered {
                state.batcher.cancel(entry.id);
                state.settle();
            }
            while let Some(batch) = state.batcher.abandoned() {
                self.executor.abandon(batch);
            }
            if answered {
                return Some(entry);
            }
            (entry, state.call_rest())
        };
        if call {
            self.spawn_or_forget();
        }
        Some(entry)
    }

    /// In the child of a fork: workers and items are the parent's.
    fn forget_parents_items(&self) {
        let gone = {
            let mut state = self.state.borrow_mut();
            let workers = std::mem::take(&mut state.workers);
            let forked = core::with(|core| {
                let scheduler = &core.reactor.scheduler;
                workers.iter().any(|&worker| !scheduler.is_alive(worker))
            });
            if !forked {
                state.workers = workers;
                return;
            }
            state.batcher.clear();
            state.rest = None;
            state.free.clear();
            std::mem::take(&mut state.entries)
        };
        drop(gone);
    }
}

impl State {
    fn keep(&mut self, id: ItemId, inputs: Value) -> usize {
        let entry = Some(Entry {
            id,
            inputs,
            output: None,
            verdict: None,
            waiter: None,
        });
        let ticket = match self.free.pop() {
            Some(ticket) => {
                self.entries[ticket] = entry;
                ticket
            }
            None => {
                self.entries.push(entry);
                self.entries.len() - 1
            }
        };
        if self.tickets.len() <= id.slot() {
            self.tickets.resize(id.slot() + 1, 0);
        }
        self.tickets[id.slot()] = ticket;
        ticket
    }

    /// The entry of an item that the batcher knows. An item that was cancelled has none.
    fn entry(&mut self, id: ItemId) -> Option<&mut Entry> {
        let ticket = *self.tickets.get(id.slot())?;
        let entry = self.entries.get_mut(ticket)?.as_mut()?;
        (entry.id == id).then_some(entry)
    }

    /// Hands answers to who waits for them. Called after everything that may make some,
    /// before a slot can be used again.
    fn settle(&mut self) {
        while let Some((id, verdict)) = self.batcher.answer() {
            let Some(entry) = self.entry(id) else {
                continue;
            };
            entry.verdict = Some(verdict);
            if let Some(waiter) = entry.waiter.take() {
                core::with(|core| core.reactor.scheduler.wake(waiter, Wake::Done));
            }
        }
    }

    /// Sees to it that the worker that rests comes in time. True: there is none, and one has
    /// to be spawned.
    #[must_use]
    fn call_rest(&mut self) -> bool {
        let at = self.batcher.next_at(clock::now());
        match (&mut self.rest, at) {
            (Some(rest), at) => {
                if at.is_none_or(|at| at < rest.until) && rest.until > 0 {
                    rest.until = 0;
                    if let Some(waiter) = rest.waiter.take() {
                        core::with(|core| core.reactor.scheduler.wake(waiter, Wake::Done));
                    }
                }
                false
            }
            (None, Some(_)) => {
                self.rest = Some(Rest {
                    waiter: None,
                    until: 0,
                });
                true
            }
            (None, None) => false,
        }
    }
}
