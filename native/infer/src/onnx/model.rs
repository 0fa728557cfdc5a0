//! A loaded model: what it wants and gives, and runs of it.
//!
//! One copy of a model runs one job at a time (that is the crate's contract); jobs beyond
//! its copies wait in its own queue, so that they hold no thread.
//!
//! States of a job, and who moves it: queued → running by a thread of the pool; queued →
//! ended by the same, unrun, when it was stopped before; running → ended, by itself or early
//! because [`Stop::stop`] told ONNX Runtime.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};
use std::time::SystemTime;

use ort::session::{NoSelectedOutputs, RunOptions, Session, SessionInputValue};
use ort::value::ValueType;
use tusk_device::tensor::Tensor;
use tusk_runtime::error::{Error, Kind};

use super::open::{build, metadata, port_of};
use super::stop::Stop;
use super::{convert, failed, lock, runtime};
use crate::gather::Tensors;
use crate::limits;
use crate::port::{self, Port};

/// Where a model computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Provider {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
    /// An Ascend NPU.
    Cann,
}

/// How a model is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Options {
    /// Copies that run at the same time.
    pub copies: u32,
    /// See [`Provider`].
    pub provider: Provider,
    /// Number of the provider's device.
    pub device: i32,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            copies: 1,
            provider: Provider::Cpu,
            device: 0,
        }
    }
}

/// See the module's description.
pub struct Model {
    path: PathBuf,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    metadata: Vec<(String, String)>,
    copies: Mutex<Copies>,
}

#[derive(Default)]
struct Copies {
    idle: Vec<Session>,
    /// Threads that work or will.
    working: usize,
    all: usize,
    jobs: VecDeque<Job>,
}

/// Giving back weights takes milliseconds a copy, and the last user of a model is most often
/// PHP's thread.
impl Drop for Model {
    fn drop(&mut self) {
        let idle = std::mem::take(&mut lock(&self.copies).idle);
        if !idle.is_empty() {
            runtime::drop_there(idle);
        }
    }
}

/// Makes the inputs on the thread that runs the model.
type Make = Box<dyn FnOnce() -> Result<Tensors, Error> + Send>;

struct Job {
    make: Make,
    stop: Arc<Stop>,
    done: Box<dyn FnOnce(Result<Tensors, Error>) + Send>,
}

type Key = (PathBuf, Option<SystemTime>, Options);

/// Models that somebody uses, so that the next user of the same file shares it.
static LOADED: Mutex<Option<HashMap<Key, Weak<Model>>>> = Mutex::new(None);

impl Model {
    /// Loads a model, or finds it loaded. Blocks: call it on a thread.
    ///
    /// # Errors
    /// `Unsupported` where ONNX Runtime is missing or cannot run it, `Misuse` for a file that
    /// is not there or no model.
    pub fn load(
        path: &Path,
        options: Options,
        settings: &runtime::Settings,
    ) -> Result<Arc<Model>, Error> {
        let refuse = |detail: String| Error::new(Kind::Misuse, "load a model", detail);
        if !(1..=limits::MODEL_COPIES).contains(&options.copies) {
            return Err(refuse(format!(
                "copies is {}, and must be from 1 to {}",
                options.copies,
                limits::MODEL_COPIES
            )));
        }
        let real = path
            .canonicalize()
            .map_err(|error| refuse(format!("{}: {error}", path.display())))?;
        runtime::begin(settings)?;
        let changed = real.metadata().and_then(|data| data.modified()).ok();
        let key = (real.clone(), changed, options);
        // Who comes second waits for the first to have loaded it.
        let mut loaded = lock(&LOADED);
        let loaded = loaded.get_or_insert_default();
        loaded.retain(|_, model| model.strong_count() > 0);
        if let Some(model) = loaded.get(&key).and_then(Weak::upgrade) {
            return Ok(model);
        }
        let opened = catch_unwind(AssertUnwindSafe(|| Model::open(real, options)));
        let model =
            opened.unwrap_or_else(|panic| Err(refuse(super::panic_text(panic.as_ref()))))?;
        let model = Arc::new(model);
        loaded.insert(key, Arc::downgrade(&model));
        Ok(model)
    }

