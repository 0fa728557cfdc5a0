//! Semaphores and mutexes under tasks that come, wait for one or several permits, give them
//! back, time out and are cancelled, also between their wake-up and their run.
//!
//! The model is a number and a list: free permits, and who waits for how many, in the order
//! in which they began to wait. What must happen is said in the plainest way: whenever
//! something changed, grant from the front while it fits. The semaphore must wake the same
//! tasks at the same moments.

use super::random::Random;
use std::collections::{BTreeMap, VecDeque};
use tusk_runtime::scheduler::{Next, Scheduler};
use tusk_runtime::sync::{Lock, Mutex, Semaphore};
use tusk_runtime::task::{Ends, GroupId, State, TaskId, Wake};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Waits,
    /// The model says: it has been woken with its permits, and has not run.
    Granted,
    Has,
}

#[derive(Debug)]
struct Actor {
    task: TaskId,
    permits: usize,
    phase: Phase,
}

/// What is tested: the same histories for both.
enum Subject {
    Semaphore(Semaphore),
    Mutex(Mutex),
}

struct World {
    random: Random,
    scheduler: Scheduler,
    subject: Subject,
    total: usize,
    now: u64,
    actors: BTreeMap<usize, Actor>,
    next_actor: usize,
    free: usize,
    line: VecDeque<usize>,
    context: String,
}

impl World {
    fn new(seed: u64, mutex: bool) -> World {
        let mut random = Random::new(seed);
        let total = if mutex {
            1
        } else {
            [1, 2, 3, 5][random.below(4)]
        };
        World {
            random,
            scheduler: Scheduler::new(1000),
            subject: if mutex {
                Subject::Mutex(Mutex::new())
            } else {
                Subject::Semaphore(Semaphore::new(total))
            },
            total,
            now: 1,
            actors: BTreeMap::new(),
            next_actor: 0,
            free: total,
            line: VecDeque::new(),
            context: String::new(),
        }
    }

    /// The model's only rule.
    fn grant(&mut self) {
        while let Some(&host) = self.line.front() {
            let actor = self.actors.get_mut(&host).expect("who waits is there");
            if actor.permits > self.free {
                return;
            }
            self.free -= actor.permits;
            actor.phase = Phase::Granted;
            self.line.pop_front();
        }
    }

    fn arrive(&mut self) {
        let host = self.next_actor;
        self.next_actor += 1;
        let permits = 1 + self.random.below(self.total);
        let task = self.scheduler.adopt(host, GroupId::ROOT).expect("room");
        let expected = self.free >= permits && self.line.is_empty();
        let got = match &mut self.subject {
            Subject::Semaphore(semaphore) => semaphore.try_acquire(&self.scheduler, permits),
            Subject::Mutex(mutex) => match mutex.try_lock(&self.scheduler, task) {
                Lock::Locked => true,
                Lock::Busy => false,
                other => panic!("{}: {other:?}", self.context),
            },
        };
        assert_eq!(got, expected, "{}: {host} for {permits}", self.context);
        let mut actor = Actor {
            task,
            permits,
            phase: Phase::Has,
        };
        if got {
            self.free -= permits;
        } else {
            actor.phase = Phase::Waits;
            self.wait(task, permits);
            self.line.push_back(host);
        }
        self.actors.insert(host, actor);
    }

    fn wait(&mut self, task: TaskId, permits: usize) {
        let deadline = self
            .random
            .one_in(3)
            .then(|| self.now + 1 + self.random.below(20) as u64);
        let now = self.now;
        let waiter = self
            .scheduler
            .begin_wait(task, Ends::OnCancel, deadline, || now)
            .expect("not cancelled yet");
        match &mut self.subject {
            Subject::Semaphore(semaphore) => semaphore.wait(&self.scheduler, waiter, permits),
            Subject::Mutex(mutex) => mutex.wait(&self.scheduler, waiter),
        }
    }

    fn leave(&mut self, host: usize) -> Actor {
        let actor = self.actors.remove(&host).expect("an actor");
        self.scheduler.finish(actor.task);
        self.line.retain(|&other| other != host);
        actor
    }

    fn release(&mut self, host: usize) {
        let Actor { task, permits, .. } = self.actors[&host];
        let released = match &mut self.subject {
            Subject::Semaphore(semaphore) => semaphore.release(&mut self.scheduler, permits),
            Subject::Mutex(mutex) => mutex.unlock(&mut self.scheduler, task),
        };
        assert!(released, "{}: {host} had it", self.context);
        self.leave(host);
        self.free += permits;
        self.grant();
    }

    /// What the host does when the task runs again.
    fn resume(&mut self, host: usize) {
        let Actor {
            task,
            permits,
            phase,
        } = self.actors[&host];
        let now = self.now;
        let (wake, cancelled) = self.scheduler.outcome(task, || now);
        let granted = wake == Wake::Done;
        assert_eq!(
            granted,
            phase == Phase::Granted,
            "{}: {host} woken by {wake:?} is {phase:?}",
            self.context
        );
        if granted && !cancelled {
            if let Subject::Mutex(mutex) = &mut self.subject {
                assert_eq!(mutex.holder(), None, "{}", self.context);
                mutex.taken(task);
            }
            self.actors.get_mut(&host).expect("an actor").phase = Phase::Has;
            return;
        }
        match &mut self.subject {
            Subject::Semaphore(semaphore) => {
                semaphore.withdraw(&mut self.scheduler, permits, granted)
            }
            Subject::Mutex(mutex) => mutex.withdraw(&mut self.scheduler, granted),
        }
        self.leave(host);
        if granted {
            self.free += permits;
        }
        self.grant();
    }

