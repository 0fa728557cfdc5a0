//! What ends a run early, from another thread.
//!
//! States, and who moves them: waiting → running by the thread that runs ([`Stop::begin`]) → ended
//! by the same; stopped, from any of them and for good, by [`Stop::stop`], which also interrupts
//! what runs. Whoever runs asks [`Stop::end`] whether that was so.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tusk_runtime::error::{Error, Kind};

/// Interrupts what runs; it may be called once more after that has ended.
type Interrupt = Box<dyn Fn() + Send>;

/// See the module's description.
#[derive(Default)]
pub struct Stop(Mutex<State>);

#[derive(Default)]
struct State {
    stopped: bool,
    running: Option<Interrupt>,
}

impl Stop {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody wants the result any more.
    pub fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        if let Some(interrupt) = &state.running {
            interrupt();
        }
    }

    /// Was it stopped?
    pub fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// It runs from now on. False: it was stopped before.
    pub(crate) fn begin(&self, interrupt: impl Fn() + Send + 'static) -> bool {
        let mut state = self.lock();
        if !state.stopped {
            state.running = Some(Box::new(interrupt));
        }
        !state.stopped
    }

    /// It has ended. True: it was stopped.
    pub(crate) fn end(&self) -> bool {
        let mut state = self.lock();
        state.running = None;
        state.stopped
    }
}

/// The error of a run that was stopped.
pub(crate) fn stopped() -> Error {
    Error::new(
        Kind::Cancelled,
        "run a model",
        "nobody wants the result any more",
    )
}
