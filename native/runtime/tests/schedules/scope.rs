//! Scopes: a body starts members that wait for ops, fail, spawn others and are cancelled.
//!
//! What must hold: the limit is kept; when the body has waited for the end nobody is left; who
//! runs in a scope that has stopped is told so at its next wait; the first failure is kept.

use super::rig::Rig;
use tusk_runtime::reactor::OpId;
use tusk_runtime::sync::{Admit, Scope, Stop};
use tusk_runtime::task::{Ends, GroupId, Wake};

#[derive(Clone, Copy)]
enum At {
    Begins,
    Pauses(OpId),
    /// The body: waits for a place, and for the end.
    WaitsForPlace,
    Joins,
}

struct Task {
    /// Holds a place of the limit.
    placed: bool,
    waits: usize,
    at: At,
}

struct World {
    seed: u64,
    scope: Scope<usize>,
    limit: Option<usize>,
    to_start: usize,
    tasks: Vec<Task>,
    alive: usize,
    placed: usize,
    failure: Option<usize>,
}

const BODY: usize = 0;

impl World {
    fn resume(&mut self, rig: &mut Rig, host: usize) {
        match self.tasks[host].at {
            At::Begins if host == BODY => self.start(rig),
            At::Begins => self.pause(rig, host),
            At::Pauses(op) if rig.is_over(host, op) => self.work(rig, host),
            At::Pauses(_) => {}
            At::WaitsForPlace => {
                let granted = rig.reactor.scheduler.woken_by(rig.task(BODY)) == Wake::Done;
                let stopped = self.scope.stopped(&rig.reactor.scheduler).is_some();
                if !granted || stopped || rig.is_cancelled(BODY) {
                    self.scope.withdraw(&mut rig.reactor.scheduler, granted);
                    return self.give_up(rig);
                }
                self.spawn(rig, true);
                self.start(rig);
            }
            At::Joins => self.join(rig),
        }
    }

    /// The body starts what it wants to, and waits for the end.
    fn start(&mut self, rig: &mut Rig) {
        while self.to_start > 0 {
            match self.scope.admit(&rig.reactor.scheduler) {
                Admit::Admitted => self.spawn(rig, true),
                Admit::Stopped => break,
                Admit::Full => {
                    let Some(waiter) = rig.begin_wait(BODY) else {
                        return self.give_up(rig);
                    };
                    self.scope.wait_for_place(&rig.reactor.scheduler, waiter);
                    self.tasks[BODY].at = At::WaitsForPlace;
                    return;
                }
            }
        }
        self.join(rig);
    }

    fn give_up(&mut self, rig: &mut Rig) {
        let now = rig.reactor.now();
        self.scope.cancel(&mut rig.reactor.scheduler, now);
        self.join(rig);
    }

    fn join(&mut self, rig: &mut Rig) {
        if rig.is_cancelled(BODY) {
            let now = rig.reactor.now();
            self.scope.cancel(&mut rig.reactor.scheduler, now);
        }
        let (group, body, now) = (self.scope.group(), rig.task(BODY), rig.reactor.now());
        let scheduler = &mut rig.reactor.scheduler;
        // The first wait ends by a cancel, which stops the members; the next by their end alone.
        let waiter = scheduler
            .begin_wait(body, Ends::OnCancel, None, || now)
            .or_else(|| scheduler.begin_wait(body, Ends::Never, None, || now));
        let waiter = waiter.expect("such a wait is never refused");
        if scheduler.wait_group(group, waiter) {
            self.tasks[BODY].at = At::Joins;
            return;
        }
        scheduler.abort_wait(waiter);
        assert_eq!(
            self.alive, 0,
            "seed {}: it is over before they are",
            self.seed
        );
        rig.finish(BODY);
    }

    fn spawn(&mut self, rig: &mut Rig, placed: bool) {
        rig.spawn(self.scope.group());
        self.tasks.push(Task {
            placed,
            waits: 1 + rig.random.below(3),
            at: At::Begins,
        });
        self.alive += 1;
        if placed {
            self.to_start -= 1;
            self.placed += 1;
            let kept = self.limit.is_none_or(|limit| self.placed <= limit);
            assert!(kept, "seed {}: {} at once", self.seed, self.placed);
        }
    }

    fn work(&mut self, rig: &mut Rig, host: usize) {
        self.tasks[host].waits -= 1;
        // The host of a real scope refuses what a stopped member wants to start.
        let may_start = self.tasks[host].waits > 0 && !rig.is_cancelled(host);
        if may_start && rig.random.one_in(8) {
            self.spawn(rig, false);
        }
        let fails = self.tasks[host].placed && rig.random.one_in(8);
        if fails || self.tasks[host].waits == 0 {
            self.end(rig, host, fails.then_some(host));
        } else {
            self.pause(rig, host);
        }
    }

    fn pause(&mut self, rig: &mut Rig, host: usize) {
        let stopped = self.scope.stopped(&rig.reactor.scheduler).is_some();
        match rig.begin_op(host) {
            Some(op) => {
                assert!(!stopped, "seed {}: {host} was not told to stop", self.seed);
                self.tasks[host].at = At::Pauses(op);
            }
            None => self.end(rig, host, None),
        }
    }

    fn end(&mut self, rig: &mut Rig, host: usize, failure: Option<usize>) {
        let now = rig.reactor.now();
        let scheduler = &mut rig.reactor.scheduler;
        if failure.is_some() && self.scope.stopped(scheduler).is_none() {
            self.failure = failure;
        }
        if self.tasks[host].placed {
            self.placed -= 1;
            self.scope.ended(scheduler, now, failure);
        }
        self.alive -= 1;
        rig.finish(host);
    }
}

#[test]
fn nobody_outlives_a_scope_and_its_limit_is_kept() {
    let stops = std::cell::RefCell::new(Vec::new());
    super::for_seeds(|seed| {
        let mut rig = Rig::new(seed);
        let limit = rig.random.one_in(2).then(|| 1 + rig.random.below(3));
        let now = rig.reactor.now();
        let deadline = rig
            .random
            .one_in(4)
            .then(|| now + 1 + rig.random.below(80) as u64);
        let scope = Scope::open(&mut rig.reactor.scheduler, GroupId::ROOT, limit, deadline);
        rig.spawn(GroupId::ROOT);
        let body = Task {
            placed: false,
            waits: 0,
            at: At::Begins,
        };
        let mut world = World {
            seed,
            scope,
            limit,
            to_start: 1 + rig.random.below(7),
            tasks: vec![body],
            alive: 0,
            placed: 0,
            failure: None,
        };
        rig.run(|rig, host| {
            world.resume(rig, host);
            if host == BODY && !rig.reactor.scheduler.is_alive(rig.task(BODY)) {
                let stop = world.scope.stopped(&rig.reactor.scheduler);
                if !stops.borrow().contains(&stop) {
                    stops.borrow_mut().push(stop);
                }
                let failure = world.scope.take_failure();
                assert_eq!(failure, world.failure, "seed {seed}");
                let now = rig.reactor.now();
                world.scope.close(&mut rig.reactor.scheduler, now);
            }
        });
    });
    let seen = stops.borrow();
    let all = [
        None,
        Some(Stop::Failed),
        Some(Stop::Expired),
        Some(Stop::Cancelled),
    ];
    if std::env::var_os("TUSK_SEED").is_none() {
        assert!(all.iter().all(|stop| seen.contains(stop)), "only {seen:?}");
    }
}
