//! Semaphores and mutexes: tasks wait for an op, for permits, and for an op while they hold them.
//!
//! What must hold: no more is held than there is; who asks is not served before one who waits
//! already; who is granted has nobody before it in line; at the end all is free.

use super::rig::Rig;
use tusk_runtime::reactor::OpId;
use tusk_runtime::sync::{Lock, Mutex, Semaphore};
use tusk_runtime::task::{GroupId, Wake};

#[derive(Clone, Copy)]
enum At {
    Begins,
    /// Waits for the op before it asks.
    Before(OpId),
    Waits,
    /// Waits for the op while it holds permits.
    Holds(OpId),
}

enum Subject {
    Semaphore(Semaphore),
    Mutex(Mutex),
}

struct Task {
    permits: usize,
    rounds: usize,
    at: At,
}

struct World {
    seed: u64,
    subject: Subject,
    total: usize,
    held: usize,
    granted: usize,
    /// Hosts in the order in which they began to wait.
    line: Vec<usize>,
    tasks: Vec<Task>,
}

impl World {
    fn resume(&mut self, rig: &mut Rig, host: usize) {
        match self.tasks[host].at {
            At::Begins => self.next_round(rig, host),
            At::Before(op) if rig.is_over(host, op) => self.ask(rig, host),
            At::Holds(op) if rig.is_over(host, op) => {
                self.release(rig, host);
                self.next_round(rig, host);
            }
            At::Before(_) | At::Holds(_) => {}
            At::Waits => self.woken(rig, host),
        }
    }

    fn next_round(&mut self, rig: &mut Rig, host: usize) {
        let task = &mut self.tasks[host];
        if task.rounds == 0 {
            return rig.finish(host);
        }
        task.rounds -= 1;
        match rig.begin_op(host) {
            Some(op) => self.tasks[host].at = At::Before(op),
            None => rig.finish(host),
        }
    }

    fn ask(&mut self, rig: &mut Rig, host: usize) {
        let permits = self.tasks[host].permits;
        let scheduler = &rig.reactor.scheduler;
        let got = match &mut self.subject {
            Subject::Semaphore(semaphore) => semaphore.try_acquire(scheduler, permits),
            Subject::Mutex(mutex) => mutex.try_lock(scheduler, rig.task(host)) == Lock::Locked,
        };
        if got {
            let passed = self.line.iter().find(|&&other| rig.waits(other));
            assert_eq!(passed, None, "seed {}: {host} overtook", self.seed);
            return self.hold(rig, host);
        }
        let Some(waiter) = rig.begin_wait(host) else {
            return rig.finish(host);
        };
        match &mut self.subject {
            Subject::Semaphore(semaphore) => {
                semaphore.wait(&rig.reactor.scheduler, waiter, permits);
            }
            Subject::Mutex(mutex) => mutex.wait(&rig.reactor.scheduler, waiter),
        }
        self.line.push(host);
        self.tasks[host].at = At::Waits;
    }

    fn woken(&mut self, rig: &mut Rig, host: usize) {
        let granted = rig.reactor.scheduler.woken_by(rig.task(host)) == Wake::Done;
        let place = self.line.iter().position(|&other| other == host);
        let place = place.expect("who waits is in line");
        if granted {
            let before = self.line[..place].iter().find(|&&other| rig.waits(other));
            assert_eq!(before, None, "seed {}: {host} overtook", self.seed);
        }
        self.line.remove(place);
        if granted && !rig.is_cancelled(host) {
            self.granted += 1;
            if let Subject::Mutex(mutex) = &mut self.subject {
                mutex.taken(rig.task(host));
            }
            return self.hold(rig, host);
        }
        let scheduler = &mut rig.reactor.scheduler;
        let permits = self.tasks[host].permits;
        match &mut self.subject {
            Subject::Semaphore(semaphore) => semaphore.withdraw(scheduler, permits, granted),
            Subject::Mutex(mutex) => mutex.withdraw(scheduler, granted),
        }
        self.next_round(rig, host);
    }

    fn hold(&mut self, rig: &mut Rig, host: usize) {
        self.held += self.tasks[host].permits;
        assert!(self.held <= self.total, "seed {}: shared", self.seed);
        match rig.begin_op(host) {
            Some(op) => self.tasks[host].at = At::Holds(op),
            None => {
                self.release(rig, host);
                rig.finish(host);
            }
        }
    }

    fn release(&mut self, rig: &mut Rig, host: usize) {
        let permits = self.tasks[host].permits;
        let task = rig.task(host);
        let scheduler = &mut rig.reactor.scheduler;
        let released = match &mut self.subject {
            Subject::Semaphore(semaphore) => semaphore.release(scheduler, permits),
            Subject::Mutex(mutex) => mutex.unlock(scheduler, task),
        };
        assert!(released, "seed {}: {host} had it", self.seed);
        self.held -= permits;
    }
}

/// How often somebody was granted what it had waited for.
fn schedule(seed: u64, mutex: bool) -> usize {
    let mut rig = Rig::new(seed);
    let total = if mutex { 1 } else { 1 + rig.random.below(4) };
    let subject = if mutex {
        Subject::Mutex(Mutex::new())
    } else {
        Subject::Semaphore(Semaphore::new(total))
    };
    let mut world = World {
        seed,
        subject,
        total,
        held: 0,
        granted: 0,
        line: Vec::new(),
        tasks: Vec::new(),
    };
    for _ in 0..2 + rig.random.below(6) {
        rig.spawn(GroupId::ROOT);
        world.tasks.push(Task {
            permits: 1 + rig.random.below(total),
            rounds: 1 + rig.random.below(4),
            at: At::Begins,
        });
    }
    rig.run(|rig, host| world.resume(rig, host));
    assert_eq!(world.held, 0, "seed {seed}");
    match &world.subject {
        Subject::Semaphore(semaphore) => assert_eq!(semaphore.free(), total, "seed {seed}: lost"),
        Subject::Mutex(mutex) => assert!(!mutex.is_locked(), "seed {seed}: lost"),
    }
    world.granted
}

#[test]
fn permits_are_neither_lost_nor_overtaken() {
    let granted = std::cell::Cell::new(0);
    super::for_seeds(|seed| granted.set(granted.get() + schedule(seed, false)));
    assert!(granted.get() > 0, "nobody had to wait");
}

#[test]
fn a_lock_is_never_shared_lost_or_overtaken() {
    let granted = std::cell::Cell::new(0);
    super::for_seeds(|seed| granted.set(granted.get() + schedule(seed, true)));
    assert!(granted.get() > 0, "nobody had to wait");
}
