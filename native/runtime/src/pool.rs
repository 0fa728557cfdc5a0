//! A bounded pool of threads for calls that block and have no other form.
//!
//! Threads start when a job finds none idle and end when they were idle for a while; a
//! process that never blocks never has one. All signals are blocked in them, so that
//! PHP's handlers run in PHP's thread. Jobs are taken first in, first out.
//!
//! Invariant: `threads` counts the threads that will look at the queue once more before
//! they end, so a queued job is taken as long as it is above zero.

use crate::Nanos;
use crate::error::{Error, Kind};
use crate::limits::{POOL_IDLE, POOL_QUEUE, POOL_STACK_BYTES, POOL_THREADS};
use crate::sys::signal;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A call to make in a thread of the pool. What it has to say it sends itself.
pub type Job = Box<dyn FnOnce() + Send>;

/// Bounds of a pool.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Most threads at a time.
    pub threads: usize,
    /// Most jobs that wait for a thread.
    pub queue: usize,
    /// How long an idle thread stays.
    pub idle: Nanos,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            threads: POOL_THREADS,
            queue: POOL_QUEUE,
            idle: POOL_IDLE,
        }
    }
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    threads: usize,
    idle: usize,
    closing: bool,
    handles: Vec<JoinHandle<()>>,
}

struct Shared {
    config: Config,
    state: Mutex<State>,
    /// A job was queued, or the pool closes.
    work: Condvar,
    /// A thread is about to end.
    ended: Condvar,
}

impl Shared {
    /// Jobs run without the lock, so a panic never leaves the state half changed.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Threads for blocking calls.
pub struct Pool {
    shared: Arc<Shared>,
}

impl Default for Pool {
    fn default() -> Self {
        Pool::new(Config::default())
    }
}

impl Pool {
    /// A pool without threads.
    pub fn new(config: Config) -> Self {
        Pool {
            shared: Arc::new(Shared {
                config,
                state: Mutex::default(),
                work: Condvar::new(),
                ended: Condvar::new(),
            }),
        }
    }

    /// Queues a job without waiting.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full, or no thread runs and none can be started. The
    /// job is dropped.
    pub fn try_run(&self, job: Job) -> Result<(), Error> {
        let config = &self.shared.config;
        let mut state = self.shared.lock();
        if state.queue.len() >= config.queue {
            return Err(Error::new(
                Kind::Overloaded,
                "run a blocking call",
                format!(
                    "{} calls wait for {} threads already",
                    config.queue, config.threads
                ),
            )
            .hint("bound the look-ups in flight, or ask a faster name server"));
        }
        state.queue.push_back(job);
        if state.idle >= state.queue.len() {
            self.shared.work.notify_one();
        } else if state.threads < config.threads {
            return self.start(state);
        }
        Ok(())
    }

    /// Starts a thread for the job that was queued last.
    fn start(&self, mut state: MutexGuard<'_, State>) -> Result<(), Error> {
        state.handles.retain(|handle| !handle.is_finished());
        let shared = Arc::clone(&self.shared);
        let blocked = signal::block_all();
        let started = std::thread::Builder::new()
            .name("tusk-blocking".to_owned())
            .stack_size(POOL_STACK_BYTES)
            .spawn(move || work(&shared));
        drop(blocked);
        match started {
            Ok(handle) => {
                state.threads += 1;
                state.handles.push(handle);
                Ok(())
            }
            // Another thread will take the job.
            Err(_) if state.threads > 0 => Ok(()),
            Err(error) => {
                state.queue.pop_back();
                Err(Error::from_errno(
                    "start a thread for a blocking call",
                    error.raw_os_error().unwrap_or(libc::EAGAIN),
                    "no thread of the pool runs, and the system gave none",
                )
                .hint("raise the limit on processes (ulimit -u, pids.max of the container)"))
            }
        }
    }

    /// Threads there are.
    pub fn threads(&self) -> usize {
        self.shared.lock().threads
    }

    /// Jobs that wait for a thread.
    pub fn queued(&self) -> usize {
        self.shared.lock().queue.len()
    }

    /// Drops the queued jobs and waits until the running ones have ended, at most for
    /// `patience`. False: some still run, and the code they run must stay loaded.
    pub fn close(self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut state = self.stop();
        while state.threads > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.ended.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let handles = std::mem::take(&mut state.handles);
        drop(state);
        // What is left of these threads is their last few instructions.
        handles.into_iter().all(|handle| handle.join().is_ok())
    }

    /// In the child of a fork: forgets threads that do not exist here. Their lock may be
    /// held for ever, so nothing of it is touched or freed.
    pub fn abandon(self) {
        std::mem::forget(self);
    }

