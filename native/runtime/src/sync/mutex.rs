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
//! A task that ended with it is found by who comes next ([`Lock::Abandoned`]).

use super::semaphore::Semaphore;
use crate::scheduler::Scheduler;
use crate::task::{TaskId, Waiter};

/// See the module's description.
#[derive(Debug)]
pub struct Mutex {
    permit: Semaphore,
    /// Who has it; nobody while it is free or granted to one who has not run yet.
    holder: TaskId,
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

    /// Hands it to who waits longest. False: it is not this task's.
    #[inline]
    pub fn unlock(&mut self, scheduler: &mut Scheduler, task: TaskId) -> bool {
        if self.holder != task || task.is_none() {
            return false;
        }
        self.holder = TaskId::NONE;
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
