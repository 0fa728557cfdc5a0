//! The ready queue and the table of tasks.
//!
//! Readiness is FIFO: what was made ready first runs first, and a woken task keeps its
//! place. The scheduler never switches stacks; it says who is next, and its host (the
//! extension, or a test) does it. Nothing here calls back into the host, so a short
//! borrow around each method is enough, and none is held while another task runs.
//!
//! Not here: what a task waits for (ops, timers, channels); they hold
//! [`Waiter`]s and call [`Scheduler::wake`].

mod cancel;
mod group;
mod out_of_turn;
mod outside;
mod waiting;

use std::collections::VecDeque;

pub use outside::CALL_IN;

use group::Group;

use crate::error::{Error, Kind};
use crate::limits;
use crate::task::{Ends, GroupId, State, Task, TaskId, Waiter, Wake};
use crate::timer::{TimerKey, Wheel};

/// What to run next. Two words, so that it travels in registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Go on with the task of this host value where it waited.
    Resume(usize),
    /// Start the task of this host value on a fresh stack.
    Start(usize),
    /// Call this callback of an event loop, on any stack.
    Call(u64),
    /// Nobody is ready.
    Idle,
}

#[derive(Clone, Copy, Debug)]
enum Entry {
    Resume(TaskId),
    Start(TaskId),
    Call(u64),
}

/// What a timer does when it fires.
#[derive(Clone, Copy, Debug)]
pub enum Alarm {
    /// Ends a wait at its deadline.
    Wait(Waiter),
    /// Delivers a cancel whose shield has run out.
    Shield(TaskId),
    /// Calls a callback of an event loop.
    Call(u64),
    /// Stops a group at its deadline.
    Group(GroupId),
    /// Tells an actor of the reactor.
    Actor(u64),
}

/// See the module's description.
pub struct Scheduler {
    tasks: Vec<Task>,
    free: Vec<u32>,
    ready: VecDeque<Entry>,
    groups: Vec<Group>,
    free_groups: Vec<u32>,
    /// Counts forks, so that a group's number of before one names nothing after it, and what waits
    /// can tell whom it woke before one.
    epoch: u8,
    live: usize,
    max_tasks: usize,
    placeholder: TaskId,
    /// Deadlines of waits and timers of event loops.
    pub timers: Wheel<Alarm>,
    /// When the kernel was last looked at; kept by the reactor.
    pub(crate) looked_at: u64,
    /// Actors whose timers have fired; the reactor tells them.
    pub(crate) due_actors: Vec<u64>,
    /// Tasks outside whose cancel is due.
    called_in: VecDeque<TaskId>,
}

impl Scheduler {
    /// A scheduler that refuses more than `max_tasks` live tasks.
    pub fn new(max_tasks: usize) -> Scheduler {
        Scheduler {
            tasks: Vec::new(),
            free: Vec::new(),
            ready: VecDeque::new(),
            groups: vec![Group::default()],
            free_groups: Vec::new(),
            epoch: 0,
            live: 0,
            max_tasks,
            placeholder: TaskId::NONE,
            timers: Wheel::new(),
            looked_at: 0,
            due_actors: Vec::new(),
            called_in: VecDeque::new(),
        }
    }

    /// A task that starts when its turn comes.
    ///
    /// # Errors
    /// `Overloaded` when `max_tasks` are alive.
    pub fn spawn(&mut self, host: usize, group: GroupId) -> Result<TaskId, Error> {
        let task = self.insert(host, group, State::Queued)?;
        self.ready.push_back(Entry::Start(task));
        Ok(task)
    }

    /// A task for what is already running: the main script, or a callback that is about
    /// to wait for the first time.
    ///
    /// # Errors
    /// `Overloaded` when `max_tasks` are alive.
    pub fn adopt(&mut self, host: usize, group: GroupId) -> Result<TaskId, Error> {
        self.insert(host, group, State::Running)
    }

