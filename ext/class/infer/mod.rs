//! The classes of `Tusk\Infer`, one file each.

mod batch_worker;
mod batcher;

use super::{kind, native};
use crate::infer;

/// Registers them. False: a signature is malformed.
pub fn register() -> bool {
    kind(&infer::WORKER, &batch_worker::CLASS) && native::<batcher::Batcher>(&batcher::CLASS)
}
