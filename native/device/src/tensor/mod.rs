//! Tensors in host memory: a type, a layout, and shared bytes. Nothing here changes bytes
//! that somebody may see: views share them, everything else makes new ones.
//!
//! Invariant: every place of the layout lies inside the storage; constructors check it.
//! No arithmetic lives here: what inference needs to arrange its inputs, and no more.

mod join;
mod view;

use std::borrow::Cow;

use tusk_runtime::error::{Error, Kind};

use crate::dtype::{DType, Number};
use crate::layout::Layout;
use crate::storage::{Owner, Storage};

/// See the module's description. Clones share the bytes.
#[derive(Clone)]
pub struct Tensor {
    dtype: DType,
    layout: Layout,
    storage: Storage,
}

impl std::fmt::Debug for Tensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.describe())
    }
}

impl Tensor {
    /// A tensor over bytes, which begin with its first element and may be more than it needs.
    ///
    /// # Errors
    /// `Misuse`: the bytes are too few, or the shape is impossible.
    pub fn over(
        dtype: DType,
        shape: &[usize],
        storage: Storage,
        first_byte: usize,
    ) -> Result<Tensor, Error> {
        let mut layout = Layout::packed(shape)?;
        let needed = dtype
            .bytes_of(layout.count())
            .and_then(|needed| needed.checked_add(first_byte));
        let there = storage.bytes().len();
        if needed.is_none_or(|needed| needed > there) {
            return Err(Error::new(
                Kind::Misuse,
                "make a tensor",
                format!(
                    "{} of shape {shape:?} needs {} bytes from byte {first_byte} on, there are {there}",
                    dtype.name(),
                    dtype
                        .bytes_of(layout.count())
                        .map_or_else(|| "too many".into(), |n| n.to_string()),
                ),
            ));
        }
        let bits = first_byte * 8;
        if first_byte > 0 {
            if bits % dtype.bits() != 0 {
                // Odd places cannot be counted in elements: the bytes move once.
                let length = dtype.bytes_of(layout.count()).unwrap_or(0);
                let part = &storage.bytes()[first_byte..first_byte + length];
                let moved = Storage::filled(length, |bytes| bytes.copy_from_slice(part))?;
                storage.check()?;
                return Tensor::over(dtype, shape, moved, 0);
            }
            layout = layout.moved_by(bits / dtype.bits());
        }
        Ok(Tensor {
            dtype,
            layout,
            storage,
        })
    }

    /// A tensor of exactly what an owner keeps.
    ///
    /// # Errors
    /// `Misuse`: the owner's bytes are fewer or more than the shape needs.
    pub fn from_owner(dtype: DType, shape: &[usize], owner: impl Owner) -> Result<Tensor, Error> {
        let length = owner.bytes().len();
        let tensor = Tensor::over(dtype, shape, Storage::held(owner), 0)?;
        if tensor.byte_len() != length {
            return Err(Error::new(
                Kind::Misuse,
                "make a tensor",
                format!(
                    "{} of shape {shape:?} needs {} bytes, {length} were given",
                    dtype.name(),
                    tensor.byte_len()
                ),
            ));
        }
        Ok(tensor)
    }

    /// A tensor whose packed bytes `fill` writes; they are zero before.
    ///
    /// # Errors
    /// `Misuse`: the shape is impossible. `Device`: no memory.
    pub fn filled(
        dtype: DType,
        shape: &[usize],
        fill: impl FnOnce(&mut [u8]),
    ) -> Result<Tensor, Error> {
        let layout = Layout::packed(shape)?;
        let length = dtype.bytes_of(layout.count()).unwrap_or(usize::MAX);
        Ok(Tensor {
            dtype,
            layout,
            storage: Storage::filled(length, fill)?,
        })
    }

    /// A tensor of numbers in order, each converted.
    ///
    /// # Errors
    /// As [`Tensor::filled`]; `Misuse` when there are more or fewer numbers than elements.
    pub fn from_numbers(
        dtype: DType,
        shape: &[usize],
        numbers: &[Number],
    ) -> Result<Tensor, Error> {
        let count = Layout::packed(shape)?.count();
        if count != numbers.len() {
            return Err(Error::new(
                Kind::Misuse,
                "make a tensor",
                format!(
                    "the shape {shape:?} has {count} elements, {} were given",
                    numbers.len()
                ),
            ));
        }
        Tensor::filled(dtype, shape, |bytes| {
            for (index, &number) in numbers.iter().enumerate() {
                dtype.store(bytes, index, number);
            }
        })
    }

    /// The type of its elements.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Lengths of its dimensions.
    pub fn shape(&self) -> &[usize] {
        self.layout.shape()
    }

    /// Where its elements lie.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The bytes it is a view of.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// How many elements it has.
    pub fn count(&self) -> usize {
        self.layout.count()
    }

    /// How many bytes its elements take when they are packed.
    pub fn byte_len(&self) -> usize {
        self.dtype.bytes_of(self.count()).unwrap_or(0)
    }

    /// `f32[2, 3]`
    pub fn describe(&self) -> String {
        format!("{}{:?}", self.dtype.name(), self.shape())
    }

    /// Its packed bytes where they lie; `None` when there are gaps between its elements, or
    /// it begins in the middle of a byte.
    pub fn packed_bytes(&self) -> Option<&[u8]> {
        let first = self.layout.offset() * self.dtype.bits();
        if !self.layout.is_packed() || first % 8 != 0 {
            return None;
        }
        self.storage
            .bytes()
            .get(first / 8..first / 8 + self.byte_len())
    }

    /// Its packed bytes, collected where they have gaps. Who reads borrowed ones asks
    /// [`Storage::check`] afterwards.
    ///
    /// # Errors
    /// `Protocol`: the mapped file behind it was made shorter.
    pub fn to_bytes(&self) -> Result<Cow<'_, [u8]>, Error> {
        let bytes = match self.packed_bytes() {
            Some(bytes) => Cow::Borrowed(bytes),
            None => {
                let mut bytes = vec![0; self.byte_len()];
                self.copy_packed(&mut bytes);
                Cow::Owned(bytes)
            }
        };
        self.storage.check()?;
        Ok(bytes)
    }

    /// Writes its packed bytes; `to` has [`Tensor::byte_len`].
    pub fn copy_packed(&self, to: &mut [u8]) {
        if let Some(bytes) = self.packed_bytes() {
            to.copy_from_slice(bytes);
            return;
        }
        let from = self.storage.bytes();
        if self.dtype == DType::I4 {
            for (index, place) in self.layout.places().enumerate() {
                self.dtype.store(to, index, self.dtype.load(from, place));
            }
            return;
        }
        let size = self.dtype.bits() / 8;
        let (length, outer) = self.layout.runs();
        let length = length * size;
        if length == 0 {
            return;
        }
        for (part, place) in to.chunks_exact_mut(length).zip(outer.places()) {
            part.copy_from_slice(&from[place * size..place * size + length]);
        }
    }

    /// Its elements in order.
    pub fn numbers(&self) -> impl Iterator<Item = Number> + '_ {
        let (bytes, dtype) = (self.storage.bytes(), self.dtype);
        self.layout
            .places()
            .map(move |place| dtype.load(bytes, place))
    }
}
