//! Which coroutine is inside `transaction()`, and with which connection.

use std::cell::RefCell;

use tusk_runtime::task::TaskId;

use super::host::Loan;
use crate::coroutine::current_task;
use crate::exception::{self, Thrown};
use crate::zend::worker::Worker;

/// At most as many as connections.
#[derive(Default)]
pub(super) struct Pins(RefCell<Vec<Pin>>);

#[derive(Clone, Copy)]
struct Pin {
    task: TaskId,
    loan: Loan,
    /// A stream is being read on it.
    streams: bool,
    /// A statement was given up, and may still run.
    doubtful: bool,
    /// A statement has left something behind in the session.
    dirty: bool,
}

/// How a transaction has left its connection.
pub(super) struct Left {
    /// Its end is in doubt.
    pub(super) doubtful: bool,
    /// The session is not as it was.
    pub(super) dirty: bool,
}

impl Pins {
    fn find(&self) -> Option<Pin> {
        let pins = self.0.borrow();
        if pins.is_empty() {
            return None;
        }
        let task = Worker::current().task();
        pins.iter().find(|pin| pin.task == task).copied()
    }

    /// The running coroutine's connection.
    pub(super) fn current(&self) -> Option<Loan> {
        self.find().map(|pin| pin.loan)
    }

    /// The same for a statement; throws when none may run there now.
    pub(super) fn usable(&self) -> Result<Option<Loan>, Thrown> {
        match self.find() {
            Some(pin) if pin.streams => Err(exception::misuse(
                "this transaction's connection is in the middle of a stream(): read it to its end or close() it \
                 before, or use query()",
            )),
            Some(pin) if pin.doubtful => Err(exception::misuse(
                "a statement of this transaction timed out, so the transaction will be rolled back: let the \
                 exception pass",
            )),
            pin => Ok(pin.map(|pin| pin.loan)),
        }
    }

    pub(super) fn pin(&self, loan: Loan) -> Result<(), Thrown> {
        let task = current_task(Worker::current()).ok_or(Thrown)?;
        self.0.borrow_mut().push(Pin {
            task,
            loan,
            streams: false,
            doubtful: false,
            dirty: false,
        });
        Ok(())
    }

    /// No more.
    pub(super) fn unpin(&self, loan: Loan) -> Left {
        let mut pins = self.0.borrow_mut();
        let pin = pins.iter().find(|pin| pin.loan == loan).copied();
        pins.retain(|pin| pin.loan != loan);
        Left {
            doubtful: pin.is_some_and(|pin| pin.doubtful || pin.streams),
            dirty: pin.is_some_and(|pin| pin.dirty),
        }
    }

    pub(super) fn set_dirty(&self, loan: Loan) {
        self.change(loan, |pin| pin.dirty = true);
    }

    pub(super) fn set_streams(&self, loan: Loan, yes: bool) {
        self.change(loan, |pin| pin.streams = yes);
    }

    pub(super) fn set_doubtful(&self, loan: Loan) {
        self.change(loan, |pin| pin.doubtful = true);
    }

    fn change(&self, loan: Loan, change: impl Fn(&mut Pin)) {
        let mut pins = self.0.borrow_mut();
        pins.iter_mut()
            .filter(|pin| pin.loan == loan)
            .for_each(change);
    }
}
