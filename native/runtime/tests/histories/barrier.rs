//! Barriers under tasks that arrive, time out and are cancelled, also when their round is
//! full and they have not run yet.
//!
//! The model is the list of those who wait in this round. The arrival that makes them as
//! many as the barrier is for ends the round; nothing else does.

use super::random::Random;
use std::collections::{BTreeMap, BTreeSet};
use tusk_runtime::scheduler::{Next, Scheduler};
use tusk_runtime::sync::Barrier;
use tusk_runtime::task::{Ends, GroupId, State, TaskId, Wake};

struct World {
    random: Random,
    scheduler: Scheduler,
    barrier: Barrier,
    parties: usize,
    now: u64,
    tasks: BTreeMap<usize, TaskId>,
    next: usize,
    waiting: BTreeSet<usize>,
    /// Woken for a full round, not yet run.
    released: BTreeSet<usize>,
    rounds: u64,
    context: String,
}

impl World {
    fn arrive(&mut self) {
        let host = self.next;
        self.next += 1;
        let task = self.scheduler.adopt(host, GroupId::ROOT).expect("room");
        let full = self.waiting.len() + 1 == self.parties;
        assert_eq!(
            self.barrier.arrive(&mut self.scheduler),
            full,
            "{}: {host} arrives at {:?}",
            self.context,
            self.waiting
        );
        if full {
            self.rounds += 1;
            self.released.append(&mut self.waiting);
            return self.scheduler.finish(task);
        }
        let deadline = self
            .random
            .one_in(3)
            .then(|| self.now + 1 + self.random.below(20) as u64);
        let now = self.now;
        let waiter = self
            .scheduler
            .begin_wait(task, Ends::OnCancel, deadline, || now)
            .expect("not cancelled");
        self.barrier.wait(&self.scheduler, waiter);
        self.tasks.insert(host, task);
        self.waiting.insert(host);
    }

    fn run_one(&mut self) -> bool {
        let host = match self.scheduler.pick() {
            Next::Resume(host) => host,
            Next::Idle => return false,
            other => panic!("{}: {other:?}", self.context),
        };
        let task = self.tasks.remove(&host).expect("a task");
        assert_eq!(
            self.scheduler.woken_by(task) == Wake::Done,
            self.released.remove(&host),
            "{}: {host}",
            self.context
        );
        self.scheduler.finish(task);
        true
    }

    fn drop_ended(&mut self) {
        let (tasks, scheduler) = (&self.tasks, &self.scheduler);
        self.waiting
            .retain(|host| scheduler.state(tasks[host]) == Some(State::Waiting));
    }

    fn step(&mut self) {
        match self.random.below(20) {
            0..=9 => self.arrive(),
            10..=14 => {
                self.run_one();
            }
            15..=17 => {
                let tasks: Vec<TaskId> = self.tasks.values().copied().collect();
                if let Some(task) = self.random.pick(&tasks) {
                    self.scheduler.cancel(task, self.now);
                    self.drop_ended();
                }
            }
            _ => {
                self.now += self.random.below(8) as u64;
                self.scheduler.fire(self.now, &mut Vec::new());
                self.drop_ended();
            }
        }
        assert_eq!(
            self.barrier.waiting(&self.scheduler),
            self.waiting.len(),
            "{}",
            self.context
        );
        assert_eq!(self.barrier.rounds(), self.rounds, "{}", self.context);
    }
}

#[test]
fn a_round_ends_when_all_are_there_at_once() {
    super::for_seeds(10_000, |seed| {
        let mut random = Random::new(seed);
        let parties = 1 + random.below(5);
        let mut world = World {
            random,
            scheduler: Scheduler::new(1000),
            barrier: Barrier::new(parties),
            parties,
            now: 1,
            tasks: BTreeMap::new(),
            next: 0,
            waiting: BTreeSet::new(),
            released: BTreeSet::new(),
            rounds: 0,
            context: String::new(),
        };
        for step in 0..100 {
            world.context = format!("seed {seed}, step {step}");
            world.step();
        }
        while !world.waiting.is_empty() {
            world.arrive();
        }
        while world.run_one() {}
        assert!(world.tasks.is_empty(), "{}: somebody hangs", world.context);
    });
}
