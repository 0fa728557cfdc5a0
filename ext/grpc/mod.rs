//! What the gRPC classes share: their state, waits for a call, and conversions.
//!
//! Invariant: a native call that a frame waits for lies in [`Kept`] or in a PHP object,
//! never in the frame: a fatal error may jump over it.

mod kept;
mod options;
mod values;

pub use kept::{Kept, forget_all};
pub use options::read as read_options;
pub use values::{answer_of, metadata_to_php, read_metadata, status_to_php};

use std::cell::Cell;

use tusk_grpc::call::{Call, Interest};
use tusk_grpc::channel::Channel;
use tusk_runtime::error::Error;
use tusk_runtime::task::Ends;

use crate::coroutine::{self, Ended, check_may_wait, deadline_in};
use crate::exception::{self, Thrown};
use crate::zend::class::NativeClass;
use crate::zend::kind::Kind;

/// `Tusk\Grpc\Channel`, for the classes that take one.
pub static CHANNEL: Kind<ChannelObject> = Kind::new();

/// The state behind `Tusk\Grpc\Channel`.
pub struct ChannelObject {
    /// The channel.
    pub channel: Channel,
    /// As it was given.
    pub target: String,
}

impl NativeClass for ChannelObject {}

/// The state behind `Tusk\Grpc\Call`.
pub struct CallObject {
    /// The call.
    pub call: Call,
    /// For messages about it.
    pub method: String,
    /// A coroutine is in `receive()`: messages have one reader.
    pub reading: Cell<bool>,
}

impl NativeClass for CallObject {}

/// Looks at a call.
pub type Look<'a> = dyn FnMut(&Call) + 'a;

/// Finds the call that a wait is about and lets it be looked at: it may have moved while the
/// coroutine was suspended.
pub type Find<'a> = &'a dyn Fn(&mut Look<'_>);

/// How a wait for a call went.
pub enum Waited {
    /// What was waited for is there.
    There,
    /// The wait's own deadline passed.
    Late,
}

/// Waits until it is there, at most for `timeout` seconds. `with` finds the call, again
/// after every wait. A cancel of the coroutine cancels the call.
pub fn wait(
    with: Find<'_>,
    interest: Interest,
    timeout: Option<f64>,
    what: &str,
) -> Result<Waited, Thrown> {
    let deadline = deadline_in(timeout);
    loop {
        match ask(with, |call| call.is_there(interest)) {
            Ok(true) => return Ok(Waited::There),
            Ok(false) => {}
            Err(error) => return Err(exception::native(&error)),
        }
        check_may_wait(what)?;
        let ended = coroutine::wait_letter(
            Ends::OnCancel,
            deadline,
            |op| ask(with, |call| call.wait(interest, op)).unwrap_or(false),
            |op| ask(with, |call| Ok(call.unwait(op))).unwrap_or(false),
        );
        match ended {
            Ok(()) => {}
            Err(Ended::Deadline) => return Ok(Waited::Late),
            Err(ended) => {
                let _ = ask(with, Call::cancel);
                return Err(ended.throw(what));
            }
        }
    }
}

fn ask<R>(with: Find<'_>, question: impl FnOnce(&Call) -> Result<R, Error>) -> Result<R, Error> {
    let (mut question, mut answer) = (Some(question), None);
    with(&mut |call| {
        if let Some(question) = question.take() {
            answer = Some(question(call));
        }
    });
    answer.unwrap_or_else(|| Err(tusk_background::Handle::lost_error("use a gRPC call")))
}
