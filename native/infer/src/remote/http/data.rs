//! The elements of tensors as JSON: what servers without the binary extension speak.
//!
//! Numbers go there and back without a loss, or are refused: JSON has no infinities, and the
//! protocol no JSON for half precision.

use serde_json::Value;
use std::io::Write;
use tusk_device::dtype::{DType, Number};
use tusk_device::tensor::Tensor;
use tusk_runtime::error::{Error, Kind};

use super::super::datatype;
use super::super::question::{OPERATION, malformed};

/// Writes an input's elements as a flat list.
///
/// # Errors
/// `Unsupported` for what JSON cannot say.
pub(super) fn write(name: &str, tensor: &Tensor, out: &mut Vec<u8>) -> Result<(), Error> {
    let refuse = |what: &str| {
        Err(Error::new(
            Kind::Unsupported,
            OPERATION,
            format!("input \"{name}\" is {what}, which JSON cannot say"),
        )
        .hint("use a server with the binary tensor data extension, or gRPC"))
    };
    if matches!(tensor.dtype(), DType::F16 | DType::Bf16) {
        return refuse(&tensor.describe());
    }
    out.push(b'[');
    for (place, number) in tensor.numbers().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        // A vector takes every byte.
        let _ = match number {
            Number::Int(number) => write!(out, "{number}"),
            Number::Bool(number) => write!(out, "{number}"),
            Number::Float(number) if !number.is_finite() => return refuse(&number.to_string()),
            Number::Float(number) => write!(out, "{number:?}"),
        };
    }
    out.push(b']');
    Ok(())
}

/// Reads an output's elements, from a flat list or nested ones.
///
/// # Errors
/// `Protocol` when they are not as many as the shape says, or no such numbers; `Unsupported`
/// for a type that tensors do not have.
pub(super) fn read(
    name: &str,
    datatype: &str,
    shape: &[i64],
    data: &Value,
) -> Result<Tensor, Error> {
    let (dtype, lengths) = datatype::described(name, datatype, shape)?;
    let mut numbers = Vec::new();
    if let Err(seen) = collect(dtype, data, &mut numbers) {
        return Err(malformed(format!(
            "output \"{name}\" is said to be {datatype} and holds {seen}"
        )));
    }
    let count = numbers.len();
    Tensor::from_numbers(dtype, &lengths, &numbers).map_err(|_| {
        malformed(format!(
            "output \"{name}\" is said to be {datatype} {shape:?}, but came with {count} elements"
        ))
    })
}

/// `Err`: what is no element of this type. The parser bounds how deep lists are nested.
fn collect(dtype: DType, data: &Value, numbers: &mut Vec<Number>) -> Result<(), String> {
    match data {
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| collect(dtype, item, numbers)),
        other => {
            numbers.push(element(dtype, other).ok_or_else(|| other.to_string())?);
            Ok(())
        }
    }
}

fn element(dtype: DType, value: &Value) -> Option<Number> {
    if dtype == DType::Bool {
        let number = value.as_bool().or_else(|| match value.as_u64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        });
        return number.map(Number::Bool);
    }
    if dtype.is_float() {
        return value.as_f64().map(Number::Float);
    }
    let whole = |float: &f64| float.fract() == 0.0 && float.abs() < 9e15;
    let number = value
        .as_i64()
        .or_else(|| value.as_f64().filter(whole).map(|float| float as i64))?;
    let bits = dtype.bits() as u32;
    let range = match dtype {
        DType::U8 => 0..=255,
        _ => i64::MIN >> (64 - bits)..=i64::MAX >> (64 - bits),
    };
    range.contains(&number).then_some(Number::Int(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(dtype: DType, numbers: &[Number]) -> Tensor {
        Tensor::from_numbers(dtype, &[numbers.len()], numbers).expect("small")
    }

    #[test]
    fn numbers_go_there_and_back_without_a_loss() {
        let ints = [i64::MIN, -1, 0, 1 << 53, (1 << 53) + 1, i64::MAX].map(Number::Int);
        let floats = [-0.0, 0.1, 1.0 / 3.0, f64::MAX, f64::MIN_POSITIVE, 1e16].map(Number::Float);
        let single = [0.1f32, f32::MAX, 1.0 / 3.0].map(|at| Number::Float(at.into()));
        let bools = [true, false].map(Number::Bool);
        for (dtype, name, numbers) in [
            (DType::I64, "INT64", &ints[..]),
            (DType::F64, "FP64", &floats[..]),
            (DType::F32, "FP32", &single[..]),
            (DType::Bool, "BOOL", &bools[..]),
        ] {
            let mut out = Vec::new();
            write("x", &tensor(dtype, numbers), &mut out).expect("JSON has them");
            let data = serde_json::from_slice(&out).expect("JSON");
            let back = read("y", name, &[numbers.len() as i64], &data).expect("the same");
            assert_eq!(back.numbers().collect::<Vec<_>>(), numbers, "{name}");
        }
    }

    #[test]
    fn what_json_cannot_say_is_refused() {
        let infinite = tensor(DType::F32, &[Number::Float(f64::INFINITY)]);
        let half = tensor(DType::F16, &[Number::Float(1.0)]);
        for (tensor, words) in [
            (infinite, "is inf, which JSON"),
            (half, "is f16[1], which JSON"),
        ] {
            let error = write("x", &tensor, &mut Vec::new())
                .expect_err("refused")
                .to_string();
            assert!(error.contains(words) && error.contains("gRPC"), "{error}");
        }
    }

    #[test]
    fn nested_lists_are_flattened_and_wrong_elements_named() {
        let read = |datatype: &str, shape: &[i64], json: &str| {
            let data: Value = serde_json::from_str(json).expect("JSON");
            read("y", datatype, shape, &data)
        };
        let tensor = read("INT32", &[2, 2], "[[1, 2], [3.0, -4]]").expect("four");
        let numbers: Vec<i64> = tensor.numbers().map(Number::int).collect();
        assert_eq!(numbers, [1, 2, 3, -4]);
        for (datatype, json, words) in [
            ("INT8", "[128, 0]", "holds 128"),
            ("UINT8", "[-1, 0]", "holds -1"),
            ("INT64", "[0.5, 0]", "holds 0.5"),
            ("FP32", "[null, 0]", "holds null"),
            ("FP32", "[\"1\", 0]", "holds \"1\""),
            ("BOOL", "[2, 0]", "holds 2"),
            ("FP32", "[1]", "came with 1 elements"),
        ] {
            let error = read(datatype, &[2], json).expect_err(json).to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