    fn run_one(&mut self) -> bool {
        match self.scheduler.pick() {
            Next::Resume(host) => self.resume(host),
            Next::Idle => return false,
            other => panic!("{}: {other:?}", self.context),
        }
        true
    }

    /// A wait that a cancel or a deadline has ended is out of the line, for the model too.
    fn drop_ended(&mut self) {
        let (actors, scheduler) = (&self.actors, &self.scheduler);
        self.line
            .retain(|host| scheduler.state(actors[host].task) == Some(State::Waiting));
    }

    fn check(&self) {
        for (host, actor) in &self.actors {
            let waits = self.scheduler.state(actor.task) == Some(State::Waiting);
            assert_eq!(
                waits,
                self.line.contains(host),
                "{}: {host} {actor:?}",
                self.context
            );
        }
        let held: usize = self
            .actors
            .values()
            .filter(|actor| actor.phase != Phase::Waits)
            .map(|actor| actor.permits)
            .sum();
        assert_eq!(held + self.free, self.total, "{}", self.context);
        match &self.subject {
            Subject::Semaphore(semaphore) => {
                assert_eq!(semaphore.free(), self.free, "{}", self.context);
                assert_eq!(
                    semaphore.waiting(&self.scheduler),
                    self.line.len(),
                    "{}",
                    self.context
                );
            }
            Subject::Mutex(mutex) => {
                let holder = self
                    .actors
                    .values()
                    .find(|actor| actor.phase == Phase::Has)
                    .map(|actor| actor.task);
                assert_eq!(mutex.holder(), holder, "{}", self.context);
                assert_eq!(mutex.is_locked(), self.free == 0, "{}", self.context);
            }
        }
    }

    fn holders(&self) -> Vec<usize> {
        self.actors
            .iter()
            .filter(|(_, actor)| actor.phase == Phase::Has)
            .map(|(&host, _)| host)
            .collect()
    }

    fn step(&mut self) {
        match self.random.below(20) {
            0..=6 => self.arrive(),
            7..=11 => {
                let holders = self.holders();
                if let Some(host) = self.random.pick(&holders) {
                    self.release(host);
                }
            }
            12..=15 => {
                self.run_one();
            }
            16..=17 => {
                let hosts: Vec<usize> = self.actors.keys().copied().collect();
                let host = self.random.pick(&hosts);
                let waits = |host: &usize| self.actors[host].phase != Phase::Has;
                if let Some(host) = host.filter(waits) {
                    self.scheduler.cancel(self.actors[&host].task, self.now);
                    self.drop_ended();
                }
            }
            _ => {
                self.now += self.random.below(8) as u64;
                self.scheduler.fire(self.now, &mut Vec::new());
                self.drop_ended();
            }
        }
    }

    /// Everybody who has something gives it back, until nobody is left.
    fn finish(&mut self) {
        loop {
            while self.run_one() {
                self.check();
            }
            match self.holders().first() {
                Some(&host) => self.release(host),
                None => break,
            }
        }
        assert!(
            self.actors.is_empty(),
            "{}: these wait for ever: {:?}",
            self.context,
            self.actors
        );
        assert_eq!(self.free, self.total, "{}: permits are lost", self.context);
    }
}

fn history(seed: u64, mutex: bool) {
    let mut world = World::new(seed, mutex);
    for step in 0..100 {
        world.context = format!("seed {seed}, step {step}");
        world.step();
        world.check();
    }
    world.finish();
}

#[test]
fn permits_go_in_order_and_none_is_lost() {
    super::for_seeds(10_000, |seed| history(seed, false));
}

#[test]
fn a_lock_goes_in_order_and_is_never_shared() {
    super::for_seeds(10_000, |seed| history(seed, true));
}

#[test]
fn more_than_was_taken_cannot_be_given_back() {
    let mut scheduler = Scheduler::new(10);
    let mut semaphore = Semaphore::new(2);
    assert!(!semaphore.release(&mut scheduler, 1));
    assert!(semaphore.try_acquire(&scheduler, 2));
    assert!(!semaphore.try_acquire(&scheduler, 1));
    assert!(!semaphore.release(&mut scheduler, 3));
    assert!(semaphore.release(&mut scheduler, 2));
    assert_eq!(semaphore.free(), 2);
}

#[test]
fn a_lock_knows_its_holder() {
    let mut scheduler = Scheduler::new(10);
    let mut mutex = Mutex::new();
    let holder = scheduler.adopt(1, GroupId::ROOT).expect("room");
    let other = scheduler.adopt(2, GroupId::ROOT).expect("room");
    assert_eq!(mutex.try_lock(&scheduler, holder), Lock::Locked);
    assert_eq!(mutex.try_lock(&scheduler, holder), Lock::Own);
    assert_eq!(mutex.try_lock(&scheduler, other), Lock::Busy);
    assert!(!mutex.unlock(&mut scheduler, other));
    scheduler.finish(holder);
    assert_eq!(mutex.try_lock(&scheduler, other), Lock::Abandoned(holder));
}
