//! The reactor: scheduler, driver, timers, watches and mailbox of one process, and the
//! turn that ties them together.
//!
//! A turn submits what was asked for, waits (or not), and turns completions and expired
//! timers into ready tasks and callbacks. It never runs any of them; actors alone, which are
//! no code of the host, are told inside it. The host borrows the reactor for single calls
//! only and never while another task runs.
//!
//! Ops: every op in flight has a record that lives until its final completion, whatever
//! became of its waiter. A waiter that ends early cancels the op and waits for that
//! completion, because the kernel owns the op's memory until then.

mod actors;
mod kept;
mod records;
mod watching;

pub use actors::{Actor, ActorId};
pub use records::OpId;

use actors::Actors;
use kept::KeptPolls;
use records::{Owner, Records};

use crate::driver::{self, AnyDriver, Choice, Completion, Driver, Token, Wait, Waited};
use crate::error::Error;
use crate::mailbox::{Mailbox, Sender};
use crate::op::Op;
use crate::pool::{self, Pool};
use crate::probe::Report;
use crate::scheduler::{Alarm, Next, Scheduler};
use crate::sys;
use crate::sys::signal::SigSet;
use crate::task::{State, TaskId, Waiter, Wake};
use crate::timer::TimerKey;
use crate::watch::Watches;
use crate::{Nanos, limits};

/// A message from another thread: the waiter's op is done.
#[derive(Debug)]
pub struct Letter {
    /// The op that was opened with [`Reactor::open_letter`].
    pub op: OpId,
    /// Its result.
    pub result: i32,
}

/// Work for another thread that is collected over a turn, so that waking that thread costs
/// one system call a turn.
pub trait Outbox {
    /// Wakes the other thread, if there is work for it.
    fn flush(&self);
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Something may be ready.
    Done,
    /// A signal ended the wait.
    Interrupted,
    /// Nobody is ready and nothing is under way that could make anybody ready.
    Deadlock,
}

/// Counters for `Runtime::stats`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stats {
    /// Turns that asked the kernel.
    pub turns: u64,
    /// Ops submitted.
    pub ops: u64,
    /// Completions received.
    pub completions: u64,
}

/// See the module's description.
pub struct Reactor {
    /// Tasks and timers.
    pub scheduler: Scheduler,
    /// Counters.
    pub stats: Stats,
    choice: Choice,
    driver: Option<AnyDriver>,
    /// Why none could be opened when it was last tried.
    no_driver: Option<Error>,
    report: Option<Report>,
    records: Records,
    watches: Watches,
    kept: KeptPolls,
    actors: Actors,
    mailbox: Mailbox<Letter>,
    mailbox_armed: bool,
    /// Its descriptor was found readable since it was last cleared.
    mailbox_readable: bool,
    letters_open: usize,
    outbox: Option<Box<dyn Outbox>>,
    pool: Pool,
    pool_threads: usize,
    /// Threads for files, so that name look-ups that hang do not hold them up.
    file_pool: Pool,
    file_threads: usize,
    /// Threads for calls of unknown length.
    long_pool: Pool,
    completions: Vec<Completion>,
    due: Vec<(Nanos, Alarm)>,
    /// Jobs handed out since the clock was last looked at.
    since_look: u32,
    /// When the kernel was last asked.
    polled_at: Nanos,
    /// Runs next whatever is in the queue: the main task, when the script must end.
    urgent: Option<TaskId>,
}

impl Reactor {
    /// A reactor without a driver: that is opened by the first op, so that a process
    /// which forks before (workerman's master) has nothing to inherit.
    ///
    /// # Errors
    /// When the mailbox's eventfd cannot be made.
    pub fn new(
        choice: Choice,
        max_tasks: usize,
        threads: usize,
        file_threads: usize,
    ) -> Result<Reactor, Error> {
        Ok(Reactor {
            scheduler: {
                let mut scheduler = Scheduler::new(max_tasks);
                scheduler.looked_at = sys::clock::now();
                scheduler
            },
            stats: Stats::default(),
            choice,
            driver: None,
            no_driver: None,
            report: None,
            records: Records::default(),
            watches: Watches::new(),
            kept: KeptPolls::default(),
            actors: Actors::default(),
            mailbox: Mailbox::new()?,
            mailbox_armed: false,
            mailbox_readable: false,
            letters_open: 0,
            outbox: None,
            pool: pool_of(threads),
            pool_threads: threads,
            file_pool: pool_of(file_threads),
            file_threads,
            long_pool: Pool::default(),
            completions: Vec::new(),
            due: Vec::new(),
            since_look: 0,
            polled_at: 0,
            urgent: None,
        })
    }

