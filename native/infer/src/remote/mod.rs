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

use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tusk_grpc::call::{Call, Start};
use tusk_grpc::channel::Channel;
use tusk_grpc::frame::PREFIX;
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

    /// What turns inputs into a question, on any thread. `form` matters over HTTP alone.
    pub fn preparing(&self, ask: Ask, form: Form) -> Preparing {
        Preparing {
            which: self.which.clone(),
            ask,
            form: self.speaks_http().then_some(form),
        }
    }

    /// Asks.
    ///
    /// # Errors
    /// `Misuse` in the child of a fork, `Overloaded` at a bound.
    pub fn begin(&self, prepared: Prepared, timeout: Option<Duration>) -> Result<Exchange, Error> {
        let ask = prepared.ask;
        match (&self.way, prepared.words) {
            (Way::Grpc(channel, metadata), Words::Grpc(frame)) => {
                let compress = channel.config().is_some_and(|config| config.compress);
                let message = frame.slice(PREFIX..);
                let start = Start {
                    method: &grpc::method(ask),
                    metadata: metadata.clone(),
                    timeout,
                    message: compress.then_some(&message[..]),
                };
                let call = match compress {
                    true => Call::start(channel, start)?,
                    false => Call::start_framed(channel, start, frame)?,
                };
                Ok(Exchange::grpc(ask, call))
            }
            (Way::Http(Some(pool)), Words::Http(question)) => {
                Exchange::http(ask, pool, question, timeout)
            }
            _ => Err(tusk_background::Handle::lost_error(question::OPERATION)),
        }
    }
}

/// See [`Remote::preparing`].
pub struct Preparing {
    which: Which,
    ask: Ask,
    /// Over HTTP.
    form: Option<Form>,
}

/// A question that can be asked.
pub struct Prepared {
    ask: Ask,
    words: Words,
}

enum Words {
    Grpc(Bytes),
    Http(Question),
}

impl Preparing {
    /// `inputs` matter for [`Ask::Infer`].
    ///
    /// # Errors
    /// `Unsupported` for a tensor that cannot travel.
    pub fn prepare(&self, inputs: &Tensors) -> Result<Prepared, Error> {
        let ask = self.ask;
        let words = match self.form {
            Some(form) => Words::Http(Question::new(&self.which, ask, inputs, form)?),
            None => Words::Grpc(grpc::request(&self.which, ask, inputs)?),
        };
        Ok(Prepared { ask, words })
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
