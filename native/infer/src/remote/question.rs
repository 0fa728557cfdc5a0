//! What a server is asked and what it answers, whichever way the words travel.

use crate::gather::Tensors;
use crate::port::Port;
use std::sync::atomic::{AtomicU64, Ordering};
use tusk_runtime::error::{Error, Kind};

pub use super::message::Choice as Parameter;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Is the server there?
    Live,
    /// Does it take requests?
    Ready,
    /// Does the model?
    ModelReady,
    /// What server is it?
    Server,
    /// What does the model want and give?
    Model,
    /// Outputs for these inputs.
    Infer,
}

/// Which model, and what every request to it says.
#[derive(Clone, Debug, Default)]
pub struct Which {
    /// Its name at the server.
    pub model: String,
    /// Empty: the server chooses.
    pub version: String,
    /// Parameters of requests for outputs, such as Triton's `priority`.
    pub parameters: Vec<(String, Parameter)>,
}

/// What the server says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerInfo {
    /// `triton`, `mlserver`, `kserve` …
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it can do beyond the protocol.
    pub extensions: Vec<String>,
}

/// What the server says of the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelInfo {
    /// Its name.
    pub name: String,
    /// Versions that are there.
    pub versions: Vec<String>,
    /// What runs it, in the server's words.
    pub platform: String,
    /// What it wants; some servers do not say.
    pub inputs: Vec<Port>,
    /// What it gives.
    pub outputs: Vec<Port>,
}

/// What is answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// To [`Ask::Live`], [`Ask::Ready`] and [`Ask::ModelReady`].
    Yes(bool),
    /// To [`Ask::Server`].
    Server(ServerInfo),
    /// To [`Ask::Model`].
    Model(ModelInfo),
    /// To [`Ask::Infer`].
    Outputs(Tensors),
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub struct Failure {
    /// For people, and what to do about it.
    pub error: Error,
    /// gRPC's status code, or HTTP's; 0 where there is none.
    pub code: u32,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure { error, code: 0 }
    }
}

static REQUESTS: AtomicU64 = AtomicU64::new(0);

/// The identifier of a request for outputs, by which logs of both sides can be compared. It is
/// optional in the protocol; KServe's Python server fails without one where a model answers
/// with its request's.
pub(super) fn next_id() -> String {
    let number = REQUESTS.fetch_add(1, Ordering::Relaxed);
    format!("tusk-{}-{number}", std::process::id())
}

/// What the operation is called in errors.
pub(super) const OPERATION: &str = "ask an inference server";

/// The server's answer is not what the protocol allows.
#[cold]
pub(super) fn malformed(detail: impl Into<String>) -> Error {
    Error::new(Kind::Protocol, OPERATION, detail.into())
}
