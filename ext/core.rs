//! The one reactor of this process, and what the extension keeps beside it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use std::sync::atomic::Ordering;
use tusk_background::Background;

use tusk_runtime::driver::Choice;
use tusk_runtime::error::Error;
use tusk_runtime::random::Random;
use tusk_runtime::reactor::Reactor;
use tusk_runtime::scheduler::Next;
use tusk_runtime::sync::Mutex;
use tusk_runtime::sys;
use tusk_runtime::sys::stack::{Guard, StackPool};
use tusk_runtime::task::{TaskId, Waiter};

use crate::calls::Calls;
use crate::ini::Settings;
use crate::watchdog;
use crate::zend::engine;
use crate::zend::global::{PhpThread, tusk_beat};
use crate::zend::worker::Worker;

/// Key of the job that runs pending signal handlers, see [`Core::key`].
pub const INTERRUPT: u64 = 0;
/// Key of the job that unwinds a coroutine in `Fiber::suspend()` that nothing can resume.
pub const UNWIND: u64 = tusk_runtime::scheduler::CALL_IN + 1;

/// How long the end of a request waits for a peer to take what was sent to it. A socket takes
/// what fits its buffer at once; a peer that does not read is not waited for.
const LAST_WORDS_NS: u64 = 1_000_000_000;
/// How long the end of a request waits for the background thread. It ends in microseconds
/// unless a job blocks it, which none may; beyond it, it is left alone.
const BACKGROUND_PATIENCE: Duration = Duration::from_secs(2);

/// How long the end of a request waits for models that nobody waits for any more. They were
/// told to stop, and do so between two nodes of their graphs.
const MODEL_PATIENCE: Duration = Duration::from_secs(5);

/// See the module's description.
pub struct Core {
    /// The reactor.
    pub reactor: Reactor,
    /// Stacks of coroutines.
    pub stacks: StackPool,
    /// The main script's task.
    pub main: TaskId,
    /// Timers and watches of the event loop, by their key.
    pub calls: Calls,
    /// Is somebody told when a watch is busy?
    pub tells_busy: bool,
    /// Who waits in `EventLoop::run()`.
    pub loop_waiter: Option<Waiter>,
    /// Is an event loop being run?
    pub looping: bool,
    /// Pending signals are to be looked at after every wait.
    pub signals: bool,
    /// Number of the next coroutine.
    pub next_id: i64,
    /// Coroutines spawned so far.
    pub spawned: u64,
    /// Switches so far.
    pub switches: u64,
    /// The end of the script waits for all others.
    pub drain_waiter: Option<Waiter>,
    /// A task whose wait was broken because nothing could end it.
    pub deadlocked: TaskId,
    /// The background thread, once something needed it.
    pub background: Option<Background>,
    /// Who waited for what when it was.
    pub deadlock: String,
    /// Fibers that a foreign event loop started (zend/guest/).
    pub guests: u32,
    /// Who waits on behalf of such a loop, or for the end of the script: its wait ends when one
    /// of the loop's Fibers can go on.
    pub loop_waits: TaskId,
    /// The log says that callbacks wait for a stack.
    pub told_no_stack: bool,
    /// The script is over: nothing new is spawned.
    pub ended: bool,
    /// Locks that somebody waits for, or did: when a coroutine ends, those it had are abandoned.
    contended: Vec<Rc<RefCell<Mutex>>>,
    /// Which of several ready things comes first.
    pub random: Random,
}

static CORE: PhpThread<Option<Core>> = PhpThread::new(None);

/// Runs `f` with the core, which exists between request start and end.
/// `f` must not call PHP, switch, or drop PHP values.
#[inline]
pub fn with<R>(f: impl FnOnce(&mut Core) -> R) -> R {
    CORE.with(|core| match core {
        Some(core) => f(core),
        None => no_core(),
    })
}

#[cold]
fn no_core() -> ! {
    panic!("Tusk was used before the request began or after it ended")
}

/// Is there a core?
pub fn is_up() -> bool {
    CORE.with(|core| core.is_some())
}

