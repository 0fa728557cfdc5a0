//! A FIFO of values between tasks, with room for `capacity` (zero: rendezvous).
//!
//! Invariants:
//! 1. Values leave in the order in which `send` accepted them.
//! 2. A value is in exactly one place: with its sender, in the buffer, or with its
//!    receiver. A receiver that was woken for a value takes it itself when it runs; until
//!    then it is in the buffer, so a receiver that was cancelled in between loses nothing
//!    and passes its turn on ([`Channel::pass_on`]).
//! 3. `promised` counts receivers that were woken for a value and have not yet run; a
//!    task that comes later does not overtake them. It is never above what is inside.
//! 4. Nobody waits for a channel that is closed and empty. Receivers that are woken to see
//!    that run after those that were woken for a value, because readiness is FIFO.
//!
//! A rendezvous is a buffer whose room is the number of receivers that wait.

use std::collections::VecDeque;

use super::wait_queue::{Place, WaitQueue};
use crate::scheduler::Scheduler;
use crate::task::Waiter;

/// See the module's description. `T` is the host's value.
#[derive(Debug)]
pub struct Channel<T> {
    capacity: usize,
    buffer: VecDeque<T>,
    promised: usize,
    receivers: WaitQueue,
    /// Receivers that wait and were not promised anything yet.
    hungry: usize,
    senders: WaitQueue,
    /// Senders that were woken to try again and have not yet run.
    invited: usize,
    closed: bool,
}

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
            receivers: WaitQueue::new(),
            hungry: 0,
            senders: WaitQueue::new(),
            invited: 0,
            closed: false,
        }
    }

    /// Gives `value` if there is room. `invited` says that this sender waited and was
    /// woken: it goes first. Who comes new leaves the room of those who were invited alone.
    pub fn try_send(&mut self, scheduler: &mut Scheduler, value: T, invited: bool) -> Send<T> {
        if invited {
            self.invited -= 1;
        }
        if self.closed {
            return Send::Closed(value);
        }
        let reserved = if invited { 0 } else { self.invited };
        if self.room(scheduler) <= reserved {
            return Send::Full(value);
        }
        self.buffer.push_back(value);
        self.feed(scheduler);
        Send::Sent
    }

    /// Takes a value. `promised` says that this receiver waited and was woken.
    pub fn try_receive(&mut self, scheduler: &mut Scheduler, promised: bool) -> Receive<T> {
        self.redeem(promised);
        if self.buffer.len() > self.promised
            && let Some(value) = self.buffer.pop_front()
        {
            if self.closed {
                self.dismiss(scheduler);
            } else {
                self.invite(scheduler);
            }
            return Receive::Value(value);
        }
        if self.closed && self.buffer.is_empty() {
            Receive::Closed
        } else {
            Receive::Empty
        }
    }

    /// The receiver will wait. Invites a sender when this makes room for a rendezvous.
    pub fn wait_to_receive(&mut self, scheduler: &mut Scheduler, waiter: Waiter) {
        self.receivers.push(scheduler, waiter);
        self.hungry += 1;
        self.invite(scheduler);
    }

    /// The sender will wait, at the end of the line, or at the `place` it had there before:
    /// it was invited, and the room had gone with a receiver that gave up.
    pub fn wait_to_send(
        &mut self,
        scheduler: &mut Scheduler,
        waiter: Waiter,
        place: Option<Place>,
    ) -> Place {
        match place {
            Some(place) => {
                self.senders.push_again(waiter, place);
                place
            }
            None => self.senders.push(scheduler, waiter),
        }
    }

    /// A receiver's wait ended without its value (`promised`: it had been woken for one,
    /// then was cancelled): the next one gets it.
    pub fn pass_on(&mut self, scheduler: &mut Scheduler, promised: bool) {
        if promised {
            self.redeem(true);
            self.feed(scheduler);
        } else {
            self.hungry = self.hungry.saturating_sub(1);
        }
    }

    /// A sender that had been invited was cancelled: the next one is.
    pub fn decline(&mut self, scheduler: &mut Scheduler) {
        self.invited -= 1;
        self.invite(scheduler);
    }

    /// No more values; those inside can still be received. Everybody who waits is woken.
    pub fn close(&mut self, scheduler: &mut Scheduler) {
        self.closed = true;
        self.dismiss(scheduler);
        while self.senders.wake_one(scheduler).is_some() {
            self.invited += 1;
        }
    }

    /// Was it closed?
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Values inside.
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

    /// Senders that wait, or were woken and have not yet run.
    pub fn senders_waiting(&mut self, scheduler: &Scheduler) -> usize {
        self.senders.sweep(scheduler);
        self.senders.len() + self.invited
    }

    /// Receivers that wait, or were woken and have not yet run.
    pub fn receivers_waiting(&mut self, scheduler: &Scheduler) -> usize {
        self.receivers.sweep(scheduler);
        self.receivers.len() + self.promised
    }

    /// A receiver that was woken runs. One that was only to see the end has no promise.
    fn redeem(&mut self, woken: bool) {
        if woken && self.promised > 0 {
            self.promised -= 1;
        }
    }

    /// Closed: receivers for whom nothing will come see the end.
    fn dismiss(&mut self, scheduler: &mut Scheduler) {
        if self.buffer.len() <= self.promised {
            self.receivers.wake_all(scheduler);
            self.hungry = 0;
        }
    }

    fn room(&mut self, scheduler: &Scheduler) -> usize {
        let hungry = if self.receivers.is_empty(scheduler) {
            0
        } else {
            self.hungry
        };
        (self.capacity + hungry + self.promised).saturating_sub(self.buffer.len())
    }

    /// Wakes receivers while there are values nobody was promised.
    fn feed(&mut self, scheduler: &mut Scheduler) {
        while self.buffer.len() > self.promised && self.receivers.wake_one(scheduler).is_some() {
            self.promised += 1;
            self.hungry = self.hungry.saturating_sub(1);
        }
    }

    /// Wakes senders while there is room nobody was invited to.
    fn invite(&mut self, scheduler: &mut Scheduler) {
        while self.room(scheduler) > self.invited && self.senders.wake_one(scheduler).is_some() {
            self.invited += 1;
        }
    }
}
