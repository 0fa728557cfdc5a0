//! Actors: parts of the process that own ops but are no tasks, such as a connection that
//! many tasks share.
//!
//! An actor is told of its completions and timers inside the turn, and wakes tasks by itself.
//! It runs no code of the host, so no stack is needed and nothing switches. Between turns the
//! host borrows it for single calls.
//!
//! Invariants:
//! 1. The table's borrow ends before an actor is called: it gets the reactor as an argument
//!    and may do with it what the host may.
//! 2. Ops and timers of actors that nobody waits for do not keep a loop from seeing that it
//!    is deadlocked, see [`Reactor::set_busy`].
//! 3. An actor is forgotten by [`Reactor::remove_actor`] only when it has no op in flight.

use std::cell::RefCell;
use std::rc::Rc;

use super::records::{OpId, Owner};
use super::{Letter, Reactor};
use crate::driver::Wait;
use crate::error::Error;
use crate::mailbox::Sender;
use crate::op::Op;
use crate::scheduler::Alarm;
use crate::timer::TimerKey;
use crate::{Nanos, pool, sys};

/// See the module's description. Nothing here may call the host.
pub trait Actor {
    /// One of its ops or letters has completed.
    fn completed(&mut self, reactor: &mut Reactor, op: OpId, result: i32);

    /// The timer that it set has fired.
    fn expired(&mut self, reactor: &mut Reactor);

    /// The reactor is about to ask the kernel, and [`Reactor::flush_later`] was called.
    fn flush(&mut self, reactor: &mut Reactor);

    /// Has it bytes that were not sent yet? [`Reactor::finish_actors`] waits for them.
    fn unsent(&self) -> bool {
        false
    }

    /// In the child of a fork: its ops are gone, and its descriptors are the parent's. It
    /// drops them without a word on the wire.
    fn forked(&mut self, reactor: &mut Reactor);
}

/// Names an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActorId(u64);

type Shared = Rc<RefCell<dyn Actor>>;

struct Entry {
    generation: u32,
    actor: Option<Shared>,
    busy: bool,
    flushes: bool,
    ops: usize,
    timer: Option<TimerKey>,
}

/// The table.
#[derive(Default)]
pub(super) struct Actors {
    entries: Vec<Entry>,
    free: Vec<u32>,
    flushes: Vec<ActorId>,
    idle_ops: usize,
    idle_timers: usize,
}

impl Actors {
    fn get(&self, id: ActorId) -> Option<&Entry> {
        self.entries
            .get(id.0 as u32 as usize)
            .filter(|entry| u64::from(entry.generation) == id.0 >> 32 && entry.actor.is_some())
    }

    fn get_mut(&mut self, id: ActorId) -> Option<&mut Entry> {
        self.entries
            .get_mut(id.0 as u32 as usize)
            .filter(|entry| u64::from(entry.generation) == id.0 >> 32 && entry.actor.is_some())
    }

    fn actor(&self, id: ActorId) -> Option<Shared> {
        self.get(id)?.actor.clone()
    }

    /// Ops and timers of actors that are not busy.
    pub(super) fn idle(&self) -> (usize, usize) {
        (self.idle_ops, self.idle_timers)
    }

    fn count_op(&mut self, id: ActorId, more: bool) {
        let Some(entry) = self.get_mut(id) else {
            return;
        };
        let step = |count: &mut usize| *count = if more { *count + 1 } else { *count - 1 };
        step(&mut entry.ops);
        if !entry.busy {
            step(&mut self.idle_ops);
        }
    }

    fn set_timer(&mut self, id: ActorId, timer: Option<TimerKey>) -> Option<TimerKey> {
        let entry = self.get_mut(id)?;
        let previous = std::mem::replace(&mut entry.timer, timer);
        if !entry.busy {
            self.idle_timers += usize::from(timer.is_some());
            self.idle_timers -= usize::from(previous.is_some());
        }
        previous
    }
}

impl Reactor {
    /// Takes an actor in.
    pub fn add_actor(&mut self, actor: Shared) -> ActorId {
        let actors = &mut self.actors;
        let slot = actors.free.pop().unwrap_or_else(|| {
            actors.entries.push(Entry {
                generation: 1,
                actor: None,
                busy: false,
                flushes: false,
                ops: 0,
                timer: None,
            });
            (actors.entries.len() - 1) as u32
        });
        let entry = &mut actors.entries[slot as usize];
        entry.actor = Some(actor);
        ActorId(u64::from(entry.generation) << 32 | u64::from(slot))
    }

    /// Forgets an actor that has no op in flight.
    pub fn remove_actor(&mut self, id: ActorId) {
        self.set_actor_timer(id, None);
        self.set_busy(id, false);
        let actors = &mut self.actors;
        let Some(entry) = actors.get_mut(id) else {
            return;
        };
        entry.actor = None;
        entry.flushes = false;
        entry.generation = entry.generation.wrapping_add(1).max(1);
        actors.idle_ops -= std::mem::take(&mut actors.entries[id.0 as u32 as usize].ops);
        actors.free.push(id.0 as u32);
    }