    /// A reactor on a driver that is open already, with that driver's clock: schedules of the
    /// seeded driver. It has no report of a probe.
    ///
    /// # Errors
    /// When the mailbox's eventfd cannot be made.
    pub fn with_driver(driver: AnyDriver, max_tasks: usize) -> Result<Reactor, Error> {
        let mut reactor = Reactor::new(Choice::Auto, max_tasks, 1, 1)?;
        reactor.scheduler.looked_at = driver.now();
        reactor.driver = Some(driver);
        Ok(reactor)
    }

    /// The time that waits and timers are measured with.
    pub fn now(&self) -> Nanos {
        self.driver
            .as_ref()
            .map_or_else(sys::clock::now, |driver| driver.now())
    }

    /// What the probe found; opens the driver.
    ///
    /// # Errors
    /// When neither driver can be opened.
    pub fn report(&mut self) -> Result<&Report, Error> {
        self.open()?;
        match &self.report {
            Some(report) => Ok(report),
            None => Err(driver_missing()),
        }
    }

    fn open(&mut self) -> Result<&mut AnyDriver, Error> {
        if self.driver.is_none() {
            let (driver, report) = driver::open(self.choice)?;
            self.driver = Some(driver);
            self.report = Some(report);
        }
        self.driver.as_mut().ok_or_else(driver_missing)
    }

    // ---- ops ----

    /// Begins an op for a wait.
    ///
    /// # Errors
    /// When no driver can be opened or its bound is reached.
    pub fn submit(&mut self, op: Op, waiter: Option<Waiter>) -> Result<OpId, Error> {
        self.submit_for(op, Owner::Task(waiter))
    }

    fn submit_for(&mut self, op: Op, owner: Owner) -> Result<OpId, Error> {
        let id = self.records.open(owner);
        self.stats.ops += 1;
        let submitted = match self.open() {
            Ok(driver) => driver.submit(Token(id.0), op),
            Err(error) => Err(error),
        };
        if let Err(error) = submitted {
            self.records.close(id);
            return Err(error);
        }
        Ok(id)
    }

    /// An op that another thread completes through [`Reactor::sender`].
    pub fn open_letter(&mut self, waiter: Option<Waiter>) -> OpId {
        self.open_letter_for(Owner::Task(waiter))
    }

    fn open_letter_for(&mut self, owner: Owner) -> OpId {
        self.letters_open += 1;
        self.records.open(owner)
    }

    /// Nobody will post it after all.
    pub fn withdraw_letter(&mut self, id: OpId) {
        self.letters_open -= 1;
        self.records.close(id);
    }

    /// Its waiter has gone; the letter is dropped when it comes.
    pub fn forget(&mut self, id: OpId) {
        self.records.close(id);
    }

    /// For other threads: completes letters.
    pub fn sender(&self) -> Sender<Letter> {
        self.mailbox.sender()
    }

    /// Is flushed at the end of every turn from now on.
    pub fn set_outbox(&mut self, outbox: Option<Box<dyn Outbox>>) {
        self.outbox = outbox;
    }

    /// Threads for name look-ups.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Threads for calls on files that block. Nothing that can last for ever runs there.
    pub fn file_pool(&self) -> &Pool {
        &self.file_pool
    }

    /// Threads for calls that may last for ever: C functions that a script names.
    pub fn long_pool(&self) -> &Pool {
        &self.long_pool
    }

    /// Does the driver read and write files without blocking this thread?
    pub fn files_are_asynchronous(&mut self) -> bool {
        self.open()
            .is_ok_and(|driver| driver.kind() == driver::Kind::Uring)
    }

    /// The waiter that is woken by the op's final completion from now on.
    pub fn set_waiter(&mut self, id: OpId, waiter: Option<Waiter>) {
        if let Some(record) = self.records.get_mut(id) {
            record.owner = Owner::Task(waiter);
        }
    }

    /// Has it completed?
    pub fn is_complete(&self, id: OpId) -> bool {
        self.records
            .get(id)
            .is_none_or(|record| record.result.is_some())
    }

