//! The classes of `Tusk\Device`, one file each.

mod capsule;
mod tensor;

use super::kind;
use crate::device;

/// Registers them. False: a signature is malformed.
pub fn register() -> bool {
    kind(&device::TENSOR, &tensor::CLASS) && kind(&device::CAPSULE, &capsule::CLASS)
}
