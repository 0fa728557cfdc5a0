//! A loaded model: what it wants and gives, and runs of it, whatever runs it (onnx, om).
//!
//! All its users share one copy of the weights, and their runs go side by side, up to a bound;
//! runs beyond it wait in the model's own queue, so that they hold no thread.
//!
//! States of a job, and who moves it: queued → running by a thread of the pool; queued →
//! ended by the same, unrun, when it was stopped before; running → ended, by itself or early
//! because [`Stop::stop`] interrupted it.

mod loaded;

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tusk_device::device::Device;
use tusk_runtime::error::{Error, Kind};

use crate::backend::Backend;
use crate::limits;
use crate::om::OmModel;
use crate::onnx::runtime::{self, Settings};
use crate::onnx::{OnnxModel, panic_text};
use crate::options::Options;
use crate::port::{self, Port, Shaped};
use crate::stop::{Stop, stopped};
use crate::value::Values;

/// See the module's description.
pub struct Model {
    path: PathBuf,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    metadata: Vec<(String, String)>,
    /// Nothing after the last run.
    backend: Option<Box<dyn Backend>>,
    most: usize,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    /// Threads that work or will.
    working: usize,
    jobs: VecDeque<Job>,
}

/// Makes the inputs on the thread that runs the model.
type Make = Box<dyn FnOnce() -> Result<Values, Error> + Send>;

/// A run to be.
pub struct Job {
    /// See [`Make`].
    pub make: Make,
    /// Where the outputs stay; `None`: they come to host memory.
    pub keep: Option<Device>,
    /// What ends it early.
    pub stop: Arc<Stop>,
    /// Called on the thread, once, with the outputs.
    pub done: Box<dyn FnOnce(Result<Values, Error>) + Send>,
}

/// Giving back weights takes milliseconds, and the last user of a model is most often PHP's
/// thread.
impl Drop for Model {
    fn drop(&mut self) {
        runtime::drop_there(self.backend.take());
    }
}

/// What a lock guards is whole whenever it is released, also by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn caught<T>(call: impl FnOnce() -> Result<T, Error>, operation: &'static str) -> Result<T, Error> {
    let failed = |panic: Box<dyn Any + Send>| {
        Err(Error::new(
            Kind::Device,
            operation,
            panic_text(panic.as_ref()),
        ))
    };
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(failed)
}

/// Is it an Ascend's own format?
pub fn is_om(path: &Path) -> bool {
    path.extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("om"))
}

impl Model {
    /// Loads a model, or finds it loaded. Blocks: call it on a thread.
    ///
    /// # Errors
    /// `Unsupported` where ONNX Runtime or the device is missing or cannot run it, `Misuse` for a
    /// file that is not there.
    pub fn load(path: &Path, options: &Options, settings: &Settings) -> Result<Arc<Model>, Error> {
        runtime::check_process()?;
        loaded::find(path, options, |real| {
            let opened = if is_om(&real) {
                runtime::claim()?;
                caught(|| OmModel::open(&real, options), "load a model")?
            } else {
                runtime::begin(settings)?;
                caught(|| OnnxModel::open(&real, options), "load a model")?
            };
            // One thread is left for other models.
            let most = runtime::worker_count() - 1;
            let most = match options.runs {
                0 => most,
                runs => most.min(runs as usize),
            };
            Ok(Model {
                path: real,
                inputs: opened.inputs,
                outputs: opened.outputs,
                metadata: opened.metadata,
                backend: Some(opened.backend),
                most,
                queue: Mutex::default(),
            })
        })
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it wants.
    pub fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    /// What it gives.
    pub fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    /// What its maker wrote into it: producer, description, version and entries of their own.
    pub fn metadata(&self) -> &[(String, String)] {
        &self.metadata
    }

    /// Runs that wait for others of it.
    pub fn waiting(&self) -> usize {
        lock(&self.queue).jobs.len()
    }

    /// Do these tensors fit its inputs?
    ///
    /// # Errors
    /// `Misuse`, see [`port::check`].
    pub fn check<T: Shaped>(&self, inputs: &[(String, T)]) -> Result<(), Error> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        port::check(&name, &self.inputs, inputs)
    }

    /// Runs it on a thread. Inputs are checked there, after they were made.
    ///
    /// # Errors
    /// `Misuse` in the child of a fork; `Overloaded` when too many runs wait. Then `done` is not
    /// called.
    pub fn run(self: &Arc<Self>, job: Job) -> Result<(), Error> {
        runtime::check_process()?;
        let mut queue = lock(&self.queue);
        if queue.jobs.len() >= limits::MODEL_QUEUE {
            let detail = format!(
                "{} runs of {} wait already",
                queue.jobs.len(),
                self.path.display()
            );
            return Err(Error::new(Kind::Overloaded, "run a model", detail)
                .hint("put a Batcher in front of it"));
        }
        queue.jobs.push_back(job);
        if queue.working < self.most {
            queue.working += 1;
            let model = Arc::clone(self);
            if let Err(error) = runtime::run(Box::new(move || model.work())) {
                queue.working -= 1;
                // Those that work already take it; without any it would wait for ever.
                if queue.working == 0 {
                    queue.jobs.pop_back();
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// A thread's share: jobs until none is left.
    fn work(&self) {
        let mut queue = lock(&self.queue);
        while let Some(job) = queue.jobs.pop_front() {
            drop(queue);
            let Job {
                make,
                keep,
                stop,
                done,
            } = job;
            done(caught(
                || self.run_now(make, keep.as_ref(), &stop),
                "run a model",
            ));
            queue = lock(&self.queue);
        }
        queue.working -= 1;
    }

    fn run_now(&self, make: Make, keep: Option<&Device>, stop: &Stop) -> Result<Values, Error> {
        if stop.is_stopped() {
            return Err(stopped());
        }
        let inputs = make()?;
        self.check(&inputs)?;
        let Some(backend) = &self.backend else {
            return Err(stopped());
        };
        let result = backend.run(&inputs, keep, stop);
        if stop.end() { Err(stopped()) } else { result }
    }
}
