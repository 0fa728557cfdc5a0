//! The scheduler under random spawns, waits, wakes (also by waiters that are stale), cancels,
//! shields, joins, groups and deadlines.
//!
//! The model keeps each task's wait as plain data and the ready queue as a plain list; after
//! every step the scheduler must name the same tasks in the same states, and whenever
//! somebody runs next, it must be the same one for the same reason.

use super::random::Random;
use std::collections::{BTreeMap, VecDeque};
use tusk_runtime::scheduler::{Next, Scheduler};
use tusk_runtime::task::{Ends, GroupId, State, TaskId, Waiter, Wake};

struct Task {
    id: TaskId,
    state: State,
    wake: Wake,
    waiter: Option<Waiter>,
    ends: Ends,
    deadline: Option<u64>,
    cancelled: bool,
    shields: Vec<u64>,
    /// What `shield` returned, to be given back.
    outer: Vec<u64>,
    joiners: Vec<(usize, Waiter)>,
    group: GroupId,
}

impl Task {
    fn cancel_due(&self, now: u64) -> bool {
        self.cancelled && self.shields.iter().min().is_none_or(|&until| now >= until)
    }

    fn waits_in(&self, waiter: Waiter) -> bool {
        self.state == State::Waiting && self.waiter == Some(waiter)
    }
}

struct World {
    random: Random,
    real: Scheduler,
    now: u64,
    tasks: BTreeMap<usize, Task>,
    /// In order; those of one moment may come in any order.
    ready: VecDeque<Vec<usize>>,
    next_host: usize,
    stale: Vec<Waiter>,
    groups: Vec<(GroupId, Vec<(usize, Waiter)>)>,
    /// What each group was opened in, also of those that are closed.
    parents: BTreeMap<u32, GroupId>,
    context: String,
}

impl World {
    fn new(seed: u64) -> World {
        World {
            random: Random::new(seed),
            real: Scheduler::new(40),
            now: 1,
            tasks: BTreeMap::new(),
            ready: VecDeque::new(),
            next_host: 0,
            stale: Vec::new(),
            groups: Vec::new(),
            parents: BTreeMap::new(),
            context: String::new(),
        }
    }

    fn those(&self, state: State) -> Vec<usize> {
        self.tasks
            .iter()
            .filter(|(_, task)| task.state == state)
            .map(|(&host, _)| host)
            .collect()
    }

    fn spawn(&mut self) {
        let host = self.next_host;
        let open: Vec<GroupId> = self.groups.iter().map(|group| group.0).collect();
        let group = self.random.pick(&open).unwrap_or(GroupId::ROOT);
        match self.real.spawn(host, group) {
            Ok(id) => {
                assert!(self.tasks.len() < 40, "{}", self.context);
                let task = Task {
                    id,
                    state: State::Queued,
                    wake: Wake::Done,
                    waiter: None,
                    ends: Ends::Never,
                    deadline: None,
                    cancelled: false,
                    shields: Vec::new(),
                    outer: Vec::new(),
                    joiners: Vec::new(),
                    group,
                };
                self.tasks.insert(host, task);
                self.ready.push_back(vec![host]);
                self.next_host += 1;
            }
            Err(_) => assert_eq!(self.tasks.len(), 40, "{}", self.context),
        }
    }

    fn model_wake(&mut self, host: usize, waiter: Waiter, wake: Wake) -> bool {
        let Some(task) = self
            .tasks
            .get_mut(&host)
            .filter(|task| task.waits_in(waiter))
        else {
            return false;
        };
        task.state = State::Ready;
        task.wake = wake;
        task.deadline = None;
        self.ready.push_back(vec![host]);
        true
    }

    /// Takes `host` from the ready queue's first moment.
    fn expect(&mut self, host: usize) {
        let first = self.ready.front_mut().expect("somebody is ready");
        let index = first.iter().position(|&other| other == host);
        first.swap_remove(index.unwrap_or_else(|| panic!("{}: {host} of {first:?}", self.context)));
        if first.is_empty() {
            self.ready.pop_front();
        }
    }

    fn run_next(&mut self) {
        match self.real.pick() {
            Next::Idle => assert!(self.ready.is_empty(), "{}", self.context),
            Next::Start(host) => {
                self.expect(host);
                let task = self.tasks.get_mut(&host).expect("the model has it");
                assert_eq!(task.state, State::Queued, "{}", self.context);
                task.state = State::Running;
            }
            Next::Resume(host) => {
                self.expect(host);
                let now = self.now;
                let task = self.tasks.get_mut(&host).expect("the model has it");
                assert_eq!(task.state, State::Ready, "{}", self.context);
                task.state = State::Running;
                let outcome = self.real.outcome(task.id, || now);
                assert_eq!(
                    outcome,
                    (task.wake, task.cancel_due(now)),
                    "{}",
                    self.context
                );
            }
            Next::Call(call) => panic!("{}: call {call}", self.context),
        }
    }

