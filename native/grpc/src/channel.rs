//! A channel, as PHP's thread holds it. A channel that was closed or dropped ends its
//! connections when its last call has ended.

use crate::balance::Connectivity;
use crate::config::Config;
use crate::links::{Shared, connectivity};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tusk_background::Handle;
use tusk_runtime::error::Error;
use tusk_runtime::reactor::OpId;

/// What PHP's thread holds of a channel.
pub struct Channel {
    shared: Option<Arc<Shared>>,
}

impl Channel {
    /// A channel that connects when it is first used.
    ///
    /// # Errors
    /// `Misuse` when the configuration cannot work.
    pub fn open(config: Config, handle: Handle) -> Result<Channel, Error> {
        Ok(Channel {
            shared: Some(Arc::new(Shared::new(config, handle)?)),
        })
    }

    /// # Errors
    /// `Misuse` in the child of a fork.
    pub(crate) fn shared(&self) -> Result<&Arc<Shared>, Error> {
        match &self.shared {
            Some(shared) if !shared.handle.is_lost() => Ok(shared),
            _ => Err(Handle::lost_error("use a gRPC channel")),
        }
    }

    /// What it was opened with.
    pub fn config(&self) -> Option<&Config> {
        self.shared.as_ref().map(|shared| &shared.config)
    }

    /// Is a connection there? With `connect`, one is made if none is.
    ///
    /// # Errors
    /// As [`Handle::run`].
    pub fn connectivity(&self, connect: bool) -> Result<Connectivity, Error> {
        let shared = self.shared()?;
        if connect {
            let inside = Arc::clone(shared);
            shared
                .handle
                .run(Box::new(move || drop(inside.try_pick())))?;
        }
        Ok(shared.connectivity())
    }

    /// Registers a letter for the next change while the connectivity is `last`. False: it
    /// is another already.
    ///
    /// # Errors
    /// `Misuse` in the child of a fork.
    pub fn watch(&self, last: u32, op: OpId) -> Result<bool, Error> {
        let shared = self.shared()?;
        let mut state = shared.lock();
        let same = connectivity(&state) as u32 == last;
        if same {
            state.watchers.push(op);
        }
        Ok(same)
    }

    /// The letter is not wanted any more. True: nobody will post it.
    pub fn unwatch(&self, op: OpId) -> bool {
        let Ok(shared) = self.shared() else {
            return false;
        };
        let mut state = shared.lock();
        let before = state.watchers.len();
        state.watchers.retain(|&other| other != op);
        state.watchers.len() < before
    }

    /// Calls that have not ended.
    pub fn calls(&self) -> usize {
        self.shared
            .as_ref()
            .map_or(0, |shared| shared.calls.load(Ordering::Relaxed))
    }

    /// No new calls; connections end with the last call.
    pub fn close(&self) {
        if let Ok(shared) = self.shared() {
            shared.lock().closed = true;
            let inside = Arc::clone(shared);
            let _ = shared.handle.run(Box::new(move || inside.end_if_unused()));
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.close();
        if let Some(shared) = self.shared.take() {
            let handle = shared.handle.clone();
            if handle.is_lost() {
                // Its locks may be held for ever.
                std::mem::forget(shared);
            }
        }
    }
}
