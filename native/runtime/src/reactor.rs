//! The reactor: scheduler, driver, timers, watches and mailbox of one process, and the
//! turn that ties them together.
//!
//! A turn submits what was asked for, waits (or not), and turns completions and expired
//! timers into ready tasks and callbacks. It never runs any of them. The host borrows the
//! reactor for single calls only and never while another task runs.
//!
//! Ops: every op in flight has a record that lives until its final completion, whatever
//! became of its waiter. A waiter that ends early cancels the op and waits for that
//! completion, because the kernel owns the op's memory until then.

use std::os::fd::RawFd;

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
use crate::watch::{Arm, BUSY_BIT, Interest, Overlap, Watches};
use crate::{Nanos, limits};

/// Names an op in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpId(u64);

/// Who is told of a completion.
#[derive(Clone, Copy, Debug)]
enum Owner {
    /// A task's wait; the result stays in the record until it is taken.
    Task(Option<Waiter>),
    /// A watch of an event loop.
    Watch(u64),
    /// The mailbox's eventfd.
    Mailbox,
}

#[derive(Debug)]
struct Record {
    generation: u32,
    owner: Owner,
    result: Option<i32>,
    in_use: bool,
}

/// A message from another thread: the waiter's op is done.
#[derive(Debug)]
pub struct Letter {
    /// The op that was opened with [`Reactor::open_letter`].
    pub op: OpId,
    /// Its result.
    pub result: i32,
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
    report: Option<Report>,
    records: Vec<Record>,
    free: Vec<u32>,
    watches: Watches,
    mailbox: Mailbox<Letter>,
    mailbox_armed: bool,
    letters_open: usize,
    pool: Pool,
    pool_threads: usize,
    completions: Vec<Completion>,
    due: Vec<(Nanos, Alarm)>,
    /// Jobs handed out since the kernel was last asked.
    since_poll: u32,
    /// Runs next whatever is in the queue: the main task, when the script must end.
    urgent: Option<TaskId>,
}

impl Reactor {
    /// A reactor without a driver: that is opened by the first op, so that a process
    /// which forks before (workerman's master) has nothing to inherit.
    ///
    /// # Errors
    /// When the mailbox's eventfd cannot be made.
    pub fn new(choice: Choice, max_tasks: usize, threads: usize) -> Result<Reactor, Error> {
        Ok(Reactor {
            scheduler: Scheduler::new(max_tasks),
            stats: Stats::default(),
            choice,
            driver: None,
            report: None,
            records: Vec::new(),
            free: Vec::new(),
            watches: Watches::new(),
            mailbox: Mailbox::new()?,
            mailbox_armed: false,
            letters_open: 0,
            pool: Pool::new(pool::Config { threads, ..pool::Config::default() }),
            pool_threads: threads,
            completions: Vec::new(),
            due: Vec::new(),
            since_poll: 0,
            urgent: None,
        })
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
        let id = self.open_record(owner);
        self.stats.ops += 1;
        let submitted = match self.open() {
            Ok(driver) => driver.submit(Token(id.0), op),
            Err(error) => Err(error),
        };
        if let Err(error) = submitted {
            self.close_record(id);
            return Err(error);
        }
        Ok(id)
    }

    /// An op that another thread completes through [`Reactor::sender`].
    pub fn open_letter(&mut self, waiter: Option<Waiter>) -> OpId {
        self.letters_open += 1;
        self.open_record(Owner::Task(waiter))
    }

    /// Nobody will post it after all.
    pub fn withdraw_letter(&mut self, id: OpId) {
        self.letters_open -= 1;
        self.close_record(id);
    }

    /// Its waiter has gone; the letter is dropped when it comes.
    pub fn forget(&mut self, id: OpId) {
        self.close_record(id);
    }

    /// For other threads: completes letters.
    pub fn sender(&self) -> Sender<Letter> {
        self.mailbox.sender()
    }

    /// Threads for calls that can only block.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The waiter that is woken by the op's final completion from now on.
    pub fn set_waiter(&mut self, id: OpId, waiter: Option<Waiter>) {
        if let Some(record) = self.record_mut(id) {
            record.owner = Owner::Task(waiter);
        }
    }

    /// Has it completed?
    pub fn is_complete(&self, id: OpId) -> bool {
        self.record(id).is_none_or(|record| record.result.is_some())
    }

    /// Its result, once; the record is gone after that. `None`: still in flight.
    pub fn take_result(&mut self, id: OpId) -> Option<i32> {
        let result = self.record(id)?.result?;
        self.close_record(id);
        Some(result)
    }

    /// Asks the kernel to give the op up. It still completes.
    pub fn cancel_op(&mut self, id: OpId) {
        if let Some(driver) = self.driver.as_mut() {
            driver.cancel(Token(id.0));
        }
    }

