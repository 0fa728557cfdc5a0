//! Other views of the same bytes, and conversions that make new ones.

use tusk_runtime::error::Error;

use super::Tensor;
use crate::dtype::DType;
use crate::layout::Layout;

impl Tensor {
    fn with(&self, layout: Layout) -> Tensor {
        Tensor {
            dtype: self.dtype,
            layout,
            storage: self.storage.clone(),
        }
    }

    /// The same elements in another shape, one length of which may be -1. Shares the bytes
    /// unless there are gaps between them.
    ///
    /// # Errors
    /// `Misuse`: another number of elements. `Device`: no memory.
    pub fn reshape(&self, shape: &[i64]) -> Result<Tensor, Error> {
        match self.layout.reshaped(shape)? {
            Some(layout) => Ok(self.with(layout)),
            None => self.packed()?.reshape(shape),
        }
    }

    /// A view of every `step`th of `length` indices from `start` of one dimension.
    ///
    /// # Errors
    /// `Misuse`: it reaches beyond the dimension.
    pub fn slice(
        &self,
        axis: usize,
        start: usize,
        length: usize,
        step: usize,
    ) -> Result<Tensor, Error> {
        Ok(self.with(self.layout.sliced(axis, start, length, step)?))
    }

    /// A view of one index of the first dimension, without that dimension.
    ///
    /// # Errors
    /// `Misuse`: there is no such index.
    pub fn at(&self, index: usize) -> Result<Tensor, Error> {
        Ok(self.with(self.layout.at(index)?))
    }

    /// Itself, or a copy without gaps.
    ///
    /// # Errors
    /// `Device`: no memory. `Protocol`: the mapped file behind it was made shorter.
    pub fn packed(&self) -> Result<Tensor, Error> {
        if self.packed_bytes().is_some() {
            return Ok(self.clone());
        }
        let packed = Tensor::filled(self.dtype, self.shape(), |bytes| self.copy_packed(bytes))?;
        self.storage.check()?;
        Ok(packed)
    }

    /// Itself, or a copy in another type: what does not fit becomes the nearest that does, a
    /// fraction is cut off, NaN is 0 in integer types, and a bool is whether it is not 0.
    ///
    /// # Errors
    /// As [`Tensor::packed`].
    pub fn cast(&self, dtype: DType) -> Result<Tensor, Error> {
        if dtype == self.dtype {
            return Ok(self.clone());
        }
        let cast = Tensor::filled(dtype, self.shape(), |bytes| {
            for (index, number) in self.numbers().enumerate() {
                dtype.store(bytes, index, number);
            }
        })?;
        self.storage.check()?;
        Ok(cast)
    }
}
