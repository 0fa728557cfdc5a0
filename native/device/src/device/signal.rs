//! Something that happens once, for coroutines that wait by letter.
//!
//! States: open → over, by whoever calls `raise`, once. A letter that is registered while it
//! is open is posted by `raise`, or withdrawn before; never both, the lock decides.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tusk_runtime::mailbox::Sender;
use tusk_runtime::reactor::{Letter, OpId};

struct State<T> {
    outcome: Option<T>,
    over: bool,
    letters: Vec<(OpId, Sender<Letter>)>,
}

/// See the module's description. Clones are the same.
pub struct Signal<T>(Arc<(Mutex<State<T>>, Condvar)>);

impl<T> Clone for Signal<T> {
    fn clone(&self) -> Self {
        Signal(Arc::clone(&self.0))
    }
}

impl<T> Default for Signal<T> {
    fn default() -> Self {
        let state = State {
            outcome: None,
            over: false,
            letters: Vec::new(),
        };
        Signal(Arc::new((Mutex::new(state), Condvar::new())))
    }
}

impl<T> Signal<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It has happened.
    pub fn raise(&self, outcome: T) {
        let letters = {
            let mut state = self.lock();
            if state.over {
                return;
            }
            state.over = true;
            state.outcome = Some(outcome);
            std::mem::take(&mut state.letters)
        };
        self.0.1.notify_all();
        for (op, sender) in letters {
            sender.send_owed(Letter { op, result: 0 });
        }
    }

    /// Has it happened?
    pub fn is_over(&self) -> bool {
        self.lock().over
    }

    /// What came of it, once.
    pub fn take(&self) -> Option<T> {
        self.lock().outcome.take()
    }

    /// Posts a letter when it happens. False: it has happened.
    pub fn register(&self, op: OpId, sender: Sender<Letter>) -> bool {
        let mut state = self.lock();
        if !state.over {
            state.letters.push((op, sender));
        }
        !state.over
    }

    /// The letter is not wanted any more. True: it will not be posted.
    pub fn withdraw(&self, op: OpId) -> bool {
        let mut state = self.lock();
        let before = state.letters.len();
        state.letters.retain(|(other, _)| *other != op);
        state.letters.len() < before
    }

    /// Blocks this thread until it happens, at most so long. For tests and shutdown.
    pub fn wait(&self, most: Duration) -> Option<T> {
        let state = self.lock();
        let (mut state, _) = self
            .0
            .1
            .wait_timeout_while(state, most, |state| !state.over)
            .unwrap_or_else(PoisonError::into_inner);
        state.outcome.take()
    }
}