    fn open_record(&mut self, owner: Owner) -> OpId {
        match self.free.pop() {
            Some(slot) => {
                let record = &mut self.records[slot as usize];
                record.owner = owner;
                record.result = None;
                record.in_use = true;
                OpId(u64::from(record.generation) << 32 | u64::from(slot))
            }
            None => {
                let slot = self.records.len() as u64;
                self.records.push(Record { generation: 1, owner, result: None, in_use: true });
                OpId(1 << 32 | slot)
            }
        }
    }

    fn close_record(&mut self, id: OpId) {
        if let Some(record) = self.record_mut(id) {
            record.in_use = false;
            record.generation = record.generation.wrapping_add(1).max(1);
            self.free.push(id.0 as u32);
        }
    }

    fn record(&self, id: OpId) -> Option<&Record> {
        self.records
            .get(id.0 as u32 as usize)
            .filter(|record| record.in_use && u64::from(record.generation) == id.0 >> 32)
    }

    fn record_mut(&mut self, id: OpId) -> Option<&mut Record> {
        self.records
            .get_mut(id.0 as u32 as usize)
            .filter(|record| record.in_use && u64::from(record.generation) == id.0 >> 32)
    }

    // ---- watches of an event loop ----

    /// Calls `call` whenever the descriptor is ready. Level-triggered, as callback hosts
    /// expect: it is called again while there is something to read.
    ///
    /// # Errors
    /// When no driver can be opened or its bound is reached.
    pub fn watch(&mut self, fd: RawFd, interest: Interest) -> Result<u64, Error> {
        self.open()?;
        let key = self.watches.insert(fd, interest);
        self.arm(key, Arm::Once)?;
        Ok(key)
    }

    /// Ends a watch. Its callback, if queued, is not called.
    pub fn unwatch(&mut self, key: u64) {
        let armed = self.watches.remove(key);
        self.cancel_armed(&armed);
    }

    /// The callback of a watch begins. False: the watch was ended after it was queued.
    pub fn watch_called(&mut self, key: u64) -> bool {
        self.watches.begin(key)
    }

    /// It has returned: arms the watch again, unless it stayed armed. `waited`: it was
    /// suspended meanwhile.
    ///
    /// # Errors
    /// When the driver's bound is reached.
    pub fn watch_returned(&mut self, key: u64, waited: bool) -> Result<(), Error> {
        let arm = self.watches.end(key, waited);
        self.arm(key, arm)
    }

    /// It is about to wait for the first time; see [`Watches::waits`].
    ///
    /// # Errors
    /// When the driver's bound is reached.
    pub fn watch_waits(&mut self, key: u64, tell: bool) -> Result<(), Error> {
        let arm = self.watches.waits(key, tell);
        self.arm(key, arm)
    }

    /// Callbacks of this watch may overlap from now on.
    ///
    /// # Errors
    /// When the driver's bound is reached.
    pub fn watch_overlaps(&mut self, key: u64, overlap: Overlap) -> Result<(), Error> {
        let arm = self.watches.overlap(key, overlap);
        self.arm(key, arm)
    }

    /// The host is about to be told that a watch is busy; false when it no longer is.
    pub fn watch_tell(&mut self, key: u64) -> bool {
        self.watches.tell(key)
    }

    /// The host was told.
    pub fn watch_told(&mut self, key: u64) {
        self.watches.told(key);
    }

    /// Is a callback of this watch queued, running or suspended?
    pub fn watch_is_busy(&self, key: u64) -> bool {
        self.watches.is_busy(key)
    }

    fn arm(&mut self, key: u64, arm: Arm) -> Result<(), Error> {
        match arm {
            Arm::Nothing => return Ok(()),
            Arm::Call => {
                self.scheduler.call(key);
                return Ok(());
            }
            Arm::Busy => {
                self.scheduler.call(key | BUSY_BIT);
                return Ok(());
            }
            Arm::Once | Arm::Multi => {}
        }
        let Some((fd, events)) = self.watches.target(key) else { return Ok(()) };
        let multi = arm == Arm::Multi;
        let op = Op::Poll(crate::op::Poll { fd, events, multi });
        let id = self.submit_for(op, Owner::Watch(key))?;
        self.watches.armed(key, id.0, multi);
        Ok(())
    }

    /// A watched PHP stream was read; see [`Watches::note_read`].
    pub fn note_read(&mut self, fd: RawFd, drained: bool, eof: bool) {
        self.watches.note_read(fd, drained, eof);
    }

    /// The descriptor is about to be closed: nothing may stay armed on it, or the peer
    /// would not see the close before the loop's next turn.
    pub fn note_close(&mut self, fd: RawFd) {
        if let Some(armed) = self.watches.close(fd) {
            self.cancel_armed(&armed);
            if let Some(driver) = self.driver.as_mut() {
                driver.flush();
            }
        }
    }

    fn cancel_armed(&mut self, armed: &[Option<u64>]) {
        for id in armed.iter().flatten() {
            self.cancel_op(OpId(*id));
        }
    }

