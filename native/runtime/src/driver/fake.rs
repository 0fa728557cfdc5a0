//! The driver for tests: seeded, with its own clock and with faults on order.
//!
//! Ops are real (the plain calls are made, readiness is asked with poll(2)), so the
//! contract suite runs on it unchanged. What is not real:
//! - *Order.* Each turn completes the ops that are able to in an order drawn from the
//!   seed, and leaves some for a later turn.
//! - *Time.* The clock stands still and jumps to the next deadline when a wait finds
//!   nothing to do. A test with a day's timeout takes no time.
//! - *Faults.* The Nth op, or whatever a script says, completes with a given error and
//!   without any effect.
//!
//! With one seed and ops that only this thread influences, a run repeats exactly.

use super::table::{Key, Table};
use super::{Completion, Driver, Kind, Op, Token, Wait, Waited};
use crate::Nanos;
use crate::error::{Error, Kind as Failure};
use crate::op::{Need, Poll, Readiness};
use crate::sys::epoll::{Epoll, Event};
use crate::sys::signal::SigSet;
use crate::sys::{check, fd};

/// Says what an op shall complete with; `None` lets it run.
pub type Script = Box<dyn FnMut(&mut Op) -> Option<i32>>;

struct Slot {
    op: Op,
    /// Decided beforehand: by a fault or a script.
    verdict: Option<i32>,
    /// A multishot poll has an epoll instance of its own, which knows the edges.
    edges: Option<Epoll>,
}

/// A driver that replays.
pub struct Fake {
    table: Table<Slot>,
    /// Keys in the order of submission, so that the seed alone decides the order of
    /// completion.
    queue: Vec<Key>,
    done: Vec<Completion>,
    random: Random,
    now: Nanos,
    submitted: u64,
    fault: Option<(u64, i32)>,
    /// Ops that it takes.
    room: u64,
    script: Option<Script>,
}

impl Fake {
    /// A driver whose choices follow from `seed`, at an arbitrary fixed time.
    pub fn new(seed: u64) -> Self {
        Fake {
            table: Table::new(),
            queue: Vec::new(),
            done: Vec::new(),
            random: Random::new(seed),
            now: 1_000_000_000,
            submitted: 0,
            fault: None,
            room: u64::MAX,
            script: None,
        }
    }

    /// The op number `n` (from 1) to be submitted completes with `-errno` and does nothing.
    pub fn fail_nth(mut self, n: u64, errno: i32) -> Self {
        self.fault = Some((n, -errno.abs()));
        self
    }

    /// Refuses to take more than `room` ops, as a driver at its bound does.
    pub fn refuse_after(mut self, room: u64) -> Self {
        self.room = room;
        self
    }

    /// Asks `script` about each op when it is submitted.
    pub fn script(mut self, script: Script) -> Self {
        self.script = Some(script);
        self
    }

    /// Ops submitted so far.
    pub fn submitted(&self) -> u64 {
        self.submitted
    }

    /// Moves the clock.
    pub fn advance(&mut self, time: Nanos) {
        self.now += time;
    }

    fn verdict(&mut self, op: &mut Op) -> Option<i32> {
        if let Some((n, result)) = self.fault {
            if n == self.submitted {
                return Some(result);
            }
        }
        self.script.as_mut().and_then(|script| script(op))
    }

    fn finish(&mut self, key: Key, result: i32) {
        self.queue.retain(|&queued| queued != key);
        if let Some((token, _)) = self.table.remove(key) {
            self.done.push(Completion {
                token,
                result,
                more: false,
            });
        }
    }

    /// Lets one op get on if it can.
    fn step(&mut self, key: Key) {
        let now = self.now;
        let Some((token, slot)) = self.table.get_mut(key) else {
            return;
        };
        if let Some(result) = slot.verdict {
            return self.finish(key, result);
        }
        if let Some(edges) = &slot.edges {
            let mut event = [Event { events: 0, u64: 0 }];
            if edges.wait_coarse(&mut event, 0, None) > 0 {
                self.done.push(Completion {
                    token,
                    result: event[0].events as i32,
                    more: true,
                });
            }
            return;
        }
        let result = match &mut slot.op {
            Op::Timeout(timeout) if timeout.deadline() <= now => -libc::ETIME,
            Op::Timeout(_) => return,
            Op::Cancel(cancel) => {
                let target = cancel.target;
                let found = self.end(target, key);
                return self.finish(key, if found { 0 } else { -libc::ENOENT });
            }
            op => {
                let known = match op.need() {
                    Need::Ready { fd, .. } if !fd::pollable(fd) => Readiness::Always,
                    _ => Readiness::Unknown,
                };
                op.call(known)
            }
        };
        if result != -libc::EAGAIN {
            return self.finish(key, result);
        }
        match slot.op.need() {
            Need::Nothing => self.finish(key, -libc::EAGAIN),
            // A kernel without NOWAIT for this file: ready by poll(2) is then enough.
            Need::Ready { fd, events } if fd::poll_now(fd, events) > 0 => {
                let result = slot.op.call(Readiness::Reported);
                if result != -libc::EAGAIN {
                    self.finish(key, result);
                }
            }
            Need::Ready { .. } | Need::Later(_) => {}
        }
    }

