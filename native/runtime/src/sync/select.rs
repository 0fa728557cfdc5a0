//! One wait in several channels: whichever can go first, does, and only that one.
//!
//! ```text
//!               attempt: one can go ─────────────────────────▶ chosen
//!   (begins) ──▶ attempt: none ──▶ waiting in all ──woken──▶ resume: the one that went
//!                                        └─deadline, cancel─▶ give_up (one may have gone)
//! ```
//!
//! Invariants:
//! 1. At most one case happens. The task has one wait, and a channel that wakes it has, by
//!    that, taken its value or promised it one; no other can any more.
//! 2. Where a case cannot be undone (its value is with a receiver), `give_up` says so too.
//! 3. Of several cases that can go at once none is preferred: they are tried from `start`
//!    on, which the host draws at random. A channel may appear several times, also to send
//!    and to receive: a case meets only who waits when it is tried, so never its own task.

use std::cell::RefCell;

use super::channel::{Channel, Place, Receive, Send};
use crate::scheduler::Scheduler;
use crate::task::Waiter;

/// One of the things that may happen.
#[derive(Debug)]
pub struct Case<'a, T> {
    channel: &'a RefCell<Channel<T>>,
    what: What<T>,
}

#[derive(Debug)]
enum What<T> {
    Receive,
    Send(T),
    /// The value is in the channel's line.
    InLine(Place),
    /// It happened, or nothing is left to try.
    Over,
}

/// What happened, and in which case.
#[derive(Debug)]
pub enum Chosen<T> {
    /// A value came.
    Received(usize, T),
    /// The channel is closed and empty.
    Ended(usize),
    /// The value went.
    Sent(usize),
    /// The channel is closed, the value is given back.
    Refused(usize, T),
}

/// See the module's description.
#[derive(Debug)]
pub struct Select<'a, T> {
    cases: Vec<Case<'a, T>>,
    start: usize,
    waiter: Option<Waiter>,
}

impl<'a, T> Case<'a, T> {
    /// Takes a value.
    pub fn receive(channel: &'a RefCell<Channel<T>>) -> Case<'a, T> {
        let what = What::Receive;
        Case { channel, what }
    }

    /// Gives a value.
    pub fn send(channel: &'a RefCell<Channel<T>>, value: T) -> Case<'a, T> {
        let what = What::Send(value);
        Case { channel, what }
    }

    fn attempt(&mut self, index: usize, scheduler: &mut Scheduler) -> Option<Chosen<T>> {
        let mut channel = self.channel.borrow_mut();
        match std::mem::replace(&mut self.what, What::Over) {
            What::Send(value) => match channel.try_send(scheduler, value) {
                Send::Sent => Some(Chosen::Sent(index)),
                Send::Closed(value) => Some(Chosen::Refused(index, value)),
                Send::Full(value) => {
                    self.what = What::Send(value);
                    None
                }
            },
            other => {
                self.what = other;
                receive(&mut channel, scheduler, index, false)
            }
        }
    }
}

/// `promised`: the channel woke this task.
fn receive<T>(
    channel: &mut Channel<T>,
    scheduler: &mut Scheduler,
    index: usize,
    promised: bool,
) -> Option<Chosen<T>> {
    match channel.try_receive(scheduler, promised) {
        Receive::Value(value) => Some(Chosen::Received(index, value)),
        Receive::Closed => Some(Chosen::Ended(index)),
        Receive::Empty => None,
    }
}

impl<'a, T> Select<'a, T> {
    /// The cases are tried from `start` on, around the end.
    pub fn new(cases: Vec<Case<'a, T>>, start: usize) -> Select<'a, T> {
        Select {
            cases,
            start,
            waiter: None,
        }
    }

    /// The first case that can go now, goes.
    pub fn attempt(&mut self, scheduler: &mut Scheduler) -> Option<Chosen<T>> {
        let count = self.cases.len();
        (0..count).find_map(|step| {
            let index = (self.start + step) % count;
            self.cases[index].attempt(index, scheduler)
        })
    }

    /// The task will wait in all channels.
    pub fn wait(&mut self, scheduler: &Scheduler, waiter: Waiter) {
        self.waiter = Some(waiter);
        for case in &mut self.cases {
            let mut channel = case.channel.borrow_mut();
            match std::mem::replace(&mut case.what, What::Receive) {
                What::Send(value) => {
                    case.what = What::InLine(channel.wait_to_send(waiter, value));
                }
                _ => channel.choose(scheduler, waiter),
            }
        }
    }

    /// The task runs, woken by one of the channels.
    pub fn resume(&mut self, scheduler: &mut Scheduler) -> Option<Chosen<T>> {
        let (sent, woken_in) = self.leave();
        if sent.is_some() {
            return sent.map(Chosen::Sent);
        }
        if let Some(index) = woken_in {
            let mut channel = self.cases[index].channel.borrow_mut();
            return receive(&mut channel, scheduler, index, true);
        }
        // Woken, and neither: a channel it would send to was closed.
        let refuses = |case: &Case<T>| {
            matches!(case.what, What::Send(_)) && case.channel.borrow().is_closed()
        };
        let index = self.cases.iter().position(refuses)?;
        self.cases[index].attempt(index, scheduler)
    }

    /// The task's wait ended another way, or it was woken and wants no value any more. A
    /// value that went cannot be taken back: the case it went in.
    pub fn give_up(&mut self, scheduler: &mut Scheduler) -> Option<usize> {
        let (sent, woken_in) = self.leave();
        if let Some(index) = woken_in {
            self.cases[index].channel.borrow_mut().pass_on(scheduler);
        }
        sent
    }

    /// Leaves all lines: the case whose value went, or the one it was woken in to receive.
    fn leave(&mut self) -> (Option<usize>, Option<usize>) {
        let Some(waiter) = self.waiter.take() else {
            return (None, None);
        };
        let (mut sent, mut woken_in) = (None, None);
        for (index, case) in self.cases.iter_mut().enumerate() {
            let mut channel = case.channel.borrow_mut();
            if let What::InLine(place) = case.what {
                case.what = match channel.settle(place) {
                    Some(value) => What::Send(value),
                    None => {
                        sent = Some(index);
                        What::Over
                    }
                };
            } else if channel.leave(waiter) {
                woken_in = Some(index);
            }
        }
        (sent, woken_in)
    }
}
