//! One connection of a channel, from the attempt to make it to its end.

use super::names::RESOLVE_PAUSE;
use super::{Link, Shared};
use crate::backoff::Backoff;
use crate::balance::{Id, Phase};
use crate::connect;
use crate::health::{self, Serving};
use crate::status::{Code, Origin};
use std::future::{Future, poll_fn};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use tokio::time::Instant;

impl Shared {
    /// Makes a connection and runs it to its end.
    pub(super) async fn attempt(self: Arc<Self>, id: Id) {
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
        self.resolve_if_older(&mut state, RESOLVE_PAUSE, Instant::now());
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
    pub(crate) fn lost(self: &Arc<Self>, id: Id, serial: u64) {
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
                // A server that ends connections when they get old does so to spread calls.
                self.resolve_if_older(&mut state, RESOLVE_PAUSE, Instant::now());
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