    /// Ends an op by token, unless it is the cancelling op itself.
    fn end(&mut self, token: Token, canceller: Key) -> bool {
        match self.table.find(token) {
            Some(key) if key != canceller => {
                self.finish(key, -libc::ECANCELED);
                true
            }
            _ => false,
        }
    }

    /// One pass over the ops in seeded order.
    fn turn(&mut self) {
        let mut keys = self.queue.clone();
        self.random.shuffle(&mut keys);
        for key in keys {
            // One in four waits for the next turn, as with a kernel that is busy.
            if self.random.below(4) > 0 || self.done.is_empty() {
                self.step(key);
            }
        }
    }

    fn next_timeout(&mut self) -> Option<Nanos> {
        let Fake { table, queue, .. } = self;
        let deadlines = queue.iter().filter_map(|&key| match table.get_mut(key) {
            Some((_, slot)) => match &slot.op {
                Op::Timeout(timeout) => Some(timeout.deadline()),
                _ => None,
            },
            None => None,
        });
        deadlines.min()
    }

    /// Nothing can happen by itself: waits in the kernel for a descriptor or a signal,
    /// which another thread or process has to provide, and looks again, by the real clock,
    /// where there is no descriptor.
    fn block(&mut self, mask: Option<&SigSet>) -> i32 {
        let Fake { table, queue, .. } = self;
        let mut fds: Vec<libc::pollfd> = Vec::new();
        let mut look: Option<Nanos> = None;
        for &key in queue.iter() {
            let Some((_, slot)) = table.get_mut(key) else {
                continue;
            };
            let (fd, events) = match (&slot.edges, slot.op.need()) {
                // An epoll instance is readable when it has an event.
                (Some(edges), _) => (edges.fd(), libc::POLLIN as u32),
                (None, Need::Ready { fd, events }) => (fd, events),
                (None, Need::Later(time)) => {
                    look = Some(look.map_or(time, |look| look.min(time)));
                    continue;
                }
                (None, Need::Nothing) => continue,
            };
            fds.push(libc::pollfd {
                fd,
                events: events as libc::c_short,
                revents: 0,
            });
        }
        fd::poll_many(&mut fds, look, mask)
    }
}

fn watch_edges(poll: &Poll) -> Result<Epoll, i32> {
    let epoll = Epoll::new()?;
    let events = u32::from(poll.events) | libc::EPOLLET as u32;
    check(epoll.add(poll.fd, events, 0))?;
    Ok(epoll)
}

impl Driver for Fake {
    fn submit(&mut self, token: Token, mut op: Op) -> Result<(), Error> {
        if self.submitted >= self.room {
            return Err(Error::new(
                Failure::Overloaded,
                "submit an op",
                "the test's driver takes no more",
            ));
        }
        self.submitted += 1;
        let verdict = self.verdict(&mut op);
        let edges = match &op {
            Op::Poll(poll) if poll.multi && fd::pollable(poll.fd) => watch_edges(poll).ok(),
            _ => None,
        };
        let slot = Slot { op, verdict, edges };
        let key = self.table.insert(token, slot)?;
        self.queue.push(key);
        Ok(())
    }

    fn cancel(&mut self, token: Token) {
        if let Some(key) = self.table.find(token) {
            self.finish(key, -libc::ECANCELED);
        }
    }

    fn flush(&mut self) {}

    fn wait(&mut self, wait: Wait, mask: Option<&SigSet>, out: &mut Vec<Completion>) -> Waited {
        loop {
            self.turn();
            if !self.done.is_empty() {
                out.append(&mut self.done);
                return Waited::Events;
            }
            let until = match wait {
                Wait::Now => return Waited::Deadline,
                Wait::Until(at) => Some(at),
                Wait::Forever => None,
            };
            match (self.next_timeout(), until) {
                (Some(timeout), Some(at)) if timeout <= at => self.now = self.now.max(timeout),
                (Some(timeout), None) => self.now = self.now.max(timeout),
                (_, Some(at)) => {
                    self.now = self.now.max(at);
                    return Waited::Deadline;
                }
                (None, None) => {
                    if self.block(mask) == -libc::EINTR {
                        return Waited::Interrupted;
                    }
                }
            }
        }
    }

    fn in_flight(&self) -> usize {
        self.table.len() + self.done.iter().filter(|done| !done.more).count()
    }

    fn kind(&self) -> Kind {
        Kind::Fake
    }

    fn now(&self) -> Nanos {
        self.now
    }
}

/// xorshift64*: small, seeded, the same everywhere.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        // The state may not be 0.
        Random(seed ^ 0x9e37_79b9_7f4a_7c15 | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 33) % bound.max(1)
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}
