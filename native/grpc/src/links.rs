//! The connections of a channel: made when a call needs one, watched, and lost.
//!
//! All of this runs in the background thread; PHP's thread looks at the state for moments.

use crate::backoff::Backoff;
use crate::balance::{Balance, Connectivity, Id, Phase, Pick};
use crate::config::{Config, Policy};
use crate::connect;
use crate::health::{self, Serving};
use crate::limits::ADDRESSES;
use crate::status::{Code, Origin, Status};
use crate::target::Endpoint;
use crate::wire::Wire;
use bytes::Bytes;
use h2::client::SendRequest;
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use tusk_background::Handle;
use tusk_runtime::error::{Error, Kind};
use tusk_runtime::reactor::OpId;

/// Names are not resolved more often than this when connections fail; name servers cache
/// for seconds at least.
const RESOLVE_PAUSE: Duration = Duration::from_secs(5);

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
    pub(crate) handle: Handle,
    pub(crate) state: Mutex<State>,
    /// An address changed its phase.
    changed: Notify,
    pub(crate) calls: AtomicUsize,
    serial: AtomicU64,
}

pub(crate) fn needs_names(config: &Config) -> bool {
    let is_name = |endpoint: &Endpoint| matches!(endpoint, Endpoint::Name(..));
    config.policy == Policy::RoundRobin && config.target.endpoints.iter().any(is_name)
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
        let endpoints = match needs_names(&config) {
            true => Vec::new(),
            false => config.target.endpoints.clone(),
        };
        let balance = Balance::new(config.policy, endpoints);
        Ok(Shared {
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
        let names = needs_names(&self.config);
        if names && state.resolved.is_none() {
            let first = !std::mem::replace(&mut state.resolving, true);
            if first {
                self.handle.spawn(Arc::clone(self).resolve());
                self.tell(state);
            }
            return Pick::Wait;
        }
        let picked = state.balance.pick(Instant::now(), &mut connect);
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

    /// Resolves names that calls are spread over.
    async fn resolve(self: Arc<Self>) {
        let (mut found, mut failures) = (Vec::new(), Vec::new());
        for endpoint in &self.config.target.endpoints {
            match crate::dial::resolve(endpoint).await {
                Ok(addresses) => found.extend(addresses),
                Err(why) => failures.push(why),
            }
        }
        found.truncate(ADDRESSES);
        let mut state = self.lock();
        state.resolving = false;
        state.resolved = Some(Instant::now());
        if !state.closed && !found.is_empty() {
            state.balance.set_endpoints(found);
        } else if !state.closed && state.balance.iter().next().is_none() {
            // Connecting to a name resolves it too, and says why it cannot.
            state
                .balance
                .set_endpoints(self.config.target.endpoints.clone());
        }
        self.tell(state);
    }

    /// Makes a connection and runs it to its end.
    async fn attempt(self: Arc<Self>, id: Id) {
        let endpoint = self
            .lock()
            .balance
            .get_mut(id)
            .map(|address| address.endpoint.clone());
        let Some(endpoint) = endpoint else { return };
        let connected = match connect::connect(&endpoint, &self.config, &self.handle).await {
            Ok(connected) => connected,
            Err(why) => return self.failed(id, why),
        };
        let link = Link {
            send: connected.send,
            peer: connected.peer,
            serial: self.serial.fetch_add(1, Ordering::Relaxed),
        };
        let serial = link.serial;
        if let Some(backoff) = self.lock().backoffs.get_mut(&id) {
            backoff.reset();
        }
        match self.config.health {
            None => self.set_phase(id, Phase::Ready(link)),
            Some(_) => self.handle.spawn(Arc::clone(&self).watch_health(id, link)),
        }
        connect::run(connected.connection, &self.config, || {
            self.calls.load(Ordering::Relaxed) > 0
        })
        .await;
        self.lost(id, serial);
    }

    fn failed(self: &Arc<Self>, id: Id, why: String) {
        let mut state = self.lock();
        let backoff = state.backoffs.entry(id).or_insert_with(|| {
            let seed = RandomState::new().build_hasher().finish();
            Backoff::new(self.config.backoff_min, self.config.backoff_max, seed)
        });
        let until = Instant::now() + backoff.next();
        let known = state.balance.get_mut(id);
        if let Some(address) = known {
            address.phase = Phase::Failed { until, why };
        }
        let stale = state
            .resolved
            .is_some_and(|at| at.elapsed() >= RESOLVE_PAUSE);
        if stale && !std::mem::replace(&mut state.resolving, true) {
            self.handle.spawn(Arc::clone(self).resolve());
        }
        self.tell(state);
    }

    fn set_phase(&self, id: Id, phase: Phase<Link>) {
        let mut state = self.lock();
        if let Some(address) = state.balance.get_mut(id) {
            address.phase = phase;
        }
        self.tell(state);
    }

    /// This connection takes no more calls.
    pub(crate) fn lost(&self, id: Id, serial: u64) {
        let mut state = self.lock();
        if let Some(address) = state.balance.get_mut(id) {
            let same = match &address.phase {
                Phase::Ready(link) => link.serial == serial,
                Phase::Unhealthy(_) => true,
                // With health checks, a connection that ended before its first answer.
                Phase::Connecting => self.config.health.is_some(),
                _ => false,
            };
            if same {
                address.phase = Phase::Idle;
            }
        }
        self.tell(state);
    }

    /// Waits until the channel has ended.
    async fn over(&self) {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if self.lock().closed && self.calls.load(Ordering::Relaxed) == 0 {
                return;
            }
            changed.await;
        }
    }

    /// Follows what the server says of itself, until the connection ends.
    async fn watch_health(self: Arc<Self>, id: Id, link: Link) {
        let service = self.config.health.clone().unwrap_or_default();
        let serial = link.serial;
        loop {
            let tell = |serving: Serving| {
                self.set_phase(
                    id,
                    match serving {
                        Serving::Serving => Phase::Ready(link.clone()),
                        other => Phase::Unhealthy(format!(
                            "{}: the health service says {other:?} for \"{service}\"",
                            link.peer
                        )),
                    },
                );
            };
            let mut watch = pin!(health::watch(link.send.clone(), &self.wire, &service, tell));
            let mut over = pin!(self.over());
            let ended = poll_fn(|context| match over.as_mut().poll(context) {
                Poll::Ready(()) => Poll::Ready(None),
                Poll::Pending => watch.as_mut().poll(context).map(Some),
            });
            let Some(ended) = ended.await else { return };
            if health::is_missing(&ended) {
                return self.set_phase(id, Phase::Ready(link.clone()));
            }
            if ended.origin != Origin::Server || ended.code == Code::UNAVAILABLE {
                return self.lost(id, serial);
            }
            let why = format!("{}: the health watch ended: {}", link.peer, ended.details);
            self.set_phase(id, Phase::Unhealthy(why));
            tokio::time::sleep(self.config.backoff_min).await;
            if self.lock().closed {
                return;
            }
        }
    }
}

impl Link {
    /// Names the connection for [`Shared::lost`].
    pub(crate) fn serial(&self) -> u64 {
        self.serial
    }
}
