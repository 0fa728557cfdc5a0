//! What others hold of the background thread.

use crate::descriptors::{Descriptors, Noted};
use crate::limits::JOBS;
use crate::shared::Shared;
use std::future::Future;
use std::os::fd::RawFd;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use tusk_runtime::error::{Error, Kind};
use tusk_runtime::reactor::{OpId, Outbox};

/// Something to do in the background thread. It must not block: everything else there
/// waits for it.
pub type Job = Box<dyn FnOnce() + Send>;

/// For both threads; cheap to clone.
#[derive(Clone)]
pub struct Handle(pub(crate) Arc<Shared>);

impl Handle {
    /// Was the thread started before this process forked? Then it does not exist here, and
    /// its locks may be held for ever. Ask before touching anything that jobs share.
    pub fn is_lost(&self) -> bool {
        self.0.lost.load(Ordering::Relaxed)
    }

    /// The error for who uses a lost thread.
    pub fn lost_error(operation: &'static str) -> Error {
        Error::new(
            Kind::Misuse,
            operation,
            "it was opened before this process forked, and its connections belong to the parent",
        )
        .hint("open it in the child: in workerman, in onWorkerStart")
    }

    /// Queues a job. The thread sees it at the end of the loop's turn, or at
    /// [`Handle::ring`].
    ///
    /// # Errors
    /// `Misuse` in the child of a fork, `Overloaded` when `limits::JOBS` wait already or
    /// the thread ends. The job is dropped.
    pub fn run(&self, job: Job) -> Result<(), Error> {
        let shared = &*self.0;
        if self.is_lost() {
            // What the job holds may need a lock that nobody will ever give up.
            std::mem::forget(job);
            return Err(Handle::lost_error("use the background thread"));
        }
        if shared.closing.load(Ordering::Relaxed) {
            return Err(Error::new(
                Kind::Overloaded,
                "use the background thread",
                "the script ends",
            ));
        }
        if shared.job_count.fetch_add(1, Ordering::Relaxed) >= JOBS {
            shared.job_count.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::new(
                Kind::Overloaded,
                "use the background thread",
                format!("{JOBS} jobs wait for it already"),
            )
            .hint("start fewer calls at a time"));
        }
        shared.jobs.push(job);
        shared.unrung.store(true, Ordering::Release);
        Ok(())
    }

    /// Wakes the thread now if jobs were queued since it was last woken.
    pub fn ring(&self) {
        let shared = &*self.0;
        if shared.unrung.load(Ordering::Acquire)
            && !self.is_lost()
            && shared.unrung.swap(false, Ordering::AcqRel)
        {
            shared.bell.notify_one();
        }
    }

    /// Completes a letter of the loop, from a task of the background thread. It goes out
    /// when everything that is ready there has run.
    pub fn post(&self, op: OpId) {
        let mut letters = self
            .0
            .letters
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        letters.push(op);
        let first = letters.len() == 1;
        drop(letters);
        if first {
            self.0.post.notify_one();
        }
    }

    /// Starts a task, from the background thread.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.0.tokio.spawn(task));
    }

    /// Writes a connection down, so that a forked child closes its copy.
    pub fn note(&self, fd: RawFd) -> Noted {
        Descriptors::note(&self.0.descriptors, fd)
    }
}

impl Outbox for Handle {
    fn flush(&self) {
        self.ring();
    }
}
