//! What runs a batch, and how one is stopped that nobody wants any more.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use tusk_infer::batcher::{Batch, BatchId};
use tusk_infer::gather::{Gather, Tensors};
use tusk_infer::model::Model;
use tusk_infer::port::Port;
use tusk_infer::stop::Stop;
use tusk_runtime::sys::clock;
use tusk_runtime::task::TaskId;

use super::remote::{Place, Remote, bytes_of};
use super::session;
use super::tensors::{read_tensors, tensors_to_php};
use super::worker::{failure, misuse};
use crate::core;
use crate::coroutine;
use crate::exception::{self, Thrown};
use crate::zend::call::Callable;
use crate::zend::class::Visitor;
use crate::zend::engine;
use crate::zend::value::Value;
use crate::zend::worker::Worker;

/// What came of one item.
pub enum Output {
    /// Its outputs.
    Value(Value),
    /// The exception that is its alone.
    Thrown(Value),
}

/// See the module's description.
pub enum Executor {
    /// PHP code.
    Callable(Code),
    /// A model, whose inputs are joined: one of these, which are the same to who asks.
    Model(Vec<Joined>),
}

/// PHP code: a list of inputs in, a list of outputs out.
pub struct Code {
    callable: Value,
    /// The workers that are in it.
    running: RefCell<Vec<(BatchId, TaskId)>>,
}

/// A model behind a batcher.
pub struct Joined {
    /// The model.
    engine: Engine,
    /// How requests are joined.
    gather: Arc<Gather>,
    /// What ends the batches that run.
    stops: RefCell<Vec<(BatchId, Halt)>>,
    /// Batches that run here.
    busy: Cell<usize>,
}

/// Where it is.
pub enum Engine {
    /// In this process.
    Model(Arc<Model>),
    /// At a server.
    Remote(Rc<Remote>),
}

enum Halt {
    Model(Arc<Stop>),
    Remote(Place),
}

const WHAT: &str = "a batch of a model";

impl Executor {
    /// Over PHP code.
    pub fn callable(callable: Value) -> Executor {
        Executor::Callable(Code {
            callable,
            running: RefCell::default(),
        })
    }

    /// Over a model that is at these places. There is one at least.
    pub fn model(engines: Vec<Engine>, gather: Gather) -> Executor {
        let gather = Arc::new(gather);
        let joined = engines.into_iter().map(|engine| Joined {
            engine,
            gather: Arc::clone(&gather),
            stops: RefCell::default(),
            busy: Cell::new(0),
        });
        Executor::Model(joined.collect())
    }

    /// The inputs as they are kept, which items one may share a batch with, and its rows. May
    /// suspend: a server is asked what its model wants.
    pub(super) fn prepare(
        &self,
        inputs: Value,
        timeout: Option<f64>,
    ) -> Result<(Value, u64, u32), Thrown> {
        let joined = match self {
            Executor::Model(several) => several.first().ok_or(Thrown)?,
            Executor::Callable(_) => return Ok((inputs, 0, 1)),
        };
        let native = |error| exception::native(&error);
        let tensors = match &joined.engine {
            Engine::Model(model) => {
                let tensors = read_tensors(&inputs, model.inputs(), 0)?;
                model.check(&tensors).map_err(native)?;
                tensors
            }
            Engine::Remote(remote) => {
                let model = remote.model(timeout, "Batcher::infer()")?;
                let tensors = read_tensors(&inputs, &model.inputs, 0)?;
                remote.check(&model, &tensors)?;
                tensors
            }
        };
        let (bucket, rows) = joined.gather.bucket(&tensors).map_err(native)?;
        Ok((tensors_to_php(tensors), bucket, rows))
    }

    /// Runs a batch on the worker's stack. `Err`: the exception that all items get. Suspends.
    pub(super) fn run(&self, batch: &Batch, inputs: Vec<Value>) -> Result<Vec<Output>, Value> {
        match self {
            Executor::Callable(code) => code.run(batch, inputs),
            // The one with the least to do, and of those the first.
            Executor::Model(several) => match several.iter().min_by_key(|one| one.busy.get()) {
                Some(joined) => {
                    joined.busy.set(joined.busy.get() + 1);
                    let outputs = joined.run(batch, &inputs);
                    joined.busy.set(joined.busy.get() - 1);
                    outputs
                }
                None => Err(Value::NULL),
            },
        }
    }

    /// Nobody wants what this batch will give. PHP code sees that at its next wait.
    pub(super) fn abandon(&self, batch: BatchId) {
        match self {
            Executor::Callable(code) => {
                let running = code.running.borrow();
                if let Some(&(_, task)) = running.iter().find(|(id, _)| *id == batch) {
                    core::with(|core| core.reactor.scheduler.cancel(task, clock::now()));
                }
            }
            Executor::Model(several) => several.iter().for_each(|one| one.abandon(batch)),
        }
    }

    pub(super) fn visit(&self, visitor: &mut Visitor) {
        if let Executor::Callable(code) = self {
            visitor.value(&code.callable);
        }
    }
}

