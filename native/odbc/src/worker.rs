//! A connection's thread, and its handle.
//!
//! States of a worker: *connecting*, *idle*, *working*, *ended*; its thread alone moves it.
//! Its handle can *retire* it: the thread then ends as soon as its driver lets it, which may
//! be never. Such a thread is left behind, and counted, so that a pool can stop before the
//! process is full of them.
//!
//! Jobs are done in the order they came. The thread looks for the next one for a moment before
//! it sleeps ([`limits::SPIN`]), one thread of a pool at a time.

use crate::charset::Charset;
use crate::dsn::Dsn;
use crate::failure::{CONNECT, Failure};
use crate::flow::{Flow, Producer, Room};
use crate::limits;
use crate::session::{Job, Session};
use crate::sys::connection::{Connection, Info};
use crate::sys::library::Library;
use crate::sys::running::Running;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tusk_runtime::error::Kind;
use tusk_runtime::mailbox::Sender;
use tusk_runtime::pool::{Config as PoolConfig, Pool};
use tusk_runtime::reactor::Letter;
use tusk_runtime::sys::signal;

/// How connections of a pool are opened.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whereto.
    pub dsn: Dsn,
    /// How text travels.
    pub charset: Charset,
    /// Seconds that the driver may take to connect; 0: its own limit.
    pub login_timeout: u32,
    /// Statements that every new connection runs first.
    pub on_connect: Vec<String>,
    /// Statements that each connection keeps prepared.
    pub statements: usize,
}

/// What the workers of one pool share.
pub struct Crew {
    library: &'static Library,
    settings: Settings,
    /// Threads that exist, those that were retired and did not end among them.
    threads: AtomicUsize,
    /// A thread is looking for its next job.
    spins: AtomicBool,
    many_cores: bool,
    cancels: Mutex<Option<Pool>>,
}

impl Crew {
    /// Without threads.
    pub fn new(library: &'static Library, settings: Settings) -> Arc<Crew> {
        Arc::new(Crew {
            library,
            settings,
            threads: AtomicUsize::new(0),
            spins: AtomicBool::new(false),
            many_cores: std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1),
            cancels: Mutex::new(None),
        })
    }

    /// The same without threads, for the child of a fork.
    pub fn renewed(&self) -> Arc<Crew> {
        Crew::new(self.library, self.settings.clone())
    }

    /// How connections are opened.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// May another core run a thread while this one looks for its answer?
    pub fn many_cores(&self) -> bool {
        self.many_cores
    }

    /// Threads that exist.
    pub fn threads(&self) -> usize {
        self.threads.load(Ordering::SeqCst)
    }

    /// In the child of a fork: forgets threads that do not exist here.
    pub fn abandon(&self) {
        // Only PHP's thread takes this lock, so it is free in its child.
        let cancels = self
            .cancels
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(pool) = cancels {
            pool.abandon();
        }
    }
}

#[derive(Default)]
struct Inbox {
    jobs: VecDeque<(u64, Job, Producer)>,
    retired: bool,
    /// The thread waits for the bell. While it looks for jobs by itself, nobody need ring.
    sleeps: bool,
}

struct Shared {
    crew: Arc<Crew>,
    inbox: Mutex<Inbox>,
    bell: Condvar,
    /// Jobs in the inbox, and whether it is retired: what a thread looks at while it spins.
    queued: AtomicUsize,
    running: Running,
    info: OnceLock<Info>,
    ended: AtomicBool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job; `None`: the thread is to end.
    fn next(&self) -> Option<(u64, Job, Producer)> {
        self.spin();
        let mut inbox = self.lock();
        loop {
            if let Some(job) = inbox.jobs.pop_front() {
                self.queued.fetch_sub(1, Ordering::Relaxed);
                return Some(job);
            }
            if inbox.retired {
                return None;
            }
            inbox.sleeps = true;
            inbox = self
                .bell
                .wait(inbox)
                .unwrap_or_else(PoisonError::into_inner);
            inbox.sleeps = false;
        }
    }

    fn spin(&self) {
        let crew = &self.crew;
        if !crew.many_cores || crew.spins.swap(true, Ordering::Relaxed) {
            return;
        }
        let until = Instant::now() + limits::SPIN;
        while self.queued.load(Ordering::Relaxed) == 0 && Instant::now() < until {
            std::hint::spin_loop();
        }
        crew.spins.store(false, Ordering::Relaxed);
    }
}

/// A connection, seen from PHP's thread. Dropping it retires it.
pub struct Worker {
    shared: Arc<Shared>,
    sender: Sender<Letter>,
    next_job: AtomicU64,
}