    fn stop(&self) -> MutexGuard<'_, State> {
        let mut state = self.shared.lock();
        state.closing = true;
        let dropped = std::mem::take(&mut state.queue);
        self.shared.work.notify_all();
        drop(state);
        // Jobs may own anything; their destructors run without the lock.
        drop(dropped);
        self.shared.lock()
    }
}

impl Drop for Pool {
    /// Queued jobs are dropped; running ones end by themselves, unattended.
    fn drop(&mut self) {
        drop(self.stop());
    }
}

/// The life of a thread.
fn work(shared: &Shared) {
    let idle = Duration::from_nanos(shared.config.idle);
    let mut state = shared.lock();
    loop {
        if let Some(job) = state.queue.pop_front() {
            drop(state);
            // A panic is the job's own failure; its sender is dropped, which its
            // receiver notices. The thread goes on.
            let _ = catch_unwind(AssertUnwindSafe(job));
            state = shared.lock();
            continue;
        }
        if state.closing {
            break;
        }
        state.idle += 1;
        let waited = shared.work.wait_timeout(state, idle);
        let (guard, result) = waited.unwrap_or_else(PoisonError::into_inner);
        state = guard;
        state.idle -= 1;
        if result.timed_out() && state.queue.is_empty() {
            break;
        }
    }
    state.threads -= 1;
    shared.ended.notify_all();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::signal::SigSet;
    use std::sync::mpsc;

    const LONG: Duration = Duration::from_secs(20);

    fn pool(threads: usize, queue: usize, idle: Nanos) -> Pool {
        Pool::new(Config {
            threads,
            queue,
            idle,
        })
    }

    #[test]
    fn runs_jobs_on_few_threads_with_signals_blocked() {
        let pool = pool(2, 100, POOL_IDLE);
        let (send, receive) = mpsc::channel();
        for number in 0..50 {
            let send = send.clone();
            let job = move || {
                let blocked = SigSet::current().contains(libc::SIGTERM);
                send.send((number, blocked)).expect("the test receives");
            };
            pool.try_run(Box::new(job)).expect("room");
        }
        let mut seen: Vec<_> = (0..50)
            .map(|_| receive.recv_timeout(LONG).expect("a job"))
            .collect();
        seen.sort_unstable();
        assert!(seen.iter().enumerate().all(|(i, &(n, b))| i == n && b));
        assert!(pool.threads() <= 2);
        assert!(!SigSet::current().contains(libc::SIGTERM));
        assert!(pool.close(LONG));
    }

    #[test]
    fn a_full_queue_is_overload_and_the_rest_is_dropped_at_the_end() {
        let pool = pool(1, 2, POOL_IDLE);
        let (release, gate) = mpsc::channel::<()>();
        let (started, running) = mpsc::channel();
        let job = move || {
            started.send(()).expect("the test receives");
            let _ = gate.recv();
        };
        pool.try_run(Box::new(job)).expect("room");
        running.recv_timeout(LONG).expect("it runs");
        let (kept, dropped) = mpsc::channel::<()>();
        for _ in 0..2 {
            let kept = kept.clone();
            pool.try_run(Box::new(move || drop(kept))).expect("room");
        }
        drop(kept);
        let refused = pool.try_run(Box::new(|| {})).expect_err("full");
        assert_eq!(refused.kind(), Kind::Overloaded);
        assert_eq!((pool.threads(), pool.queued()), (1, 2));
        assert!(!pool.close(Duration::from_millis(1)), "a job still runs");
        assert_eq!(dropped.recv(), Err(mpsc::RecvError));
        drop(release);
    }

    #[test]
    fn a_panic_ends_the_job_alone_and_idle_threads_end() {
        let pool = pool(1, 2, 1_000_000);
        let (send, receive) = mpsc::channel();
        pool.try_run(Box::new(|| std::panic::resume_unwind(Box::new(()))))
            .expect("room");
        pool.try_run(Box::new(move || send.send(7).expect("the test receives")))
            .expect("room");
        assert_eq!(receive.recv_timeout(LONG), Ok(7));
        let mut state = pool.shared.lock();
        while state.threads > 0 {
            let waited = pool.shared.ended.wait_timeout(state, LONG);
            let (guard, result) = waited.expect("no panic with the lock");
            assert!(!result.timed_out(), "the idle thread stays");
            state = guard;
        }
        drop(state);
        let (send, receive) = mpsc::channel();
        pool.try_run(Box::new(move || send.send(8).expect("the test receives")))
            .expect("a new thread starts");
        assert_eq!(receive.recv_timeout(LONG), Ok(8));
    }
}
