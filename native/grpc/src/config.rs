//! What a channel is told when it is opened.

use crate::limits;
use crate::service::{RetryPolicy, ServiceConfig};
use crate::target::Target;
use crate::tls::Tls;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub use crate::service::Policy;

/// The addresses of a name and a port.
pub type Names = Arc<dyn Fn(&str, u16) -> std::io::Result<Vec<SocketAddr>> + Send + Sync>;

/// See the module's description.
#[derive(Clone)]
pub struct Config {
    /// Where to connect to.
    pub target: Target,
    /// Encryption; `None` is plain text.
    pub tls: Option<Tls>,
    /// Before the client's own name in `user-agent`.
    pub user_agent: String,
    /// Compress messages with gzip.
    pub compress: bool,
    /// Longest message received, after decompression.
    pub max_receive: usize,
    /// Longest message sent, before compression.
    pub max_send: usize,
    /// What a server may send on one call before it is read.
    pub window: u32,
    /// How calls are spread.
    pub policy: Policy,
    /// Only use servers that say they serve this service (grpc.health.v1); the empty name
    /// asks for the server as a whole.
    pub health: Option<String>,
    /// Ping a connection that was silent for so long. Servers end connections that ping
    /// more often than they allow, so it is off by default, as everywhere in gRPC.
    pub keepalive: Option<Duration>,
    /// How long the answer may take.
    pub keepalive_timeout: Duration,
    /// Also without calls.
    pub keepalive_idle: bool,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// The first pause after a failure.
    pub backoff_min: Duration,
    /// The longest pause.
    pub backoff_max: Duration,
    /// Calls wait until a server is there instead of failing at once.
    pub wait_for_ready: bool,
    /// Calls that have not ended.
    pub calls: usize,
    /// What the service's owner says; [`Config::set_service`] sets it.
    pub(crate) service: Arc<ServiceConfig>,
    /// Are calls that failed tried again at all?
    pub retries: bool,
    /// Bytes of a request that are kept for another attempt.
    pub retry_buffer: usize,
    /// Names that calls are spread over are resolved again after so long; `None`: only when a
    /// connection ends or fails.
    pub resolve: Option<Duration>,
    /// Who resolves names, instead of the system.
    pub names: Option<Names>,
}

/// What holds for one call.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) max_send: usize,
    pub(crate) max_receive: usize,
    pub(crate) wait_for_ready: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
}

impl Config {
    /// Defaults for this target.
    pub fn new(target: Target) -> Config {
        Config {
            target,
            tls: None,
            user_agent: String::new(),
            compress: false,
            max_receive: limits::RECEIVE_BYTES,
            max_send: limits::SEND_BYTES,
            window: limits::WINDOW_BYTES,
            policy: Policy::PickFirst,
            health: None,
            keepalive: None,
            keepalive_timeout: limits::KEEPALIVE_TIMEOUT,
            keepalive_idle: false,
            connect_timeout: limits::CONNECT_TIMEOUT,
            backoff_min: limits::BACKOFF_MIN,
            backoff_max: limits::BACKOFF_MAX,
            wait_for_ready: false,
            calls: limits::CALLS,
            service: Arc::default(),
            retries: true,
            retry_buffer: limits::RETRY_BUFFER_BYTES,
            resolve: Some(limits::RESOLVE_INTERVAL),
            names: None,
        }
    }

    /// Takes a service config; where it speaks of balancing and health, its word counts, as
    /// in gRPC's own clients.
    pub fn set_service(&mut self, service: ServiceConfig) {
        self.policy = service.policy.unwrap_or(self.policy);
        self.health = service.health.clone().or(self.health.take());
        self.service = Arc::new(service);
    }

    /// What holds for a call of `path`. The shorter of two limits counts.
    pub(crate) fn rules(&self, path: &str, timeout: Option<Duration>) -> Rules {
        let mut rules = Rules {
            max_send: self.max_send,
            max_receive: self.max_receive,
            wait_for_ready: self.wait_for_ready,
            timeout,
            retry: None,
        };
        if let Some(method) = self.service.method(path) {
            let least = |limit: usize, own: Option<usize>| own.map_or(limit, |own| own.min(limit));
            rules.max_send = least(rules.max_send, method.max_request);
            rules.max_receive = least(rules.max_receive, method.max_response);
            rules.wait_for_ready = method.wait_for_ready.unwrap_or(rules.wait_for_ready);
            let both = timeout.into_iter().chain(method.timeout);
            rules.timeout = both.min();
            rules.retry = method.retry.clone().filter(|_| self.retries);
        }
        rules
    }
}
