//! Cancelling: sticky, held back by shields.
//!
//! A cancel that is asked for stays asked for. It is delivered where the task waits, and at
//! each later wait, unless a shield is up whose time has not run out; then an alarm delivers
//! it at the shield's end.

use super::{Alarm, Scheduler};
use crate::task::{Ends, State, TaskId, Waiter, Wake};

impl Scheduler {
    /// Asks the task to stop: its present wait, and every later one, ends.
    /// `Queued` tasks are left to their host, which starts them cancelled.
    pub fn cancel(&mut self, task: TaskId, now: u64) {
        let Some(entry) = self.get_mut(task) else {
            return;
        };
        entry.cancel_requested = true;
        let shielded = entry.shields > 0 && now < entry.shield_until;
        let waiter = Waiter {
            task,
            sequence: entry.sequence,
        };
        if shielded {
            self.arm_shield(task);
        } else if entry.outside {
            self.call_in(task);
        } else if entry.state == State::Waiting && entry.ends != Ends::Never {
            self.wake(waiter, Wake::Cancelled);
        }
    }

    /// Forgets that the task was asked to stop.
    pub fn absolve(&mut self, task: TaskId) {
        if let Some(entry) = self.get_mut(task) {
            entry.cancel_requested = false;
        }
    }

    /// Was the task asked to stop?
    pub fn is_cancelled(&self, task: TaskId) -> bool {
        self.get(task).is_some_and(|entry| entry.cancel_requested)
    }

    /// Should the running task stop now: asked to, and not shielded?
    pub fn cancel_due(&self, task: TaskId, now: impl Fn() -> u64) -> bool {
        self.get(task).is_some_and(|entry| {
            entry.cancel_requested && !(entry.shields > 0 && now() < entry.shield_until)
        })
    }

    /// Cancels wait until `until` at the latest. Shields nest, and the earliest end counts;
    /// returns what [`unshield`](Scheduler::unshield) puts back.
    pub fn shield(&mut self, task: TaskId, until: u64) -> u64 {
        let Some(entry) = self.get_mut(task) else {
            return u64::MAX;
        };
        let outer = if entry.shields == 0 {
            u64::MAX
        } else {
            entry.shield_until
        };
        entry.shield_until = until.min(outer);
        entry.shields += 1;
        self.arm_shield(task);
        outer
    }

    /// Ends one [`shield`](Scheduler::shield), which had returned `outer`.
    pub fn unshield(&mut self, task: TaskId, outer: u64) {
        let Some(entry) = self.get_mut(task) else {
            return;
        };
        entry.shields = entry.shields.saturating_sub(1);
        entry.shield_until = outer;
        self.arm_shield(task);
    }

    /// A cancel that a shield holds back has one alarm, at the shield's end.
    fn arm_shield(&mut self, task: TaskId) {
        let Some(entry) = self.get_mut(task) else {
            return;
        };
        let armed = entry.shield_timer.take();
        let holds_back = entry.cancel_requested && entry.shields > 0;
        let until = entry.shield_until;
        if let Some(armed) = armed {
            self.timers.remove(armed);
        }
        if holds_back && until != u64::MAX {
            let armed = self.timers.insert(until, Alarm::Shield(task));
            if let Some(entry) = self.get_mut(task) {
                entry.shield_timer = Some(armed);
            }
        }
    }

    pub(super) fn end_shield(&mut self, task: TaskId, now: u64) {
        let Some(entry) = self.get_mut(task) else {
            return;
        };
        entry.shield_timer = None;
        let waiter = Waiter {
            task,
            sequence: entry.sequence,
        };
        if !entry.cancel_requested || now < entry.shield_until {
            return;
        }
        if entry.outside {
            self.call_in(task);
        } else if entry.state == State::Waiting && entry.ends != Ends::Never {
            self.wake(waiter, Wake::Cancelled);
        }
    }
}
