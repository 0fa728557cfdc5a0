//! Tensors of devices as ONNX Runtime's values, over the same memory.

use ort::memory::{AllocationDevice, AllocatorType, MemoryInfo, MemoryType};
use ort::value::DynValue;
use tusk_device::device::{Device, DeviceTensor, Place};
use tusk_device::driver::Kind;
use tusk_runtime::error::{Error, Kind as Failure};

use super::{convert, failed};
use crate::sys;

/// What ONNX Runtime calls a device's memory; the host's without one.
pub(super) fn memory(device: Option<&Device>) -> Result<MemoryInfo, Error> {
    let (kind, ordinal) = match device.map(|device| (device.kind(), device.ordinal())) {
        None | Some((Kind::Host, _)) => (AllocationDevice::CPU, 0),
        Some((Kind::Cuda, ordinal)) => (AllocationDevice::CUDA, ordinal),
        Some((Kind::Ascend, ordinal)) => (AllocationDevice::CANN, ordinal),
        Some((Kind::Cambricon, _)) => {
            return Err(Error::new(
                Failure::Unsupported,
                "run a model",
                "ONNX Runtime does not compute on Cambricon devices",
            ));
        }
    };
    let ordinal = ordinal as i32;
    MemoryInfo::new(kind, ordinal, AllocatorType::Device, MemoryType::Default)
        .map_err(|error| failed("run a model", &error))
}

/// An input over a tensor's own memory. The tensor is lent, and kept, until the run has ended.
pub(super) fn input(tensor: &DeviceTensor) -> Result<DynValue, Error> {
    let element = convert::element_of(tensor.dtype())?;
    let buffer = tensor.buffer();
    let info = match buffer.place() {
        Place::Device => memory(Some(buffer.device()))?,
        // The processor reaches it as any other.
        Place::Pinned => memory(None)?,
    };
    let shape: Vec<i64> = tensor.shape().iter().map(|&length| length as i64).collect();
    sys::over(&info, buffer, &shape, element).map_err(|error| failed("run a model", &error))
}

/// An output that ONNX Runtime allocated on the device; its memory goes back to it with the last
/// view.
pub(super) fn output(name: &str, value: DynValue, device: &Device) -> Result<DeviceTensor, Error> {
    let said = |error: ort::Error| failed("run a model", &error);
    let (dtype, shape) = convert::described(name, &value)?;
    let bytes = dtype.bytes_of(shape.iter().product()).unwrap_or(0);
    let address = sys::address_of(&value).map_err(said)?;
    let buffer = device.adopt(address, bytes, Box::new(value));
    DeviceTensor::over(dtype, &shape, &buffer)
}