    fn insert(&mut self, host: usize, group: GroupId, state: State) -> Result<TaskId, Error> {
        if self.live >= self.max_tasks {
            return Err(Error::new(
                Kind::Overloaded,
                "spawn a coroutine",
                format!(
                    "{} coroutines are alive, the limit tusk.max_coroutines; \
                     wait for some to finish, or raise the setting",
                    self.live
                ),
            ));
        }
        let task = match self.free.pop() {
            Some(slot) => {
                let entry = &mut self.tasks[slot as usize];
                entry.in_use = true;
                entry.state = state;
                entry.host = host;
                entry.group = group;
                TaskId::new(slot, entry.generation)
            }
            None => {
                let slot = u32::try_from(self.tasks.len()).unwrap_or(u32::MAX);
                self.tasks.push(Task {
                    generation: 1,
                    state,
                    ends: Ends::Never,
                    wake: Wake::Done,
                    sequence: 0,
                    since: 0,
                    cancel_requested: false,
                    shields: 0,
                    shield_until: 0,
                    shield_timer: None,
                    group,
                    next_member: 0,
                    previous_member: 0,
                    host,
                    timer: None,
                    joiners: Vec::new(),
                    outside: false,
                    in_use: true,
                });
                TaskId::new(slot, 1)
            }
        };
        self.live += 1;
        if group != GroupId::ROOT {
            let group = self.enter_group(task.slot() as u32, group);
            self.tasks[task.slot()].group = group;
        }
        Ok(task)
    }

    /// The running task has ended (or a queued one never starts): wakes who joined it.
    pub fn finish(&mut self, task: TaskId) {
        let Some(entry) = self.get_mut(task) else {
            return;
        };
        let group = entry.group;
        let joiners = std::mem::take(&mut entry.joiners);
        let timers = [entry.timer.take(), entry.shield_timer.take()];
        entry.in_use = false;
        entry.generation = entry.generation.wrapping_add(1).max(1);
        entry.cancel_requested = false;
        entry.shields = 0;
        entry.outside = false;
        self.free.push(task.slot() as u32);
        self.live -= 1;
        for timer in timers.into_iter().flatten() {
            self.timers.remove(timer);
        }
        for joiner in joiners {
            self.wake(joiner, Wake::Done);
        }
        if group != GroupId::ROOT {
            self.leave_group(task.slot() as u32, group);
        }
    }

    /// Who runs next. A `Resume` or `Start` makes that task Running.
    #[inline]
    pub fn pick(&mut self) -> Next {
        while let Some(entry) = self.ready.pop_front() {
            match entry {
                Entry::Call(call) => return Next::Call(call),
                Entry::Resume(task) => {
                    if let Some(host) = self.run_if(task, State::Ready) {
                        return Next::Resume(host);
                    }
                }
                Entry::Start(task) => {
                    if let Some(host) = self.run_if(task, State::Queued) {
                        return Next::Start(host);
                    }
                }
            }
        }
        Next::Idle
    }

    /// Makes the task Running if it is as its entry in the queue says.
    #[inline]
    fn run_if(&mut self, task: TaskId, is: State) -> Option<usize> {
        let entry = self.get_mut(task).filter(|entry| entry.state == is)?;
        entry.state = State::Running;
        Some(entry.host)
    }

    /// Puts a callback of an event loop at the end of the queue.
    pub fn call(&mut self, call: u64) {
        self.ready.push_back(Entry::Call(call));
    }

    /// The running task goes to the end of the queue; its host then switches away. False: a
    /// cancel is due, it must not.
    #[inline]
    pub fn yield_now(&mut self, task: TaskId, now: impl Fn() -> u64) -> bool {
        let Some(entry) = self.get_mut(task) else {
            return false;
        };
        if entry.cancel_requested && !(entry.shields > 0 && now() < entry.shield_until) {
            return false;
        }
        self.requeue(task)
    }

    /// The running task goes to the end of the queue, whatever it was asked.
    pub fn requeue(&mut self, task: TaskId) -> bool {
        let Some(entry) = self.get_mut(task) else {
            return false;
        };
        entry.state = State::Ready;
        entry.wake = Wake::Done;
        self.ready.push_back(Entry::Resume(task));
        true
    }

    /// Wakes tasks and queues callbacks whose time has come.
    pub fn fire(&mut self, now: u64, due: &mut Vec<(u64, Alarm)>) {
        self.timers.expire(now, due);
        for (_, alarm) in due.drain(..) {
            match alarm {
                Alarm::Wait(waiter) => {
                    if self.is_waiting(waiter) {
                        self.set_timer(waiter.task, None);
                        self.wake(waiter, Wake::Deadline);
                    }
                }
                Alarm::Shield(task) => self.end_shield(task, now),
                Alarm::Call(call) => self.ready.push_back(Entry::Call(call)),
                Alarm::Group(group) => self.expire_group(group, now),
                Alarm::Actor(actor) => self.due_actors.push(actor),
            }
        }
    }

