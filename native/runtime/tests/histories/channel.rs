//! Channels under random senders and receivers that come, wait, time out and are cancelled.
//!
//! The model is two lists: what `try_send` accepted, and what `try_receive` gave. Beside it
//! stand the queues in which senders and receivers began to wait: nobody is overtaken. At
//! rest nobody waits for what is there.

use super::random::Random;
use std::collections::{BTreeMap, VecDeque};
use tusk_runtime::scheduler::{Next, Scheduler};
use tusk_runtime::sync::{Channel, Place, Receive, Send};
use tusk_runtime::task::{Ends, GroupId, State, TaskId, Wake};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Sender(u64),
    Receiver,
}

struct Actor {
    task: TaskId,
    side: Side,
    deadline: Option<u64>,
    place: Option<Place>,
}

struct World {
    random: Random,
    scheduler: Scheduler,
    channel: Channel<u64>,
    capacity: usize,
    now: u64,
    actors: BTreeMap<usize, Actor>,
    next_actor: usize,
    accepted: VecDeque<u64>,
    /// Actors in the order in which they first waited.
    senders: VecDeque<usize>,
    receivers: VecDeque<usize>,
    /// A receiver has given up since all were at rest. Senders that were woken for it then
    /// find no room, and may change places with those woken behind them.
    disturbed: bool,
    /// Every value that a sender kept because it gave up or the channel was closed.
    kept: usize,
    received: usize,
    context: String,
}

impl World {
    fn new(seed: u64) -> World {
        let mut random = Random::new(seed);
        let capacity = [0, 0, 1, 2, 5][random.below(5)];
        World {
            random,
            scheduler: Scheduler::new(1000),
            channel: Channel::new(capacity),
            capacity,
            now: 1,
            actors: BTreeMap::new(),
            next_actor: 0,
            accepted: VecDeque::new(),
            senders: VecDeque::new(),
            receivers: VecDeque::new(),
            disturbed: false,
            kept: 0,
            received: 0,
            context: String::new(),
        }
    }

    fn arrive(&mut self) {
        let host = self.next_actor;
        self.next_actor += 1;
        let side = if self.random.one_in(2) {
            Side::Sender(host as u64)
        } else {
            Side::Receiver
        };
        let task = self.scheduler.adopt(host, GroupId::ROOT).expect("room");
        let deadline = self
            .random
            .one_in(3)
            .then(|| self.now + 1 + self.random.below(20) as u64);
        self.actors.insert(
            host,
            Actor {
                task,
                side,
                deadline,
                place: None,
            },
        );
        self.attempt(host, false);
    }

    fn leave(&mut self, host: usize) {
        let actor = self.actors.remove(&host).expect("an actor");
        self.scheduler.finish(actor.task);
        self.senders.retain(|&other| other != host);
        self.receivers.retain(|&other| other != host);
    }

    /// Is it still in line: not on its way out by a cancel or a deadline?
    fn in_line(&self, host: usize) -> bool {
        let task = self.actors[&host].task;
        !self.scheduler.is_cancelled(task) && self.scheduler.woken_by(task) != Wake::Deadline
    }

    /// Nobody who waited longer is still in line. Who never waited may take what is left
    /// beside those that were woken and will find theirs, but passes nobody who still waits.
    fn assert_first(&self, queue: &VecDeque<usize>, host: usize, what: &str) {
        let never_waited = !queue.contains(&host);
        let passed = queue
            .iter()
            .take_while(|&&other| other != host)
            .find(|&&other| {
                let waits = self.scheduler.state(self.actors[&other].task) == Some(State::Waiting);
                self.in_line(other) && (waits || !never_waited)
            });
        assert!(
            passed.is_none(),
            "{}: {what} {host} overtook {passed:?} of {queue:?}; {:?}",
            self.context,
            self.channel
        );
    }

