//! What goes into a model and comes out: tensors in host memory, or in a device's.

use tusk_device::device::DeviceTensor;
use tusk_device::dtype::DType;
use tusk_device::tensor::Tensor;

use crate::port::Shaped;

/// See the module's description. Clones share the bytes.
#[derive(Clone, Debug)]
pub enum Value {
    /// In host memory.
    Host(Tensor),
    /// In a device's memory.
    Device(DeviceTensor),
}

/// Named values.
pub type Values = Vec<(String, Value)>;

impl Value {
    /// The tensor in host memory, if it is one.
    pub fn into_host(self) -> Option<Tensor> {
        match self {
            Value::Host(tensor) => Some(tensor),
            Value::Device(_) => None,
        }
    }
}

impl From<Tensor> for Value {
    fn from(tensor: Tensor) -> Value {
        Value::Host(tensor)
    }
}

impl Shaped for Value {
    fn dtype(&self) -> DType {
        match self {
            Value::Host(tensor) => tensor.dtype(),
            Value::Device(tensor) => tensor.dtype(),
        }
    }

    fn shape(&self) -> &[usize] {
        match self {
            Value::Host(tensor) => tensor.shape(),
            Value::Device(tensor) => tensor.shape(),
        }
    }

    fn describe(&self) -> String {
        match self {
            Value::Host(tensor) => tensor.describe(),
            Value::Device(tensor) => tensor.describe(),
        }
    }
}
