//! The connections of a channel: made when a call needs one, watched, and lost.
//!
//! All of this runs in the background thread; PHP's thread looks at the state for moments.
//! `life` is one connection's, `names` are the addresses that calls are spread over.

mod life;
mod names;

use crate::backoff::Backoff;
use crate::balance::{Balance, Connectivity, Id, Pick};
use crate::config::Config;
use crate::retry::Throttle;
use crate::status::Status;
use crate::wire::Wire;
use bytes::Bytes;
use h2::client::SendRequest;
use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use tusk_background::Handle;
use tusk_runtime::error::{Error, Kind};
use tusk_runtime::reactor::OpId;

/// Who waits for a connection looks again after this at the latest; pauses are shorter.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// A connection that takes calls.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) send: SendRequest<Bytes>,
    pub(crate) peer: Arc<str>,
    serial: u64,
}

pub(crate) struct State {
    pub(crate) balance: Balance<Link>,
    backoffs: HashMap<Id, Backoff>,
    /// No new calls.
    pub(crate) closed: bool,
    /// Letters for who waits for another connectivity.
    pub(crate) watchers: Vec<OpId>,
    /// When names were last resolved, if they are spread over.
    resolved: Option<Instant>,
    resolving: bool,
}

pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) wire: Wire,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) handle: Handle,
    pub(crate) state: Mutex<State>,
    /// An address changed its phase.
    changed: Notify,
    pub(crate) calls: AtomicUsize,
    serial: AtomicU64,
}

pub(crate) fn connectivity(state: &State) -> Connectivity {
    match (state.closed, state.resolving) {
        (true, _) => Connectivity::Shutdown,
        (_, true) if state.resolved.is_none() => Connectivity::Connecting,
        _ => state.balance.connectivity(),
    }
}

impl Shared {
    /// # Errors
    /// `Misuse` when the configuration cannot work.
    pub(crate) fn new(config: Config, handle: Handle) -> Result<Shared, Error> {
        let wire = Wire::new(&config)?;
        let endpoints = match names::needed(&config) {
            true => Vec::new(),
            false => config.target.endpoints.clone(),
        };
        let balance = Balance::new(config.policy, endpoints);
        Ok(Shared {
            throttle: config.service.throttling.map(Throttle::new),
            config,
            wire,
            handle,
            state: Mutex::new(State {
                balance,
                backoffs: HashMap::new(),
                closed: false,
                watchers: Vec::new(),
                resolved: None,
                resolving: false,
            }),
            changed: Notify::new(),
            calls: AtomicUsize::new(0),
            serial: AtomicU64::new(0),
        })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn connectivity(&self) -> Connectivity {
        connectivity(&self.lock())
    }

    /// Counts a call in.
    ///
    /// # Errors
    /// `Overloaded` at the channel's bound, `Misuse` when it is closed.
    pub(crate) fn begin_call(&self) -> Result<(), Error> {
        let bound = self.config.calls;
        if self.calls.fetch_add(1, Ordering::Relaxed) >= bound {
            self.calls.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::new(
                Kind::Overloaded,
                "start a gRPC call",
                format!("{bound} calls of this channel are under way already"),
            )
            .hint("wait for some of them, or raise the channel's option calls"));
        }
        if self.lock().closed {
            self.calls.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::new(
                Kind::Misuse,
                "start a gRPC call",
                "the channel was closed",
            ));
        }
        Ok(())
    }

    /// Counts it out; in the background thread.
    pub(crate) fn end_call(&self) {
        if self.calls.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.end_if_unused();
        }
    }

    /// Counts out a call that never began there.
    pub(crate) fn forget_call(&self) {
        self.calls.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn end_if_unused(&self) {
        let mut state = self.lock();
        if state.closed && self.calls.load(Ordering::Relaxed) == 0 {
            // HTTP/2 says goodbye by itself when nobody can start a request any more.
            state.balance.clear();
        }
        self.tell(state);
    }

    /// After a change: wakes those who wait for one.
    fn tell(&self, mut state: MutexGuard<'_, State>) {
        let watchers = std::mem::take(&mut state.watchers);
        drop(state);
        self.changed.notify_waiters();
        for op in watchers {
            self.handle.post(op);
        }
    }

    /// A connection for a call. With `wait` it fails only when the channel is closed.
    pub(crate) async fn pick(self: &Arc<Self>, wait: bool) -> Result<(Id, Link), Status> {
        if let Pick::Use(id, link) = self.try_pick() {
            return Ok((id, link));
        }
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            let (why, again) = match self.try_pick() {
                Pick::Use(id, link) => return Ok((id, link)),
                Pick::Wait => {
                    changed.await;
                    continue;
                }
                Pick::Fail { why, again } => (why, again),
            };
            if !wait || again.is_zero() {
                return Err(Status::unavailable(format!("no connection: {why}")));
            }
            // Without a pause that ends, only a server's own word can change anything.
            let _ = tokio::time::timeout(again.min(LONGEST_PAUSE), changed).await;
        }
    }

    pub(crate) fn try_pick(self: &Arc<Self>) -> Pick<Link> {
        let mut connect = Vec::new();
        let mut state = self.lock();
        let names = names::needed(&self.config);
        if names && state.resolved.is_none() {
            if self.resolve_anew(&mut state) {
                self.tell(state);
            }
            return Pick::Wait;
        }
        let now = Instant::now();
        if let (true, Some(age)) = (names, self.config.resolve) {
            self.resolve_if_older(&mut state, age, now);
        }
        let picked = state.balance.pick(now, &mut connect);
        if matches!(picked, Pick::Fail { .. }) && state.balance.iter().next().is_none() {
            return Pick::Fail {
                why: "the channel was closed".to_owned(),
                again: Duration::ZERO,
            };
        }
        if !connect.is_empty() {
            self.tell(state);
        }
        for id in connect {
            self.handle.spawn(Arc::clone(self).attempt(id));
        }
        picked
    }
}

impl Link {
    /// Names the connection for [`Shared::lost`].
    pub(crate) fn serial(&self) -> u64 {
        self.serial
    }
}
