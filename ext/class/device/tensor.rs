//! `Tusk\Device\Tensor`.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use tusk_device::device::{DeviceTensor, Place};
use tusk_device::dtype::DType;
use tusk_device::sys::dlpack::Capsule;
use tusk_device::sys::memfd;
use tusk_device::tensor::Tensor;
use tusk_device::{npy, safetensors};

use crate::device::{
    self, CapsuleObject, DEVICE, DEVICE_TENSOR, DeviceTensorObject, Given, TENSOR, TensorObject,
    throw,
};
use crate::exception::{self, Thrown};
use crate::zend::call::Call;
use crate::zend::class::{Class, method, raw_method, static_method};
use crate::zend::engine;
use crate::zend::string::HeldString;
use crate::zend::value::{Array, Value};

/// Numbers of one type in a shape, over bytes that are shared and never change: a string, a
/// mapped file, another tensor. Types are f16, bf16, f32, f64, i8, i16, i32, i64, u8, bool and
/// i4 (two in a byte, the first in the low half). No arithmetic.
pub static CLASS: Class = Class {
    name: "Tusk\\Device\\Tensor",
    interfaces: &[],
    native: true,
    methods: &[
        /// Made by the static methods.
        raw_method!("__construct()", construct),
        /// Over the bytes of a string, which are not copied. Without a shape, one dimension.
        static_method!(
            "fromString(string $bytes, string $dtype, ?array $shape = null): Tusk\\Device\\Tensor",
            from_string
        ),
        /// Of nested lists of numbers, all of one shape. Without a type: f32 if there is a
        /// float, else i64, bool for booleans.
        static_method!(
            "fromArray(array $values, ?string $dtype = null): Tusk\\Device\\Tensor",
            from_array
        ),
        /// Of zeroes.
        static_method!(
            "zeros(array $shape, string $dtype = 'f32'): Tusk\\Device\\Tensor",
            zeros
        ),
        /// Over a file of numpy, which is mapped, not read. Throws ProtocolException when it
        /// is damaged or truncated.
        static_method!("fromNpy(string $path): Tusk\\Device\\Tensor", from_npy),
        /// All tensors of a safetensors file, by name, over the mapped file. Throws
        /// ProtocolException when it is damaged or truncated.
        static_method!("fromSafetensors(string $path): array", from_safetensors),
        /// One after the other along a dimension that they have.
        static_method!(
            "concat(array $tensors, int $axis = 0): Tusk\\Device\\Tensor",
            concat
        ),
        /// As rows of a new dimension.
        static_method!(
            "stack(array $tensors, int $axis = 0): Tusk\\Device\\Tensor",
            stack
        ),
        /// Its type.
        method!("dtype(): string", TensorObject, dtype),
        /// Lengths of its dimensions.
        method!("shape(): array", TensorObject, shape),
        /// Elements from one index of a dimension to the next.
        method!("strides(): array", TensorObject, strides),
        /// How many elements it has.
        method!("count(): int", TensorObject, count),
        /// How many bytes its elements take, packed.
        method!("bytes(): int", TensorObject, bytes),
        /// Do its elements lie one after the other, without gaps?
        method!("isPacked(): bool", TensorObject, is_packed),
        /// The same elements in another shape; one length may be -1, for what is left. Shares
        /// the bytes unless there are gaps between them.
        method!(
            "reshape(array $shape): Tusk\\Device\\Tensor",
            TensorObject,
            reshape
        ),
        /// A view of a part of one dimension; a negative start counts from its end, and
        /// without a length it is all that follows.
        method!(
            "slice(int $axis, int $start, ?int $length = null, int $step = 1): Tusk\\Device\\Tensor",
            TensorObject,
            slice
        ),
        /// A view of one index of the first dimension, without that dimension; a negative
        /// index counts from the end.
        method!("at(int $index): Tusk\\Device\\Tensor", TensorObject, at),
        /// Itself, or a copy without gaps.
        method!("packed(): Tusk\\Device\\Tensor", TensorObject, packed),
        /// Itself, or a copy in another type: what does not fit becomes the nearest that does,
        /// a fraction is cut off, NaN is 0 in integer types.
        method!(
            "cast(string $dtype): Tusk\\Device\\Tensor",
            TensorObject,
            cast
        ),
        /// Nested lists of its numbers; a number for a tensor without dimensions.
        method!("toArray(): mixed", TensorObject, to_array),
        /// Its packed bytes; not copied when it is all of the string that it was made from.
        method!("toString(): string", TensorObject, to_string),
        /// A copy in the memory of a device, for a model that computes there. **Suspends.**
        method!(
            "toDevice(Tusk\\Device\\Device $device): Tusk\\Device\\DeviceTensor",
            TensorObject,
            to_device
        ),
        /// For a C library that speaks DLPack.
        method!("dlpack(): Tusk\\Device\\Capsule", TensorObject, dlpack),
        /// The address of its first byte, for FFI: `FFI::cast('float *', $tensor->pointer())`.
        /// Valid as long as the tensor lives, and only to be read. The tensor must be packed.
        method!("pointer(): int", TensorObject, pointer),
        /// A path under /proc from which another process of the same user maps the same bytes
        /// (`fromSafetensors($path)['tensor']`, or safetensors in Python): sealed memory that
        /// nobody can change. It exists as long as the tensor. The first call copies the bytes
        /// once.
        method!("share(): string", TensorObject, share),
    ],
};

