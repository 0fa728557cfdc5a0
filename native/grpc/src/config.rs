//! What a channel is told when it is opened.

use crate::limits;
use crate::target::Target;
use crate::tls::Tls;
use std::time::Duration;

/// How calls are spread over addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// All to the first address that can be reached.
    PickFirst,
    /// To each that can be reached in turn.
    RoundRobin,
}

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
        }
    }
}
