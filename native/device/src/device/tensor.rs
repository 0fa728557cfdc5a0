//! A tensor in a device's memory: a type and a shape over a buffer, and no more. What it holds
//! is seen by copying it to host memory.

use tusk_runtime::error::{Error, Kind as Failure};

use super::buffer::Buffer;
use crate::dtype::DType;
use crate::layout::Layout;

/// See the module's description. Clones share the bytes.
#[derive(Clone)]
pub struct DeviceTensor {
    dtype: DType,
    shape: Vec<usize>,
    buffer: Buffer,
}

impl std::fmt::Debug for DeviceTensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.describe())
    }
}

impl DeviceTensor {
    /// A tensor over the beginning of a buffer.
    ///
    /// # Errors
    /// `Misuse`: the buffer is too small, or the shape is impossible.
    pub fn over(dtype: DType, shape: &[usize], buffer: &Buffer) -> Result<DeviceTensor, Error> {
        let needed = dtype.bytes_of(Layout::packed(shape)?.count());
        let needed = needed.filter(|&needed| needed <= buffer.len());
        let Some(needed) = needed else {
            return Err(Error::new(
                Failure::Misuse,
                "make a tensor",
                format!(
                    "{}{shape:?} does not fit a buffer of {} bytes",
                    dtype.name(),
                    buffer.len()
                ),
            ));
        };
        Ok(DeviceTensor {
            dtype,
            shape: shape.to_vec(),
            buffer: buffer.view(0, needed)?,
        })
    }

    /// The type of its elements.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Lengths of its dimensions.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its bytes: exactly those of its elements, packed.
    pub fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// `f32[2, 3] on cuda:0`
    pub fn describe(&self) -> String {
        let device = self.buffer.device().label();
        format!("{}{:?} on {device}", self.dtype.name(), self.shape)
    }
}
