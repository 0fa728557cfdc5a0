//! One call that several wait for: a coroutine of its own, which is cancelled when the last
//! one that wanted its result has given up.
//!
//! It runs outside the scopes of those who wait, so that the one who happened to come first
//! can be cancelled without failing the others.

use std::cell::Cell;

use tusk_runtime::task::GroupId;

use super::join::{cancel, join_for};
use crate::core;
use crate::exception::Thrown;
use crate::zend::call::{Call, Callable};
use crate::zend::value::Value;
use crate::zend::worker::{CoroutineRef, Held};

/// See the module's description.
pub struct Flight {
    coroutine: Option<Held>,
    interested: Cell<usize>,
}

impl Flight {
    /// Starts the call.
    pub fn start(callable: &Callable) -> Result<Flight, Thrown> {
        let coroutine = Call::spawn_with(callable, &[], GroupId::ROOT.number()).ok_or(Thrown)?;
        Ok(Flight {
            coroutine: Some(coroutine),
            interested: Cell::new(0),
        })
    }

    fn coroutine(&self) -> Result<CoroutineRef, Thrown> {
        self.coroutine.as_ref().map(Held::get).ok_or(Thrown)
    }

    /// Has it not ended? In the child of a fork those of the parent are gone.
    pub fn is_under_way(&self) -> bool {
        self.coroutine().is_ok_and(|coroutine| {
            !coroutine.is_done()
                && core::with(|core| core.reactor.scheduler.state(coroutine.task()).is_some())
        })
    }

    /// Waits for the result, or its exception, in a call that `what` names.
    pub fn wait(&self, timeout: Option<f64>, what: &str) -> Result<Value, Thrown> {
        let coroutine = self.coroutine()?;
        self.interested.set(self.interested.get() + 1);
        let result = join_for(coroutine, timeout, || what.to_owned());
        self.interested.set(self.interested.get() - 1);
        if self.is_unwanted() && !coroutine.is_done() {
            cancel(coroutine);
        }
        result
    }

    /// Does nobody wait for it?
    pub fn is_unwanted(&self) -> bool {
        self.interested.get() == 0
    }
}

impl Drop for Flight {
    /// May run destructors, so a flight is never dropped inside a borrow.
    fn drop(&mut self) {
        if let Some(coroutine) = self.coroutine.take() {
            coroutine.release();
        }
    }
}