impl Code {
    fn run(&self, batch: &Batch, inputs: Vec<Value>) -> Result<Vec<Output>, Value> {
        let task = coroutine::current_task(Worker::current()).ok_or(Value::NULL)?;
        self.running.borrow_mut().push((batch.id, task));
        let outputs = call(&self.callable, inputs);
        self.running.borrow_mut().retain(|(id, _)| *id != batch.id);
        outputs
    }
}

impl Joined {
    fn abandon(&self, batch: BatchId) {
        let stops = self.stops.borrow();
        match (stops.iter().find(|(id, _)| *id == batch), &self.engine) {
            (Some((_, Halt::Model(stop))), _) => stop.stop(),
            (Some((_, Halt::Remote(place))), Engine::Remote(remote)) => remote.give_up(*place),
            _ => {}
        }
    }

    fn run(&self, batch: &Batch, inputs: &[Value]) -> Result<Vec<Output>, Value> {
        let mut requests = Vec::with_capacity(inputs.len());
        let mut gone = Vec::with_capacity(inputs.len());
        for value in inputs {
            gone.push(value.is_null());
            if !value.is_null() {
                // They were made tensors when they came.
                requests.push(read_tensors(value, &[], 0).map_err(|_| failure())?);
            }
        }
        let ran = match &self.engine {
            Engine::Model(model) => self.run_here(batch.id, model, requests),
            Engine::Remote(remote) => self.run_there(batch.id, remote, requests),
        };
        self.stops.borrow_mut().retain(|(id, _)| *id != batch.id);
        let mut shares = ran.map_err(|_| failure())?.into_iter();
        let outputs = gone.into_iter().map(|gone| match gone {
            true => Output::Value(Value::NULL),
            false => Output::Value(tensors_to_php(shares.next().unwrap_or_default())),
        });
        Ok(outputs.collect())
    }

    /// Joins and divides on the thread that runs the model.
    fn run_here(
        &self,
        batch: BatchId,
        model: &Arc<Model>,
        requests: Vec<Tensors>,
    ) -> Result<Vec<Tensors>, Thrown> {
        let requests = Arc::new(requests);
        let gather = &self.gather;
        let make = {
            let (gather, requests) = (Arc::clone(gather), Arc::clone(&requests));
            move || gather.join(&requests)
        };
        let divide = {
            let (model, gather) = (Arc::clone(model), Arc::clone(gather));
            move |outputs| gather.split(&outputs, &requests, model.inputs(), model.outputs())
        };
        let stop = Arc::<Stop>::default();
        let halt = Halt::Model(Arc::clone(&stop));
        self.stops.borrow_mut().push((batch, halt));
        session::run_with(model, make, divide, stop, None, WHAT)
    }

    fn run_there(
        &self,
        batch: BatchId,
        remote: &Remote,
        requests: Vec<Tensors>,
    ) -> Result<Vec<Tensors>, Thrown> {
        let model = remote.model(None, WHAT)?;
        let requests = Arc::new(requests);
        let make = {
            let (gather, requests) = (Arc::clone(&self.gather), Arc::clone(&requests));
            move || gather.join(&requests)
        };
        let bytes = requests.iter().map(bytes_of).sum();
        let outputs = remote.run_until(make, bytes, None, WHAT, |place| {
            self.stops.borrow_mut().push((batch, Halt::Remote(place)));
        })?;
        let (given, taken): (&[Port], &[Port]) = (&model.inputs, &model.outputs);
        self.gather
            .split(&outputs, &requests, given, taken)
            .map_err(|error| exception::native(&error))
    }
}

fn call(callable: &Value, inputs: Vec<Value>) -> Result<Vec<Output>, Value> {
    let Some(mut resolved) = Callable::from_value(callable) else {
        return Err(misuse("the executor cannot be called any more"));
    };
    let count = inputs.len();
    let list = Value::list(inputs);
    let Ok(result) = resolved.call_with(&[list]) else {
        if engine::exception_ends_script() {
            return Err(Value::NULL);
        }
        return Err(failure());
    };
    let Some(outputs) = result.entries() else {
        return Err(misuse(
            "the executor of a Batcher must return a list with an output for each input; it returned none",
        ));
    };
    if outputs.len() != count {
        return Err(misuse(&format!(
            "the executor of a Batcher must return an output for each input, in their order: it got \
             {count} inputs and returned {} outputs",
            outputs.len()
        )));
    }
    let outputs = outputs.into_iter().enumerate();
    Ok(outputs
        .map(|(place, (_, output))| one(place, output))
        .collect())
}

fn one(place: usize, output: Value) -> Output {
    if output.is_array() {
        return Output::Value(output);
    }
    if engine::is_throwable(&output) {
        return Output::Thrown(output);
    }
    Output::Thrown(misuse(&format!(
        "output {place} of a Batcher's executor is neither an array nor a Throwable"
    )))
}
