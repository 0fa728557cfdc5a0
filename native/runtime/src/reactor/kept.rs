//! Polls that stay armed between two waits.
//!
//! A library that waits for two descriptors at once mostly hears of one, and comes back for
//! both: libcurl waits for its connection and for one on which it can be woken, and never is.
//! The poll on which nothing has happened is kept then instead of cancelled, and the next
//! wait takes it over.
//!
//! States of a kept poll, and who moves it:
//! - kept: [`Reactor::keep_poll`] puts it into the table. Nobody is told of its completion,
//!   which takes it out again: the next wait looks afresh.
//! - a wait's: [`Reactor::take_kept_poll`] gives it away.
//! - asked: [`Reactor::kept_poll_is_quiet`] has answered a look with it once since it was kept; the
//!   next look is the caller's own. So who looks again and again, and never waits, sees what comes.
//! - forgotten: [`Reactor::forget_kept_poll`], when the descriptor is about to be closed,
//!   cancels it; its completion finds nobody.
//!
//! Invariants: what is in the table is in flight, at most one for a descriptor, and on
//! descriptors below [`limits::KEPT_POLLS`]. They do not keep a loop from seeing that it is
//! deadlocked. Whoever keeps one says when the descriptor is closed, or the next file of
//! that number would not be heard of.

use std::os::fd::RawFd;

use super::Reactor;
use super::records::{OpId, Owner};
use crate::limits;
use crate::task::Waiter;

#[derive(Clone, Copy, Debug)]
struct Kept {
    op: OpId,
    events: u16,
    asked: bool,
}

/// By descriptor.
#[derive(Debug, Default)]
pub(super) struct KeptPolls {
    by_fd: Vec<Option<Kept>>,
    len: usize,
}

impl KeptPolls {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    fn put(&mut self, fd: RawFd, kept: Kept) -> bool {
        let Some(at) = usize::try_from(fd)
            .ok()
            .filter(|&at| at < limits::KEPT_POLLS)
        else {
            return false;
        };
        if at >= self.by_fd.len() {
            self.by_fd.resize(at + 1, None);
        }
        if self.by_fd[at].is_some() {
            return false;
        }
        self.by_fd[at] = Some(kept);
        self.len += 1;
        true
    }

    fn get(&self, fd: RawFd) -> Option<Kept> {
        *self.by_fd.get(usize::try_from(fd).ok()?)?
    }

    fn get_mut(&mut self, fd: RawFd) -> Option<&mut Kept> {
        self.by_fd.get_mut(usize::try_from(fd).ok()?)?.as_mut()
    }

    pub(super) fn remove(&mut self, fd: RawFd) {
        let at = usize::try_from(fd).unwrap_or(usize::MAX);
        if let Some(place) = self.by_fd.get_mut(at) {
            self.len -= usize::from(place.take().is_some());
        }
    }
}

impl Reactor {
    /// Keeps a poll in flight that somebody has waited for in vain. False: it is for the
    /// caller to cancel, because it has completed or there is no place for it.
    pub fn keep_poll(&mut self, op: OpId, fd: RawFd, events: u16) -> bool {
        let kept = Kept {
            op,
            events,
            asked: false,
        };
        if self.is_complete(op) || !self.kept.put(fd, kept) {
            return false;
        }
        if let Some(record) = self.records.get_mut(op) {
            record.owner = Owner::Kept(fd);
        }
        true
    }

    /// A poll for these events that has been in flight since it was kept; it wakes the
    /// waiter. What it reports may have happened, and passed, before this call.
    pub fn take_kept_poll(&mut self, fd: RawFd, events: u16, waiter: Waiter) -> Option<OpId> {
        let kept = self.kept.get(fd).filter(|kept| kept.events == events)?;
        self.kept.remove(fd);
        if let Some(record) = self.records.get_mut(kept.op) {
            record.owner = Owner::Task(Some(waiter));
        }
        Some(kept.op)
    }

    /// Had nothing of this happened when the kernel was last looked at? Said once.
    pub fn kept_poll_is_quiet(&mut self, fd: RawFd, events: u16) -> bool {
        self.kept
            .get_mut(fd)
            .is_some_and(|kept| kept.events == events && !std::mem::replace(&mut kept.asked, true))
    }

    /// The descriptor is about to be closed: nothing stays armed on it.
    pub fn forget_kept_poll(&mut self, fd: RawFd) {
        let Some(kept) = self.kept.get(fd) else {
            return;
        };
        self.kept.remove(fd);
        self.cancel_op(kept.op);
        self.forget(kept.op);
        self.push();
    }

    /// How many are kept.
    pub fn kept_polls(&self) -> usize {
        self.kept.len()
    }
}
