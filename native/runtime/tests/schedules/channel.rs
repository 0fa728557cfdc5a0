//! Channels: senders and receivers wait for ops between their values.
//!
//! What must hold: a value is received once, or its sender has it back; values leave in the
//! order in which their senders came, but for those whose sender gave up; at the end nobody waits.

use super::rig::Rig;
use std::collections::VecDeque;
use tusk_runtime::reactor::OpId;
use tusk_runtime::sync::{Channel, Place, Receive, Send};
use tusk_runtime::task::{GroupId, State, Wake};

#[derive(Clone, Copy)]
enum At {
    Begins,
    Pauses(OpId),
    Sends(Place, u64),
    Receives,
}

struct Task {
    /// Values that are still to be sent; `None` for a receiver.
    left: Option<usize>,
    at: At,
}

struct World {
    seed: u64,
    channel: Channel<u64>,
    tasks: Vec<Task>,
    senders: usize,
    receivers: usize,
    next_value: u64,
    /// Who sends it, and the value, in the order in which senders came.
    order: VecDeque<(usize, u64)>,
    received: u64,
    kept: u64,
}

impl World {
    fn resume(&mut self, rig: &mut Rig, host: usize) {
        match self.tasks[host].at {
            At::Begins => self.pause(rig, host),
            At::Pauses(op) if !rig.is_over(host, op) => {}
            At::Pauses(_) if self.tasks[host].left.is_some() => self.send(rig, host),
            At::Pauses(_) => self.receive(rig, host),
            At::Sends(place, value) => self.settle(rig, host, place, value),
            At::Receives => self.woken(rig, host),
        }
    }

    fn pause(&mut self, rig: &mut Rig, host: usize) {
        if self.tasks[host].left == Some(0) {
            return self.end(rig, host);
        }
        match rig.begin_op(host) {
            Some(op) => self.tasks[host].at = At::Pauses(op),
            None => self.end(rig, host),
        }
    }

    /// When one side has gone the other must not wait for it.
    fn end(&mut self, rig: &mut Rig, host: usize) {
        self.tasks[host].at = At::Begins;
        match self.tasks[host].left {
            Some(_) => self.senders -= 1,
            None => self.receivers -= 1,
        }
        if self.senders == 0 || self.receivers == 0 {
            self.channel.close(&mut rig.reactor.scheduler);
        }
        rig.finish(host);
    }

    fn send(&mut self, rig: &mut Rig, host: usize) {
        let value = self.next_value;
        self.next_value += 1;
        self.tasks[host].left = self.tasks[host].left.map(|left| left - 1);
        self.order.push_back((host, value));
        match self.channel.try_send(&mut rig.reactor.scheduler, value) {
            Send::Sent => self.pause(rig, host),
            Send::Closed(value) => self.keep(rig, host, value),
            Send::Full(value) => match rig.begin_wait(host) {
                Some(waiter) => {
                    let place = self.channel.wait_to_send(waiter, value);
                    self.tasks[host].at = At::Sends(place, value);
                }
                None => self.keep(rig, host, value),
            },
        }
    }

    fn settle(&mut self, rig: &mut Rig, host: usize, place: Place, value: u64) {
        let woken = rig.reactor.scheduler.woken_by(rig.task(host)) == Wake::Done;
        match self.channel.settle(place) {
            None => {
                assert!(woken, "seed {}: {value} went without a word", self.seed);
                self.pause(rig, host);
            }
            Some(same) => {
                assert_eq!(same, value, "seed {}", self.seed);
                let gave_up = !woken || self.channel.is_closed();
                assert!(gave_up, "seed {}: woken, and {value} stayed", self.seed);
                self.keep(rig, host, value);
            }
        }
    }

    /// The sender has its value back.
    fn keep(&mut self, rig: &mut Rig, host: usize, value: u64) {
        self.order.retain(|&(_, other)| other != value);
        self.kept += 1;
        self.pause(rig, host);
    }

    fn receive(&mut self, rig: &mut Rig, host: usize) {
        match self.channel.try_receive(&mut rig.reactor.scheduler, false) {
            Receive::Value(value) => {
                self.take(rig, value);
                self.pause(rig, host);
            }
            Receive::Closed => self.end(rig, host),
            Receive::Empty => match rig.begin_wait(host) {
                Some(waiter) => {
                    self.channel.wait_to_receive(&rig.reactor.scheduler, waiter);
                    self.tasks[host].at = At::Receives;
                }
                None => self.end(rig, host),
            },
        }
    }

    fn woken(&mut self, rig: &mut Rig, host: usize) {
        let woken = rig.reactor.scheduler.woken_by(rig.task(host)) == Wake::Done;
        if woken && !rig.is_cancelled(host) {
            match self.channel.try_receive(&mut rig.reactor.scheduler, true) {
                Receive::Value(value) => self.take(rig, value),
                Receive::Closed => return self.end(rig, host),
                Receive::Empty => panic!("seed {}: {host} was woken for nothing", self.seed),
            }
        } else if woken {
            self.channel.pass_on(&mut rig.reactor.scheduler);
        }
        self.pause(rig, host);
    }

    fn take(&mut self, rig: &Rig, value: u64) {
        let scheduler = &rig.reactor.scheduler;
        let gave_up = |&(host, other): &(usize, u64)| {
            let sends = matches!(self.tasks[host].at, At::Sends(_, waiting) if waiting == other);
            let task = rig.task(host);
            sends
                && scheduler.state(task) != Some(State::Waiting)
                && scheduler.woken_by(task) != Wake::Done
        };
        let first = self.order.iter().position(|entry| !gave_up(entry));
        let first = first.expect("somebody sent it");
        let oldest = self.order[first].1;
        assert_eq!(oldest, value, "seed {}: not the oldest", self.seed);
        self.order.remove(first);
        self.received += 1;
    }
}

#[test]
fn no_value_is_lost_doubled_or_overtaken() {
    let received = std::cell::Cell::new(0);
    super::for_seeds(|seed| {
        let mut rig = Rig::new(seed);
        let capacity = [0, 0, 1, 3][rig.random.below(4)];
        let (senders, receivers) = (1 + rig.random.below(4), 1 + rig.random.below(4));
        let mut world = World {
            seed,
            channel: Channel::new(capacity),
            tasks: Vec::new(),
            senders,
            receivers,
            next_value: 0,
            order: VecDeque::new(),
            received: 0,
            kept: 0,
        };
        for number in 0..senders + receivers {
            rig.spawn(GroupId::ROOT);
            world.tasks.push(Task {
                left: (number < senders).then(|| 1 + rig.random.below(5)),
                at: At::Begins,
            });
        }
        rig.run(|rig, host| world.resume(rig, host));
        while let Receive::Value(value) =
            world.channel.try_receive(&mut rig.reactor.scheduler, false)
        {
            world.take(&rig, value);
        }
        assert!(world.order.is_empty(), "seed {seed}: {:?}", world.order);
        assert_eq!(world.received + world.kept, world.next_value, "seed {seed}");
        received.set(received.get() + world.received);
    });
    assert!(received.get() > 0, "nothing was received");
}
