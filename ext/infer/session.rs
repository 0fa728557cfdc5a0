//! Loading and running models on threads while coroutines wait.
//!
//! What a thread works on is its own; a coroutine that gives up tells it to stop and does not
//! wait for it. The result lies in a slot that both hold.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tusk_device::device::Device;
use tusk_infer::gather::Tensors;
use tusk_infer::model::{Job, Model};
use tusk_infer::onnx::runtime::{self, Settings};
use tusk_infer::options::Options;
use tusk_infer::stop::Stop;
use tusk_infer::value::{Value, Values};
use tusk_runtime::error::Error;
use tusk_runtime::reactor::{Letter, OpId, Reactor};
use tusk_runtime::task::{Ends, Waiter};

use crate::coroutine::{self, Ended, check_may_wait, deadline_in, raise_cancel};
use crate::exception::{self, Thrown};
use crate::zend::class::NativeClass;
use crate::zend::engine;
use crate::zend::kind::Kind;

/// `Tusk\Infer\Session`, for classes that take one.
pub static SESSION: Kind<SessionObject> = Kind::new();

/// The state behind it.
pub struct SessionObject {
    /// The model, which other sessions of the same file share.
    pub model: Arc<Model>,
    /// Where outputs stay; `None`: they come to host memory.
    pub keep: Option<Device>,
}

impl NativeClass for SessionObject {
    fn describe(&self) -> Option<String> {
        Some(format!(
            "{}, {} runs wait",
            self.model.path().display(),
            self.model.waiting()
        ))
    }
}

/// Runs that were begun and not waited for may still be at it.
pub fn finish(patience: Duration) {
    runtime::finish(patience);
}

type Slot<T> = Arc<Mutex<Option<Result<T, Error>>>>;

fn put<T>(slot: &Slot<T>, result: Result<T, Error>) {
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
}

/// Waits for what `begin` starts on a thread, which puts it into the slot and posts the
/// letter. `stop` is called when the wait ends early.
fn on_thread<T>(
    what: &str,
    deadline: Option<u64>,
    begin: impl FnOnce(&mut Reactor, OpId, Slot<T>) -> Result<(), Error>,
    stop: impl FnOnce(),
) -> Result<T, Thrown> {
    check_may_wait(what)?;
    let slot: Slot<T> = Arc::default();
    let mut refused = None;
    let ended = coroutine::read_letter(
        Ends::OnCancel,
        deadline,
        |reactor: &mut Reactor, waiter: Waiter| {
            let op = reactor.open_letter(Some(waiter));
            match begin(reactor, op, Arc::clone(&slot)) {
                Ok(()) => Some(op),
                Err(error) => {
                    reactor.withdraw_letter(op);
                    refused = Some(error);
                    None
                }
            }
        },
    );
    match (ended, refused) {
        (_, Some(error)) => return Err(exception::native(&error)),
        (None, None) => return Err(raise_cancel()),
        (Some(Err(ended)), _) => {
            stop();
            return Err(ended.throw(what));
        }
        (Some(Ok(_)), _) => {}
    }
    let result = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    match result {
        Some(result) => result.map_err(|error| exception::native(&error)),
        None => Err(Ended::Cancelled.throw(what)),
    }
}

/// Computes something on a thread. Suspends.
pub(super) fn compute<T: Send + 'static>(
    what: &str,
    deadline: Option<u64>,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Thrown> {
    on_thread(
        what,
        deadline,
        move |reactor, op, slot| {
            let sender = reactor.sender();
            reactor.long_pool().try_run(Box::new(move || {
                put(&slot, work());
                sender.send_owed(Letter { op, result: 0 });
            }))
        },
        || {},
    )
}

fn settings() -> Settings {
    Settings {
        library: Some(engine::ini("tusk.onnx_library")).filter(|path| !path.is_empty()),
        threads: engine::ini("tusk.onnx_threads").parse().unwrap_or(0),
        cpus: Some(engine::ini("tusk.onnx_cpus")).filter(|cpus| !cpus.is_empty()),
    }
}

/// Loads a model. Suspends.
pub fn load(path: PathBuf, options: Options) -> Result<Arc<Model>, Thrown> {
    let settings = settings();
    on_thread(
        "loading a model",
        None,
        move |reactor, op, slot| {
            let sender = reactor.sender();
            reactor.long_pool().try_run(Box::new(move || {
                put(&slot, Model::load(&path, &options, &settings));
                sender.send_owed(Letter { op, result: 0 });
            }))
        },
        || {},
    )
}

/// Runs a model; outputs stay in `keep`'s memory where it is given. Suspends.
pub fn run(
    model: &Arc<Model>,
    inputs: Values,
    keep: Option<Device>,
    timeout: Option<f64>,
) -> Result<Values, Thrown> {
    if let Err(error) = model.check(&inputs) {
        return Err(exception::native(&error));
    }
    run_job(
        model,
        Box::new(move || Ok(inputs)),
        keep,
        Ok,
        Arc::default(),
        timeout,
        "Session::run()",
    )
}

/// The same in host memory, with inputs that are made, and outputs that are divided, on the
/// thread.
pub fn run_with<T: Send + 'static>(
    model: &Arc<Model>,
    make: impl FnOnce() -> Result<Tensors, Error> + Send + 'static,
    divide: impl FnOnce(Tensors) -> Result<T, Error> + Send + 'static,
    stop: Arc<Stop>,
    timeout: Option<f64>,
    what: &str,
) -> Result<T, Thrown> {
    let make = move || {
        let tensors = make()?.into_iter();
        Ok(tensors
            .map(|(name, tensor)| (name, Value::Host(tensor)))
            .collect())
    };
    let divide = move |values: Values| {
        let tensors = values.into_iter();
        divide(
            tensors
                .filter_map(|(name, value)| Some((name, value.into_host()?)))
                .collect(),
        )
    };
    run_job(model, Box::new(make), None, divide, stop, timeout, what)
}

fn run_job<T: Send + 'static>(
    model: &Arc<Model>,
    make: Box<dyn FnOnce() -> Result<Values, Error> + Send>,
    keep: Option<Device>,
    divide: impl FnOnce(Values) -> Result<T, Error> + Send + 'static,
    stop: Arc<Stop>,
    timeout: Option<f64>,
    what: &str,
) -> Result<T, Thrown> {
    let own = Arc::clone(&stop);
    on_thread(
        what,
        deadline_in(timeout),
        move |reactor, op, slot: Slot<T>| {
            let sender = reactor.sender();
            model.run(Job {
                make,
                keep,
                stop: own,
                done: Box::new(move |result| {
                    put(&slot, result.and_then(divide));
                    sender.send_owed(Letter { op, result: 0 });
                }),
            })
        },
        || stop.stop(),
    )
}
