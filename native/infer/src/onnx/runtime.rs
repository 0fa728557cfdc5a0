//! ONNX Runtime in this process: one environment, one pool of threads, begun once.
//!
//! Invariants:
//! 1. The library is opened when the first model is loaded, and never closed.
//! 2. Its threads do not spin: a waiting thread that spins takes the core of PHP's.
//! 3. Its threads, and those of ours that run models, yield to PHP's (`limits::MODEL_NICENESS`).
//! 4. A process that forked after that has the library without its threads, where a run would
//!    wait for ever; there everything is refused.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use ort::environment::GlobalThreadPoolOptions;
use ort::logging::LogLevel;
use tusk_runtime::error::{Error, Kind};
use tusk_runtime::pool::{Config, Job, Pool};
use tusk_runtime::sys::thread::be_nice;

use super::library;
use crate::limits;

/// How long a thread that has no model to run stays.
const IDLE: u64 = 30_000_000_000;

/// What the process wants of ONNX Runtime.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Path of the library; `None`: it is looked for.
    pub library: Option<String>,
    /// Threads of its pool; 0: as many as there are cores.
    pub threads: usize,
    /// Its threads' CPUs, as ONNX Runtime writes them (`1;2;3`, one group a thread but the first).
    pub cpus: Option<String>,
}

static BEGUN: OnceLock<Result<PathBuf, Error>> = OnceLock::new();
/// The process that opened the library or began to run models, or was about to when somebody
/// forked; 0: none.
static PROCESS: AtomicU32 = AtomicU32::new(0);
static THREADS: Mutex<Option<Pool>> = Mutex::new(None);
/// [`finish`] was called: no thread is started any more to drop something.
static ENDS: AtomicBool = AtomicBool::new(false);

/// Opens the library if that has not been done.
///
/// # Errors
/// `Unsupported`: it is not there, too old, or no library of that kind; the same every time.
/// `Misuse`: it was opened before this process forked.
pub fn begin(settings: &Settings) -> Result<PathBuf, Error> {
    claim()?;
    BEGUN.get_or_init(|| open(settings)).clone()
}

/// From now on threads of this process run models.
///
/// # Errors
/// `Misuse`: its parent's did when it forked.
pub(crate) fn claim() -> Result<(), Error> {
    let own = std::process::id();
    let _ = PROCESS.compare_exchange(0, own, Ordering::SeqCst, Ordering::SeqCst);
    check_process()
}

/// Which library is open.
pub fn opened() -> Option<PathBuf> {
    BEGUN.get()?.clone().ok()
}

/// Was the library opened by this process's parent?
pub(crate) fn check_process() -> Result<(), Error> {
    let process = PROCESS.load(Ordering::SeqCst);
    if process == 0 || process == std::process::id() {
        return Ok(());
    }
    Err(Error::new(
        Kind::Misuse,
        "use ONNX Runtime",
        "it was started before this process forked, and its threads are the parent's",
    )
    .hint("open sessions in the child: in workerman, in onWorkerStart"))
}

fn open(settings: &Settings) -> Result<PathBuf, Error> {
    let refuse = |detail: String| Error::new(Kind::Unsupported, "open ONNX Runtime", detail);
    let library = library::find(settings.library.as_deref()).map_err(|tried| {
        refuse(format!("the library was not found in {}", tried.join(", "))).hint(
            "install it (pip install onnxruntime, or npm install onnxruntime-node) or name it: \
             tusk.onnx_library in php.ini, or ORT_DYLIB_PATH",
        )
    })?;
    // The crate panics where the library cannot be opened or is too old.
    // The library starts its threads here, and they are as nice as who starts them; the caller's
    // thread does other work later.
    let begun = std::thread::scope(|scope| {
        let commit = || {
            be_nice(limits::MODEL_NICENESS);
            commit(&library, settings)
        };
        scope.spawn(commit).join()
    });
    let failure = match begun {
        Ok(Ok(())) => return Ok(library),
        Ok(Err(error)) => error.to_string(),
        Err(panic) => super::panic_text(panic.as_ref()),
    };
    Err(refuse(format!("{}: {failure}", library.display())).hint(
        "ONNX Runtime 1.22 or later for this machine is needed; name another in tusk.onnx_library",
    ))
}

fn commit(library: &std::path::Path, settings: &Settings) -> ort::Result<()> {
    let environment = ort::init_from(library.display())
        .with_name("tusk")
        .with_telemetry(false);
    let mut threads = GlobalThreadPoolOptions::default()
        .with_spin_control(false)?
        .with_inter_threads(1)?
        .with_intra_threads(settings.threads)?;
    if let Some(cpus) = settings.cpus.as_deref().filter(|cpus| !cpus.is_empty()) {
        threads = threads.with_intra_affinity(cpus)?;
    }
    environment.with_global_thread_pool(threads).commit()?;
    // What fails is said in errors; PHP's standard error is not the place for it.
    ort::environment::get_environment()?.set_log_level(LogLevel::Fatal);
    Ok(())
}

/// As many as there are cores, and one that no single model takes: one whose runs are long
/// must not hold up all others.
pub(crate) fn worker_count() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    cores.clamp(2, limits::MODEL_THREADS) + 1
}

/// Runs a job on one of the threads for models.
pub(crate) fn run(job: Job) -> Result<(), Error> {
    let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    let pool = threads.get_or_insert_with(|| {
        Pool::new(Config {
            threads: worker_count(),
            queue: limits::MODEL_QUEUE,
            idle: IDLE,
        })
    });
    // Each thread of this pool runs models only, so what it is told once is true from then on.
    pool.try_run(Box::new(move || {
        be_nice(limits::MODEL_NICENESS);
        job();
    }))
}

/// Drops what takes long to drop on one of these threads, starting one where there is none; here
/// in the child of a fork, and when the process ends.
pub(crate) fn drop_there<T: Send + 'static>(value: T) {
    if check_process().is_err() || ENDS.load(Ordering::SeqCst) {
        return drop(value);
    }
    // Refused, it drops the job, and what the job holds with it.
    let _ = run(Box::new(move || drop(value)));
}

/// The process ends: waits for runs that have begun, at most so long. False: some still run.
pub fn finish(patience: Duration) -> bool {
    if check_process().is_err() {
        return true;
    }
    ENDS.store(true, Ordering::SeqCst);
    let pool = THREADS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    pool.is_none_or(|pool| pool.close(patience))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::thread::{self, ThreadId};

    struct Heavy(mpsc::Sender<ThreadId>);

    impl Drop for Heavy {
        fn drop(&mut self) {
            let _ = self.0.send(thread::current().id());
        }
    }

    #[test]
    fn weights_of_a_model_that_never_ran_go_on_a_thread_until_the_process_ends() {
        let (sender, receiver) = mpsc::channel();
        drop_there(Heavy(sender.clone()));
        let dropped_by = receiver.recv().expect("it was dropped");
        assert_ne!(dropped_by, thread::current().id());
        assert!(finish(Duration::from_secs(60)), "nothing runs for so long");
        drop_there(Heavy(sender));
        let dropped_by = receiver.recv().expect("it was dropped");
        assert_eq!(dropped_by, thread::current().id());
    }
}
