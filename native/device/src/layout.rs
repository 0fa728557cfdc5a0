//! Shape, strides and offset: where the elements of a tensor lie. Pure.
//!
//! Strides and the offset count elements, not bytes. Invariant: the product of the shape and
//! the largest index fit a `usize`; every constructor checks it, so sums of strides below do
//! not overflow.

use crate::limits::RANK;
use tusk_runtime::error::{Error, Kind};

/// See the module's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    shape: Vec<usize>,
    strides: Vec<usize>,
    offset: usize,
}

fn misuse(operation: &'static str, detail: String) -> Error {
    Error::new(Kind::Misuse, operation, detail)
}

/// Elements of a shape; `None` when it is too large.
pub fn count_of(shape: &[usize]) -> Option<usize> {
    // Zeros are left out first: [0, huge, huge] must not pass as small in one order only.
    let product = shape
        .iter()
        .filter(|&&length| length != 0)
        .try_fold(1usize, |product, &length| product.checked_mul(length))?;
    (product <= isize::MAX as usize).then_some(if shape.contains(&0) { 0 } else { product })
}

impl Layout {
    /// Rows one after the other, the last dimension fastest.
    ///
    /// # Errors
    /// `Misuse`: too many dimensions or elements.
    pub fn packed(shape: &[usize]) -> Result<Layout, Error> {
        if shape.len() > RANK {
            return Err(misuse(
                "make a tensor",
                format!(
                    "its shape has {} dimensions, at most {RANK} are possible",
                    shape.len()
                ),
            ));
        }
        if count_of(shape).is_none() {
            return Err(misuse(
                "make a tensor",
                format!("the shape {shape:?} has more elements than memory"),
            ));
        }
        let mut strides = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis].max(1);
        }
        Ok(Layout {
            shape: shape.to_vec(),
            strides,
            offset: 0,
        })
    }

    /// The same, so many elements further on; the caller has checked that they are there.
    pub fn moved_by(mut self, elements: usize) -> Layout {
        self.offset += elements;
        self
    }

    /// Lengths of the dimensions; none for a single number.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Elements from one index of a dimension to the next.
    pub fn strides(&self) -> &[usize] {
        &self.strides
    }

    /// Where the first element is.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// How many elements there are.
    pub fn count(&self) -> usize {
        count_of(&self.shape).unwrap_or(0)
    }

    /// Do the elements lie one after the other, without gaps?
    pub fn is_packed(&self) -> bool {
        let mut expected = 1;
        self.shape
            .iter()
            .zip(&self.strides)
            .rev()
            .all(|(&length, &stride)| {
                let fits = length <= 1 || stride == expected;
                expected *= length.max(1);
                fits
            })
            || self.count() == 0
    }

    /// The same elements in another shape; one length may be -1, which is what is left.
    /// `None`: they would have to be moved.
    ///
    /// # Errors
    /// `Misuse`: the shape has another number of elements.
    pub fn reshaped(&self, shape: &[i64]) -> Result<Option<Layout>, Error> {
        let shape = self.complete(shape)?;
        if !self.is_packed() {
            return Ok(None);
        }
        let mut layout = Layout::packed(&shape)?;
        layout.offset = self.offset;
        Ok(Some(layout))
    }

    /// A shape without its -1.
    ///
    /// # Errors
    /// `Misuse`: it does not have as many elements as this.
    pub fn complete(&self, shape: &[i64]) -> Result<Vec<usize>, Error> {
        let wrong = || {
            misuse(
                "reshape a tensor",
                format!(
                    "{:?} has {} elements and does not become {shape:?}; one length may be -1, for what is left",
                    self.shape,
                    self.count()
                ),
            )
        };
        let open = shape.iter().filter(|&&length| length == -1).count();
        if open > 1 || shape.iter().any(|&length| length < -1) {
            return Err(wrong());
        }
        let known: Vec<usize> = shape
            .iter()
            .filter(|&&length| length != -1)
            .map(|&length| length as usize)
            .collect();
        let known = count_of(&known).ok_or_else(wrong)?;
        let count = self.count();
        let rest = match (open, known) {
            (0, _) if known == count => 0,
            (1, 1..) if count % known == 0 => count / known,
            _ => return Err(wrong()),
        };
        Ok(shape
            .iter()
            .map(|&length| usize::try_from(length).unwrap_or(rest))
            .collect())
    }

    /// Every `step`th of `length` indices from `start` of one dimension.
    ///
    /// # Errors
    /// `Misuse`: it reaches beyond the dimension.
    pub fn sliced(
        &self,
        axis: usize,
        start: usize,
        length: usize,
        step: usize,
    ) -> Result<Layout, Error> {
        let whole = *self.shape.get(axis).ok_or_else(|| {
            misuse(
                "slice a tensor",
                format!("there is no dimension {axis} in the shape {:?}", self.shape),
            )
        })?;
        let last = match length {
            0 => Some(start),
            _ => (length - 1)
                .checked_mul(step)
                .and_then(|reach| reach.checked_add(start)?.checked_add(1)),
        };
        if step == 0 || last.is_none_or(|last| last > whole) {
            return Err(misuse(
                "slice a tensor",
                format!(
                    "{length} from {start} in steps of {step} reach beyond dimension {axis}, which has {whole}"
                ),
            ));
        }
        let mut layout = self.clone();
        if length > 0 {
            layout.offset += start * self.strides[axis];
        }
        layout.shape[axis] = length;
        layout.strides[axis] = self.strides[axis].saturating_mul(step);
        Ok(layout)
    }

    /// One index of the first dimension, which is gone then.
    ///
    /// # Errors
    /// `Misuse`: there is no such index.
    pub fn at(&self, index: usize) -> Result<Layout, Error> {
        let mut layout = self.sliced(0, index, 1, 1)?;
        layout.shape.remove(0);
        layout.strides.remove(0);
        Ok(layout)
    }

    /// Places of the elements in order, each counted in elements.
    pub fn places(&self) -> Places<'_> {
        Places {
            layout: self,
            index: vec![0; self.shape.len()],
            place: self.offset,
            left: self.count(),
        }
    }

    /// Runs of elements that lie one after the other, in order: where each begins. All have
    /// the length that is returned.
    pub fn runs(&self) -> (usize, Layout) {
        let mut length = 1;
        let mut axes = self.shape.len();
        while axes > 0 && (self.strides[axes - 1] == length || self.shape[axes - 1] == 1) {
            length *= self.shape[axes - 1];
            axes -= 1;
        }
        let outer = Layout {
            shape: self.shape[..axes].to_vec(),
            strides: self.strides[..axes].to_vec(),
            offset: self.offset,
        };
        (length, outer)
    }
}