    fn open(path: PathBuf, options: Options) -> Result<Model, Error> {
        let session = || {
            build(&path, options).map_err(|error| {
                let detail = format!("{}: {error}", path.display());
                Error::new(Kind::Unsupported, "load a model", detail)
                    .hint("is it an ONNX model whose operators this ONNX Runtime has?")
            })
        };
        let first = session()?;
        let ports = |all: Vec<(&String, &ValueType)>| {
            all.into_iter()
                .map(|(name, kind)| port_of(name, kind))
                .collect()
        };
        let inputs = ports(
            first
                .inputs
                .iter()
                .map(|input| (&input.name, &input.input_type))
                .collect(),
        );
        let outputs = ports(
            first
                .outputs
                .iter()
                .map(|output| (&output.name, &output.output_type))
                .collect(),
        );
        let metadata = metadata(&first);
        let mut idle = vec![first];
        for _ in 1..options.copies {
            idle.push(session()?);
        }
        let all = idle.len();
        let copies = Mutex::new(Copies {
            idle,
            all,
            ..Copies::default()
        });
        Ok(Model {
            path,
            inputs,
            outputs,
            metadata,
            copies,
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

    /// Jobs that wait for a copy.
    pub fn waiting(&self) -> usize {
        lock(&self.copies).jobs.len()
    }

    /// Do these tensors fit its inputs?
    ///
    /// # Errors
    /// `Misuse`, see [`port::check`].
    pub fn check(&self, inputs: &[(String, Tensor)]) -> Result<(), Error> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        port::check(&name, &self.inputs, inputs)
    }

    /// Runs it on a thread; `done` is called there, once, with the outputs.
    ///
    /// # Errors
    /// `Misuse` for inputs that do not fit, or in the child of a fork; `Overloaded` when too
    /// many runs wait. `done` is not called then.
    pub fn run(
        self: &Arc<Self>,
        inputs: Tensors,
        stop: Arc<Stop>,
        done: impl FnOnce(Result<Tensors, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        self.check(&inputs)?;
        self.run_with(Box::new(|| Ok(inputs)), stop, done)
    }

    /// The same with inputs that are made on the thread; they are checked there.
    ///
    /// # Errors
    /// `Misuse` in the child of a fork; `Overloaded` when too many runs wait.
    pub fn run_with(
        self: &Arc<Self>,
        make: Make,
        stop: Arc<Stop>,
        done: impl FnOnce(Result<Tensors, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        runtime::check_process()?;
        let mut copies = lock(&self.copies);
        if copies.jobs.len() >= limits::MODEL_QUEUE {
            let detail = format!(
                "{} runs of {} wait already",
                copies.jobs.len(),
                self.path.display()
            );
            return Err(Error::new(Kind::Overloaded, "run a model", detail)
                .hint("put a Batcher in front of it, or load more copies"));
        }
        copies.jobs.push_back(Job {
            make,
            stop,
            done: Box::new(done),
        });
        if copies.working < copies.all {
            copies.working += 1;
            let model = Arc::clone(self);
            if let Err(error) = runtime::run(Box::new(move || model.work())) {
                copies.working -= 1;
                copies.jobs.pop_back();
                return Err(error);
            }
        }
        Ok(())
    }

    /// A thread's share: jobs until none is left.
    fn work(&self) {
        let mut copies = lock(&self.copies);
        let Some(mut session) = copies.idle.pop() else {
            copies.working -= 1;
            return;
        };
        while let Some(job) = copies.jobs.pop_front() {
            drop(copies);
            let ran = catch_unwind(AssertUnwindSafe(|| {
                self.run_now(&mut session, job.make, &job.stop)
            }));
            let result = ran.unwrap_or_else(|panic| {
                Err(Error::new(
                    Kind::Device,
                    "run a model",
                    super::panic_text(panic.as_ref()),
                ))
            });
            (job.done)(result);
            copies = lock(&self.copies);
        }
        copies.idle.push(session);
        copies.working -= 1;
    }

    fn run_now(&self, session: &mut Session, make: Make, stop: &Stop) -> Result<Tensors, Error> {
        let Some(options) = stop.begin()? else {
            return Err(stopped());
        };
        let inputs = make()?;
        self.check(&inputs)?;
        let result = run_with(session, &inputs, &options);
        if stop.end() { Err(stopped()) } else { result }
    }
}

fn run_with(
    session: &mut Session,
    inputs: &[(String, Tensor)],
    options: &RunOptions<NoSelectedOutputs>,
) -> Result<Tensors, Error> {
    let mut moved: Vec<Option<Tensor>> = inputs.iter().map(|_| None).collect();
    let values: Result<Vec<(&str, SessionInputValue<'_>)>, Error> = inputs
        .iter()
        .zip(&mut moved)
        .map(|((name, tensor), moved)| Ok((name.as_str(), convert::input(tensor, moved)?)))
        .collect();
    let outputs = session.run_with_options(values?, options);
    let outputs = outputs.map_err(|error| failed("run a model", &error))?;
    let named = outputs
        .into_iter()
        .map(|(name, value)| Ok((name.to_owned(), convert::output(name, value)?)));
    named.collect()
}

fn stopped() -> Error {
    Error::new(
        Kind::Cancelled,
        "run a model",
        "nobody wants the result any more",
    )
}
