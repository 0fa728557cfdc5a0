//! Several tensors as one.

use tusk_runtime::error::{Error, Kind};

use super::Tensor;
use crate::dtype::DType;

fn misuse(operation: &'static str, detail: String) -> Error {
    Error::new(Kind::Misuse, operation, detail)
}

impl Tensor {
    /// One after the other along a dimension that they have.
    ///
    /// # Errors
    /// `Misuse`: none were given, or they differ in type or in another dimension.
    pub fn concat(tensors: &[&Tensor], axis: usize) -> Result<Tensor, Error> {
        const CONCAT: &str = "concatenate tensors";
        let Some(first) = tensors.first() else {
            return Err(misuse(CONCAT, "none were given".into()));
        };
        if axis >= first.shape().len() {
            return Err(misuse(
                CONCAT,
                format!("there is no dimension {axis} in {}", first.describe()),
            ));
        }
        let fits = |tensor: &&&Tensor| {
            tensor.dtype == first.dtype
                && tensor.shape().len() == first.shape().len()
                && (0..first.shape().len())
                    .all(|other| other == axis || tensor.shape()[other] == first.shape()[other])
        };
        if let Some(other) = tensors.iter().find(|tensor| !fits(tensor)) {
            return Err(misuse(
                CONCAT,
                format!(
                    "{} and {} differ in more than dimension {axis}",
                    first.describe(),
                    other.describe()
                ),
            )
            .hint("cast() and reshape() make them alike"));
        }
        let mut shape = first.shape().to_vec();
        shape[axis] = tensors
            .iter()
            .try_fold(0usize, |sum, tensor| sum.checked_add(tensor.shape()[axis]))
            .ok_or_else(|| misuse(CONCAT, "the result is larger than memory".into()))?;
        let outer: usize = shape[..axis].iter().product();
        let joined = Tensor::filled(first.dtype, &shape, |bytes| {
            join(tensors, first.dtype, outer, bytes);
        })?;
        tensors
            .iter()
            .try_for_each(|tensor| tensor.storage.check())?;
        Ok(joined)
    }

    /// Tensors of one shape as the rows of a new dimension.
    ///
    /// # Errors
    /// `Misuse`: none were given, or they differ.
    pub fn stack(tensors: &[&Tensor], axis: usize) -> Result<Tensor, Error> {
        const STACK: &str = "stack tensors";
        let Some(first) = tensors.first() else {
            return Err(misuse(STACK, "none were given".into()));
        };
        if axis > first.shape().len() {
            return Err(misuse(
                STACK,
                format!("{} gets no dimension {axis}", first.describe()),
            ));
        }
        let alike =
            |tensor: &&&Tensor| tensor.dtype == first.dtype && tensor.shape() == first.shape();
        if let Some(other) = tensors.iter().find(|tensor| !alike(tensor)) {
            return Err(misuse(
                STACK,
                format!("{} and {} differ", first.describe(), other.describe()),
            )
            .hint("cast() and reshape() make them alike"));
        }
        let mut shape: Vec<i64> = first.shape().iter().map(|&length| length as i64).collect();
        shape.insert(axis, 1);
        let rows: Vec<Tensor> = tensors
            .iter()
            .map(|tensor| tensor.reshape(&shape))
            .collect::<Result<_, _>>()?;
        Tensor::concat(&rows.iter().collect::<Vec<_>>(), axis)
    }
}

/// Puts `outer` rounds of one piece from each tensor after one another.
fn join(tensors: &[&Tensor], dtype: DType, outer: usize, to: &mut [u8]) {
    let packed: Vec<Vec<u8>> = tensors
        .iter()
        .map(|tensor| {
            if tensor.packed_bytes().is_some() {
                return Vec::new();
            }
            let mut bytes = vec![0; tensor.byte_len()];
            tensor.copy_packed(&mut bytes);
            bytes
        })
        .collect();
    let mut place = 0;
    for round in 0..outer {
        for (tensor, collected) in tensors.iter().zip(&packed) {
            let from = tensor.packed_bytes().unwrap_or(collected);
            let length = tensor.count() / outer;
            if dtype == DType::I4 {
                for index in 0..length {
                    dtype.store(to, place + index, dtype.load(from, round * length + index));
                }
            } else {
                let size = dtype.bits() / 8;
                let piece = &from[round * length * size..(round + 1) * length * size];
                to[place * size..(place + length) * size].copy_from_slice(piece);
            }
            place += length;
        }
    }
}
