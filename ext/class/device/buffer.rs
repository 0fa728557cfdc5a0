//! `Tusk\Device\Buffer`.

use tusk_device::device::{Buffer, DeviceTensor, Place, Work};
use tusk_device::dtype::DType;
use tusk_device::storage::Storage;
use tusk_device::tensor::Tensor;

use crate::device::{
    self, BUFFER, BufferObject, DEVICE, DEVICE_TENSOR, DeviceObject, DeviceTensorObject, Given,
    TENSOR, throw,
};
use crate::exception::{self, Thrown};
use crate::zend::call::Call;
use crate::zend::class::{Class, method, raw_method};
use crate::zend::engine;
use crate::zend::string::HeldString;
use crate::zend::value::Value;

/// Memory of a device, by handle: it is given back when the last reference and the last view
/// have gone, and never while the device works on it. What several coroutines ask of one
/// device is done in the order of asking.
pub static CLASS: Class = Class {
    name: "Tusk\\Device\\Buffer",
    interfaces: &[],
    native: true,
    methods: &[
        /// Made by `Device::allocate()` and `Device::pinned()`.
        raw_method!("__construct()", construct),
        /// Its length in bytes.
        method!("size(): int", BufferObject, size),
        /// The device.
        method!("device(): Tusk\\Device\\Device", BufferObject, owner),
        /// Is it pinned host memory?
        method!("isPinned(): bool", BufferObject, is_pinned),
        /// The address of its first byte, as the device's driver names it.
        method!("address(): int", BufferObject, address),
        /// A view of a part, which keeps the whole alive; writes are seen by both.
        method!(
            "view(int $offset, ?int $length = null): Tusk\\Device\\Buffer",
            BufferObject,
            view
        ),
        /// Copies a string or the packed bytes of a tensor to the buffer. **Suspends.**
        method!(
            "write(string|Tusk\\Device\\Tensor $bytes, int $offset = 0): void",
            BufferObject,
            write
        ),
        /// A copy of its bytes. **Suspends.**
        method!(
            "read(int $offset = 0, ?int $length = null): string",
            BufferObject,
            read
        ),
        /// A tensor in host memory with a copy of its bytes. **Suspends.**
        method!(
            "toTensor(string $dtype, array $shape): Tusk\\Device\\Tensor",
            BufferObject,
            to_tensor
        ),
        /// Its beginning as a tensor where it lies, for a model: the bytes are not copied, and
        /// writes are seen.
        method!(
            "tensor(string $dtype, array $shape): Tusk\\Device\\DeviceTensor",
            BufferObject,
            tensor
        ),
        /// Copies all of it to a buffer of the same length, of the same or another device of
        /// the kind, or between pinned memory and its device. **Suspends.**
        method!(
            "copyTo(Tusk\\Device\\Buffer $to): void",
            BufferObject,
            copy_to
        ),
        /// Sets every byte. **Suspends.**
        method!("fill(int $byte): void", BufferObject, fill),
        /// Another buffer of the same device with the same bytes. **Suspends.**
        method!("duplicate(): Tusk\\Device\\Buffer", BufferObject, duplicate),
        /// Always throws a MisuseError: device memory does not leave its process this way.
        method!("__serialize(): array", BufferObject, serialize),
        /// The same.
        raw_method!("__unserialize(array $data): void", unserialize),
    ],
};

fn construct(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(
        "a Buffer is made by Device::allocate() or Device::pinned()",
    ))
}

const NOT_SERIAL: &str = "a Tusk\\Device\\Buffer cannot be serialized: its memory is the device's and this process's; \
                          serialize read(), or hand a tensor to another process with toTensor()->share()";

fn serialize(_: &BufferObject, _: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(NOT_SERIAL))
}

fn unserialize(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(NOT_SERIAL))
}

fn size(this: &BufferObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(this.0.len() as i64));
    Ok(())
}

fn owner(this: &BufferObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(DEVICE.make(DeviceObject(this.0.device().clone())));
    Ok(())
}

fn is_pinned(this: &BufferObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::bool(this.0.place() == Place::Pinned));
    Ok(())
}

fn address(this: &BufferObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(this.0.address() as i64));
    Ok(())
}