/// The request begins.
///
/// # Errors
/// When no eventfd can be made.
pub fn start(settings: Settings) -> Result<(), Error> {
    let choice = match settings.driver.as_str() {
        "uring" => Choice::Uring,
        "epoll" => Choice::Epoll,
        _ => Choice::Auto,
    };
    let mut reactor = Reactor::new(
        choice,
        settings.max_coroutines,
        settings.dns_threads,
        settings.file_threads,
    )?;
    let main = reactor
        .scheduler
        .adopt(Worker::main().to_host(), tusk_runtime::task::GroupId::ROOT)?;
    let guard = if settings.unguarded_stacks {
        Guard::None
    } else {
        Guard::Auto
    };
    let stacks = StackPool::new(sys::stack::Config {
        slot_size: settings.stack_size,
        guard,
    });
    Worker::main().set_task(main);
    *CORE.lock() = Some(Core {
        reactor,
        stacks,
        main,
        calls: Calls::default(),
        tells_busy: false,
        loop_waiter: None,
        looping: false,
        signals: engine::has_dump_signal(),
        next_id: 1,
        spawned: 0,
        switches: 0,
        drain_waiter: None,
        deadlocked: TaskId::NONE,
        background: None,
        deadlock: String::new(),
        guests: 0,
        loop_waits: TaskId::NONE,
        told_no_stack: false,
        ended: false,
        contended: Vec::new(),
        random: Random::new(sys::clock::now() ^ u64::from(std::process::id()) << 40),
    });
    Ok(())
}

/// The request has ended.
pub fn stop() {
    // Calls whose answers nobody waits for must still be made.
    if is_up() {
        with(|core| {
            core.reactor
                .finish_actors(sys::clock::now() + LAST_WORDS_NS)
        });
    }
    crate::grpc::forget_all();
    crate::infer::finish(MODEL_PATIENCE);
    crate::pool::request_ended();
    crate::odbc::request_ended();
    crate::device::close_all();
    watchdog::stop();
    let core = CORE.lock().take();
    engine::set_concurrent(false);
    let Some(mut core) = core else { return };
    if let Some(background) = core.background.take() {
        background.close(BACKGROUND_PATIENCE);
    }
    for callback in core.calls.into_callbacks() {
        callback.release();
    }
}

impl Core {
    /// In a forked child: the parent's loop is not this process's. The callbacks' memory
    /// stays, as everything of the parent's other coroutines does.
    pub fn calls_gone(&mut self) {
        self.calls = Calls::default();
        self.contended.clear();
    }

    /// In a forked child: the thread is the parent's. The next who needs one starts it.
    pub fn background_gone(&mut self) {
        if let Some(background) = self.background.take() {
            background.abandon();
        }
    }

    /// Somebody waits for this lock, and is told if who has it ends.
    pub fn await_end_of_holder(&mut self, mutex: &Rc<RefCell<Mutex>>) {
        let scheduler = &self.reactor.scheduler;
        self.contended
            .retain(|other| other.borrow().waiting(scheduler) > 0);
        if !self.contended.iter().any(|other| Rc::ptr_eq(other, mutex)) {
            self.contended.push(mutex.clone());
        }
    }

    /// A task has ended: whoever waits for a lock that it still has is woken.
    #[inline]
    pub fn abandon_locks(&mut self, task: TaskId) {
        for mutex in &self.contended {
            mutex
                .borrow_mut()
                .abandon(&mut self.reactor.scheduler, task);
        }
    }

    /// Is there anybody else who could run?
    pub fn is_concurrent(&self) -> bool {
        self.guests > 0 || self.looping || self.reactor.scheduler.len() > 1
    }

    /// Who runs next.
    #[inline]
    pub fn pick(&mut self) -> Next {
        self.switches += 1;
        tusk_beat.store(self.switches, Ordering::Relaxed);
        self.reactor.pick()
    }

    /// Tells the hooks whether suspending has a purpose: somebody else could run.
    pub fn note_concurrency(&self) {
        let concurrent = self.is_concurrent();
        engine::set_concurrent(concurrent);
        watchdog::note_concurrency(concurrent);
    }
}
