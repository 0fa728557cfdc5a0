//! Element types by the protocol's names, and tensors over bytes that came in.
//!
//! Bytes are little endian and row major, as tensors here are. `BYTES` (strings) and the wide
//! unsigned types have no tensor here and are refused by name.

use bytes::Bytes;
use std::any::Any;
use tusk_device::dtype::DType;
use tusk_device::storage::Owner;
use tusk_device::tensor::Tensor;
use tusk_runtime::error::{Error, Kind};

use super::question::{OPERATION, malformed};
use crate::port::Port;

const NAMES: [(&str, DType); 10] = [
    ("BOOL", DType::Bool),
    ("UINT8", DType::U8),
    ("INT8", DType::I8),
    ("INT16", DType::I16),
    ("INT32", DType::I32),
    ("INT64", DType::I64),
    ("FP16", DType::F16),
    ("BF16", DType::Bf16),
    ("FP32", DType::F32),
    ("FP64", DType::F64),
];

/// Our type of a name; `None` where tensors have none such.
pub(super) fn dtype(name: &str) -> Option<DType> {
    let named = NAMES.iter().find(|(known, _)| *known == name);
    named.map(|&(_, dtype)| dtype)
}

/// The protocol's name of an input's type.
///
/// # Errors
/// `Unsupported` for packed int4.
pub(super) fn name(input: &str, tensor: &Tensor) -> Result<&'static str, Error> {
    let known = NAMES.iter().find(|(_, dtype)| *dtype == tensor.dtype());
    known.map(|&(name, _)| name).ok_or_else(|| {
        let detail = format!(
            "input \"{input}\" is {}, which the protocol has no name for",
            tensor.describe()
        );
        Error::new(Kind::Unsupported, OPERATION, detail).hint("cast it to i8")
    })
}

/// A tensor's bytes in the protocol's order, without a copy where they lie so already.
///
/// # Errors
/// `Protocol`: a mapped file has been made shorter.
pub(super) fn bytes_of(tensor: &Tensor) -> Result<Bytes, Error> {
    let packed = match tensor.packed_bytes() {
        Some(_) => tensor.clone(),
        None => tensor.packed()?,
    };
    tensor.storage().check()?;
    Ok(Bytes::from_owner(Outgoing(packed)))
}

/// A port as a server describes it.
pub(super) fn port(name: String, datatype: String, shape: Vec<i64>) -> Port {
    Port {
        name,
        dtype: dtype(&datatype),
        symbols: vec![String::new(); shape.len()],
        kind: datatype,
        shape,
    }
}

/// The type and lengths of an output.
///
/// # Errors
/// `Unsupported` for a type that tensors do not have, `Protocol` for impossible lengths.
pub(super) fn described(
    name: &str,
    datatype: &str,
    shape: &[i64],
) -> Result<(DType, Vec<usize>), Error> {
    let Some(dtype) = dtype(datatype) else {
        let detail =
            format!("output \"{name}\" is {datatype}, and tensors of that type are not supported");
        return Err(Error::new(Kind::Unsupported, OPERATION, detail)
            .hint("let the model give numbers, or cast them on the server (bool, i8 to i64, u8, f16, bf16, f32 and f64 are supported)"));
    };
    let lengths: Option<Vec<usize>> = shape.iter().map(|&at| usize::try_from(at).ok()).collect();
    let lengths =
        lengths.ok_or_else(|| malformed(format!("output \"{name}\" has the shape {shape:?}")))?;
    Ok((dtype, lengths))
}

/// An output over the bytes of the answer, which stay where they are.
///
/// # Errors
/// As [`described`]; `Protocol` when the bytes are not as many as the shape says.
pub(super) fn output(
    name: &str,
    datatype: &str,
    shape: &[i64],
    bytes: Bytes,
) -> Result<Tensor, Error> {
    let (dtype, lengths) = described(name, datatype, shape)?;
    let given = bytes.len();
    if dtype == DType::Bool && bytes.iter().any(|&byte| byte > 1) {
        return Err(malformed(format!(
            "output \"{name}\" is BOOL and has bytes other than 0 and 1"
        )));
    }
    Tensor::from_owner(dtype, &lengths, Incoming(bytes)).map_err(|_| {
        malformed(format!(
            "output \"{name}\" is said to be {datatype} {shape:?}, but came with {given} bytes"
        ))
    })
}

struct Outgoing(Tensor);

impl AsRef<[u8]> for Outgoing {
    fn as_ref(&self) -> &[u8] {
        self.0.packed_bytes().unwrap_or_default()
    }
}

struct Incoming(Bytes);

impl Owner for Incoming {
    fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_but_packed_int4_goes_there_and_back() {
        for dtype in DType::ALL {
            let tensor = Tensor::filled(dtype, &[2, 3], |bytes| bytes.fill(1)).expect("small");
            if dtype == DType::I4 {
                let error = name("x", &tensor).expect_err("no name").to_string();
                assert!(error.contains("input \"x\" is i4[2, 3]"), "{error}");
                continue;
            }
            let named = name("x", &tensor).expect("a name");
            let bytes = bytes_of(&tensor).expect("host memory");
            assert_eq!(
                bytes.as_ptr(),
                tensor.packed_bytes().expect("packed").as_ptr()
            );
            let back = output("y", named, &[2, 3], bytes).expect("the same");
            assert_eq!((back.dtype(), back.shape()), (dtype, &[2, 3][..]));
            assert_eq!(back.to_bytes().expect("host"), vec![1; back.byte_len()]);
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = |datatype, shape: &[i64], bytes: &'static [u8]| {
            let tensor = output("y", datatype, shape, Bytes::from_static(bytes));
            tensor.expect_err("wrong").to_string()
        };
        assert!(error("BYTES", &[1], &[0; 4]).contains("\"y\" is BYTES"));
        assert!(error("UINT64", &[1], &[0; 8]).contains("cast them on the server"));
        assert!(error("FP32", &[-1], &[0; 4]).contains("the shape [-1]"));
        assert!(error("FP32", &[2], &[0; 4]).contains("FP32 [2], but came with 4 bytes"));
        assert!(error("FP32", &[i64::MAX, 8], &[0; 4]).contains("came with 4 bytes"));
        assert!(error("BOOL", &[2], &[1, 2]).contains("other than 0 and 1"));
    }

    #[test]
    fn a_view_with_gaps_is_packed_on_its_way() {
        let tensor = Tensor::filled(DType::U8, &[2, 2], |bytes| {
            bytes.copy_from_slice(&[1, 2, 3, 4]);
        });
        let column = tensor.expect("small").slice(1, 1, 1, 1).expect("a column");
        assert_eq!(bytes_of(&column).expect("host"), [2, 4].as_slice());
    }
}