    /// Its result, once; the record is gone after that. `None`: still in flight.
    pub fn take_result(&mut self, id: OpId) -> Option<i32> {
        let result = self.records.get(id)?.result?;
        self.records.close(id);
        Some(result)
    }

    /// Asks the kernel to give the op up. It still completes.
    pub fn cancel_op(&mut self, id: OpId) {
        if let Some(driver) = self.driver.as_mut() {
            driver.cancel(Token(id.0));
        }
    }

    /// Hands what was submitted to the kernel now, not with the next turn.
    pub fn push(&mut self) {
        if let Some(driver) = self.driver.as_mut() {
            driver.flush();
        }
    }

    // ---- timers of an event loop ----

    /// Calls `call` at `deadline`.
    pub fn call_at(&mut self, deadline: Nanos, call: u64) -> TimerKey {
        self.scheduler.timers.insert(deadline, Alarm::Call(call))
    }

    // ---- running ----

    /// Who runs next. Looks at the kernel now and then, so that tasks which never wait do
    /// not starve those that do.
    #[inline]
    pub fn pick(&mut self) -> Next {
        self.since_look += 1;
        if self.since_look >= limits::JOBS_PER_LOOK || self.urgent.is_some() {
            return self.pick_slowly();
        }
        self.scheduler.pick()
    }

    /// Looks at the kernel and the timers without waiting: who gives way after computing for
    /// long does so to those whose event has come meanwhile.
    pub fn look(&mut self) {
        if self.has_sources() {
            self.poll(Wait::Now, None);
        }
    }

    /// The task that has to run next whoever is ready, if it can.
    fn take_urgent(&mut self) -> Option<(TaskId, usize)> {
        let task = self.urgent.take()?;
        match self.scheduler.state(task)? {
            State::Waiting | State::Ready => Some((task, self.scheduler.host(task)?)),
            _ => None,
        }
    }

    #[cold]
    fn pick_slowly(&mut self) -> Next {
        if let Some((task, host)) = self.take_urgent() {
            self.scheduler.force_running(task);
            return Next::Resume(host);
        }
        self.since_look = 0;
        if !self.has_sources() {
            self.flush_outbox();
        } else if self.now() >= self.polled_at + limits::POLL_INTERVAL {
            self.poll(Wait::Now, None);
        }
        self.scheduler.pick()
    }

    /// This task runs next, out of turn.
    pub fn make_urgent(&mut self, task: TaskId) {
        self.urgent = Some(task);
    }

    /// Nobody is ready: waits for the kernel, a timer, or another thread. With `mask`,
    /// those signals are unblocked for exactly the wait.
    pub fn turn(&mut self, mask: Option<&SigSet>, may_wait_for_signals: bool) -> Turn {
        self.flush_outbox();
        if !self.has_sources() && !may_wait_for_signals {
            return Turn::Deadlock;
        }
        let wait = match self.scheduler.timers.next_deadline() {
            Some(deadline) => Wait::Until(deadline),
            None => Wait::Forever,
        };
        self.poll(wait, mask)
    }

    /// When the kernel was asked last.
    #[must_use]
    pub fn polled_at(&self) -> u64 {
        self.polled_at
    }

    fn has_sources(&self) -> bool {
        let (idle_ops, idle_timers) = self.actors.idle();
        self.letters_open > 0
            || self.scheduler.timers.len() > idle_timers
            || self.driver.as_ref().is_some_and(|driver| {
                driver.in_flight() > usize::from(self.mailbox_armed) + idle_ops + self.kept.len()
            })
    }

    fn flush_outbox(&self) {
        if let Some(outbox) = &self.outbox {
            outbox.flush();
        }
    }

