//! Groups: how many tasks a `run` has started, directly or not, that have not ended.

use super::Scheduler;
use crate::task::{GroupId, TaskId, Waiter};

/// The tasks of one `run`. Its number is used again once it is closed and empty.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) live: usize,
    pub(super) waiter: Option<Waiter>,
    pub(super) closed: bool,
}

impl Scheduler {
    /// A group for a `run`.
    pub fn open_group(&mut self) -> GroupId {
        match self.free_groups.pop() {
            Some(index) => {
                self.groups[index as usize] = Group::default();
                GroupId(index)
            }
            None => {
                self.groups.push(Group::default());
                GroupId((self.groups.len() - 1) as u32)
            }
        }
    }

    /// `waiter` is woken when the group has no live task. False: it has none now.
    pub fn wait_group(&mut self, group: GroupId, waiter: Waiter) -> bool {
        match self.groups.get_mut(group.0 as usize) {
            Some(group) if group.live > 0 => {
                group.waiter = Some(waiter);
                true
            }
            _ => false,
        }
    }

    /// Live tasks of a group.
    pub fn group_len(&self, group: GroupId) -> usize {
        self.groups
            .get(group.0 as usize)
            .map_or(0, |group| group.live)
    }

    /// Asks every task of a group to stop.
    pub fn cancel_group(&mut self, group: GroupId, now: u64) {
        let members: Vec<TaskId> = self
            .ids()
            .filter(|&task| self.group_of(task) == group)
            .collect();
        for task in members {
            self.cancel(task, now);
        }
    }

    /// Nobody waits for the group any more; in a forked child it may be the parent's.
    pub fn close_group(&mut self, group: GroupId) {
        if let Some(entry) = self.groups.get_mut(group.0 as usize)
            && group != GroupId::ROOT
        {
            entry.waiter = None;
            entry.closed = true;
            if entry.live == 0 {
                self.free_groups.push(group.0);
            }
        }
    }

    /// The group a task was spawned in.
    pub fn group_of(&self, task: TaskId) -> GroupId {
        self.get(task).map_or(GroupId::ROOT, |entry| entry.group)
    }
}
