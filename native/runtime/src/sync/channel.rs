//! A FIFO of values between tasks, with room for `capacity` (zero: rendezvous).
//!
//! ```text
//!   with its sender ──try_send──▶ in the buffer ──try_receive──▶ with its receiver
//!          │ no room                   ▲    (promised to a receiver that was woken for it)
//!          ▼                           │ room, or a receiver: accepted, the sender is woken
//!       in line with its sender ───────┘
//!          └── deadline, cancel, close: `settle` gives it back
//! ```
//!
//! Invariants:
//! 1. Values leave in the order in which their senders came.
//! 2. A value is in exactly one place. A sender that waits leaves it in the line; whoever
//!    makes room accepts it there and then, and the sender learns that it went when it runs
//!    ([`Channel::settle`]), whatever else happened to it or to the channel meanwhile.
//! 3. A receiver that was woken for a value takes it itself when it runs; until then it is in
//!    the buffer. One that was cancelled in between passes it on ([`Channel::pass_on`]).
//! 4. `promised` counts receivers that were woken for a value and have not yet run; who
//!    comes later does not take what was promised to them. It is never above what is inside.
//!    The child of a fork has none of those receivers: there what they were promised is free.
//! 5. Nobody waits for what is there: a receiver waits only while every value inside is
//!    promised and no sender is in line, a sender only while there is no room and no
//!    receiver waits, and nobody waits for a channel that is closed and empty.
//!
//! Because a wake-up is a value that has moved, it may end a wait in several channels at once
//! ([`Select`](super::Select)) without asking whether the other side still wants it.

use std::collections::VecDeque;

use super::wait_queue::WaitQueue;
use crate::scheduler::Scheduler;
use crate::task::{Waiter, Wake};

/// See the module's description. `T` is the host's value.
#[derive(Debug)]
pub struct Channel<T> {
    capacity: usize,
    buffer: VecDeque<T>,
    promised: usize,
    /// The scheduler's epoch when the last promise was made.
    promised_in: u8,
    receivers: WaitQueue,
    line: VecDeque<Offer<T>>,
    next_place: u64,
    /// Receivers that wait in other channels too, and those of them that were woken here.
    choosing: Vec<Waiter>,
    chosen: Vec<Waiter>,
    closed: bool,
}

/// A sender that waits, with its value.
#[derive(Debug)]
struct Offer<T> {
    waiter: Waiter,
    place: Place,
    value: T,
}

/// A sender's place in line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(u64);

/// What `try_send` did.
#[derive(Debug)]
pub enum Send<T> {
    /// The channel has it.
    Sent,
    /// No room: wait with [`Channel::wait_to_send`].
    Full(T),
    /// Closed.
    Closed(T),
}

/// What `try_receive` did.
#[derive(Debug)]
pub enum Receive<T> {
    /// A value.
    Value(T),
    /// None there: wait with [`Channel::wait_to_receive`].
    Empty,
    /// Closed, and all values are taken.
    Closed,
}

impl<T> Channel<T> {
    /// A channel with room for `capacity` values.
    pub fn new(capacity: usize) -> Channel<T> {
        Channel {
            capacity,
            buffer: VecDeque::new(),
            promised: 0,
            promised_in: 0,
            receivers: WaitQueue::new(),
            line: VecDeque::new(),
            next_place: 0,
            choosing: Vec::new(),
            chosen: Vec::new(),
            closed: false,
        }
    }

    /// Gives `value` if there is room, or a receiver that waits.
    pub fn try_send(&mut self, scheduler: &mut Scheduler, value: T) -> Send<T> {
        if self.closed {
            return Send::Closed(value);
        }
        self.forget_parents(scheduler);
        // Where receivers wait, all that is inside is promised.
        let receiver = self.receivers.wake_one(scheduler);
        if let Some(receiver) = receiver {
            self.promise(scheduler, receiver);
        } else if self.buffer.len() - self.promised >= self.capacity {
            return Send::Full(value);
        }
        self.buffer.push_back(value);
        Send::Sent
    }

    /// Takes a value. `promised` says that this receiver waited and was woken.
    pub fn try_receive(&mut self, scheduler: &mut Scheduler, promised: bool) -> Receive<T> {
        self.forget_parents(scheduler);
        self.redeem(promised);
        if self.buffer.len() <= self.promised {
            self.accept(scheduler);
        }
        if let Some(value) = self.take_unpromised() {
            while self.buffer.len() - self.promised < self.capacity && self.accept(scheduler) {}
            self.dismiss(scheduler);
            return Receive::Value(value);
        }
        if self.closed && self.buffer.is_empty() {
            Receive::Closed
        } else {
            Receive::Empty
        }
    }

    fn take_unpromised(&mut self) -> Option<T> {
        match self.buffer.len() > self.promised {
            true => self.buffer.pop_front(),
            false => None,
        }
    }