fn construct(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(
        "a Tensor is made by Tensor::fromString(), fromArray(), fromNpy(), fromSafetensors() or zeros()",
    ))
}

fn give(call: &Call, made: Result<Tensor, tusk_runtime::error::Error>) -> Result<(), Thrown> {
    call.give(device::tensor_object(made.map_err(throw)?));
    Ok(())
}

/// A shape without -1, as lengths.
fn lengths(call: &Call, index: u32) -> Result<Vec<usize>, Thrown> {
    let shape = device::read_shape(call, index, false)?;
    Ok(shape.into_iter().map(|length| length as usize).collect())
}

fn from_string(call: &Call) -> Result<(), Thrown> {
    call.expect(2, 3)?;
    let bytes = call.name(0)?;
    let dtype = device::read_dtype(call, 1)?.unwrap_or(DType::U8);
    let shape = if call.value(2).is_null() {
        let length = bytes.as_bytes().map_or(0, <[u8]>::len);
        if length * 8 % dtype.bits() != 0 {
            let message = format!("must have a whole number of {}", dtype.name());
            return Err(engine::argument_error(0, &message));
        }
        vec![length * 8 / dtype.bits()]
    } else {
        lengths(call, 2)?
    };
    let Some(held) = HeldString::new(bytes) else {
        return Err(engine::argument_type_error(0, "must be of type string"));
    };
    give(call, Tensor::from_owner(dtype, &shape, held))
}

fn from_array(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let values = call.array_value(0)?;
    let dtype = device::read_dtype(call, 1)?;
    call.give(device::tensor_object(device::from_array(
        &values, dtype, 0,
    )?));
    Ok(())
}

fn zeros(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let shape = lengths(call, 0)?;
    let dtype = device::read_dtype(call, 1)?.unwrap_or(DType::F32);
    give(call, Tensor::filled(dtype, &shape, |_| {}))
}

fn path(call: &Call) -> Result<PathBuf, Thrown> {
    use std::os::unix::ffi::OsStrExt;
    let bytes = call.bytes(0)?.unwrap_or_default();
    engine::check_path(0, bytes)?;
    Ok(Path::new(std::ffi::OsStr::from_bytes(bytes)).to_path_buf())
}

fn from_npy(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    give(call, npy::open(&path(call)?))
}

fn from_safetensors(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let mut named = Array::new();
    for (name, tensor) in safetensors::open(&path(call)?).map_err(throw)? {
        named.set(&name, device::tensor_object(tensor));
    }
    call.give(named.into());
    Ok(())
}

/// The tensors of an array argument, and a dimension after it.
fn several(
    call: &Call,
    join: fn(&[&Tensor], usize) -> Result<Tensor, tusk_runtime::error::Error>,
) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let held = call.array_value(0)?.entries().unwrap_or_default();
    let tensors = held
        .iter()
        .map(|(_, value)| TENSOR.get(value).map(|object| &object.tensor))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| engine::argument_type_error(0, "must hold tensors"))?;
    let axis = call.long(1, false)?.unwrap_or(0);
    let axis =
        usize::try_from(axis).map_err(|_| engine::argument_error(1, "must be zero or more"))?;
    give(call, join(&tensors, axis))
}

fn concat(call: &Call) -> Result<(), Thrown> {
    several(call, Tensor::concat)
}

fn stack(call: &Call) -> Result<(), Thrown> {
    several(call, Tensor::stack)
}

fn dtype(this: &TensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::string(this.tensor.dtype().name()));
    Ok(())
}

fn list(numbers: &[usize]) -> Value {
    Value::list(numbers.iter().map(|&number| Value::long(number as i64)))
}

fn shape(this: &TensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(list(this.tensor.shape()));
    Ok(())
}

fn strides(this: &TensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(list(this.tensor.layout().strides()));
    Ok(())
}

fn count(this: &TensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(this.tensor.count() as i64));
    Ok(())
}

fn bytes(this: &TensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(this.tensor.byte_len() as i64));
    Ok(())
}

fn is_packed(this: &TensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::bool(this.tensor.packed_bytes().is_some()));
    Ok(())
}

