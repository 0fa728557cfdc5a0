//! What runs a batch.

use tusk_infer::batcher::{Batch, BatchId};

use super::worker::{failure, misuse};
use crate::exception::Thrown;
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
}

impl Executor {
    /// Which items an item may share a batch with, and how many rows it has.
    pub(super) fn shape(&self, _: &Value) -> Result<(u64, u32), Thrown> {
        Ok((0, 1))
    }

    /// Runs a batch on the worker's stack. `Err`: the exception that all items get. Suspends.
    pub(super) fn run(&self, _: &Batch, inputs: Vec<Value>) -> Result<Vec<Output>, Value> {
        match self {
            Executor::Callable(callable) => call(callable, inputs),
        }
    }

    /// Nobody wants what this batch will give. PHP code is not interrupted for that.
    pub(super) fn abandon(&self, _: BatchId) {}

    pub(super) fn visit(&self, visitor: &mut Visitor) {
        match self {
            Executor::Callable(callable) => visitor.value(callable),
        }
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