    /// The receiver will wait.
    pub fn wait_to_receive(&mut self, scheduler: &Scheduler, waiter: Waiter) {
        self.receivers.push(scheduler, waiter);
    }

    /// The sender will wait, and leaves its value in line.
    pub fn wait_to_send(&mut self, waiter: Waiter, value: T) -> Place {
        let place = Place(self.next_place);
        self.next_place += 1;
        self.line.push_back(Offer {
            waiter,
            place,
            value,
        });
        place
    }

    /// A sender that waited runs: `None`, its value went; else it did not, and here it is.
    pub fn settle(&mut self, place: Place) -> Option<T> {
        let index = self
            .line
            .binary_search_by_key(&place, |offer| offer.place)
            .ok()?;
        self.line.remove(index).map(|offer| offer.value)
    }

    /// A receiver that had been woken for a value does not take it: the next one gets it.
    pub fn pass_on(&mut self, scheduler: &mut Scheduler) {
        self.redeem(true);
        if self.buffer.len() > self.promised {
            if let Some(receiver) = self.receivers.wake_one(scheduler) {
                self.promise(scheduler, receiver);
            }
        }
    }

    /// No more values; those inside can still be received. Everybody who waits is woken:
    /// senders get theirs back, receivers for whom nothing will come see the end.
    pub fn close(&mut self, scheduler: &mut Scheduler) {
        self.closed = true;
        self.dismiss(scheduler);
        for offer in &self.line {
            scheduler.wake(offer.waiter, Wake::Done);
        }
    }

    /// A receiver that waits in other channels too will wait here.
    pub(super) fn choose(&mut self, scheduler: &Scheduler, waiter: Waiter) {
        self.choosing.push(waiter);
        self.receivers.push(scheduler, waiter);
    }

    /// That receiver runs. True: it was woken from here.
    pub(super) fn leave(&mut self, waiter: Waiter) -> bool {
        let remove = |list: &mut Vec<Waiter>| {
            let index = list.iter().position(|&other| other == waiter);
            index.map(|index| list.swap_remove(index)).is_some()
        };
        remove(&mut self.choosing);
        remove(&mut self.chosen)
    }

    /// Was it closed?
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Room without receivers.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Values inside; those of senders in line are not.
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Is no value inside?
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// The values inside, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.buffer.iter()
    }

    /// Senders that wait.
    pub fn waiting_senders(&self, scheduler: &Scheduler) -> usize {
        self.line
            .iter()
            .filter(|offer| scheduler.is_waiting(offer.waiter))
            .count()
    }

    /// Receivers that wait.
    pub fn waiting_receivers(&self, scheduler: &Scheduler) -> usize {
        self.receivers.live(scheduler)
    }

    /// A receiver that was woken runs. One that was only to see the end has no promise.
    fn redeem(&mut self, woken: bool) {
        if woken && self.promised > 0 {
            self.promised -= 1;
        }
    }

    #[inline]
    fn promise(&mut self, scheduler: &Scheduler, receiver: Waiter) {
        self.promised += 1;
        self.promised_in = scheduler.epoch();
        self.note(receiver);
    }

    /// In the child of a fork: who was woken before it runs in the parent only.
    #[inline]
    fn forget_parents(&mut self, scheduler: &Scheduler) {
        if self.promised > 0 && self.promised_in != scheduler.epoch() {
            self.promised = 0;
            self.choosing.clear();
            self.chosen.clear();
        }
    }

    /// Closed and empty: receivers see the end. While a promised value is inside they wait, it
    /// may be passed on.
    fn dismiss(&mut self, scheduler: &mut Scheduler) {
        if self.closed && self.buffer.is_empty() {
            while let Some(receiver) = self.receivers.wake_one(scheduler) {
                self.note(receiver);
            }
        }
    }

    /// Moves the first value in line into the buffer. False: nobody waits to send.
    fn accept(&mut self, scheduler: &mut Scheduler) -> bool {
        if self.closed {
            return false;
        }
        // Who gave up and has not run yet still has its value in line.
        let mut index = 0;
        while let Some(offer) = self.line.get(index) {
            if scheduler.wake(offer.waiter, Wake::Done) {
                self.buffer
                    .extend(self.line.remove(index).map(|offer| offer.value));
                return true;
            }
            if scheduler.is_alive(offer.waiter.task) {
                index += 1;
            } else {
                // The child of a fork: the sender is the parent's, and so is its value.
                std::mem::forget(self.line.remove(index));
            }
        }
        false
    }

    /// Somebody was woken from here: one who waits elsewhere too will ask who it was.
    #[inline]
    fn note(&mut self, woken: Waiter) {
        if !self.choosing.is_empty() && self.choosing.contains(&woken) {
            self.chosen.push(woken);
        }
    }
}
