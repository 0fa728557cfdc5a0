//! Tasks that wait in several channels at once, among plain senders and receivers, under
//! deadlines and cancels.
//!
//! Values grow with the order in which their tasks came, so what is received from a channel
//! must grow too. In the end what was received, with what is still inside, must be exactly
//! what tasks were told they had sent: a select does one thing or nothing. At rest
//! nobody waits for what is there, nobody waits for a partner who waits for it, and a
//! rendezvous holds no value unless its receiver gave up.

use super::random::Random;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use tusk_runtime::scheduler::{Next, Scheduler};
use tusk_runtime::sync::{Case, Channel, Chosen, Select};
use tusk_runtime::task::{Ends, GroupId, State, TaskId, Wake};

struct Actor<'a> {
    task: TaskId,
    select: Select<'a, u64>,
    /// The channels of its cases, and what it would send.
    cases: Vec<(usize, Option<u64>)>,
    deadline: Option<u64>,
}

struct World<'a> {
    random: Random,
    scheduler: Scheduler,
    channels: &'a [RefCell<Channel<u64>>],
    capacities: Vec<usize>,
    sent: Vec<BTreeSet<u64>>,
    received: Vec<BTreeSet<u64>>,
    /// Values that were sent by a last attempt after their task had left the line.
    late: BTreeSet<u64>,
    actors: BTreeMap<usize, Actor<'a>>,
    next: usize,
    now: u64,
    /// A receiver gave up: a value may lie in a rendezvous.
    disturbed: bool,
    context: String,
}