fn reshape(this: &TensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let shape = device::read_shape(call, 0, true)?;
    give(call, this.tensor.reshape(&shape))
}

/// A place in a dimension; a negative one counts from its end.
fn place(number: i64, length: usize, argument: u32) -> Result<usize, Thrown> {
    let from_start = if number < 0 {
        number.checked_add(length as i64)
    } else {
        Some(number)
    };
    from_start
        .and_then(|place| usize::try_from(place).ok())
        .filter(|&place| place <= length)
        .ok_or_else(|| {
            let message =
                format!("must be inside the dimension, which has {length}; {number} given");
            engine::argument_error(argument, &message)
        })
}

fn slice(this: &TensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(2, 4)?;
    let axis = call.long(0, false)?.unwrap_or(0);
    let axis = usize::try_from(axis).unwrap_or(usize::MAX);
    let Some(&whole) = this.tensor.shape().get(axis) else {
        let message = format!("must be a dimension of {}", this.tensor.describe());
        return Err(engine::argument_error(0, &message));
    };
    let start = place(call.long(1, false)?.unwrap_or(0), whole, 1)?;
    let step = call.long(3, false)?.unwrap_or(1);
    let step = usize::try_from(step)
        .ok()
        .filter(|&step| step > 0)
        .ok_or_else(|| engine::argument_error(3, "must be one or more"))?;
    let length = match call.long(2, true)? {
        None => (whole - start).div_ceil(step),
        Some(length) => usize::try_from(length)
            .map_err(|_| engine::argument_error(2, "must be null or zero or more"))?,
    };
    give(call, this.tensor.slice(axis, start, length, step))
}

fn at(this: &TensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let Some(&length) = this.tensor.shape().first() else {
        return Err(exception::misuse(
            "a tensor without dimensions has no index",
        ));
    };
    let index = place(call.long(0, false)?.unwrap_or(0), length, 0)?;
    give(call, this.tensor.at(index))
}

fn packed(this: &TensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    give(call, this.tensor.packed())
}

fn cast(this: &TensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let dtype = device::read_dtype(call, 0)?.unwrap_or(this.tensor.dtype());
    give(call, this.tensor.cast(dtype))
}

fn to_array(this: &TensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(device::to_array(&this.tensor).map_err(throw)?);
    Ok(())
}

fn to_string(this: &TensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(device::string_of(&this.tensor).map_err(throw)?);
    Ok(())
}

fn dlpack(this: &TensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let capsule = Capsule::new(&this.tensor).ok_or_else(|| {
        exception::misuse("the tensor begins in the middle of a byte: call packed() first")
    })?;
    call.give(device::CAPSULE.make(CapsuleObject(RefCell::new(Some(capsule)))));
    Ok(())
}

fn pointer(this: &TensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let bytes = this.tensor.packed_bytes().ok_or_else(|| {
        exception::misuse("the tensor has gaps between its elements: call packed() first")
    })?;
    call.give(Value::long(bytes.as_ptr() as i64));
    Ok(())
}

fn share(this: &TensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    use std::os::fd::AsRawFd;
    if this.export.borrow().is_none() {
        let header = safetensors::header_of("tensor", &this.tensor)
            .ok_or_else(|| exception::misuse("the format has no packed int4: share cast('i8')"))?;
        let bytes = this.tensor.to_bytes().map_err(throw)?;
        let file = memfd::sealed(c"tusk-tensor", &[&header, &bytes]).map_err(throw)?;
        this.tensor.storage().check().map_err(throw)?;
        *this.export.borrow_mut() = Some(file);
    }
    let fd = this.export.borrow().as_ref().map(AsRawFd::as_raw_fd);
    let path = format!("/proc/{}/fd/{}", std::process::id(), fd.unwrap_or(-1));
    call.give(Value::string(&path));
    Ok(())
}

fn to_device(this: &TensorObject, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let given = call.value(0);
    let Some(target) = DEVICE.get(&given).map(|object| object.0.clone()) else {
        let wanted = "must be of type Tusk\\Device\\Device";
        return Err(engine::argument_type_error(0, wanted));
    };
    let (tensor, what) = (this.tensor.clone(), "Tensor::toDevice()");
    let buffer = device::allocate(&target, Place::Device, tensor.byte_len(), Some(0.0))?;
    let placed = DeviceTensor::over(tensor.dtype(), tensor.shape(), &buffer).map_err(throw)?;
    // The frame may be jumped over while it waits: the object keeps the memory.
    let object = DEVICE_TENSOR.make(DeviceTensorObject(placed));
    drop(target);
    device::upload(Given::Tensor(&tensor), &buffer, 0, what)?;
    call.give(object);
    Ok(())
}
