//! A lock for one task at a time, FIFO.
//!
//! It is a semaphore with one permit that knows who has it:
//!
//! ```text
//!   Free ──try_lock──▶ Locked(task) ──unlock, somebody waits──▶ Granted(next)
//!    ▲                      │                                       │ next runs: taken
//!    └──unlock, nobody──────┘◀──────────────────────────────────────┘
//! ```
//!
//! Only the task that has it unlocks it. It is handed over at the unlock, not left lying
//! for whoever runs first, so who unlocks and locks again stands at the end of the line.
//! When a task ends with it, the host says so ([`Mutex::abandon`]): nobody can unlock it any more,
//! so those that wait are woken with nothing, and who comes next is told ([`Lock::Abandoned`]).

use super::semaphore::Semaphore;
use crate::scheduler::Scheduler;
use crate::task::{TaskId, Waiter};

/// See the module's description.
#[derive(Debug)]
pub struct Mutex {
    permit: Semaphore,
    /// Who has it; nobody while it is free or granted to one who has not run yet.
    holder: TaskId,
    /// The scheduler's epoch when it was last unlocked.
    unlocked_in: u8,
}

/// What `try_lock` did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// It is the task's now.
    Locked,
    /// Somebody has it, or is about to: wait with [`Mutex::wait`].
    Busy,
    /// The task itself has it: waiting would be for ever.
    Own,
    /// A task that has ended had it.
    Abandoned(TaskId),
}

impl Mutex {
    /// A free lock. Allocates nothing.
    pub const fn new() -> Mutex {
        Mutex {
            permit: Semaphore::new(1),
            holder: TaskId::NONE,
            unlocked_in: 0,
        }
    }

    /// Locks if it is free and nobody waits for it.
    #[inline]
    pub fn try_lock(&mut self, scheduler: &Scheduler, task: TaskId) -> Lock {
        if self.permit.try_acquire(scheduler, 1) {
            self.holder = task;
            return Lock::Locked;
        }
        match self.holder {
            holder if holder == task => Lock::Own,
            TaskId::NONE if self.unlocked_in != scheduler.epoch() => {
                // The child of a fork: it was granted to a task of the parent.
                self.permit.forget_parents(1);
                self.holder = task;
                Lock::Locked
            }
            TaskId::NONE => Lock::Busy,
            holder if !scheduler.is_alive(holder) => Lock::Abandoned(holder),
            _ => Lock::Busy,
        }
    }

    /// The task will wait. Woken with `Wake::Done` it calls [`Mutex::taken`], else
    /// [`Mutex::withdraw`].
    pub fn wait(&mut self, scheduler: &Scheduler, waiter: Waiter) {
        self.permit.wait(scheduler, waiter, 1);
    }

    /// The task it was granted to runs.
    pub fn taken(&mut self, task: TaskId) {
        self.holder = task;
    }

    /// A wait ended without the lock; `granted`: it had been woken for it.
    pub fn withdraw(&mut self, scheduler: &mut Scheduler, granted: bool) {
        self.permit.withdraw(scheduler, 1, granted);
    }

    /// Does this task have it, and has it ended? Then whoever waits is woken for nothing:
    /// [`Mutex::is_abandoned`] tells it from the lock.
    pub fn abandon(&mut self, scheduler: &mut Scheduler, ended: TaskId) {
        if self.holder == ended && !ended.is_none() {
            self.permit.dismiss(scheduler);
        }
    }

    /// Has it been left by a task that has ended?
    pub fn is_abandoned(&self, scheduler: &Scheduler) -> bool {
        !self.holder.is_none() && !scheduler.is_alive(self.holder)
    }

    /// Hands it to who waits longest. False: it is not this task's.
    #[inline]
    pub fn unlock(&mut self, scheduler: &mut Scheduler, task: TaskId) -> bool {
        if self.holder != task || task.is_none() {
            return false;
        }
        self.holder = TaskId::NONE;
        self.unlocked_in = scheduler.epoch();
        self.permit.release(scheduler, 1)
    }

    /// Who has it.
    pub fn holder(&self) -> Option<TaskId> {
        (!self.holder.is_none()).then_some(self.holder)
    }

    /// Is it not free?
    pub fn is_locked(&self) -> bool {
        self.permit.free() == 0
    }

    /// Tasks that wait for it.
    pub fn waiting(&self, scheduler: &Scheduler) -> usize {
        self.permit.waiting(scheduler)
    }
}

impl Default for Mutex {
    fn default() -> Mutex {
        Mutex::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::Next;
    use crate::task::{Ends, GroupId};

    #[test]
    fn those_who_wait_are_told_when_the_holder_ends() {
        let mut scheduler = Scheduler::new(8);
        let mut mutex = Mutex::new();
        let tasks: Vec<TaskId> = (1..4)
            .map(|host| scheduler.adopt(host, GroupId::ROOT).expect("room"))
            .collect();
        assert_eq!(mutex.try_lock(&scheduler, tasks[0]), Lock::Locked);
        for &task in &tasks[1..] {
            assert_eq!(mutex.try_lock(&scheduler, task), Lock::Busy);
            let waiter = scheduler
                .begin_wait(task, Ends::OnCancel, None, || 0)
                .expect("not cancelled");
            mutex.wait(&scheduler, waiter);
        }
        mutex.abandon(&mut scheduler, tasks[1]);
        assert_eq!(scheduler.pick(), Next::Idle);
        scheduler.finish(tasks[0]);
        mutex.abandon(&mut scheduler, tasks[0]);
        assert!(mutex.is_abandoned(&scheduler));
        assert_eq!(scheduler.pick(), Next::Resume(2));
        assert_eq!(scheduler.pick(), Next::Resume(3));
        assert_eq!(
            mutex.try_lock(&scheduler, tasks[1]),
            Lock::Abandoned(tasks[0])
        );
    }

    #[test]
    fn a_lock_that_was_handed_over_is_not_abandoned() {
        let mut scheduler = Scheduler::new(8);
        let mut mutex = Mutex::new();
        let first = scheduler.adopt(1, GroupId::ROOT).expect("room");
        let next = scheduler.adopt(2, GroupId::ROOT).expect("room");
        assert_eq!(mutex.try_lock(&scheduler, first), Lock::Locked);
        let waiter = scheduler
            .begin_wait(next, Ends::OnCancel, None, || 0)
            .expect("not cancelled");
        mutex.wait(&scheduler, waiter);
        assert!(mutex.unlock(&mut scheduler, first));
        scheduler.finish(first);
        mutex.abandon(&mut scheduler, first);
        assert!(!mutex.is_abandoned(&scheduler));
        assert_eq!(scheduler.pick(), Next::Resume(2));
        mutex.taken(next);
        assert!(mutex.unlock(&mut scheduler, next));
    }
}
