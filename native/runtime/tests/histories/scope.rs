//! Scopes inside scopes, with limits and deadlines, whose members spawn others, fail, are
//! cancelled, and take their time to end after they were asked to stop.
//!
//! The model is a tree of plain records. What must hold: a scope is empty exactly when none of
//! its tasks, direct or not, is alive; nobody runs in a scope that has stopped without having
//! been asked to stop; the limit is kept; the first reason to stop counts; who waits for a
//! place or for the end is served when there is one.

use super::random::Random;
use model::{Actor, Record, Role};
use std::collections::{BTreeMap, VecDeque};
use tusk_runtime::scheduler::{Next, Scheduler};
use tusk_runtime::sync::{Admit, Scope, Stop};
use tusk_runtime::task::{Ends, GroupId, State, Wake};

#[path = "scope_model.rs"]
mod model;

struct World {
    random: Random,
    scheduler: Scheduler,
    scopes: Vec<Record>,
    actors: BTreeMap<usize, Actor>,
    next: usize,
    now: u64,
    context: String,
}

impl World {
    fn open(&mut self) {
        let parent = match self.scopes.len() {
            0 => None,
            count => Some(self.random.below(count)),
        };
        let group = parent.map_or(GroupId::ROOT, |parent| self.scopes[parent].scope.group());
        let limit = self.random.one_in(2).then(|| 1 + self.random.below(3));
        let deadline = self
            .random
            .one_in(4)
            .then(|| self.now + 1 + self.random.below(60) as u64);
        let scope = Scope::open(&mut self.scheduler, group, limit, deadline);
        self.scopes.push(Record {
            scope,
            parent,
            limit,
            deadline,
            stop: None,
            failure: None,
            line: VecDeque::new(),
        });
    }

    /// Is `inner` the scope, or inside it?
    fn inside(&self, inner: usize, scope: usize) -> bool {
        let mut at = Some(inner);
        while let Some(index) = at {
            if index == scope {
                return true;
            }
            at = self.scopes[index].parent;
        }
        false
    }

    fn alive_in(&self, scope: usize) -> usize {
        self.actors
            .values()
            .filter(|actor| {
                matches!(actor.role, Role::Member { scope: own, .. } if self.inside(own, scope))
            })
            .count()
    }

    fn placed_in(&self, scope: usize) -> usize {
        let placed = Role::Member {
            scope,
            placed: true,
        };
        self.actors
            .values()
            .filter(|actor| actor.role == placed)
            .count()
    }

    /// The model stops a scope and those inside it, which is a cancel for them.
    fn stop(&mut self, scope: usize, why: Stop) {
        for inner in 0..self.scopes.len() {
            if self.inside(inner, scope) && self.scopes[inner].stop.is_none() {
                self.scopes[inner].stop = Some(if inner == scope { why } else { Stop::Cancelled });
            }
        }
    }

    fn add(&mut self, role: Role, group: GroupId) -> usize {
        let host = self.next;
        self.next += 1;
        let task = self.scheduler.adopt(host, group).expect("room");
        self.actors.insert(host, Actor { task, role });
        host
    }

    fn wait(&mut self, host: usize, register: impl FnOnce(&mut World, tusk_runtime::task::Waiter)) {
        let now = self.now;
        let task = self.actors[&host].task;
        if let Some(waiter) = self
            .scheduler
            .begin_wait(task, Ends::OnCancel, None, || now)
        {
            register(self, waiter);
        }
    }

    fn spawn(&mut self, scope: usize, placed: bool) {
        let group = self.scopes[scope].scope.group();
        let host = self.add(Role::Member { scope, placed }, group);
        self.wait(host, |_, _| {});
    }

    fn start(&mut self, scope: usize) {
        let record = &mut self.scopes[scope];
        let admitted = record.scope.admit(&self.scheduler);
        if record.stop.is_some() {
            assert_eq!(admitted, Admit::Stopped, "{}", self.context);
            return;
        }
        let full = self.scopes[scope].limit.is_some_and(|limit| {
            let granted = self.granted(scope);
            self.placed_in(scope) + granted >= limit || !self.scopes[scope].line.is_empty()
        });
        match admitted {
            Admit::Admitted => {
                assert!(!full, "{}: above the limit of {scope}", self.context);
                self.spawn(scope, true);
            }
            Admit::Full => {
                assert!(full, "{}: there is room in {scope}", self.context);
                let host = self.add(Role::Starter(scope), GroupId::ROOT);
                self.wait(host, |world, waiter| {
                    world.scopes[scope]
                        .scope
                        .wait_for_place(&world.scheduler, waiter);
                });
                self.scopes[scope].line.push_back(host);
            }
            Admit::Stopped => panic!("{}: {scope} has not stopped", self.context),
        }
    }

