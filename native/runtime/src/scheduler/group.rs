//! Groups: the tasks that one `run` or scope has started, directly or not, and that have not
//! ended.
//!
//! ```text
//!   open ──▶ members come and go ──close──▶ (closed) ──empty──▶ its number is used again
//!                │ cancel, or its deadline
//!                ▼
//!            stopped: all members are asked to stop, and who comes later too
//! ```
//!
//! Groups form a tree: one that is not empty counts as a member of the group it was opened in,
//! so that an outer one is empty only when the inner ones are, whoever waits for them or not.
//! Members of a group other than the root are linked, so stopping it costs what it holds and
//! not what the process holds.

use super::{Alarm, Scheduler};
use crate::task::{GroupId, TaskId, Waiter, Wake};
use crate::timer::TimerKey;

/// See the module's description.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Members, and inner groups that are not empty.
    live: usize,
    parent: GroupId,
    /// Inner groups that are open or not empty.
    inner: usize,
    /// Slot of the first member plus one; 0 is none.
    first: u32,
    waiters: Vec<Waiter>,
    timer: Option<TimerKey>,
    stopped: bool,
    expired: bool,
    closed: bool,
}

impl Scheduler {
    /// A group inside `parent`.
    pub fn open_group(&mut self, parent: GroupId) -> GroupId {
        let index = self.free_groups.pop().unwrap_or_else(|| {
            self.groups.push(Group::default());
            (self.groups.len() - 1) as u32
        });
        // A number of before a fork means the root: what was inside is gone.
        let parent = self.index(parent).map_or(GroupId::ROOT, |_| parent);
        self.groups[index as usize] = Group {
            parent,
            ..Group::default()
        };
        if let Some(parent) = self.inner_group(parent) {
            parent.inner += 1;
        }
        GroupId::new(index, self.epoch)
    }

    /// `waiter` is woken when the group is empty. False: it is empty now.
    pub fn wait_group(&mut self, group: GroupId, waiter: Waiter) -> bool {
        match self.inner_group(group) {
            Some(entry) if entry.live > 0 => {
                entry.waiters.push(waiter);
                true
            }
            _ => false,
        }
    }

    /// Members of a group; an inner group that is not empty is one.
    pub fn group_len(&self, group: GroupId) -> usize {
        self.index(group).map_or(0, |index| self.groups[index].live)
    }

    /// The group stops at this time, if it has not by then.
    pub fn set_group_deadline(&mut self, group: GroupId, deadline: u64) {
        if self.inner_group(group).is_some() {
            let timer = self.timers.insert(deadline, Alarm::Group(group));
            if let Some(entry) = self.inner_group(group) {
                entry.timer = Some(timer);
            }
        }
    }

    /// Its deadline has come.
    pub(super) fn expire_group(&mut self, group: GroupId, now: u64) {
        if let Some(entry) = self.inner_group(group) {
            entry.timer = None;
            if !entry.stopped {
                entry.expired = true;
                self.cancel_group(group, now);
            }
        }
    }

    /// Asks every task of the group, and of the groups inside it, to stop.
    pub fn cancel_group(&mut self, group: GroupId, now: u64) {
        let Some(entry) = self.inner_group(group) else {
            return;
        };
        entry.stopped = true;
        let mut next = entry.first;
        let has_inner = entry.inner > 0;
        while let Some(slot) = next.checked_sub(1) {
            let task = &self.tasks[slot as usize];
            next = task.next_member;
            self.cancel(TaskId::new(slot, task.generation), now);
        }
        if has_inner {
            let inner: Vec<u32> = (1..self.groups.len() as u32)
                .filter(|&index| self.groups[index as usize].parent == group)
                .collect();
            for index in inner {
                self.cancel_group(GroupId::new(index, self.epoch), now);
            }
        }
    }

    /// Was it asked to stop? Who is spawned in it from now on is asked too.
    pub fn is_group_stopped(&self, group: GroupId) -> bool {
        self.index(group)
            .is_some_and(|index| self.groups[index].stopped)
    }

    /// Was it, or one that it lies in?
    pub fn is_inside_stopped(&self, group: GroupId) -> bool {
        let mut group = group;
        while let Some(index) = self.index(group).filter(|&index| index > 0) {
            if self.groups[index].stopped {
                return true;
            }
            group = self.groups[index].parent;
        }
        false
    }

    /// Was that its deadline?
    pub fn is_group_expired(&self, group: GroupId) -> bool {
        self.index(group)
            .is_some_and(|index| self.groups[index].expired)
    }

