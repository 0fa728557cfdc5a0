//! The statement that a connection is running, for who wants to cancel it.
//!
//! States: no job, a job, a job with a statement. Its thread begins and ends jobs, sets the
//! statement before that does anything and takes it out before it is freed, all under the
//! lock. A cancel names the job it means and is made under the lock: so the handle cannot go
//! meanwhile (invariant 2 of the folder), and a late cancel never meets the next job.

use super::abi::Handle;
use super::library::Library;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Default)]
struct Slot {
    /// The job that runs, or ran last.
    job: u64,
    runs: bool,
    statement: Option<Pointer>,
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
        (slot.job, slot.runs) = (job, true);
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
        self.lock().statement = Some(Pointer(statement));
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
        let slot = self.lock();
        match &slot.statement {
            Some(Pointer(handle)) if slot.runs && slot.job == job => {
                // SAFETY: the handle is alive while the lock is held; any thread may cancel.
                // What it answers says little: the job's end is what counts.
                unsafe { (library.functions.cancel)(*handle) };
            }
            _ => {}
        }
        let is_before_end = |slot: &Slot| slot.job < job || (slot.job == job && slot.runs);
        let waited = self
            .ended
            .wait_timeout_while(slot, patience, |slot| is_before_end(slot));
        !is_before_end(&waited.unwrap_or_else(PoisonError::into_inner).0)
    }
}
