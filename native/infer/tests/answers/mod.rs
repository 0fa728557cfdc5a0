//! Runs a model and waits for its outputs, for the tests of models of every kind.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use tusk_device::device::Device;
use tusk_infer::model::{Job, Model};
use tusk_infer::stop::Stop;
use tusk_infer::value::{Value, Values};
use tusk_runtime::error::Error;

/// Beyond it something hangs.
pub const LONG: Duration = Duration::from_secs(60);

pub fn begin(
    model: &Arc<Model>,
    inputs: Vec<(&str, Value)>,
    keep: Option<&Device>,
    stop: &Arc<Stop>,
) -> mpsc::Receiver<Result<Values, Error>> {
    let (sender, receiver) = mpsc::channel();
    let inputs: Values = inputs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let job = Job {
        make: Box::new(|| Ok(inputs)),
        keep: keep.cloned(),
        stop: Arc::clone(stop),
        done: Box::new(move |result| drop(sender.send(result))),
    };
    model.run(job).expect("room");
    receiver
}

/// The first output.
pub fn run(
    model: &Arc<Model>,
    inputs: Vec<(&str, Value)>,
    keep: Option<&Device>,
) -> Result<Value, Error> {
    let answer = begin(model, inputs, keep, &Arc::default());
    let mut values = answer.recv_timeout(LONG).expect("an answer")?;
    Ok(values.swap_remove(0).1)
}