    /// Starters that were woken with a place and have not run.
    fn granted(&self, scope: usize) -> usize {
        self.actors
            .values()
            .filter(|actor| {
                actor.role == Role::Starter(scope)
                    && self.scheduler.state(actor.task) == Some(State::Ready)
                    && self.scheduler.woken_by(actor.task) == Wake::Done
            })
            .count()
    }

    fn end(&mut self, host: usize, fails: bool) {
        let Actor { task, role } = self.actors.remove(&host).expect("an actor");
        if let Role::Member { scope, placed } = role {
            let failure = fails.then_some(host);
            let record = &mut self.scopes[scope];
            let first = fails && record.stop.is_none();
            let back = match placed {
                true => record.scope.ended(&mut self.scheduler, self.now, failure),
                false => record
                    .scope
                    .failed_with(&mut self.scheduler, self.now, failure),
            };
            assert_eq!(
                back,
                failure.filter(|_| !first),
                "{}: {host} of {scope}",
                self.context
            );
            if first {
                record.failure = failure;
                self.stop(scope, Stop::Failed);
            }
        }
        self.scheduler.finish(task);
    }

    fn run_one(&mut self) -> bool {
        let host = match self.scheduler.pick() {
            Next::Resume(host) => host,
            Next::Idle => return false,
            other => panic!("{}: {other:?}", self.context),
        };
        let Actor { task, role } = self.actors[&host];
        let now = self.now;
        let (wake, cancelled) = self.scheduler.outcome(task, || now);
        match role {
            // Asked to stop; some take another turn before they do.
            Role::Member { .. } => {
                assert!(cancelled, "{}: {host} was woken for nothing", self.context);
                if self.random.one_in(3) {
                    self.scheduler.requeue(task);
                } else {
                    let fails = self.random.one_in(4);
                    self.end(host, fails);
                }
            }
            Role::Starter(scope) => {
                self.scopes[scope].line.retain(|&other| other != host);
                self.actors.remove(&host);
                let record = &mut self.scopes[scope];
                if wake != Wake::Done || cancelled || record.stop.is_some() {
                    let granted = wake == Wake::Done;
                    record.scope.withdraw(&mut self.scheduler, granted);
                    self.scheduler.finish(task);
                } else {
                    self.scheduler.finish(task);
                    self.spawn(scope, true);
                }
            }
            // Somebody was started between its wake-up and its run: it waits again.
            Role::Joiner(scope) if !cancelled && self.alive_in(scope) > 0 => {
                let group = self.scopes[scope].scope.group();
                self.wait(host, |world, waiter| {
                    assert!(world.scheduler.wait_group(group, waiter));
                });
            }
            Role::Joiner(_) => {
                self.end(host, false);
            }
        }
        true
    }

    fn check(&mut self) {
        for (index, record) in self.scopes.iter().enumerate() {
            let context = format!("{}: scope {index}", self.context);
            assert_eq!(
                record.scope.len(&self.scheduler) == 0,
                self.alive_in(index) == 0,
                "{context}"
            );
            assert_eq!(
                record.scope.stopped(&self.scheduler),
                record.stop,
                "{context}"
            );
            if let Some(limit) = record.limit {
                assert!(self.placed_in(index) <= limit, "{context}");
            }
        }
        for (host, actor) in &self.actors {
            let waits = self.scheduler.state(actor.task) == Some(State::Waiting);
            match actor.role {
                Role::Member { scope, .. } => assert!(
                    self.scopes[scope].stop.is_none() || !waits,
                    "{}: {host} was not asked to stop",
                    self.context
                ),
                Role::Joiner(scope) => assert!(
                    !waits || self.alive_in(scope) > 0,
                    "{}: {host} waits for {scope}, which is over",
                    self.context
                ),
                Role::Starter(scope) => {
                    let free = self.scopes[scope]
                        .limit
                        .is_some_and(|limit| self.placed_in(scope) + self.granted(scope) < limit);
                    assert!(
                        !waits || !free,
                        "{}: {host} waits beside room",
                        self.context
                    );
                }
            }
        }
    }

