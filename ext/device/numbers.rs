//! Shapes, types and elements between PHP and tensors.

use tusk_device::dtype::{DType, Number};
use tusk_device::tensor::Tensor;
use tusk_runtime::error::Error;

use super::throw;
use crate::exception::Thrown;
use crate::zend::call::Call;
use crate::zend::engine;
use crate::zend::value::Value;

/// A type argument; `None` when it is absent or null.
pub fn read_dtype(call: &Call, index: u32) -> Result<Option<DType>, Thrown> {
    let value = call.value(index);
    let Some(name) = value.text() else {
        return Ok(None);
    };
    DType::parse(&name).map(Some).ok_or_else(|| {
        let known: Vec<&str> = DType::ALL.iter().map(|dtype| dtype.name()).collect();
        engine::argument_error(index, &format!("must be one of {}", known.join(", ")))
    })
}

/// A list of integers; with `open`, -1 may be among them.
pub fn read_shape(call: &Call, index: u32, open: bool) -> Result<Vec<i64>, Thrown> {
    let refuse = || {
        engine::argument_error(
            index,
            if open {
                "must be a list of lengths, one of which may be -1"
            } else {
                "must be a list of lengths, zero or more each"
            },
        )
    };
    let entries = call.array_value(index)?.entries().unwrap_or_default();
    entries
        .into_iter()
        .map(|(_, length)| {
            let least = if open { -1 } else { 0 };
            length
                .as_long()
                .filter(|&length| length >= least)
                .ok_or_else(refuse)
        })
        .collect()
}

/// A tensor of nested lists of numbers, all of one shape.
pub fn from_array(value: &Value, dtype: Option<DType>, argument: u32) -> Result<Tensor, Thrown> {
    let mut shape = Vec::new();
    let mut numbers = Vec::new();
    collect(value, 0, &mut shape, &mut numbers)
        .map_err(|why| engine::argument_error(argument, why))?;
    let dtype = dtype.unwrap_or_else(|| natural(&numbers));
    Tensor::from_numbers(dtype, &shape, &numbers).map_err(throw)
}

/// The type that is meant by PHP's: f32 if there is a float, else i64, or bool.
fn natural(numbers: &[Number]) -> DType {
    let all = |is: fn(&Number) -> bool| !numbers.is_empty() && numbers.iter().all(is);
    if all(|number| matches!(number, Number::Bool(_))) {
        DType::Bool
    } else if all(|number| !matches!(number, Number::Float(_))) {
        DType::I64
    } else {
        DType::F32
    }
}

/// Puts the numbers under `value` into the list. The first list of each depth says how long
/// all are.
fn collect(
    value: &Value,
    depth: usize,
    shape: &mut Vec<usize>,
    numbers: &mut Vec<Number>,
) -> Result<(), &'static str> {
    let Some(entries) = value.entries() else {
        if depth != shape.len() {
            return Err("must have numbers at one depth only");
        }
        numbers.push(number_of(value).ok_or("must hold numbers, booleans and lists of them")?);
        return Ok(());
    };
    if depth >= tusk_device::limits::RANK {
        return Err("is nested deeper than a tensor can be");
    }
    match shape.get(depth) {
        Some(&length) if length != entries.len() => {
            return Err("must have lists of one length at each depth");
        }
        Some(_) => {}
        None if numbers.is_empty() => shape.push(entries.len()),
        None => return Err("must have numbers at one depth only"),
    }
    entries
        .iter()
        .try_for_each(|(_, value)| collect(value, depth + 1, shape, numbers))
}

fn number_of(value: &Value) -> Option<Number> {
    if let Some(number) = value.as_long() {
        return Some(Number::Int(number));
    }
    value
        .as_bool()
        .map(Number::Bool)
        .or_else(|| value.as_double().map(Number::Float))
}

/// Nested lists of a tensor's numbers; a number for a tensor without dimensions.
pub fn to_array(tensor: &Tensor) -> Result<Value, Error> {
    let mut numbers = tensor.numbers();
    let value = nest(tensor.shape(), &mut numbers);
    tensor.storage().check()?;
    Ok(value)
}

fn nest(shape: &[usize], numbers: &mut dyn Iterator<Item = Number>) -> Value {
    match shape.split_first() {
        Some((&length, rest)) => Value::list((0..length).map(|_| nest(rest, numbers))),
        None => match numbers.next() {
            Some(Number::Int(number)) => Value::long(number),
            Some(Number::Float(number)) => Value::double(number),
            Some(Number::Bool(truth)) => Value::bool(truth),
            None => Value::NULL,
        },
    }
}