    /// What ext/class/channel.rs does between two waits.
    fn attempt(&mut self, host: usize, woken: bool) {
        let (task, side, deadline) = {
            let actor = &self.actors[&host];
            (actor.task, actor.side, actor.deadline)
        };
        let waited = self.senders.contains(&host) || self.receivers.contains(&host);
        match side {
            Side::Sender(value) => match self.channel.try_send(&mut self.scheduler, value, woken) {
                Send::Sent => {
                    if !self.disturbed {
                        self.assert_first(&self.senders, host, "sender");
                    }
                    self.accepted.push_back(value);
                    return self.leave(host);
                }
                Send::Closed(_) => {
                    assert!(self.channel.is_closed(), "{}", self.context);
                    self.kept += 1;
                    return self.leave(host);
                }
                Send::Full(same) => assert_eq!(same, value, "{}", self.context),
            },
            Side::Receiver => match self.channel.try_receive(&mut self.scheduler, woken) {
                Receive::Value(value) => {
                    self.assert_first(&self.receivers, host, "receiver");
                    self.take(value);
                    return self.leave(host);
                }
                Receive::Closed => {
                    assert!(
                        self.channel.is_closed() && self.channel.is_empty(),
                        "{}",
                        self.context
                    );
                    return self.leave(host);
                }
                Receive::Empty => {}
            },
        }
        let now = self.now;
        let waiter = self
            .scheduler
            .begin_wait(task, Ends::OnCancel, deadline, || now)
            .expect("a cancelled actor leaves");
        match side {
            Side::Sender(_) => {
                let place = self.actors[&host].place;
                let place = self
                    .channel
                    .wait_to_send(&mut self.scheduler, waiter, place);
                self.actors.get_mut(&host).expect("an actor").place = Some(place);
                if !waited {
                    self.senders.push_back(host);
                }
            }
            Side::Receiver => {
                self.channel.wait_to_receive(&mut self.scheduler, waiter);
                if !waited {
                    self.receivers.push_back(host);
                }
            }
        }
    }

    fn take(&mut self, value: u64) {
        assert_eq!(
            Some(value),
            self.accepted.pop_front(),
            "{}: not the oldest",
            self.context
        );
        self.received += 1;
    }

    fn resume(&mut self, host: usize) {
        let task = self.actors[&host].task;
        let side = self.actors[&host].side;
        let now = self.now;
        let (wake, cancelled) = self.scheduler.outcome(task, || now);
        let woken = wake == Wake::Done;
        if woken && !cancelled {
            return self.attempt(host, true);
        }
        match side {
            Side::Sender(_) => {
                if woken {
                    self.channel.decline(&mut self.scheduler);
                }
                self.kept += 1;
            }
            Side::Receiver => self.channel.pass_on(&mut self.scheduler, woken),
        }
        self.leave(host);
    }

    fn run_one(&mut self) -> bool {
        match self.scheduler.pick() {
            Next::Resume(host) => self.resume(host),
            Next::Idle => return false,
            other => panic!("{}: {other:?}", self.context),
        }
        true
    }

    fn settle(&mut self) {
        while self.run_one() {}
        self.disturbed = false;
        let senders = self.senders.len();
        let receivers = self.receivers.len();
        let (held, closed) = (self.channel.len(), self.channel.is_closed());
        let context = format!(
            "{}: {senders} send, {receivers} receive, {held} held",
            self.context
        );
        assert_eq!(held, self.accepted.len(), "{context}");
        assert!(
            receivers == 0 || held == 0,
            "{context}: a receiver waits for what is there"
        );
        assert!(
            senders == 0 || held >= self.capacity,
            "{context}: a sender waits beside room"
        );
        assert!(
            senders == 0 || receivers == 0,
            "{context}: both wait for each other"
        );
        assert!(
            !closed || (senders == 0 && receivers == 0),
            "{context}: they wait for a closed channel"
        );
    }

    fn step(&mut self) {
        match self.random.below(40) {
            0..=13 => self.arrive(),
            14..=23 => {
                self.run_one();
            }
            24..=27 => self.settle(),
            28..=31 => {
                let hosts: Vec<usize> = self.actors.keys().copied().collect();
                if let Some(host) = self.random.pick(&hosts) {
                    self.disturbed = true;
                    self.scheduler.cancel(self.actors[&host].task, self.now);
                }
            }
            32..=38 => {
                self.disturbed = true;
                self.now += self.random.below(10) as u64;
                self.scheduler.fire(self.now, &mut Vec::new());
            }
            _ if self.random.one_in(20) => self.channel.close(&mut self.scheduler),
            _ => {}
        }
    }
}

#[test]
fn no_value_is_lost_doubled_or_reordered() {
    super::for_seeds(600, |seed| {
        let mut world = World::new(seed);
        for step in 0..200 {
            world.context = format!("seed {seed}, step {step}");
            world.step();
        }
        world.channel.close(&mut world.scheduler);
        world.settle();
        while let Receive::Value(value) = world.channel.try_receive(&mut world.scheduler, false) {
            world.take(value);
        }
        assert!(
            world.accepted.is_empty(),
            "{}: lost {:?}",
            world.context,
            world.accepted
        );
        assert!(world.actors.is_empty(), "{}: somebody hangs", world.context);
    });
}
