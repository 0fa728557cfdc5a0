//! The addresses of the names that calls are spread over: asked for before the first call,
//! again when a connection ends or fails, and when the answer is old.
//!
//! A name service that fails changes nothing: the addresses that were known are kept.

use super::{Shared, State};
use crate::config::{Config, Policy};
use crate::dial::resolve_by;
use crate::limits::ADDRESSES;
use crate::target::Endpoint;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Names are not resolved more often than this when connections fail; name servers cache
/// for seconds at least.
pub(super) const RESOLVE_PAUSE: Duration = Duration::from_secs(5);

/// Are there any? Where one address is enough, connecting looks the name up.
pub(super) fn needed(config: &Config) -> bool {
    let is_name = |endpoint: &Endpoint| matches!(endpoint, Endpoint::Name(..));
    config.policy == Policy::RoundRobin && config.target.endpoints.iter().any(is_name)
}

impl Shared {
    /// Asks now, unless that is under way. True: it was not.
    pub(super) fn resolve_anew(self: &Arc<Self>, state: &mut State) -> bool {
        let first = !std::mem::replace(&mut state.resolving, true);
        if first {
            self.handle.spawn(Arc::clone(self).resolve());
        }
        first
    }

    /// Asks again when what is known is as old as that.
    pub(super) fn resolve_if_older(
        self: &Arc<Self>,
        state: &mut State,
        age: Duration,
        now: Instant,
    ) {
        let old = |at: Instant| now.saturating_duration_since(at) >= age;
        if !state.closed && state.resolved.is_some_and(old) {
            self.resolve_anew(state);
        }
    }

    async fn resolve(self: Arc<Self>) {
        let (mut found, mut failed) = (Vec::new(), false);
        for endpoint in &self.config.target.endpoints {
            match resolve_by(endpoint, self.config.names.as_ref()).await {
                Ok(addresses) => found.extend(addresses),
                Err(_) => failed = true,
            }
        }
        found.truncate(ADDRESSES);
        let mut state = self.lock();
        state.resolving = false;
        state.resolved = Some(Instant::now());
        let known = state.balance.iter().next().is_some();
        if state.closed || (failed && known) {
            // Nothing changes.
        } else if !found.is_empty() {
            state.balance.set_endpoints(found);
        } else {
            // Connecting to a name resolves it too, and says why it cannot.
            let endpoints = self.config.target.endpoints.clone();
            state.balance.set_endpoints(endpoints);
        }
        let State {
            balance, backoffs, ..
        } = &mut *state;
        backoffs.retain(|&id, _| balance.get_mut(id).is_some());
        self.tell(state);
    }
}
