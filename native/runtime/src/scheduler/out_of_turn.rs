//! Tasks that run before their turn: who was just spawned or woken, for hosts whose callers
//! expect it to run at once, and who is unwound.

use super::{Entry, Next, Scheduler};
use crate::task::{State, TaskId, Wake};

impl Scheduler {
    /// The task that became ready last runs now, and `running` goes on as soon as it waits or
    /// ends: both before whoever is in the queue. `None`: `task` is not the one.
    pub fn run_now(&mut self, task: TaskId, running: TaskId) -> Option<Next> {
        let host = self.host(task)?;
        let next = match (self.ready.back(), self.state(task)?) {
            (Some(Entry::Start(last)), State::Queued) if *last == task => Next::Start(host),
            (Some(Entry::Resume(last)), State::Ready) if *last == task => Next::Resume(host),
            _ => return None,
        };
        let entry = self.get_mut(running)?;
        entry.state = State::Ready;
        entry.wake = Wake::Done;
        self.ready.pop_back();
        self.ready.push_front(Entry::Resume(running));
        if let Some(entry) = self.get_mut(task) {
            entry.state = State::Running;
        }
        Some(next)
    }

    /// The same for whoever became ready last.
    pub fn run_last(&mut self, running: TaskId) -> Option<Next> {
        match self.ready.back() {
            Some(&(Entry::Start(last) | Entry::Resume(last))) => self.run_now(last, running),
            _ => None,
        }
    }

    /// Makes a task run that is about to be switched to out of its turn.
    pub fn force_running(&mut self, task: TaskId) {
        self.drop_timer(task);
        if let Some(entry) = self.get_mut(task) {
            entry.state = State::Running;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::GroupId;

    /// A scheduler whose task of host 1 runs, and one whose task of host 2 is in the queue.
    fn scheduler() -> (Scheduler, TaskId) {
        let mut scheduler = Scheduler::new(8);
        let running = scheduler.adopt(1, GroupId::ROOT).expect("room");
        scheduler.spawn(2, GroupId::ROOT).expect("room");
        (scheduler, running)
    }

    #[test]
    fn the_last_runs_first_and_then_who_let_it() {
        let (mut scheduler, running) = scheduler();
        let last = scheduler.spawn(3, GroupId::ROOT).expect("room");
        assert_eq!(scheduler.run_now(last, running), Some(Next::Start(3)));
        assert_eq!(scheduler.state(running), Some(State::Ready));
        assert_eq!(scheduler.pick(), Next::Resume(1));
        assert_eq!(scheduler.pick(), Next::Start(2));
        assert_eq!(scheduler.pick(), Next::Idle);
    }

    #[test]
    fn only_the_last_may() {
        let (mut scheduler, running) = scheduler();
        let early = scheduler.spawn(3, GroupId::ROOT).expect("room");
        scheduler.spawn(4, GroupId::ROOT).expect("room");
        assert_eq!(scheduler.run_now(early, running), None);
        assert_eq!(scheduler.state(running), Some(State::Running));
        assert_eq!(scheduler.run_last(running), Some(Next::Start(4)));
    }

    #[test]
    fn nobody_is_there_to_let_run() {
        let mut scheduler = Scheduler::new(8);
        let running = scheduler.adopt(1, GroupId::ROOT).expect("room");
        assert_eq!(scheduler.run_last(running), None);
        scheduler.call(7);
        assert_eq!(scheduler.run_last(running), None);
        assert_eq!(scheduler.pick(), Next::Call(7));
    }
}
