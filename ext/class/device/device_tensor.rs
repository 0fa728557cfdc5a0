//! `Tusk\Device\DeviceTensor`.

use tusk_device::storage::Storage;
use tusk_device::tensor::Tensor;

use crate::device::{self, BUFFER, BufferObject, DEVICE, DeviceObject, DeviceTensorObject, throw};
use crate::exception::{self, Thrown};
use crate::zend::call::Call;
use crate::zend::class::{Class, method, raw_method};
use crate::zend::value::Value;

/// A tensor in the memory of a device: a type and a shape over a Buffer. A Session takes it as an
/// input where it lies, and gives it as an output with the option `outputs`.
pub static CLASS: Class = Class {
    name: "Tusk\\Device\\DeviceTensor",
    interfaces: &[],
    native: true,
    methods: &[
        /// Made by `Tensor::toDevice()`, `Buffer::tensor()` and `Session::run()`.
        raw_method!("__construct()", construct),
        /// Its type.
        method!("dtype(): string", DeviceTensorObject, dtype),
        /// Lengths of its dimensions.
        method!("shape(): array", DeviceTensorObject, shape),
        /// The device whose memory it lies in.
        method!("device(): Tusk\\Device\\Device", DeviceTensorObject, owner),
        /// Its bytes, packed: exactly those of its elements. A view, not a copy.
        method!("buffer(): Tusk\\Device\\Buffer", DeviceTensorObject, buffer),
        /// A copy in host memory. **Suspends.**
        method!(
            "toTensor(): Tusk\\Device\\Tensor",
            DeviceTensorObject,
            to_tensor
        ),
        /// Always throws a MisuseError: device memory does not leave its process this way.
        method!("__serialize(): array", DeviceTensorObject, serialize),
        /// The same.
        raw_method!("__unserialize(array $data): void", unserialize),
    ],
};

fn construct(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(
        "a DeviceTensor is made by Tensor::toDevice(), Buffer::tensor() or Session::run()",
    ))
}

const NOT_SERIAL: &str = "a Tusk\\Device\\DeviceTensor cannot be serialized: its memory is the device's and this \
                          process's; serialize toTensor()->toString(), or hand it on with toTensor()->share()";

fn serialize(_: &DeviceTensorObject, _: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(NOT_SERIAL))
}

fn unserialize(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(NOT_SERIAL))
}

fn dtype(this: &DeviceTensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::string(this.0.dtype().name()));
    Ok(())
}

fn shape(this: &DeviceTensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let lengths = this.0.shape().iter();
    call.give(Value::list(
        lengths.map(|&length| Value::long(length as i64)),
    ));
    Ok(())
}

fn owner(this: &DeviceTensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let device = this.0.buffer().device().clone();
    call.give(DEVICE.make(DeviceObject(device)));
    Ok(())
}

fn buffer(this: &DeviceTensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(BUFFER.make(BufferObject(this.0.buffer().clone())));
    Ok(())
}

fn to_tensor(this: &DeviceTensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let (dtype, shape) = (this.0.dtype(), this.0.shape().to_vec());
    let memory = device::fetch(this.0.buffer().clone(), "DeviceTensor::toTensor()")?;
    let tensor = Tensor::over(dtype, &shape, Storage::own(memory), 0).map_err(throw)?;
    call.give(device::tensor_object(tensor));
    Ok(())
}
