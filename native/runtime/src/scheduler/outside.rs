//! Tasks outside: they left their stack by themselves, for somebody who will let them go on
//! without asking the scheduler (PHP code that calls `Fiber::suspend()`, and who resumes it).
//!
//! ```text
//!   Running ──step_out──▶ outside ──step_in──▶ Running
//!                            │ cancelled, and no shield
//!                            ▼
//!                    called in: a job of the host's ends what it is in
//! ```
//!
//! To the scheduler such a task is Running: it is in no queue, and nothing here can wake it.
//! Its cancel is therefore a job ([`CALL_IN`]), in which the host takes the tasks that were called
//! in and makes them go on. The running task alone steps out and in.

use super::Scheduler;
use crate::task::TaskId;

/// The key of the job. A host's own keys, numbers that count from 1 and those of watches, do not reach it.
pub const CALL_IN: u64 = 1 << 61;

impl Scheduler {
    /// The running task leaves its stack. False: a cancel is due, it must not.
    pub fn step_out(&mut self, task: TaskId, now: impl Fn() -> u64) -> bool {
        if self.cancel_due(task, now) {
            return false;
        }
        if let Some(entry) = self.get_mut(task) {
            entry.outside = true;
        }
        true
    }

    /// It runs again.
    pub fn step_in(&mut self, task: TaskId) {
        if let Some(entry) = self.get_mut(task) {
            entry.outside = false;
        }
    }

    /// A task outside.
    pub fn any_outside(&self) -> Option<TaskId> {
        self.ids()
            .find(|&task| self.get(task).is_some_and(|entry| entry.outside))
    }

    /// Its cancel is due.
    #[cold]
    pub(super) fn call_in(&mut self, task: TaskId) {
        self.called_in.push_back(task);
        self.call(CALL_IN);
    }

    /// In the job: the next task that was called in, if it is still outside and its cancel due.
    pub fn take_called_in(&mut self, now: impl Fn() -> u64) -> Option<TaskId> {
        let task = self.called_in.pop_front()?;
        let outside = self.get(task).is_some_and(|entry| entry.outside);
        (outside && self.cancel_due(task, now)).then_some(task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::Next;
    use crate::task::{GroupId, Waiter};

    fn outside() -> (Scheduler, TaskId) {
        let mut scheduler = Scheduler::new(4);
        let task = scheduler.adopt(1, GroupId::ROOT).expect("room");
        assert!(scheduler.step_out(task, || 0));
        (scheduler, task)
    }

    #[test]
    fn a_cancel_calls_it_in_once_for_each_time_it_was_asked() {
        let (mut scheduler, task) = outside();
        assert_eq!(scheduler.any_outside(), Some(task));
        scheduler.cancel(task, 0);
        scheduler.cancel(task, 0);
        assert_eq!(scheduler.pick(), Next::Call(CALL_IN));
        assert_eq!(scheduler.take_called_in(|| 0), Some(task));
        scheduler.step_in(task);
        assert_eq!(scheduler.pick(), Next::Call(CALL_IN));
        assert_eq!(scheduler.take_called_in(|| 0), None);
        assert_eq!(scheduler.take_called_in(|| 0), None);
        assert!(!scheduler.step_out(task, || 0), "a cancel is sticky");
        assert_eq!(scheduler.any_outside(), None);
    }

    #[test]
    fn a_shield_holds_the_cancel_back_until_it_ends() {
        let (mut scheduler, task) = outside();
        scheduler.step_in(task);
        scheduler.shield(task, 100);
        assert!(scheduler.step_out(task, || 0));
        scheduler.cancel(task, 0);
        assert_eq!(scheduler.pick(), Next::Idle);
        scheduler.fire(100, &mut Vec::new());
        assert_eq!(scheduler.pick(), Next::Call(CALL_IN));
        assert_eq!(scheduler.take_called_in(|| 100), Some(task));
    }

    #[test]
    fn who_was_cancelled_under_a_shield_may_still_step_out() {
        let (mut scheduler, task) = outside();
        scheduler.step_in(task);
        scheduler.shield(task, 100);
        scheduler.cancel(task, 0);
        assert!(scheduler.step_out(task, || 0));
        scheduler.fire(100, &mut Vec::new());
        assert_eq!(scheduler.take_called_in(|| 100), Some(task));
    }

    #[test]
    fn the_child_of_a_fork_has_nobody_outside() {
        let (mut scheduler, task) = outside();
        let running = scheduler.adopt(2, GroupId::ROOT).expect("room");
        scheduler.cancel(task, 0);
        scheduler.keep_only(running);
        assert_eq!(scheduler.any_outside(), None);
        assert_eq!(scheduler.take_called_in(|| 0), None);
        assert_eq!(scheduler.pick(), Next::Idle);
        let waiter = Waiter { task, sequence: 0 };
        assert!(!scheduler.is_waiting(waiter));
    }
}