    /// Begins an op for an actor.
    ///
    /// # Errors
    /// As [`Reactor::submit`].
    pub fn submit_for_actor(&mut self, op: Op, actor: ActorId) -> Result<OpId, Error> {
        let id = self.submit_for(op, Owner::Actor(actor))?;
        self.actors.count_op(actor, true);
        Ok(id)
    }

    /// Makes a blocking call in a thread of the pool, and completes for the actor when it
    /// has returned.
    ///
    /// # Errors
    /// `Overloaded` when the pool is full.
    pub fn run_for_actor(
        &mut self,
        call: impl FnOnce() + Send + 'static,
        actor: ActorId,
    ) -> Result<OpId, Error> {
        let op = self.open_letter_for(Owner::Actor(actor));
        let sender: Sender<Letter> = self.sender();
        let job: pool::Job = Box::new(move || {
            call();
            sender.send_owed(Letter { op, result: 0 });
        });
        if let Err(error) = self.pool().try_run(job) {
            self.withdraw_letter(op);
            return Err(error);
        }
        self.actors.count_op(actor, true);
        Ok(op)
    }

    /// A letter that another thread posts, and that completes for the actor.
    pub fn open_letter_for_actor(&mut self, actor: ActorId) -> OpId {
        let op = self.open_letter_for(Owner::Actor(actor));
        self.actors.count_op(actor, true);
        op
    }

    /// Does somebody wait for what this actor does? While nobody does, its ops and timers
    /// do not count as something that could still happen.
    pub fn set_busy(&mut self, id: ActorId, busy: bool) {
        let Some(entry) = self.actors.get_mut(id) else {
            return;
        };
        if std::mem::replace(&mut entry.busy, busy) == busy {
            return;
        }
        let (ops, timers) = (entry.ops, usize::from(entry.timer.is_some()));
        if busy {
            self.actors.idle_ops -= ops;
            self.actors.idle_timers -= timers;
        } else {
            self.actors.idle_ops += ops;
            self.actors.idle_timers += timers;
        }
    }

    /// [`Actor::flush`] is called once before the kernel is asked the next time.
    #[inline]
    pub fn flush_later(&mut self, id: ActorId) {
        if let Some(entry) = self.actors.get_mut(id).filter(|entry| !entry.flushes) {
            entry.flushes = true;
            self.actors.flushes.push(id);
        }
    }

    /// Sets the actor's one timer, or stops it.
    pub fn set_actor_timer(&mut self, id: ActorId, deadline: Option<Nanos>) {
        let timer =
            deadline.map(|deadline| self.scheduler.timers.insert(deadline, Alarm::Actor(id.0)));
        if let Some(previous) = self.actors.set_timer(id, timer) {
            self.scheduler.timers.remove(previous);
        }
    }

    /// The process is about to end: lets actors send what they have, until `deadline`.
    pub fn finish_actors(&mut self, deadline: Nanos) {
        while sys::clock::now() < deadline && self.actors_unsent() {
            self.poll(Wait::Until(deadline), None);
        }
    }

    fn actors_unsent(&self) -> bool {
        let mut actors = self.actors.entries.iter().flat_map(|entry| &entry.actor);
        actors.any(|actor| actor.borrow().unsent())
    }

    pub(super) fn flush_actors(&mut self) {
        while let Some(id) = self.actors.flushes.pop() {
            let Some(entry) = self.actors.get_mut(id) else {
                continue;
            };
            entry.flushes = false;
            if let Some(actor) = self.actors.actor(id) {
                actor.borrow_mut().flush(self);
            }
        }
    }

    pub(super) fn actor_completed(&mut self, id: ActorId, op: OpId, result: i32) {
        self.actors.count_op(id, false);
        if let Some(actor) = self.actors.actor(id) {
            actor.borrow_mut().completed(self, op, result);
        }
    }

    pub(super) fn tell_due_actors(&mut self) {
        while let Some(due) = self.scheduler.due_actors.pop() {
            let id = ActorId(due);
            if let Some(actor) = self.actors.actor(id) {
                self.actors.set_timer(id, None);
                actor.borrow_mut().expired(self);
            }
        }
    }

    pub(super) fn actors_forked(&mut self) {
        let actors = &mut self.actors;
        (actors.idle_ops, actors.idle_timers) = (0, 0);
        actors.flushes.clear();
        let mut all = Vec::new();
        for entry in &mut actors.entries {
            (entry.ops, entry.timer, entry.busy, entry.flushes) = (0, None, false, false);
            all.extend(entry.actor.clone());
        }
        for actor in all {
            actor.borrow_mut().forked(self);
        }
    }
}
