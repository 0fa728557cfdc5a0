//! A reactor on the fake driver, and tasks that wait for ops on it.

use super::random::Random;
use tusk_runtime::driver::{AnyDriver, Fake};
use tusk_runtime::op::{Op, Poll, Timeout};
use tusk_runtime::reactor::{OpId, Reactor, Turn};
use tusk_runtime::scheduler::Next;
use tusk_runtime::sys::eventfd::EventFd;
use tusk_runtime::task::{Ends, GroupId, State, TaskId, Waiter};

/// More turns than any schedule takes: one that takes more runs for ever.
const MOST_STEPS: usize = 100_000;

thread_local! {
    /// Always readable: when its poll completes is the driver's choice alone.
    static READY: EventFd = {
        let ready = EventFd::new().expect("an eventfd");
        ready.signal();
        ready
    };
}

pub struct Rig {
    pub reactor: Reactor,
    pub random: Random,
    seed: u64,
    tasks: Vec<TaskId>,
}

impl Rig {
    pub fn new(seed: u64) -> Rig {
        let driver = AnyDriver::Fake(Box::new(Fake::new(seed)));
        Rig {
            reactor: Reactor::with_driver(driver, 100).expect("an eventfd"),
            random: Random::new(seed),
            seed,
            tasks: Vec::new(),
        }
    }

    /// Spawns a task; its host is its number, from 0.
    pub fn spawn(&mut self, group: GroupId) -> TaskId {
        let host = self.tasks.len();
        let task = self.reactor.scheduler.spawn(host, group).expect("room");
        self.tasks.push(task);
        task
    }

    pub fn task(&self, host: usize) -> TaskId {
        self.tasks[host]
    }

    pub fn waits(&self, host: usize) -> bool {
        self.reactor.scheduler.state(self.tasks[host]) == Some(State::Waiting)
    }

    /// A wait of the running task that a cancel ends, and in one of three cases a deadline.
    /// `None`: it is to stop.
    pub fn begin_wait(&mut self, host: usize) -> Option<Waiter> {
        let now = self.reactor.now();
        let deadline = self
            .random
            .one_in(3)
            .then(|| now + 1 + self.random.below(60) as u64);
        let task = self.tasks[host];
        self.reactor
            .scheduler
            .begin_wait(task, Ends::OnCancel, deadline, || now)
    }

    /// The running task begins an op and waits for it. `None`: it is to stop.
    pub fn begin_op(&mut self, host: usize) -> Option<OpId> {
        let waiter = self.begin_wait(host)?;
        let op: Op = if self.random.one_in(2) {
            let fd = READY.with(EventFd::fd);
            let events = libc::POLLIN as u16;
            let multi = false;
            Poll { fd, events, multi }.into()
        } else {
            Timeout::at(self.reactor.now() + self.random.below(40) as u64).into()
        };
        Some(self.reactor.submit(op, Some(waiter)).expect("room"))
    }

    /// The task runs again: is its op over? One that is not is cancelled, and the task waits
    /// for its end whatever else happens.
    pub fn is_over(&mut self, host: usize, op: OpId) -> bool {
        if self.reactor.take_result(op).is_some() {
            return true;
        }
        self.reactor.cancel_op(op);
        let now = self.reactor.now();
        let task = self.tasks[host];
        let waiter = self
            .reactor
            .scheduler
            .begin_wait(task, Ends::Never, None, || now);
        self.reactor.set_waiter(op, waiter);
        false
    }

    /// Is the running task to stop?
    pub fn is_cancelled(&self, host: usize) -> bool {
        let now = self.reactor.now();
        self.reactor.scheduler.cancel_due(self.tasks[host], || now)
    }

    pub fn finish(&mut self, host: usize) {
        self.reactor.scheduler.finish(self.tasks[host]);
    }

    /// Runs tasks until nothing can happen any more. Now and then one of them is cancelled.
    pub fn run(&mut self, mut resume: impl FnMut(&mut Rig, usize)) {
        for _ in 0..MOST_STEPS {
            match self.reactor.pick() {
                Next::Resume(host) | Next::Start(host) => {
                    resume(self, host);
                    if self.random.one_in(12) {
                        let victim = self.random.pick(&self.tasks).expect("one runs");
                        let now = self.reactor.now();
                        self.reactor.scheduler.cancel(victim, now);
                    }
                }
                Next::Idle if self.reactor.turn(None, false) == Turn::Deadlock => {
                    return self.nothing_is_left();
                }
                Next::Idle => {}
                other => panic!("seed {}: {other:?}", self.seed),
            }
        }
        panic!("seed {}: it goes on for ever", self.seed);
    }

    fn nothing_is_left(&self) {
        let left: Vec<usize> = (0..self.tasks.len())
            .filter(|&host| self.reactor.scheduler.is_alive(self.tasks[host]))
            .collect();
        assert!(
            left.is_empty(),
            "seed {}: {left:?} wait for ever",
            self.seed
        );
        assert_eq!(self.reactor.in_flight(), 0, "seed {}: ops", self.seed);
        let timers = self.reactor.scheduler.timers.len();
        assert_eq!(timers, 0, "seed {}: timers", self.seed);
    }
}