    /// The running task begins a wait: for nothing, for another task, or for a group.
    fn wait(&mut self, host: usize) {
        let ends = [Ends::OnCancel, Ends::OnCancelOrSignal, Ends::Never][self.random.below(3)];
        let deadline = self
            .random
            .one_in(2)
            .then(|| self.now + self.random.below(30) as u64);
        let now = self.now;
        let task = &self.tasks[&host];
        let refused = ends != Ends::Never && task.cancel_due(now);
        let waiter = self.real.begin_wait(task.id, ends, deadline, || now);
        assert_eq!(waiter.is_none(), refused, "{}", self.context);
        let Some(waiter) = waiter else { return };
        let task = self.tasks.get_mut(&host).expect("the model has it");
        if let Some(old) = task.waiter.replace(waiter) {
            self.stale.push(old);
        }
        (task.state, task.ends, task.deadline) = (State::Waiting, ends, deadline);
        let others: Vec<usize> = self
            .tasks
            .keys()
            .copied()
            .filter(|&other| other != host)
            .collect();
        match self.random.below(4) {
            0 => {
                let Some(other) = self.random.pick(&others) else {
                    return;
                };
                let target = self.tasks.get_mut(&other).expect("the model has it");
                assert!(self.real.join(target.id, waiter), "{}", self.context);
                target.joiners.push((host, waiter));
            }
            1 if !self.groups.is_empty() => {
                let index = self.random.below(self.groups.len());
                let group = self.groups[index].0;
                let live = self.is_live(group);
                assert_eq!(
                    self.real.wait_group(group, waiter),
                    live,
                    "{}",
                    self.context
                );
                if live {
                    self.groups[index].1.push((host, waiter));
                } else {
                    self.real.abort_wait(waiter);
                    let task = self.tasks.get_mut(&host).expect("the model has it");
                    (task.state, task.deadline) = (State::Running, None);
                }
            }
            _ => {}
        }
    }

    fn finish(&mut self, host: usize) {
        let task = self.tasks.remove(&host).expect("the model has it");
        self.real.finish(task.id);
        self.stale.extend(task.waiter);
        for (joiner, waiter) in task.joiners {
            self.model_wake(joiner, waiter, Wake::Done);
        }
        let mut group = task.group;
        while group != GroupId::ROOT && !self.is_live(group) {
            if let Some(open) = self.groups.iter_mut().find(|open| open.0 == group) {
                for (waiting, waiter) in std::mem::take(&mut open.1) {
                    self.model_wake(waiting, waiter, Wake::Done);
                }
            }
            group = self.parents[&group.number()];
        }
        assert!(
            !self.real.join(
                task.id,
                Waiter {
                    task: task.id,
                    sequence: 0
                }
            ),
            "{}",
            self.context
        );
    }

    /// Is there a task in the group, or in one inside it?
    fn is_live(&self, group: GroupId) -> bool {
        self.tasks
            .values()
            .any(|task| self.inside(task.group, group))
    }

    fn inside(&self, mut inner: GroupId, group: GroupId) -> bool {
        while inner != group && inner != GroupId::ROOT {
            inner = self.parents[&inner.number()];
        }
        inner == group
    }

    fn open_group(&mut self) {
        let open: Vec<GroupId> = self.groups.iter().map(|group| group.0).collect();
        let parent = self.random.pick(&open).unwrap_or(GroupId::ROOT);
        let group = self.real.open_group(parent);
        assert!(
            !self.groups.iter().any(|other| other.0 == group) && !self.is_live(group),
            "{}: {group:?} is in use",
            self.context
        );
        self.parents.insert(group.number(), parent);
        self.groups.push((group, Vec::new()));
    }

    /// All inside are asked to stop, in any order.
    fn cancel_group(&mut self) {
        let open: Vec<GroupId> = self.groups.iter().map(|group| group.0).collect();
        let Some(group) = self.random.pick(&open) else {
            return;
        };
        let members: Vec<usize> = self
            .tasks
            .iter()
            .filter(|(_, task)| self.inside(task.group, group))
            .map(|(&host, _)| host)
            .collect();
        self.real.cancel_group(group, self.now);
        assert!(self.real.is_group_stopped(group), "{}", self.context);
        let before = self.ready.len();
        for host in members {
            self.model_cancel(host);
        }
        let woken: Vec<usize> = self.ready.drain(before..).flatten().collect();
        if !woken.is_empty() {
            self.ready.push_back(woken);
        }
    }

    fn cancel(&mut self, host: usize) {
        self.real.cancel(self.tasks[&host].id, self.now);
        self.model_cancel(host);
    }

    fn model_cancel(&mut self, host: usize) {
        let now = self.now;
        let task = self.tasks.get_mut(&host).expect("the model has it");
        task.cancelled = true;
        let can_end = task.ends != Ends::Never && task.cancel_due(now);
        if let Some(waiter) = task.waiter.filter(|_| can_end) {
            self.model_wake(host, waiter, Wake::Cancelled);
        }
    }