    /// A task for a stack that already waits, for nothing that could happen by itself: only
    /// [`Scheduler::force_running`] lets it go on.
    pub fn adopt_waiting(&mut self, host: usize) -> TaskId {
        match self.insert(host, GroupId::ROOT, State::Waiting) {
            Ok(task) => {
                if let Some(entry) = self.get_mut(task) {
                    entry.ends = Ends::Never;
                }
                self.placeholder = task;
                task
            }
            Err(_) => TaskId::NONE,
        }
    }

    /// Does it stand for a stack that only waits to be unwound?
    pub fn is_placeholder(&self, task: TaskId) -> bool {
        self.placeholder == task
    }

    /// Forgets every task but `task`: the child of a fork keeps only the forking one.
    pub fn keep_only(&mut self, task: TaskId) {
        self.ready.clear();
        self.timers.clear();
        self.due_actors.clear();
        self.called_in.clear();
        self.free.clear();
        self.live = 0;
        self.forget_groups();
        for slot in 0..self.tasks.len() {
            let entry = &mut self.tasks[slot];
            entry.joiners = Vec::new();
            entry.outside = false;
            entry.timer = None;
            entry.shield_timer = None;
            if slot == task.slot() && entry.in_use {
                entry.group = GroupId::ROOT;
                self.live = 1;
            } else {
                entry.in_use = false;
                entry.generation = entry.generation.wrapping_add(1).max(1);
                self.free.push(slot as u32);
            }
        }
    }

    /// Another number in the child of a fork than in its parent.
    pub fn epoch(&self) -> u8 {
        self.epoch
    }

    /// Is the task alive?
    pub fn is_alive(&self, task: TaskId) -> bool {
        self.get(task).is_some()
    }

    /// The task's state, while it is alive.
    pub fn state(&self, task: TaskId) -> Option<State> {
        self.get(task).map(|entry| entry.state)
    }

    /// Host value of a live task.
    pub fn host(&self, task: TaskId) -> Option<usize> {
        self.get(task).map(|entry| entry.host)
    }

    /// Since when a waiting task waits, to the loop's last look at the kernel before; `None`
    /// when the loop had not looked yet.
    pub fn waits_since(&self, task: TaskId) -> Option<u64> {
        self.get(task)
            .filter(|entry| entry.state == State::Waiting && entry.since != 0)
            .map(|entry| entry.since)
    }

    /// Changes the host value: a task that starts gets a stack.
    pub fn set_host(&mut self, task: TaskId, host: usize) {
        if let Some(entry) = self.get_mut(task) {
            entry.host = host;
        }
    }

    /// Live tasks.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Is no task alive?
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Entries of the ready queue.
    pub fn ready_len(&self) -> usize {
        self.ready.len()
    }

    /// Ids of all live tasks, by slot.
    pub fn ids(&self) -> impl Iterator<Item = TaskId> + '_ {
        self.tasks
            .iter()
            .enumerate()
            .filter(|(_, task)| task.in_use)
            .map(|(slot, task)| {
                TaskId::new(u32::try_from(slot).unwrap_or(u32::MAX), task.generation)
            })
    }

    fn set_timer(&mut self, task: TaskId, timer: Option<TimerKey>) {
        if let Some(entry) = self.get_mut(task) {
            entry.timer = timer;
        }
    }

    fn drop_timer(&mut self, task: TaskId) {
        if let Some(timer) = self.get_mut(task).and_then(|entry| entry.timer.take()) {
            self.timers.remove(timer);
        }
    }

    fn get(&self, task: TaskId) -> Option<&Task> {
        self.tasks
            .get(task.slot())
            .filter(|entry| entry.in_use && entry.generation == task.generation())
    }

    fn get_mut(&mut self, task: TaskId) -> Option<&mut Task> {
        self.tasks
            .get_mut(task.slot())
            .filter(|entry| entry.in_use && entry.generation == task.generation())
    }
}

impl Default for Scheduler {
    fn default() -> Scheduler {
        Scheduler::new(limits::MAX_TASKS)
    }
}
