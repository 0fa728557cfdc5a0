//! The statement that a connection is running, for who wants to cancel it.
//!
//! States: no job, a job, a job with a statement, a job with a statement that has answered. Its
//! thread begins and ends jobs, sets the statement before that does anything, says when its rows
//! are there to be fetched, and takes it out before it is freed, all under the lock. A cancel
//! names the job it means and is made under the lock: so the handle cannot go meanwhile
//! (invariant 2 of the folder), and a late cancel never meets the next job.
//!
//! Who fetches rows looks after each block whether they are still wanted. So a statement that has
//! answered is left to end by itself, and the driver is asked only when it does not: a cancel makes
//! MariaDB's (3.1.15) free what another thread fetches into.

use super::abi::Handle;
use super::library::Library;
use crate::limits;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Default)]
struct Slot {
    /// The job that runs, or ran last.
    job: u64,
    runs: bool,
    statement: Option<Pointer>,
    /// The driver has come back from executing the statement.
    answered: bool,
}

impl Slot {
    fn is_before_end_of(&self, job: u64) -> bool {
        self.job < job || (self.job == job && self.runs)
    }
}

struct Pointer(Handle);

// SAFETY: the handle is only given to SQLCancel, which any thread may call, under the lock
// that its freeing needs too.
unsafe impl Send for Pointer {}

/// See the module's description.
#[derive(Default)]
pub struct Running {
    slot: Mutex<Slot>,
    ended: Condvar,
}

impl Running {
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job begins; numbers count up from 1.
    pub fn begin(&self, job: u64) {
        let mut slot = self.lock();
        (slot.job, slot.runs, slot.answered) = (job, true, false);
    }

    /// The job has ended.
    pub fn end(&self) {
        self.lock().runs = false;
        self.ended.notify_all();
    }

    /// Nothing begins any more.
    pub fn end_all(&self) {
        let mut slot = self.lock();
        (slot.job, slot.runs) = (u64::MAX, false);
        drop(slot);
        self.ended.notify_all();
    }

    pub(super) fn enter(&self, statement: Handle) {
        let mut slot = self.lock();
        (slot.statement, slot.answered) = (Some(Pointer(statement)), false);
    }

    pub(super) fn answer(&self) {
        self.lock().answered = true;
    }

    /// Frees the statement's handle by `free`, under the lock.
    pub(super) fn leave(&self, free: impl FnOnce()) {
        let mut slot = self.lock();
        slot.statement = None;
        free();
    }

    /// Asks the driver to cancel this job. May block: drivers open a connection for it. True:
    /// the job has ended within `patience` after that. False: it goes on, because the driver
    /// ignores it, or because the cancel came before the statement had begun.
    pub fn cancel(&self, library: &'static Library, job: u64, patience: Duration) -> bool {
        let mut slot = self.lock();
        if slot.answered && slot.runs && slot.job == job {
            let ends = |slot: &mut Slot| slot.answered && slot.is_before_end_of(job);
            let waited = self
                .ended
                .wait_timeout_while(slot, limits::FETCH_PATIENCE, ends);
            slot = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        match &slot.statement {
            Some(Pointer(handle)) if slot.runs && slot.job == job => {
                // SAFETY: the handle is alive while the lock is held; any thread may cancel.
                // What it answers says little: the job's end is what counts.
                unsafe { (library.functions.cancel)(*handle) };
            }
            _ => {}
        }
        let waited = self
            .ended
            .wait_timeout_while(slot, patience, |slot| slot.is_before_end_of(job));
        let slot = waited.unwrap_or_else(PoisonError::into_inner).0;
        !slot.is_before_end_of(job)
    }
}