    fn shield(&mut self, host: usize) {
        let until = self.now + self.random.below(40) as u64;
        let task = self.tasks.get_mut(&host).expect("the model has it");
        if self.random.one_in(3) && !task.shields.is_empty() {
            task.shields.pop();
            let outer = task.outer.pop().expect("as many as shields");
            self.real.unshield(task.id, outer);
        } else {
            task.shields.push(until);
            task.outer.push(self.real.shield(task.id, until));
        }
    }

    /// Time passes in steps of one, so that the order of what is due is the order of time.
    fn pass(&mut self, span: usize) {
        for _ in 0..span {
            self.now += 1;
            self.real.fire(self.now, &mut Vec::new());
            let now = self.now;
            let mut moment = Vec::new();
            for (&host, task) in &mut self.tasks {
                let deadline = task.deadline.is_some_and(|deadline| deadline <= now);
                let shield = task.ends != Ends::Never && !task.shields.is_empty();
                let due = deadline || (shield && task.cancelled && task.cancel_due(now));
                if task.state == State::Waiting && due {
                    let wake = self.real.woken_by(task.id);
                    let expected = if deadline {
                        Wake::Deadline
                    } else {
                        Wake::Cancelled
                    };
                    assert!(
                        wake == expected || shield,
                        "{}: {host} {wake:?}",
                        self.context
                    );
                    (task.state, task.wake, task.deadline) = (State::Ready, wake, None);
                    moment.push(host);
                }
            }
            if !moment.is_empty() {
                self.ready.push_back(moment);
            }
        }
    }

    fn check(&self) {
        assert_eq!(self.real.len(), self.tasks.len(), "{}", self.context);
        for (host, task) in &self.tasks {
            assert_eq!(
                self.real.state(task.id),
                Some(task.state),
                "{}: {host}",
                self.context
            );
            assert_eq!(self.real.host(task.id), Some(*host), "{}", self.context);
        }
    }

    fn step(&mut self) {
        let running = self.those(State::Running);
        let waiting = self.those(State::Waiting);
        let all: Vec<usize> = self.tasks.keys().copied().collect();
        match self.random.below(20) {
            0..=2 => self.spawn(),
            3..=6 => self.run_next(),
            7..=9 => {
                if let Some(host) = self.random.pick(&running) {
                    self.wait(host);
                }
            }
            10 => {
                if let Some(host) = self.random.pick(&running) {
                    self.finish(host);
                }
            }
            11..=12 => {
                if let Some(host) = self.random.pick(&waiting) {
                    let waiter = self.tasks[&host].waiter.expect("it waits");
                    assert!(self.real.wake(waiter, Wake::Done), "{}", self.context);
                    self.model_wake(host, waiter, Wake::Done);
                }
            }
            13 => {
                if let Some(waiter) = self.random.pick(&self.stale) {
                    assert!(
                        !self.real.wake(waiter, Wake::Done),
                        "{}: woke twice",
                        self.context
                    );
                }
            }
            14 => {
                if let Some(host) = self.random.pick(&all) {
                    self.cancel(host);
                }
            }
            15 => {
                if let Some(host) = self.random.pick(&running) {
                    self.shield(host);
                }
            }
            16 => {
                if let Some(host) = self.random.pick(&running) {
                    let now = self.now;
                    let task = self.tasks.get_mut(&host).expect("the model has it");
                    let yields = self.real.yield_now(task.id, || now);
                    assert_eq!(yields, !task.cancel_due(now), "{}", self.context);
                    if yields {
                        (task.state, task.wake) = (State::Ready, Wake::Done);
                        self.ready.push_back(vec![host]);
                    }
                }
            }
            17 if self.groups.len() < 5 => self.open_group(),
            18 if self.random.one_in(3) => self.cancel_group(),
            18 if !self.groups.is_empty() && self.random.one_in(3) => {
                let index = self.random.below(self.groups.len());
                let (group, _) = self.groups.swap_remove(index);
                self.real.close_group(group);
            }
            _ => {
                let span = self.random.below(8);
                self.pass(span);
            }
        }
        self.check();
    }
}

#[test]
fn the_same_tasks_run_in_the_same_order_for_the_same_reason() {
    super::for_seeds(600, |seed| {
        let mut world = World::new(seed);
        for step in 0..400 {
            world.context = format!("seed {seed}, step {step}");
            world.step();
        }
        let left: Vec<usize> = world.tasks.keys().copied().collect();
        for host in left {
            world.finish(host);
        }
        assert_eq!(
            world.real.timers.len(),
            0,
            "{}: a timer outlives its task",
            world.context
        );
        assert_eq!(world.real.pick(), Next::Idle, "{}", world.context);
    });
}

#[test]
fn a_group_number_is_used_again_when_its_last_task_has_ended() {
    let mut scheduler = Scheduler::new(10);
    let first = scheduler.open_group(GroupId::ROOT);
    let task = scheduler.spawn(1, first).expect("room");
    scheduler.close_group(first);
    let second = scheduler.open_group(GroupId::ROOT);
    assert_ne!(first, second, "the first still has a task");
    scheduler.finish(task);
    assert_eq!(scheduler.open_group(GroupId::ROOT), first);
}