/// See [`Layout::places`].
pub struct Places<'a> {
    layout: &'a Layout,
    index: Vec<usize>,
    place: usize,
    left: usize,
}

impl Iterator for Places<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let place = self.place;
        for axis in (0..self.index.len()).rev() {
            self.index[axis] += 1;
            self.place += self.layout.strides[axis];
            if self.index[axis] < self.layout.shape[axis] || self.left == 0 {
                break;
            }
            self.place -= self.layout.strides[axis] * self.index[axis];
            self.index[axis] = 0;
        }
        Some(place)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tusk_runtime::random::Random;

    /// The naive oracle: all indices by nested counting.
    fn by_counting(layout: &Layout) -> Vec<usize> {
        let mut places = vec![layout.offset];
        for (&length, &stride) in layout.shape.iter().zip(&layout.strides) {
            places = places
                .iter()
                .flat_map(|place| (0..length).map(move |index| place + index * stride))
                .collect();
        }
        places
    }

    #[test]
    fn places_of_random_slices_are_those_of_the_oracle() {
        let mut random = Random::new(7);
        for _ in 0..2000 {
            let rank = random.below(5);
            let shape: Vec<usize> = (0..rank).map(|_| random.below(4)).collect();
            let mut layout = Layout::packed(&shape).expect("small");
            for axis in 0..rank {
                let whole = shape[axis];
                let start = random.below(whole + 1);
                let step = 1 + random.below(2);
                let most = (whole - start).div_ceil(step);
                let length = random.below(most + 1);
                layout = layout.sliced(axis, start, length, step).expect("inside");
            }
            let places: Vec<usize> = layout.places().collect();
            assert_eq!(places, by_counting(&layout), "{layout:?}");
            let (length, outer) = layout.runs();
            let from_runs: Vec<usize> = outer
                .places()
                .flat_map(|place| place..place + length)
                .collect();
            assert_eq!(places, from_runs, "{layout:?}");
            if layout.is_packed() {
                let count = places.len();
                assert_eq!(
                    places,
                    (layout.offset..layout.offset + count).collect::<Vec<_>>()
                );
            }
        }
    }

    #[test]
    fn shapes_that_overflow_are_refused() {
        assert!(Layout::packed(&[usize::MAX, 2]).is_err());
        assert!(Layout::packed(&[0, usize::MAX, 2]).is_err());
        assert!(Layout::packed(&[1; RANK + 1]).is_err());
        let layout = Layout::packed(&[4]).expect("small");
        assert!(layout.sliced(0, usize::MAX, 2, 1).is_err());
        assert!(layout.sliced(0, 0, 2, usize::MAX).is_err());
        assert!(layout.sliced(1, 0, 1, 1).is_err());
    }

    #[test]
    fn one_length_may_be_what_is_left() {
        let layout = Layout::packed(&[2, 6]).expect("small");
        assert_eq!(layout.complete(&[3, -1]).expect("fits"), [3, 4]);
        assert!(layout.complete(&[5, -1]).is_err());
        assert!(layout.complete(&[-1, -1]).is_err());
        assert!(layout.complete(&[0, -1]).is_err());
        assert!(layout.complete(&[-2, -6]).is_err());
        let strided = layout.sliced(1, 0, 3, 2).expect("inside");
        assert_eq!(strided.reshaped(&[6]).expect("fits"), None);
    }
}