    fn those(&self, wanted: impl Fn(&Role) -> bool) -> Vec<usize> {
        self.actors
            .iter()
            .filter(|(_, actor)| wanted(&actor.role))
            .filter(|(_, actor)| self.scheduler.state(actor.task) == Some(State::Waiting))
            .map(|(&host, _)| host)
            .collect()
    }

    fn step(&mut self) {
        let scope = self.random.below(self.scopes.len().max(1));
        match self.random.below(24) {
            _ if self.scopes.is_empty() => self.open(),
            0..=1 if self.scopes.len() < 6 => self.open(),
            2..=8 => self.start(scope),
            9 if self.scopes[scope].stop.is_none() => self.spawn(scope, false),
            10..=12 => {
                let members = self.those(|role| matches!(role, Role::Member { .. }));
                if let Some(host) = self.random.pick(&members) {
                    let fails = self.random.one_in(6);
                    let task = self.actors[&host].task;
                    self.scheduler.force_running(task);
                    self.end(host, fails);
                }
            }
            13..=14 => {
                let host = self.add(Role::Joiner(scope), GroupId::ROOT);
                let group = self.scopes[scope].scope.group();
                let mut over = false;
                self.wait(host, |world, waiter| {
                    over = !world.scheduler.wait_group(group, waiter);
                });
                assert_eq!(over, self.alive_in(scope) == 0, "{}", self.context);
                if over {
                    self.end(host, false);
                }
            }
            15 if self.random.one_in(3) => {
                let record = &mut self.scopes[scope];
                record.scope.cancel(&mut self.scheduler, self.now);
                self.stop(scope, Stop::Cancelled);
            }
            16..=17 => {
                let others = self.those(|role| !matches!(role, Role::Member { .. }));
                if let Some(host) = self.random.pick(&others) {
                    self.scheduler.cancel(self.actors[&host].task, self.now);
                    for record in &mut self.scopes {
                        record.line.retain(|&other| other != host);
                    }
                }
            }
            18..=19 => {
                // One step at a time: what is due first stops first.
                for _ in 0..self.random.below(12) {
                    self.now += 1;
                    let due: Vec<usize> = (0..self.scopes.len())
                        .filter(|&index| self.scopes[index].deadline == Some(self.now))
                        .collect();
                    self.scheduler.fire(self.now, &mut Vec::new());
                    for index in due {
                        if self.scopes[index].stop.is_none() {
                            let why = self.scopes[index].scope.stopped(&self.scheduler);
                            self.stop(index, why.expect("its deadline has come"));
                        }
                    }
                }
            }
            _ => {
                self.run_one();
            }
        }
        for index in 0..self.scopes.len() {
            let (scheduler, actors) = (&self.scheduler, &self.actors);
            self.scopes[index]
                .line
                .retain(|host| scheduler.state(actors[host].task) == Some(State::Waiting));
        }
        self.check();
    }
}

#[test]
fn nothing_outlives_its_scope_and_the_first_reason_counts() {
    super::for_seeds(10_000, |seed| {
        let mut world = World {
            random: Random::new(seed),
            scheduler: Scheduler::new(1000),
            scopes: Vec::new(),
            actors: BTreeMap::new(),
            next: 0,
            now: 1,
            context: String::new(),
        };
        for step in 0..100 {
            world.context = format!("seed {seed}, step {step}");
            world.step();
        }
        for index in 0..world.scopes.len() {
            let failure = world.scopes[index].failure;
            let record = &mut world.scopes[index];
            assert_eq!(record.scope.take_failure(), failure, "{}", world.context);
            record.scope.cancel(&mut world.scheduler, world.now);
            world.stop(index, Stop::Cancelled);
        }
        while world.run_one() {}
        assert!(world.actors.is_empty(), "{}: somebody hangs", world.context);
        for record in &mut world.scopes {
            record.scope.close(&mut world.scheduler, world.now);
        }
        assert_eq!(world.scheduler.timers.len(), 0, "{}", world.context);
    });
}