    fn poll(&mut self, wait: Wait, mask: Option<&SigSet>) -> Turn {
        self.stats.turns += 1;
        self.flush_actors();
        self.flush_outbox();
        let mut wait = wait;
        if self.letters_open > 0 {
            if !self.mailbox_armed {
                let poll = crate::op::Poll {
                    fd: self.mailbox.fd(),
                    events: libc::POLLIN as u16,
                    multi: false,
                };
                if self.submit_for(Op::Poll(poll), Owner::Mailbox).is_ok() {
                    self.mailbox_armed = true;
                }
            }
            if !self.mailbox.prepare_sleep() {
                wait = Wait::Now;
            }
        }
        if let Err(error) = self.open() {
            self.no_driver = Some(error);
            return Turn::Deadlock;
        }
        let mut completions = Vec::new();
        std::mem::swap(&mut completions, &mut self.completions);
        let Some(driver) = self.driver.as_mut() else {
            return Turn::Deadlock;
        };
        let waited = driver.wait(wait, mask, &mut completions);
        for completion in completions.drain(..) {
            self.complete(completion);
        }
        self.completions = completions;
        if self.letters_open > 0 {
            self.open_letters();
        }
        self.since_look = 0;
        self.polled_at = self.now();
        self.scheduler.looked_at = self.polled_at;
        if !self.scheduler.timers.is_empty() {
            self.fire(self.polled_at);
        }
        if waited == Waited::Interrupted {
            Turn::Interrupted
        } else {
            Turn::Done
        }
    }

    fn fire(&mut self, now: Nanos) {
        let mut due = std::mem::take(&mut self.due);
        self.scheduler.fire(now, &mut due);
        self.due = due;
        if !self.scheduler.due_actors.is_empty() {
            self.tell_due_actors();
        }
    }

    fn open_letters(&mut self) {
        self.mailbox
            .awake(std::mem::take(&mut self.mailbox_readable));
        let mut letters = Vec::new();
        self.mailbox.drain(|letter| letters.push(letter));
        for letter in letters {
            self.letters_open -= 1;
            self.complete(Completion {
                token: Token(letter.op.0),
                result: letter.result,
                more: false,
            });
        }
    }

    fn complete(&mut self, completion: Completion) {
        self.stats.completions += 1;
        let id = OpId(completion.token.0);
        let Some(record) = self.records.get_mut(id) else {
            return;
        };
        match record.owner {
            Owner::Task(waiter) => {
                record.result = Some(completion.result);
                if let Some(waiter) = waiter {
                    self.scheduler.wake(waiter, Wake::Done);
                }
            }
            Owner::Watch(key) => {
                if !completion.more {
                    self.records.close(id);
                }
                let arm = self
                    .watches
                    .event(key, id.0, completion.result, completion.more);
                // The driver has room: the op that completed made it.
                let _ = self.arm(key, arm);
            }
            Owner::Actor(actor) => {
                self.records.close(id);
                self.actor_completed(actor, id, completion.result);
            }
            Owner::Mailbox => {
                self.records.close(id);
                self.mailbox_armed = false;
                self.mailbox_readable = true;
            }
            Owner::Kept(fd) => {
                self.records.close(id);
                self.kept.remove(fd);
            }
        }
    }

    /// In the child of a fork: forgets everything but `task`, touches nothing the parent
    /// still uses.
    ///
    /// # Errors
    /// When the child cannot make an eventfd of its own.
    pub fn after_fork(&mut self, task: TaskId) -> Result<(), Error> {
        if let Some(driver) = self.driver.take() {
            driver.abandon();
        }
        self.report = None;
        self.records = Records::default();
        self.watches = Watches::new();
        self.kept = KeptPolls::default();
        std::mem::replace(&mut self.mailbox, Mailbox::new()?).abandon();
        self.mailbox_armed = false;
        self.mailbox_readable = false;
        self.letters_open = 0;
        // Its thread is the parent's.
        std::mem::forget(self.outbox.take());
        std::mem::replace(&mut self.pool, pool_of(self.pool_threads)).abandon();
        std::mem::replace(&mut self.file_pool, pool_of(self.file_threads)).abandon();
        std::mem::take(&mut self.long_pool).abandon();
        self.urgent = None;
        self.since_look = 0;
        self.scheduler.keep_only(task);
        self.actors_forked();
        Ok(())
    }

    /// Why a turn had no driver to wait with, once: it ended as a deadlock then.
    pub fn take_no_driver(&mut self) -> Option<Error> {
        self.no_driver.take()
    }

    /// Is a driver open?
    pub fn is_open(&self) -> bool {
        self.driver.is_some()
    }

    /// Ops in flight.
    pub fn in_flight(&self) -> usize {
        self.driver.as_ref().map_or(0, |driver| driver.in_flight())
    }
}

fn pool_of(threads: usize) -> Pool {
    Pool::new(pool::Config {
        threads,
        ..pool::Config::default()
    })
}

fn driver_missing() -> Error {
    Error::new(
        crate::error::Kind::Unsupported,
        "open a driver",
        "neither io_uring nor epoll is there",
    )
}
