//! Channels under random senders and receivers that come, wait, time out and are cancelled.
//!
//! The model is one list: the values in the order in which their senders came. What is
//! received must be the first of it, but for those whose sender gave up. Beside it stand the
//! queues in which senders and receivers began to wait: nobody is overtaken. At rest nobody
//! waits for what is there.

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
    /// Values by the order in which their senders came; those of senders that gave up are
    /// taken out when they run.
    order: VecDeque<u64>,
    /// Receivers in the order in which they began to wait.
    receivers: VecDeque<usize>,
    /// A receiver has given up since all were at rest: a rendezvous may hold its value.
    disturbed: bool,
    received: usize,
    /// Values that senders kept because they gave up or the channel was closed.
    kept: usize,
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
            order: VecDeque::new(),
            receivers: VecDeque::new(),
            disturbed: false,
            received: 0,
            kept: 0,
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
        if let Side::Sender(value) = side {
            self.order.push_back(value);
        }
        self.begin(host);
    }

    fn leave(&mut self, host: usize) {
        let actor = self.actors.remove(&host).expect("an actor");
        self.scheduler.finish(actor.task);
        self.receivers.retain(|&other| other != host);
    }

    fn waits(&self, host: usize) -> bool {
        self.scheduler.state(self.actors[&host].task) == Some(State::Waiting)
    }

    /// What ext/class/channel.rs does before it waits.
    fn begin(&mut self, host: usize) {
        let (task, side, deadline) = {
            let actor = &self.actors[&host];
            (actor.task, actor.side, actor.deadline)
        };
        let mut value = None;
        match side {
            Side::Sender(mine) => match self.channel.try_send(&mut self.scheduler, mine) {
                Send::Sent => {
                    let passed = self.actors.iter().find(|&(&other, actor)| {
                        other != host && actor.place.is_some() && self.waits(other)
                    });
                    assert!(passed.is_none(), "{}: {host} overtook", self.context);
                    return self.leave(host);
                }
                Send::Closed(_) => return self.keep(host),
                Send::Full(same) => value = Some(same),
            },
            Side::Receiver => match self.channel.try_receive(&mut self.scheduler, false) {
                Receive::Value(value) => {
                    let passed = self.receivers.iter().find(|&&other| self.waits(other));
                    assert!(passed.is_none(), "{}: {host} overtook", self.context);
                    self.take(value);
                    return self.leave(host);
                }
                Receive::Closed => return self.leave(host),
                Receive::Empty => {}
            },
        }
        let now = self.now;
        let waiter = self
            .scheduler
            .begin_wait(task, Ends::OnCancel, deadline, || now)
            .expect("not cancelled yet");
        match value {
            Some(value) => {
                let place = self.channel.wait_to_send(waiter, value);
                self.actors.get_mut(&host).expect("an actor").place = Some(place);
            }
            None => {
                self.channel.wait_to_receive(&self.scheduler, waiter);
                self.receivers.push_back(host);
            }
        }
    }

    /// The value was received: it is the oldest, but for those whose sender gave up.
    fn take(&mut self, value: u64) {
        let given_up = |&other: &u64| {
            let Some(actor) = self.actors.get(&(other as usize)) else {
                return false;
            };
            let state = self.scheduler.state(actor.task);
            state != Some(State::Waiting) && self.scheduler.woken_by(actor.task) != Wake::Done
        };
        let first = self.order.iter().position(|other| !given_up(other));
        let first = first.expect("there is one");
        assert_eq!(
            self.order[first], value,
            "{}: not the oldest of {:?}",
            self.context, self.order
        );
        self.order.remove(first);
        self.received += 1;
    }

    /// The sender has its value back.
    fn keep(&mut self, host: usize) {
        self.order.retain(|&value| value != host as u64);
        self.kept += 1;
        self.leave(host);
    }

    fn resume(&mut self, host: usize) {
        let (task, side, place) = {
            let actor = &self.actors[&host];
            (actor.task, actor.side, actor.place)
        };
        let now = self.now;
        let (wake, cancelled) = self.scheduler.outcome(task, || now);
        let woken = wake == Wake::Done;
        match side {
            Side::Sender(value) => match self.channel.settle(place.expect("it waited")) {
                None => {
                    assert!(woken, "{}: {value} went, {wake:?}", self.context);
                    self.leave(host);
                }
                Some(same) => {
                    assert_eq!(same, value, "{}", self.context);
                    assert!(
                        !woken || self.channel.is_closed(),
                        "{}: woken, and {value} did not go",
                        self.context
                    );
                    self.keep(host);
                }
            },
            Side::Receiver if woken && !cancelled => {
                match self.channel.try_receive(&mut self.scheduler, true) {
                    Receive::Value(value) => self.take(value),
                    Receive::Closed => {}
                    Receive::Empty => panic!("{}: woken for nothing", self.context),
                }
                self.leave(host);
            }
            Side::Receiver => {
                self.disturbed = true;
                if woken {
                    self.channel.pass_on(&mut self.scheduler);
                }
                self.leave(host);
            }
        }
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
        let receivers = self.receivers.len();
        let senders = self.actors.len() - receivers;
        let (held, closed) = (self.channel.len(), self.channel.is_closed());
        let context = format!(
            "{}: {senders} send, {receivers} receive, {held} held",
            self.context
        );
        assert_eq!(held + senders, self.order.len(), "{context}");
        assert!(
            self.disturbed || held <= self.capacity,
            "{context}: more than fits"
        );
        if held <= self.capacity {
            self.disturbed = false;
        }
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
                    self.scheduler.cancel(self.actors[&host].task, self.now);
                }
            }
            32..=38 => {
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
    super::for_seeds(10_000, |seed| {
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
            world.order.is_empty(),
            "{}: lost {:?}",
            world.context,
            world.order
        );
        assert!(world.actors.is_empty(), "{}: somebody hangs", world.context);
        assert!(world.received + world.kept > 0, "{}", world.context);
    });
}