    /// Descriptors watched.
    pub fn watch_len(&self) -> usize {
        self.watches.len()
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
    pub fn next(&mut self) -> Next {
        self.since_poll += 1;
        if self.since_poll >= limits::JOBS_PER_POLL || self.urgent.is_some() {
            return self.next_slowly();
        }
        self.scheduler.next()
    }

    #[cold]
    fn next_slowly(&mut self) -> Next {
        if let Some(task) = self.urgent.take()
            && matches!(self.scheduler.state(task), Some(State::Waiting | State::Ready))
            && let Some(host) = self.scheduler.host(task)
        {
            self.scheduler.force_running(task);
            return Next::Resume(host);
        }
        self.since_poll = 0;
        if self.has_sources() {
            self.poll(Wait::Now, None);
        }
        self.scheduler.next()
    }

    /// This task runs next, out of turn.
    pub fn make_urgent(&mut self, task: TaskId) {
        self.urgent = Some(task);
    }

    /// Nobody is ready: waits for the kernel, a timer, or another thread. With `mask`,
    /// those signals are unblocked for exactly the wait.
    pub fn turn(&mut self, mask: Option<&SigSet>, may_wait_for_signals: bool) -> Turn {
        self.since_poll = 0;
        if !self.has_sources() && !may_wait_for_signals {
            return Turn::Deadlock;
        }
        let wait = match self.scheduler.timers.next_deadline() {
            Some(deadline) => Wait::Until(deadline),
            None => Wait::Forever,
        };
        self.poll(wait, mask)
    }

    fn has_sources(&self) -> bool {
        self.letters_open > 0
            || self.scheduler.timers.len() > 0
            || self.driver.as_ref().is_some_and(|driver| driver.in_flight() > usize::from(self.mailbox_armed))
    }

    fn poll(&mut self, wait: Wait, mask: Option<&SigSet>) -> Turn {
        self.stats.turns += 1;
        let mut wait = wait;
        if self.letters_open > 0 {
            if !self.mailbox_armed {
                let poll = crate::op::Poll { fd: self.mailbox.fd(), events: libc::POLLIN as u16, multi: false };
                if self.submit_for(Op::Poll(poll), Owner::Mailbox).is_ok() {
                    self.mailbox_armed = true;
                }
            }
            if !self.mailbox.prepare_sleep() {
                wait = Wait::Now;
            }
        }
        if self.open().is_err() {
            return Turn::Deadlock;
        }
        let mut completions = Vec::new();
        std::mem::swap(&mut completions, &mut self.completions);
        let Some(driver) = self.driver.as_mut() else { return Turn::Deadlock };
        let waited = driver.wait(wait, mask, &mut completions);
        for completion in completions.drain(..) {
            self.complete(completion);
        }
        self.completions = completions;
        if self.letters_open > 0 {
            self.open_letters();
        }
        if self.scheduler.timers.len() > 0 {
            self.fire();
        }
        if waited == Waited::Interrupted { Turn::Interrupted } else { Turn::Done }
    }

    fn fire(&mut self) {
        let mut due = std::mem::take(&mut self.due);
        self.scheduler.fire(sys::clock::now(), &mut due);
        self.due = due;
    }

    fn open_letters(&mut self) {
        self.mailbox.awake();
        let mut letters = Vec::new();
        self.mailbox.drain(|letter| letters.push(letter));
        for letter in letters {
            self.letters_open -= 1;
            self.complete(Completion { token: Token(letter.op.0), result: letter.result, more: false });
        }
    }

    fn complete(&mut self, completion: Completion) {
        self.stats.completions += 1;
        let id = OpId(completion.token.0);
        let Some(record) = self.record_mut(id) else { return };
        match record.owner {
            Owner::Task(waiter) => {
                record.result = Some(completion.result);
                if let Some(waiter) = waiter {
                    self.scheduler.wake(waiter, Wake::Done);
                }
            }
            Owner::Watch(key) => {
                if !completion.more {
                    self.close_record(id);
                }
                let arm = self.watches.event(key, id.0, completion.result, completion.more);
                // The driver has room: the op that completed made it.
                let _ = self.arm(key, arm);
            }
            Owner::Mailbox => {
                self.close_record(id);
                self.mailbox_armed = false;
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
        self.records.clear();
        self.free.clear();
        self.watches = Watches::new();
        self.mailbox = Mailbox::new()?;
        self.mailbox_armed = false;
        self.letters_open = 0;
        let threads = self.pool_threads;
        let fresh = Pool::new(pool::Config { threads, ..pool::Config::default() });
        std::mem::replace(&mut self.pool, fresh).abandon();
        self.urgent = None;
        self.since_poll = 0;
        self.scheduler.keep_only(task);
        Ok(())
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

fn driver_missing() -> Error {
    Error::new(crate::error::Kind::Unsupported, "open a driver", "neither io_uring nor epoll is there")
}