impl Worker {
    /// Starts a thread and has it connect. The flow ends when it is connected, or cannot be.
    ///
    /// # Errors
    /// `Overloaded` when the system gives no thread.
    pub fn start(crew: &Arc<Crew>, sender: Sender<Letter>) -> Result<(Worker, Arc<Flow>), Failure> {
        let shared = Arc::new(Shared {
            crew: Arc::clone(crew),
            inbox: Mutex::default(),
            bell: Condvar::new(),
            queued: AtomicUsize::new(0),
            running: Running::default(),
            info: OnceLock::new(),
            ended: AtomicBool::new(false),
        });
        let flow = Flow::new(Room::Stream);
        let producer = Producer::new(&flow, sender.clone());
        let inside = Arc::clone(&shared);
        crew.threads.fetch_add(1, Ordering::SeqCst);
        let blocked = signal::block_all();
        let started = std::thread::Builder::new()
            .name("tusk-odbc".to_owned())
            .stack_size(limits::STACK_BYTES)
            .spawn(move || {
                // A panic ends the thread; what waits for it is told by its producers.
                let _ = catch_unwind(AssertUnwindSafe(|| live(&inside, producer)));
                inside.lock().jobs.clear();
                inside.running.end_all();
                inside.ended.store(true, Ordering::SeqCst);
                inside.crew.threads.fetch_sub(1, Ordering::SeqCst);
            });
        drop(blocked);
        if let Err(error) = started {
            crew.threads.fetch_sub(1, Ordering::SeqCst);
            return Err(Failure::of(
                Kind::Overloaded,
                CONNECT,
                format!(
                    "the system gave no thread for it: {error}; raise the limit on processes (ulimit -u, pids.max of \
                     the container)"
                ),
            ));
        }
        let worker = Worker {
            shared,
            sender,
            next_job: AtomicU64::new(1),
        };
        Ok((worker, flow))
    }

    /// Gives it something to do; the number is for [`Worker::cancel`].
    ///
    /// # Errors
    /// `Overloaded` when too much waits already, `Connection` when its thread has ended.
    pub fn put(&self, job: Job, flow: &Arc<Flow>) -> Result<u64, Failure> {
        let number = self.next_job.fetch_add(1, Ordering::Relaxed);
        let producer = Producer::new(flow, self.sender.clone());
        let mut inbox = self.shared.lock();
        if inbox.jobs.len() >= limits::JOBS {
            let detail = format!("{} jobs wait for this connection", limits::JOBS);
            return Err(Failure::of(Kind::Overloaded, "use a connection", detail));
        }
        if self.has_ended() || inbox.retired {
            let detail = "it is closed";
            return Err(Failure::of(Kind::Connection, "use a connection", detail));
        }
        inbox.jobs.push_back((number, job, producer));
        self.shared.queued.fetch_add(1, Ordering::Relaxed);
        let sleeps = inbox.sleeps;
        drop(inbox);
        if sleeps {
            self.shared.bell.notify_one();
        }
        Ok(number)
    }

    /// Has the driver asked to give up this job, by another thread, if it still runs.
    pub fn cancel(&self, job: u64) {
        let shared = Arc::clone(&self.shared);
        let mut pool = shared
            .crew
            .cancels
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let pool = pool.get_or_insert_with(|| {
            Pool::new(PoolConfig {
                threads: limits::CANCEL_THREADS,
                queue: limits::CANCELS,
                idle: limits::CANCEL_IDLE,
            })
        });
        let inside = Arc::clone(&self.shared);
        // Without a thread for it the connection is retired all the same.
        let _ = pool.try_run(Box::new(move || {
            for patience in limits::CANCEL_PATIENCE_MS {
                let patience = Duration::from_millis(patience);
                if inside.running.cancel(inside.crew.library, job, patience) {
                    return;
                }
            }
        }));
    }

    /// Whom it is connected to, once it is.
    pub fn info(&self) -> Option<Info> {
        self.shared.info.get().cloned()
    }

    /// Has its thread ended?
    pub fn has_ended(&self) -> bool {
        self.shared.ended.load(Ordering::SeqCst)
    }

    /// It gets nothing more to do, says goodbye to the server and ends.
    pub fn retire(&self) {
        let mut inbox = self.shared.lock();
        inbox.retired = true;
        self.shared.queued.fetch_add(1, Ordering::Relaxed);
        drop(inbox);
        self.shared.bell.notify_one();
    }

    /// In the child of a fork: the thread is the parent's. Its lock may be held for ever.
    pub fn abandon(self) {
        std::mem::forget(self);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.retire();
    }
}

/// The life of a thread.
fn live(shared: &Shared, producer: Producer) {
    let mut session = match open(shared) {
        Ok(session) => session,
        Err(failure) => return producer.end(Err(failure)),
    };
    producer.end(Ok(()));
    while let Some((number, job, producer)) = shared.next() {
        shared.running.begin(number);
        let done = session.perform(&job, &producer);
        shared.running.end();
        producer.end(done);
    }
}

fn open(shared: &Shared) -> Result<Session<'_>, Failure> {
    let settings = &shared.crew.settings;
    let connection = Connection::open(
        shared.crew.library,
        &settings.dsn,
        settings.charset,
        settings.login_timeout,
    );
    let connection = connection.map_err(|mut failure| {
        let shown = format!("connecting to {}", settings.dsn.shown());
        failure.detail = match failure.detail.as_str() {
            "" => shown,
            detail => format!("{detail}; {shown}"),
        };
        failure
    })?;
    let _ = shared.info.set(connection.info());
    let session = Session::new(connection, &shared.running, settings.statements);
    for sql in &settings.on_connect {
        session.run_plainly(sql)?;
    }
    Ok(session)
}
