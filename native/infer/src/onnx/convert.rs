//! Tensors to and from ONNX Runtime's values, without copies where the bytes lie well.

use std::any::Any;

use bytemuck::checked::CheckedBitPattern;
use bytemuck::{NoUninit, checked};
use half::{bf16, f16};
use ort::session::SessionInputValue;
use ort::tensor::{PrimitiveTensorElementType, TensorElementType};
use ort::value::{DynValue, TensorRef, ValueType};
use tusk_device::dtype::DType;
use tusk_device::storage::Owner;
use tusk_device::tensor::Tensor;
use tusk_runtime::error::{Error, Kind};

/// Tensor's type of an element type of ONNX Runtime's.
pub(super) fn dtype_of(element: TensorElementType) -> Option<DType> {
    Some(match element {
        TensorElementType::Float16 => DType::F16,
        TensorElementType::Bfloat16 => DType::Bf16,
        TensorElementType::Float32 => DType::F32,
        TensorElementType::Float64 => DType::F64,
        TensorElementType::Int8 => DType::I8,
        TensorElementType::Int16 => DType::I16,
        TensorElementType::Int32 => DType::I32,
        TensorElementType::Int64 => DType::I64,
        TensorElementType::Uint8 => DType::U8,
        TensorElementType::Bool => DType::Bool,
        _ => return None,
    })
}

/// ONNX Runtime's type of a tensor's.
pub(super) fn element_of(dtype: DType) -> Result<TensorElementType, Error> {
    Ok(match dtype {
        DType::F16 => TensorElementType::Float16,
        DType::Bf16 => TensorElementType::Bfloat16,
        DType::F32 => TensorElementType::Float32,
        DType::F64 => TensorElementType::Float64,
        DType::I8 => TensorElementType::Int8,
        DType::I16 => TensorElementType::Int16,
        DType::I32 => TensorElementType::Int32,
        DType::I64 => TensorElementType::Int64,
        DType::U8 => TensorElementType::Uint8,
        DType::Bool => TensorElementType::Bool,
        DType::I4 => return Err(no_such_type("i4")),
    })
}

/// Calls a generic function for the Rust type of a dtype.
macro_rules! by_type {
    ($dtype:expr, $function:ident($($argument:expr),*), $otherwise:expr) => {
        match $dtype {
            DType::F16 => $function::<f16>($($argument),*),
            DType::Bf16 => $function::<bf16>($($argument),*),
            DType::F32 => $function::<f32>($($argument),*),
            DType::F64 => $function::<f64>($($argument),*),
            DType::I8 => $function::<i8>($($argument),*),
            DType::I16 => $function::<i16>($($argument),*),
            DType::I32 => $function::<i32>($($argument),*),
            DType::I64 => $function::<i64>($($argument),*),
            DType::U8 => $function::<u8>($($argument),*),
            DType::Bool => $function::<bool>($($argument),*),
            DType::I4 => $otherwise,
        }
    };
}

/// An input over the tensor's own bytes, or over a copy in `moved` where they have gaps or lie
/// at an odd address.
pub(super) fn input<'a>(
    tensor: &'a Tensor,
    moved: &'a mut Option<Tensor>,
) -> Result<SessionInputValue<'a>, Error> {
    by_type!(tensor.dtype(), view(tensor, moved), Err(no_such_type("i4")))
}

fn view<'a, T>(
    tensor: &'a Tensor,
    moved: &'a mut Option<Tensor>,
) -> Result<SessionInputValue<'a>, Error>
where
    T: PrimitiveTensorElementType + CheckedBitPattern + std::fmt::Debug + Clone + 'static,
{
    let shape: Vec<i64> = tensor.shape().iter().map(|&length| length as i64).collect();
    let in_place = tensor
        .packed_bytes()
        .and_then(|bytes| checked::try_cast_slice::<u8, T>(bytes).ok());
    let elements = match in_place {
        Some(elements) => elements,
        None => {
            // Fresh memory begins at a cache line.
            let copy = Tensor::filled(tensor.dtype(), tensor.shape(), |bytes| {
                tensor.copy_packed(bytes)
            })?;
            let bytes = moved.insert(copy).packed_bytes().unwrap_or_default();
            checked::try_cast_slice(bytes).map_err(|_| {
                Error::new(
                    Kind::Misuse,
                    "run a model",
                    "a bool tensor holds bytes other than 0 and 1",
                )
            })?
        }
    };
    tensor.storage().check()?;
    TensorRef::from_array_view((shape, elements))
        .map(SessionInputValue::from)
        .map_err(|error| super::failed("hand a tensor to a model", &error))
}

/// Type and shape of an output.
pub(super) fn described(name: &str, value: &DynValue) -> Result<(DType, Vec<usize>), Error> {
    let (dtype, shape) = match value.dtype() {
        ValueType::Tensor { ty, shape, .. } => (
            dtype_of(*ty),
            shape
                .iter()
                .map(|&length| length as usize)
                .collect::<Vec<_>>(),
        ),
        _ => (None, Vec::new()),
    };
    let Some(dtype) = dtype else {
        return Err(no_such_type(&format!(
            "output \"{name}\" is {}",
            value.dtype()
        )));
    };
    Ok((dtype, shape))
}

/// What a run gave, as a tensor over the memory of ONNX Runtime.
pub(super) fn output(name: &str, value: DynValue) -> Result<Tensor, Error> {
    let (dtype, shape) = described(name, &value)?;
    Tensor::from_owner(dtype, &shape, Output { value, dtype })
}

pub(super) fn no_such_type(what: &str) -> Error {
    Error::new(
        Kind::Unsupported,
        "run a model",
        format!("{what}: tensors of that type are not supported"),
    )
    .hint("cast it inside the model")
}

/// Memory of ONNX Runtime that a tensor lies in.
struct Output {
    value: DynValue,
    dtype: DType,
}

impl Owner for Output {
    fn bytes(&self) -> &[u8] {
        by_type!(self.dtype, bytes_of(&self.value), &[])
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn bytes_of<T: PrimitiveTensorElementType + NoUninit>(value: &DynValue) -> &[u8] {
    match value.try_extract_tensor::<T>() {
        Ok((_, elements)) => bytemuck::cast_slice(elements),
        Err(_) => &[],
    }
}