/// A part by two arguments: from where, and how much (null: the rest).
fn part(this: &BufferObject, call: &Call, offset: u32, length: u32) -> Result<Buffer, Thrown> {
    let from = usize::try_from(call.long(offset, false)?.unwrap_or(0))
        .map_err(|_| engine::argument_error(offset, "must be zero or more"))?;
    let length = match call.long(length, true)? {
        None => this.0.len().saturating_sub(from),
        Some(length) => usize::try_from(length)
            .map_err(|_| engine::argument_error(1, "must be null or zero or more"))?,
    };
    this.0.view(from, length).map_err(throw)
}

fn view(this: &BufferObject, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let view = part(this, call, 0, 1)?;
    call.give(BUFFER.make(BufferObject(view)));
    Ok(())
}

fn write(this: &BufferObject, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let given = call.value(0);
    let tensor = TENSOR.get(&given).map(|object| object.tensor.clone());
    let given = match &tensor {
        Some(tensor) => Given::Tensor(tensor),
        None => HeldString::new(call.name(0)?)
            .map(|string| Given::Bytes(Storage::held(string)))
            .ok_or_else(|| {
                engine::argument_type_error(0, "must be of type string|Tusk\\Device\\Tensor")
            })?,
    };
    let offset = usize::try_from(call.long(1, false)?.unwrap_or(0))
        .map_err(|_| engine::argument_error(1, "must be zero or more"))?;
    device::upload(given, &this.0, offset, "Buffer::write()")
}

fn read(this: &BufferObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 2)?;
    let memory = device::fetch(part(this, call, 0, 1)?, "Buffer::read()")?;
    call.give(Value::bytes(memory.bytes()));
    Ok(())
}

/// A type and a shape, the only arguments.
fn layout(call: &Call) -> Result<(DType, Vec<usize>), Thrown> {
    call.expect(2, 2)?;
    let dtype = device::read_dtype(call, 0)?
        .ok_or_else(|| engine::argument_type_error(0, "must be of type string"))?;
    let shape = device::read_shape(call, 1, false)?;
    Ok((
        dtype,
        shape.into_iter().map(|length| length as usize).collect(),
    ))
}

fn tensor(this: &BufferObject, call: &Call) -> Result<(), Thrown> {
    let (dtype, shape) = layout(call)?;
    let tensor = DeviceTensor::over(dtype, &shape, &this.0).map_err(throw)?;
    call.give(DEVICE_TENSOR.make(DeviceTensorObject(tensor)));
    Ok(())
}

fn to_tensor(this: &BufferObject, call: &Call) -> Result<(), Thrown> {
    let (dtype, shape) = layout(call)?;
    let memory = device::fetch(this.0.clone(), "Buffer::toTensor()")?;
    let tensor = Tensor::over(dtype, &shape, Storage::own(memory), 0).map_err(throw)?;
    call.give(device::tensor_object(tensor));
    Ok(())
}

fn copy_to(this: &BufferObject, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let given = call.value(0);
    let Some(to) = BUFFER.get(&given) else {
        return Err(engine::argument_type_error(
            0,
            "must be of type Tusk\\Device\\Buffer",
        ));
    };
    let (from, to) = (this.0.clone(), to.0.clone());
    let (source, target) = (from.device().clone(), to.device().clone());
    if source.kind() != target.kind() {
        return Err(exception::misuse(&format!(
            "{} and {} do not reach each other's memory: go through a tensor (toTensor(), then write())",
            source.label(),
            target.label()
        )));
    }
    if !source.is_same(&target) {
        // What was asked of the source before comes first.
        device::run(&source, Work::Fence, "Buffer::copyTo()")?;
    }
    device::run(&target, Work::Copy(from, to), "Buffer::copyTo()").map(drop)
}

fn fill(this: &BufferObject, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let byte = call
        .long(0, false)?
        .and_then(|byte| u8::try_from(byte).ok());
    let byte = byte.ok_or_else(|| engine::argument_error(0, "must be from 0 to 255"))?;
    let work = Work::Fill(this.0.clone(), byte);
    device::run(this.0.device(), work, "Buffer::fill()").map(drop)
}

fn duplicate(this: &BufferObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let owner = this.0.device().clone();
    let copy = device::allocate(&owner, this.0.place(), this.0.len(), Some(0.0))?;
    let object = BUFFER.make(BufferObject(copy.clone()));
    let work = Work::Copy(this.0.clone(), copy);
    device::run(&owner, work, "Buffer::duplicate()")?;
    call.give(object);
    Ok(())
}
