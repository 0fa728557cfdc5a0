//! What runs a batch.

use std::cell::RefCell;
use std::sync::Arc;

use tusk_infer::batcher::{Batch, BatchId};
use tusk_infer::gather::Gather;
use tusk_infer::onnx::{Model, Stop};

use super::session;
use super::tensors::{read_tensors, tensors_to_php};
use super::worker::{failure, misuse};
use crate::exception::{self, Thrown};
use crate::zend::call::Callable;
use crate::zend::class::Visitor;
use crate::zend::engine;
use crate::zend::value::Value;

/// What came of one item.
pub enum Output {
    /// Its outputs.
    Value(Value),
    /// The exception that is its alone.
    Thrown(Value),
}

/// See the module's description.
pub enum Executor {
    /// PHP code: a list of inputs in, a list of outputs out.
    Callable(Value),
    /// A model, whose inputs are joined.
    Session(Joined),
}

/// A model behind a batcher.
pub struct Joined {
    /// The model.
    pub model: Arc<Model>,
    /// How requests are joined.
    pub gather: Arc<Gather>,
    /// What ends the batches that run.
    pub stops: RefCell<Vec<(BatchId, Arc<Stop>)>>,
}

impl Executor {
    /// The inputs as they are kept, which items one may share a batch with, and its rows.
    pub(super) fn prepare(&self, inputs: Value) -> Result<(Value, u64, u32), Thrown> {
        let Executor::Session(joined) = self else {
            return Ok((inputs, 0, 1));
        };
        let tensors = read_tensors(&inputs, joined.model.inputs(), 0)?;
        let native = |error| exception::native(&error);
        joined.model.check(&tensors).map_err(native)?;
        let (bucket, rows) = joined.gather.bucket(&tensors).map_err(native)?;
        Ok((tensors_to_php(tensors), bucket, rows))
    }

    /// Runs a batch on the worker's stack. `Err`: the exception that all items get. Suspends.
    pub(super) fn run(&self, batch: &Batch, inputs: Vec<Value>) -> Result<Vec<Output>, Value> {
        match self {
            Executor::Callable(callable) => call(callable, inputs),
            Executor::Session(joined) => joined.run(batch, &inputs),
        }
    }

    /// Nobody wants what this batch will give. PHP code is not interrupted for that.
    pub(super) fn abandon(&self, batch: BatchId) {
        if let Executor::Session(joined) = self {
            let stops = joined.stops.borrow();
            if let Some((_, stop)) = stops.iter().find(|(id, _)| *id == batch) {
                stop.stop();
            }
        }
    }

    pub(super) fn visit(&self, visitor: &mut Visitor) {
        if let Executor::Callable(callable) = self {
            visitor.value(callable);
        }
    }
}

impl Joined {
    fn run(&self, batch: &Batch, inputs: &[Value]) -> Result<Vec<Output>, Value> {
        let mut requests = Vec::with_capacity(inputs.len());
        let mut gone = Vec::with_capacity(inputs.len());
        for value in inputs {
            gone.push(value.is_null());
            if !value.is_null() {
                requests.push(read_tensors(value, self.model.inputs(), 0).map_err(|_| failure())?);
            }
        }
        let requests = Arc::new(requests);
        let (model, gather) = (&self.model, &self.gather);
        let make = {
            let (gather, requests) = (Arc::clone(gather), Arc::clone(&requests));
            move || gather.join(&requests)
        };
        let divide = {
            let (model, gather) = (Arc::clone(model), Arc::clone(gather));
            move |outputs| gather.split(&outputs, &requests, model.inputs(), model.outputs())
        };
        let stop = Arc::<Stop>::default();
        self.stops.borrow_mut().push((batch.id, Arc::clone(&stop)));
        let ran = session::run_with(model, make, divide, stop, None, "a batch of a Session");
        self.stops.borrow_mut().retain(|(id, _)| *id != batch.id);
        let mut shares = ran.map_err(|_| failure())?.into_iter();
        let outputs = gone.into_iter().map(|gone| match gone {
            true => Output::Value(Value::NULL),
            false => Output::Value(tensors_to_php(shares.next().unwrap_or_default())),
        });
        Ok(outputs.collect())
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
