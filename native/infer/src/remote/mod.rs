//! A model on another machine, over KServe's open inference protocol (v2): Triton, KServe,
//! MLServer and others. By gRPC with raw contents, or by HTTP with the binary extension.
//!
//! `message` to `grpc` and `http/body` are pure; connections and requests live in the
//! background thread (`tusk-background`), gRPC's in `tusk-grpc`. What is kept between
//! questions, such as what the model wants, is the caller's business.
//!
//! Invariants:
//! 1. A question that was begun ends exactly once, whatever happens to its connection.
//! 2. Inputs are read where they lie (HTTP) or copied once into their message (gRPC);
//!    outputs are tensors over the bytes that came in.

pub mod message;

pub mod question;

mod datatype;

mod grpc;

pub mod http;

mod exchange;

pub use exchange::Exchange;

use std::sync::Arc;
use std::time::Duration;
use tusk_grpc::call::{Call, Start};
use tusk_grpc::channel::Channel;
use tusk_grpc::metadata::Metadata;
use tusk_runtime::error::Error;

use crate::gather::Tensors;
use http::{Form, Pool, Question};
use question::{Ask, Which};

/// How questions travel.
pub enum Way {
    /// Over a gRPC channel, each with this metadata.
    Grpc(Channel, Metadata),
    /// Over HTTP/1.1; the pool is let go of by [`Remote`]'s end.
    Http(Option<Arc<Pool>>),
}

/// See the module's description.
pub struct Remote {
    which: Which,
    way: Way,
}

impl Remote {
    /// Nothing is connected before the first question.
    pub fn new(which: Which, way: Way) -> Remote {
        Remote { which, way }
    }

    /// Which model.
    pub fn which(&self) -> &Which {
        &self.which
    }

    /// Does it speak HTTP, where tensors have two forms?
    pub fn speaks_http(&self) -> bool {
        matches!(self.way, Way::Http(_))
    }

    /// Questions that have not ended; over gRPC those of all who use the channel.
    pub fn calls(&self) -> usize {
        match &self.way {
            Way::Grpc(channel, _) => channel.calls(),
            Way::Http(pool) => pool.as_ref().map_or(0, |pool| pool.calls()),
        }
    }

    /// Asks. `inputs` and `form` matter for [`Ask::Infer`], `form` over HTTP alone.
    ///
    /// # Errors
    /// `Misuse` in the child of a fork, `Overloaded` at a bound, `Unsupported` for a tensor
    /// that cannot travel.
    pub fn begin(
        &self,
        ask: Ask,
        inputs: &Tensors,
        form: Form,
        timeout: Option<Duration>,
    ) -> Result<Exchange, Error> {
        match &self.way {
            Way::Grpc(channel, metadata) => {
                let message = grpc::request(&self.which, ask, inputs)?;
                let start = Start {
                    method: &grpc::method(ask),
                    metadata: metadata.clone(),
                    timeout,
                    message: Some(&message),
                };
                Ok(Exchange::grpc(ask, Call::start(channel, start)?))
            }
            Way::Http(Some(pool)) => {
                let question = Question::new(&self.which, ask, inputs, form)?;
                Exchange::http(ask, pool, question, timeout)
            }
            Way::Http(None) => Err(tusk_background::Handle::lost_error(question::OPERATION)),
        }
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        let Way::Http(pool) = &mut self.way else {
            return;
        };
        let Some(pool) = pool.take() else { return };
        if pool.handle.is_lost() {
            // Its locks may be held for ever, and its connections are the parent's.
            std::mem::forget(pool);
        } else {
            // Connections are closed where they live.
            let handle = pool.handle.clone();
            let _ = handle.run(Box::new(move || drop(pool)));
        }
    }
}
