//! The one reactor of this process, and what the extension keeps beside it.

use tusk_runtime::driver::Choice;
use tusk_runtime::error::Error;
use tusk_runtime::random::Random;
use tusk_runtime::reactor::Reactor;
use tusk_runtime::scheduler::Next;
use tusk_runtime::sys;
use tusk_runtime::sys::stack::{Guard, StackPool};
use tusk_runtime::task::{TaskId, Waiter};

use crate::calls::Calls;
use crate::ini::Settings;
use crate::zend::engine;
use crate::zend::global::PhpThread;
use crate::zend::worker::Worker;

/// Key of the job that runs pending signal handlers, see [`Core::key`].
pub const INTERRUPT: u64 = 0;

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
    /// Who waited for what when it was.
    pub deadlock: String,
    /// The script is over: nothing new is spawned.
    pub ended: bool,
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
    let mut reactor = Reactor::new(choice, settings.max_coroutines, settings.dns_threads)?;
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
        deadlock: String::new(),
        ended: false,
        random: Random::new(sys::clock::now() ^ u64::from(std::process::id()) << 40),
    });
    Ok(())
}

/// The request has ended.
pub fn stop() {
    let core = CORE.lock().take();
    engine::set_concurrent(false);
    let Some(core) = core else { return };
    for callback in core.calls.into_callbacks() {
        callback.release();
    }
}

impl Core {
    /// In a forked child: the parent's loop is not this process's. The callbacks' memory
    /// stays, as everything of the parent's other coroutines does.
    pub fn calls_gone(&mut self) {
        self.calls = Calls::default();
    }

    /// Who runs next.
    #[inline]
    pub fn pick(&mut self) -> Next {
        self.switches += 1;
        self.reactor.pick()
    }

    /// Tells the hooks whether suspending has a purpose: somebody else could run.
    pub fn note_concurrency(&self) {
        engine::set_concurrent(self.looping || self.reactor.scheduler.len() > 1);
    }
}
