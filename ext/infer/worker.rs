//! The coroutine that runs batches.

use std::rc::Rc;

use tusk_infer::batcher::{Batch, ItemId, Outcome};
use tusk_runtime::sys::clock;
use tusk_runtime::task::{Ends, GroupId, TaskId};

use super::{Batching, Output, Rest};
use crate::core;
use crate::coroutine::{self, Ended};
use crate::exception::{self, Thrown};
use crate::zend::call::{Call, Callable};
use crate::zend::class::NativeClass;
use crate::zend::engine;
use crate::zend::kind::Kind;
use crate::zend::value::Value;
use crate::zend::worker::Worker;

/// `Tusk\Infer\BatchWorker`, what a worker's coroutine calls.
pub static WORKER: Kind<WorkerObject> = Kind::new();

/// The state behind it.
pub struct WorkerObject(Rc<Batching>);

impl NativeClass for WorkerObject {
    fn describe(&self) -> Option<String> {
        Some(self.0.describe())
    }
}

impl WorkerObject {
    /// Runs batches until there is nothing to do. Suspends.
    pub fn run(&self) -> Result<(), Thrown> {
        let me = Worker::current();
        let Some(task) = coroutine::current_task(me) else {
            return Err(Thrown);
        };
        let ended = self.0.serve(task);
        let call = {
            let mut state = self.0.state.borrow_mut();
            state.workers.retain(|&worker| worker != task);
            // A worker was cancelled, with its batch or by somebody else: the items that wait
            // are not the worker's, another goes on.
            !me.must_end() && (ended.is_err() || is_cancelled(task)) && state.call_rest()
        };
        if call {
            self.0.respawn();
        }
        ended
    }
}

fn is_cancelled(task: TaskId) -> bool {
    core::with(|core| core.reactor.scheduler.is_cancelled(task))
}

enum Step {
    Run(Batch),
    Wait(u64),
    Leave,
}

impl Batching {
    fn serve(self: &Rc<Self>, me: TaskId) -> Result<(), Thrown> {
        self.state.borrow_mut().rest = None;
        loop {
            match self.step() {
                Step::Run(batch) => {
                    self.run(batch)?;
                    // A cancel is sticky: the next batch would get it too.
                    if is_cancelled(me) {
                        return Ok(());
                    }
                }
                Step::Leave => return Ok(()),
                Step::Wait(until) => {
                    let ended = coroutine::wait(Ends::OnCancel, Some(until), |_, waiter| {
                        self.state.borrow_mut().rest = Some(Rest {
                            waiter: Some(waiter),
                            until,
                        });
                        true
                    });
                    self.state.borrow_mut().rest = None;
                    match ended {
                        Ok(()) | Err(Ended::Deadline) => {}
                        Err(ended) => return Err(ended.throw("a batcher's worker")),
                    }
                }
            }
        }
    }

    fn step(&self) -> Step {
        let now = clock::now();
        let mut state = self.state.borrow_mut();
        let batch = state.batcher.next(now);
        state.settle();
        if let Some(batch) = batch {
            return Step::Run(batch);
        }
        if state.rest.is_some() {
            // It sees whether it has to come earlier now.
            let _ = state.call_rest();
            return Step::Leave;
        }
        match state.batcher.next_at(now) {
            Some(until) => Step::Wait(until),
            None => Step::Leave,
        }
    }

    /// Runs a batch; an error is the end of the script.
    fn run(self: &Rc<Self>, batch: Batch) -> Result<(), Thrown> {
        // While this one is busy another looks after the rest.
        if self.state.borrow_mut().call_rest() {
            self.spawn_or_forget();
        }
        let inputs = self.inputs(&batch.items);
        let outputs = self.executor.run(&batch, inputs);
        if engine::exception_ends_script() {
            self.finish(&batch, Err(Value::NULL));
            return Err(Thrown);
        }
        self.finish(&batch, outputs);
        Ok(())
    }

    /// What the items of a batch were given; null for one that has gone since.
    fn inputs(&self, items: &[ItemId]) -> Vec<Value> {
        let mut state = self.state.borrow_mut();
        items
            .iter()
            .map(|&id| {
                state
                    .entry(id)
                    .map_or(Value::NULL, |entry| entry.inputs.clone())
            })
            .collect()
    }

    fn finish(&self, batch: &Batch, outputs: Result<Vec<Output>, Value>) {
        let mut dropped = Vec::new();
        {
            let mut state = self.state.borrow_mut();
            let mut failed = Vec::new();
            let ran = outputs.is_ok();
            let mut outputs = outputs.map(Vec::into_iter);
            for &id in &batch.items {
                let output = match &mut outputs {
                    Ok(outputs) => outputs.next(),
                    Err(thrown) => Some(Output::Thrown(thrown.clone())),
                };
                if matches!(output, Some(Output::Thrown(_))) {
                    failed.push(id);
                }
                // Of an item that has gone the output is dropped, and of one that is run
                // again its first failure.
                dropped.push(match state.entry(id) {
                    Some(entry) => std::mem::replace(&mut entry.output, output),
                    None => output,
                });
            }
            let outcome = match ran {
                true => Outcome::Ran { failed: &failed },
                false => Outcome::Failed,
            };
            state.batcher.finish(batch.id, outcome, clock::now());
            state.settle();
        }
        drop(dropped);
    }

    /// Spawns the worker that [`super::State::call_rest`] asked for.
    pub(super) fn spawn(self: &Rc<Self>) -> Result<(), Thrown> {
        let object = WORKER.make(WorkerObject(Rc::clone(self)));
        let held = Callable::from_value(&object)
            .and_then(|callable| Call::spawn_with(&callable, &[], GroupId::ROOT.number()));
        match held {
            Some(held) => {
                let task = held.get().task();
                self.state.borrow_mut().workers.push(task);
                held.release();
                Ok(())
            }
            None => {
                self.state.borrow_mut().rest = None;
                Err(Thrown)
            }
        }
    }

    /// The same where nobody can be told that it failed: the worker that runs does its work
    /// when it is done, as late as that may be.
    pub(super) fn spawn_or_forget(self: &Rc<Self>) {
        if !core::with(|core| core.ended) && self.spawn().is_err() {
            engine::clear_exception();
        }
    }

    /// In place of a worker that was cancelled, whose exception is on its way.
    fn respawn(self: &Rc<Self>) {
        let thrown = engine::take_exception();
        self.spawn_or_forget();
        if !thrown.is_null() {
            let _: Thrown = engine::throw_value(&thrown);
        }
    }
}

/// The exception that is set, for the items of a batch.
pub(super) fn failure() -> Value {
    engine::take_exception()
}

/// A `MisuseError` as a value.
pub(super) fn misuse(message: &str) -> Value {
    let _: Thrown = exception::misuse(message);
    engine::take_exception()
}
