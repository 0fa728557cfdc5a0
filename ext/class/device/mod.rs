//! The classes of `Tusk\Device`, one file each.

mod buffer;
mod capsule;
#[allow(clippy::module_inception)]
mod device;
mod device_tensor;
mod tensor;

use super::kind;
use crate::device as shared;

/// Registers them. False: a signature is malformed.
pub fn register() -> bool {
    kind(&shared::TENSOR, &tensor::CLASS)
        && kind(&shared::CAPSULE, &capsule::CLASS)
        && kind(&shared::DEVICE, &device::CLASS)
        && kind(&shared::BUFFER, &buffer::CLASS)
        && kind(&shared::DEVICE_TENSOR, &device_tensor::CLASS)
}
