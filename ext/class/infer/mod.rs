//! The classes of `Tusk\Infer`, one file each.

mod batch_worker;
mod batcher;
mod remote;
mod session;

use super::{kind, native};
use crate::infer;

/// Registers them. False: a signature is malformed.
pub fn register() -> bool {
    kind(&infer::WORKER, &batch_worker::CLASS)
        && kind(&infer::REMOTE, &remote::CLASS)
        && kind(&infer::SESSION, &session::CLASS)
        && native::<batcher::Batcher>(&batcher::CLASS)
}