    /// Nobody waits for the group any more.
    pub fn close_group(&mut self, group: GroupId) {
        let Some(entry) = self.inner_group(group) else {
            return;
        };
        entry.waiters.clear();
        entry.closed = true;
        if let Some(timer) = entry.timer.take() {
            self.timers.remove(timer);
        }
        self.free_group(group);
    }

    /// Is it a group of this process, and not of the one it was forked from?
    pub fn knows_group(&self, group: GroupId) -> bool {
        self.index(group).is_some()
    }

    /// The group a task was spawned in.
    pub fn group_of(&self, task: TaskId) -> GroupId {
        self.get(task).map_or(GroupId::ROOT, |entry| entry.group)
    }

    /// Who waits for the groups that the task is in, inner ones first. Nobody waits for the root.
    pub(super) fn group_waiters_of(&self, task: TaskId) -> impl Iterator<Item = &Waiter> {
        let inner = |group: GroupId| {
            let index = self.index(group).filter(|_| group != GroupId::ROOT)?;
            Some(&self.groups[index])
        };
        std::iter::successors(inner(self.group_of(task)), move |group| inner(group.parent))
            .flat_map(|group| &group.waiters)
    }

    /// Is `inner` this group, or inside it?
    pub fn is_inside(&self, inner: GroupId, group: GroupId) -> bool {
        let mut inner = inner;
        while let Some(index) = self.index(inner) {
            if inner == group {
                return true;
            }
            if inner == GroupId::ROOT {
                return false;
            }
            inner = self.groups[index].parent;
        }
        false
    }

    /// A task becomes a member.
    pub(super) fn enter_group(&mut self, slot: u32, group: GroupId) -> GroupId {
        let Some(entry) = self.inner_group(group) else {
            return GroupId::ROOT;
        };
        let first = std::mem::replace(&mut entry.first, slot + 1);
        if let Some(next) = first.checked_sub(1) {
            self.tasks[next as usize].previous_member = slot + 1;
        }
        let task = &mut self.tasks[slot as usize];
        task.next_member = first;
        task.previous_member = 0;
        self.count_in(group);
        group
    }

    /// A member has ended.
    pub(super) fn leave_group(&mut self, slot: u32, group: GroupId) {
        let task = &mut self.tasks[slot as usize];
        let (previous, next) = (task.previous_member, task.next_member);
        match previous.checked_sub(1) {
            Some(previous) => self.tasks[previous as usize].next_member = next,
            None => {
                if let Some(entry) = self.inner_group(group) {
                    entry.first = next;
                }
            }
        }
        if let Some(next) = next.checked_sub(1) {
            self.tasks[next as usize].previous_member = previous;
        }
        self.count_out(group);
    }

    fn count_in(&mut self, group: GroupId) {
        if let Some(entry) = self.inner_group(group) {
            entry.live += 1;
            if entry.live == 1 {
                let parent = entry.parent;
                self.count_in(parent);
            }
        }
    }

    fn count_out(&mut self, group: GroupId) {
        let Some(entry) = self.inner_group(group) else {
            return;
        };
        entry.live -= 1;
        if entry.live > 0 {
            return;
        }
        let parent = entry.parent;
        for waiter in std::mem::take(&mut entry.waiters) {
            self.wake(waiter, Wake::Done);
        }
        self.free_group(group);
        self.count_out(parent);
    }

    /// Gives the number back when nothing refers to the group any more.
    fn free_group(&mut self, group: GroupId) {
        let Some(entry) = self.inner_group(group) else {
            return;
        };
        if !entry.closed || entry.live > 0 || entry.inner > 0 {
            return;
        }
        let parent = std::mem::take(&mut entry.parent);
        self.free_groups.push(group.index() as u32);
        if let Some(entry) = self.inner_group(parent) {
            entry.inner -= 1;
            self.free_group(parent);
        }
    }

    /// In the child of a fork: no group is left, and their numbers name nothing.
    pub(super) fn forget_groups(&mut self) {
        self.groups.truncate(1);
        self.groups[0] = Group::default();
        self.free_groups.clear();
        self.epoch = self.epoch.wrapping_add(1);
    }

    fn index(&self, group: GroupId) -> Option<usize> {
        let index = group.index();
        let known = index == 0 || (group.epoch() == self.epoch && index < self.groups.len());
        known.then_some(index)
    }

    /// A group other than the root.
    fn inner_group(&mut self, group: GroupId) -> Option<&mut Group> {
        match self.index(group) {
            Some(0) | None => None,
            Some(index) => Some(&mut self.groups[index]),
        }
    }
}
