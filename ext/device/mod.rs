//! What the device classes share, and what others need to take and make tensors.

mod numbers;
mod opened;
mod work;

pub use opened::{all, close_all, open, report_left};
pub use work::{Given, allocate, fetch, run, upload};

pub use numbers::{from_array, read_dtype, read_shape, to_array};

use std::cell::RefCell;
use std::fs::File;

use tusk_device::device::{Buffer, Device, DeviceTensor};
use tusk_device::sys::dlpack::Capsule;
use tusk_device::tensor::Tensor;
use tusk_runtime::error::Error;

use crate::exception::{self, Thrown};
use crate::zend::class::NativeClass;
use crate::zend::kind::Kind;
use crate::zend::string::HeldString;
use crate::zend::value::Value;

/// `Tusk\Device\Tensor`
pub static TENSOR: Kind<TensorObject> = Kind::new();

/// The state behind `Tusk\Device\Tensor`.
pub struct TensorObject {
    /// The tensor.
    pub tensor: Tensor,
    /// Its sealed copy for other processes, once it was asked for.
    pub export: RefCell<Option<File>>,
}

impl NativeClass for TensorObject {
    fn describe(&self) -> Option<String> {
        Some(self.tensor.describe())
    }
}

/// `Tusk\Device\Capsule`
pub static CAPSULE: Kind<CapsuleObject> = Kind::new();

/// The state behind `Tusk\Device\Capsule`: nothing once it was taken.
pub struct CapsuleObject(pub RefCell<Option<Capsule>>);

impl NativeClass for CapsuleObject {}

/// `Tusk\Device\Device`
pub static DEVICE: Kind<DeviceObject> = Kind::new();

/// The state behind `Tusk\Device\Device`.
pub struct DeviceObject(pub Device);

impl NativeClass for DeviceObject {
    fn describe(&self) -> Option<String> {
        Some(self.0.label())
    }
}

/// `Tusk\Device\Buffer`
pub static BUFFER: Kind<BufferObject> = Kind::new();

/// The state behind `Tusk\Device\Buffer`.
pub struct BufferObject(pub Buffer);

impl NativeClass for BufferObject {
    fn describe(&self) -> Option<String> {
        Some(format!(
            "{} bytes of {}",
            self.0.len(),
            self.0.device().label()
        ))
    }
}

/// `Tusk\Device\DeviceTensor`
pub static DEVICE_TENSOR: Kind<DeviceTensorObject> = Kind::new();

/// The state behind `Tusk\Device\DeviceTensor`.
pub struct DeviceTensorObject(pub DeviceTensor);

impl NativeClass for DeviceTensorObject {
    fn describe(&self) -> Option<String> {
        Some(self.0.describe())
    }
}

/// Throws a native error.
#[cold]
pub fn throw(error: Error) -> Thrown {
    exception::native(&error)
}

/// A PHP object of a tensor.
pub fn tensor_object(tensor: Tensor) -> Value {
    TENSOR.make(TensorObject {
        tensor,
        export: RefCell::new(None),
    })
}

/// Its packed bytes as a PHP string: the very string that it was made from, where it still is
/// all of it.
pub fn string_of(tensor: &Tensor) -> Result<Value, Error> {
    if let Some(held) = tensor.storage().owner::<HeldString>() {
        let whole = tensor
            .packed_bytes()
            .is_some_and(|bytes| std::ptr::eq(bytes, tensor.storage().bytes()));
        if let (true, Some(value)) = (whole, held.value()) {
            return Ok(value);
        }
    }
    let value = Value::bytes(&tensor.to_bytes()?);
    tensor.storage().check()?;
    Ok(value)
}
