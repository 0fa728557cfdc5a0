//! The thread itself: its start, its two duties beside tasks, and its end.

use crate::descriptors::Descriptors;
use crate::handle::{Handle, Job};
use crate::limits::{JOBS_PER_TURN, LOOKUP_THREADS, MAILBOX_RETRY, STACK_BYTES};
use crate::shared::Shared;
use crossbeam_queue::SegQueue;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::Notify;
use tusk_runtime::error::Error;
use tusk_runtime::mailbox::Sender;
use tusk_runtime::reactor::Letter;
use tusk_runtime::sys::signal;

/// The running thread; one a process. PHP's thread owns it.
pub struct Background {
    handle: Handle,
    thread: JoinHandle<()>,
    ended: mpsc::Receiver<()>,
}

impl Background {
    /// Starts the thread. All signals are blocked in it.
    ///
    /// # Errors
    /// `Overloaded` when the system gives no thread or no descriptor.
    pub fn start(mailbox: Sender<Letter>) -> Result<Background, Error> {
        let failed = |error: std::io::Error| {
            Error::from_errno(
                "start the background thread",
                error.raw_os_error().unwrap_or(0),
                "the system gave no thread or no descriptor for it",
            )
            .hint("raise the limits on processes and open files (ulimit -u, ulimit -n)")
        };
        // Threads of the runtime inherit the mask, too.
        let blocked = signal::block_all();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(LOOKUP_THREADS)
            .thread_name("tusk-lookup")
            .build()
            .map_err(failed)?;
        let shared = Arc::new(Shared {
            jobs: SegQueue::new(),
            job_count: AtomicUsize::new(0),
            unrung: AtomicBool::new(false),
            bell: Notify::new(),
            closing: AtomicBool::new(false),
            lost: AtomicBool::new(false),
            letters: Mutex::default(),
            post: Notify::new(),
            mailbox,
            descriptors: Arc::new(Descriptors::default()),
            tokio: runtime.handle().clone(),
        });
        let (tell, ended) = mpsc::channel();
        let inside = Arc::clone(&shared);
        let started = std::thread::Builder::new()
            .name("tusk-background".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || {
                runtime.spawn(post_letters(Arc::clone(&inside)));
                runtime.block_on(run_jobs(&inside));
                // A look-up cannot be interrupted; its thread ends by itself.
                runtime.shutdown_background();
                let _ = tell.send(());
            });
        drop(blocked);
        Ok(Background {
            handle: Handle(shared),
            thread: started.map_err(failed)?,
            ended,
        })
    }

    /// For those who use it.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Ends the thread and everything that runs there; waits at most for `patience`.
    /// False: it still runs, and its code must stay loaded.
    pub fn close(self, patience: Duration) -> bool {
        self.handle.0.closing.store(true, Ordering::SeqCst);
        self.handle.0.bell.notify_one();
        // An error says that the sender is gone, and the thread with it.
        if self.ended.recv_timeout(patience) == Err(mpsc::RecvTimeoutError::Timeout) {
            return false;
        }
        let _ = self.thread.join();
        true
    }

    /// In the child of a fork: marks it lost for all who hold a handle, and closes the
    /// child's copies of its connections without a word to the peers. Everything else is
    /// leaked: its locks may be held by the thread that does not exist here.
    pub fn abandon(self) {
        self.handle.0.lost.store(true, Ordering::SeqCst);
        self.handle.0.descriptors.close_all();
        std::mem::forget(self);
    }
}

/// Takes jobs until the thread is to end.
async fn run_jobs(shared: &Shared) {
    loop {
        shared.bell.notified().await;
        loop {
            if shared.closing.load(Ordering::SeqCst) {
                return;
            }
            let mut taken = 0;
            while taken < JOBS_PER_TURN {
                let Some(job) = shared.jobs.pop() else {
                    break;
                };
                taken += 1;
                run(job);
            }
            shared.job_count.fetch_sub(taken, Ordering::Relaxed);
            if taken < JOBS_PER_TURN {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
}

/// A panic is the job's own failure; who waits for it is told by what the job drops.
fn run(job: Job) {
    let _ = catch_unwind(AssertUnwindSafe(job));
}

/// Posts letters. It is woken by the first one, and runs after all tasks that were ready
/// then, so that it takes theirs along.
async fn post_letters(shared: Arc<Shared>) {
    loop {
        shared.post.notified().await;
        for op in shared.take_letters() {
            let mut letter = Letter { op, result: 0 };
            while let Err(back) = shared.mailbox.put(letter) {
                letter = back;
                shared.mailbox.wake();
                tokio::time::sleep(MAILBOX_RETRY).await;
            }
        }
        shared.mailbox.wake();
    }
}
