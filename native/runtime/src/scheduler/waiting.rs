//! Waits: how a running task enters one, and every way it is ended from outside.
//!
//! A wait has a number. Whoever ends one must name it, so that a timer or a completion of an
//! earlier wait changes nothing.

use super::{Alarm, Entry, Scheduler};
use crate::task::{Ends, State, TaskId, Waiter, Wake};

impl Scheduler {
    /// The running task will wait. `None`: a cancel is due, it must not.
    /// Cancelling is sticky: every later wait says so again.
    pub fn begin_wait(
        &mut self,
        task: TaskId,
        ends: Ends,
        deadline: Option<u64>,
        now: impl Fn() -> u64,
    ) -> Option<Waiter> {
        let looked_at = self.looked_at;
        let entry = self.get_mut(task)?;
        if ends != Ends::Never && entry.cancel_requested {
            let shielded = entry.shields > 0 && now() < entry.shield_until;
            if !shielded {
                return None;
            }
        }
        entry.sequence = entry.sequence.wrapping_add(1);
        entry.state = State::Waiting;
        entry.since = looked_at;
        entry.ends = ends;
        // Who is switched to out of turn was not woken; it must not look as if it was.
        entry.wake = Wake::Cancelled;
        let waiter = Waiter {
            task,
            sequence: entry.sequence,
        };
        if let Some(deadline) = deadline {
            let key = self.timers.insert(deadline, Alarm::Wait(waiter));
            self.set_timer(task, Some(key));
        }
        Some(waiter)
    }

    /// Takes back a wait that has not switched away.
    pub fn abort_wait(&mut self, waiter: Waiter) {
        if self.is_waiting(waiter) {
            self.drop_timer(waiter.task);
            if let Some(entry) = self.get_mut(waiter.task) {
                entry.state = State::Running;
            }
        }
    }

    /// Why the running task was resumed.
    pub fn woken_by(&self, task: TaskId) -> Wake {
        self.get(task).map_or(Wake::Cancelled, |entry| entry.wake)
    }

    /// Why the running task was resumed, and whether it should stop now.
    #[inline]
    pub fn outcome(&self, task: TaskId, now: impl Fn() -> u64) -> (Wake, bool) {
        match self.get(task) {
            Some(entry) if !entry.cancel_requested => (entry.wake, false),
            Some(entry) => (entry.wake, self.cancel_due(task, now)),
            None => (Wake::Cancelled, false),
        }
    }

    /// Makes the task ready if it is still in this wait. False: it is not.
    pub fn wake(&mut self, waiter: Waiter, wake: Wake) -> bool {
        let Some(entry) = self.get_mut(waiter.task) else {
            return false;
        };
        if entry.state != State::Waiting || entry.sequence != waiter.sequence {
            return false;
        }
        entry.state = State::Ready;
        entry.wake = wake;
        let timer = entry.timer.take();
        self.ready.push_back(Entry::Resume(waiter.task));
        if let Some(timer) = timer {
            self.timers.remove(timer);
        }
        true
    }

    /// Ends a task's wait from outside: nothing could ever have ended it.
    pub fn break_wait(&mut self, task: TaskId) {
        let Some(entry) = self.get(task) else { return };
        let waiter = Waiter {
            task,
            sequence: entry.sequence,
        };
        self.wake(waiter, Wake::Cancelled);
    }

    /// Ends whatever wait the task is in, as its event would.
    pub fn wake_now(&mut self, task: TaskId) {
        let Some(entry) = self.get(task) else { return };
        let waiter = Waiter {
            task,
            sequence: entry.sequence,
        };
        self.wake(waiter, Wake::Done);
    }

    /// A signal arrived while all waited: ends the task's wait if it asked to be told.
    pub fn interrupt(&mut self, task: TaskId) {
        let Some(entry) = self.get(task) else { return };
        if entry.state == State::Waiting && entry.ends == Ends::OnCancelOrSignal {
            let waiter = Waiter {
                task,
                sequence: entry.sequence,
            };
            self.wake(waiter, Wake::Interrupted);
        }
    }

    /// Is the task in exactly this wait?
    pub fn is_waiting(&self, waiter: Waiter) -> bool {
        self.get(waiter.task)
            .is_some_and(|entry| entry.state == State::Waiting && entry.sequence == waiter.sequence)
    }

    /// Is it in a wait that may end early?
    pub fn can_break(&self, task: TaskId) -> bool {
        self.get(task)
            .is_some_and(|entry| entry.state == State::Waiting && entry.ends != Ends::Never)
    }

    /// Can `waiting` not go on before `task` has finished: has it joined that, or a group that it
    /// is in, or somebody who has? A wait with a deadline ends by itself, and does not count.
    /// Channels and the like are not looked through.
    pub fn needs_end_of(&self, waiting: TaskId, task: TaskId) -> bool {
        let mut seen = vec![task];
        let mut at = 0;
        while let Some(&next) = seen.get(at) {
            at += 1;
            let joiners = self
                .get(next)
                .map_or(&[][..], |entry| entry.joiners.as_slice());
            for waiter in joiners.iter().chain(self.group_waiters_of(next)) {
                let for_ever = self.is_waiting(*waiter)
                    && self
                        .get(waiter.task)
                        .is_some_and(|entry| entry.timer.is_none());
                if for_ever && waiter.task == waiting {
                    return true;
                }
                if for_ever && !seen.contains(&waiter.task) {
                    seen.push(waiter.task);
                }
            }
        }
        false
    }

    /// `waiter` is woken when `task` finishes. False: it has finished.
    pub fn join(&mut self, task: TaskId, waiter: Waiter) -> bool {
        let Some(entry) = self.get_mut(task) else {
            return false;
        };
        entry.joiners.push(waiter);
        true
    }
}