impl World<'_> {
    fn arrive(&mut self) {
        let host = self.next;
        self.next += 1;
        let mut cases = Vec::new();
        let mut described = Vec::new();
        let plain = self.random.one_in(3);
        let first = self.random.below(self.channels.len());
        for step in 0..self.channels.len() {
            let index = (first + step) % self.channels.len();
            if step > 0 && (plain || self.random.one_in(3)) {
                continue;
            }
            let channel = &self.channels[index];
            if self.random.one_in(2) {
                let value = (host * 10 + index) as u64;
                cases.push(Case::send(channel, value));
                described.push((index, Some(value)));
            } else {
                cases.push(Case::receive(channel));
                described.push((index, None));
            }
        }
        // One more case on a channel that has one already, in either direction.
        if !plain && self.random.one_in(4) {
            let (index, _) = described[self.random.below(described.len())];
            if self.random.one_in(2) {
                let value = (host * 10 + index) as u64 + 5;
                cases.push(Case::send(&self.channels[index], value));
                described.push((index, Some(value)));
            } else {
                cases.push(Case::receive(&self.channels[index]));
                described.push((index, None));
            }
        }
        let start = self.random.below(cases.len());
        let deadline = self
            .random
            .one_in(3)
            .then(|| self.now + 1 + self.random.below(20) as u64);
        let task = self.scheduler.adopt(host, GroupId::ROOT).expect("room");
        let actor = Actor {
            task,
            select: Select::new(cases, start),
            cases: described,
            deadline,
        };
        self.actors.insert(host, actor);
        self.attempt(host);
    }

    fn attempt(&mut self, host: usize) {
        let actor = self.actors.get_mut(&host).expect("an actor");
        if let Some(chosen) = actor.select.attempt(&mut self.scheduler) {
            return self.happened(host, chosen);
        }
        let now = self.now;
        let waiter = self
            .scheduler
            .begin_wait(actor.task, Ends::OnCancel, actor.deadline, || now)
            .expect("not cancelled");
        actor.select.wait(&self.scheduler, waiter);
    }

    fn happened(&mut self, host: usize, chosen: Chosen<u64>) {
        let actor = self.actors.remove(&host).expect("an actor");
        match chosen {
            Chosen::Received(case, value) => {
                let (channel, sends) = actor.cases[case];
                assert!(sends.is_none(), "{}", self.context);
                assert!(
                    self.late.contains(&value)
                        || self.received[channel]
                            .range(value..)
                            .all(|other| self.late.contains(other)),
                    "{}: {value} of {channel} comes late",
                    self.context
                );
                self.received[channel].insert(value);
            }
            Chosen::Sent(case) => {
                let (channel, value) = actor.cases[case];
                self.sent[channel].insert(value.expect("it sends"));
            }
            Chosen::Ended(case) => {
                let channel = self.channels[actor.cases[case].0].borrow();
                assert!(
                    channel.is_closed() && channel.is_empty(),
                    "{}",
                    self.context
                );
            }
            Chosen::Refused(case, value) => {
                assert_eq!(actor.cases[case].1, Some(value), "{}", self.context);
            }
        }
        self.scheduler.finish(actor.task);
    }

    fn run_one(&mut self) -> bool {
        let host = match self.scheduler.pick() {
            Next::Resume(host) => host,
            Next::Idle => return false,
            other => panic!("{}: {other:?}", self.context),
        };
        let now = self.now;
        let actor = self.actors.get_mut(&host).expect("an actor");
        let (wake, cancelled) = self.scheduler.outcome(actor.task, || now);
        if wake == Wake::Done && !cancelled {
            match actor.select.resume(&mut self.scheduler) {
                Some(chosen) => self.happened(host, chosen),
                None => panic!("{}: {host} was woken in vain", self.context),
            }
            return true;
        }
        let late = match actor.select.give_up(&mut self.scheduler) {
            Some(case) => Some(Chosen::Sent(case)),
            None if wake == Wake::Deadline && !cancelled => {
                let chosen = actor.select.attempt(&mut self.scheduler);
                if let Some(Chosen::Sent(case)) = chosen {
                    self.late.extend(actor.cases[case].1);
                }
                chosen
            }
            None => None,
        };
        self.disturbed |= wake == Wake::Done;
        match late {
            Some(chosen) => self.happened(host, chosen),
            None => {
                let actor = self.actors.remove(&host).expect("an actor");
                self.scheduler.finish(actor.task);
            }
        }
        true
    }

    /// Does one task wait to send to the channel and to receive from it?
    fn waits_for_both(&self, channel: usize) -> bool {
        let has = |actor: &&Actor, sends: bool| {
            let wanted = |&(other, value): &(usize, Option<u64>)| {
                other == channel && value.is_some() == sends
            };
            actor.cases.iter().any(wanted)
        };
        self.actors
            .values()
            .filter(|actor| self.scheduler.state(actor.task) == Some(State::Waiting))
            .any(|actor| has(&actor, true) && has(&actor, false))
    }

    fn settle(&mut self) {
        while self.run_one() {}
        for (index, channel) in self.channels.iter().enumerate() {
            let channel = channel.borrow();
            let waiting = |sends: bool| {
                self.actors
                    .values()
                    .filter(|actor| self.scheduler.state(actor.task) == Some(State::Waiting))
                    .filter(|actor| {
                        actor
                            .cases
                            .iter()
                            .any(|&(other, value)| other == index && value.is_some() == sends)
                    })
                    .count()
            };
            let (senders, receivers) = (waiting(true), waiting(false));
            let context = format!(
                "{}: channel {index}: {senders} send, {receivers} receive; {channel:?}",
                self.context
            );
            assert_eq!(
                channel.len() + self.received[index].len(),
                self.sent[index].len(),
                "{context}"
            );
            assert!(receivers == 0 || channel.is_empty(), "{context}");
            assert!(
                senders == 0 || channel.len() >= self.capacities[index],
                "{context}"
            );
            // Who waits to do both is not its own partner.
            let alone = senders == 1 && receivers == 1 && self.waits_for_both(index);
            assert!(senders == 0 || receivers == 0 || alone, "{context}");
            assert!(
                !channel.is_closed() || senders + receivers == 0,
                "{context}"
            );
            assert!(
                self.disturbed || channel.len() <= self.capacities[index],
                "{context}: a value without a receiver"
            );
        }
    }

    fn step(&mut self) {
        match self.random.below(40) {
            0..=15 => self.arrive(),
            16..=25 => {
                self.run_one();
            }
            26..=31 => self.settle(),
            32..=34 => {
                let tasks: Vec<TaskId> = self.actors.values().map(|actor| actor.task).collect();
                if let Some(task) = self.random.pick(&tasks) {
                    self.scheduler.cancel(task, self.now);
                }
            }
            35..=38 => {
                self.now += self.random.below(10) as u64;
                self.scheduler.fire(self.now, &mut Vec::new());
            }
            _ if self.random.one_in(20) => {
                let index = self.random.below(self.channels.len());
                self.channels[index].borrow_mut().close(&mut self.scheduler);
            }
            _ => {}
        }
    }
}

#[test]
fn one_case_happens_and_no_value_is_lost() {
    super::for_seeds(10_000, |seed| {
        let mut random = Random::new(seed);
        let count = 2 + random.below(3);
        let capacities: Vec<usize> = (0..count)
            .map(|_| [0, 0, 0, 1, 2][random.below(5)])
            .collect();
        let channels: Vec<RefCell<Channel<u64>>> = capacities
            .iter()
            .map(|&capacity| RefCell::new(Channel::new(capacity)))
            .collect();
        let mut world = World {
            random,
            scheduler: Scheduler::new(1000),
            channels: &channels,
            sent: vec![BTreeSet::new(); count],
            received: vec![BTreeSet::new(); count],
            late: BTreeSet::new(),
            capacities,
            actors: BTreeMap::new(),
            next: 0,
            now: 1,
            disturbed: false,
            context: String::new(),
        };
        for step in 0..100 {
            world.context = format!("seed {seed}, step {step}");
            world.step();
        }
        for channel in &channels {
            channel.borrow_mut().close(&mut world.scheduler);
        }
        world.settle();
        assert!(world.actors.is_empty(), "{}: somebody hangs", world.context);
        for (index, channel) in channels.iter().enumerate() {
            let mut there = world.received[index].clone();
            there.extend(channel.borrow().iter());
            assert_eq!(there, world.sent[index], "{}", world.context);
        }
    });
}
