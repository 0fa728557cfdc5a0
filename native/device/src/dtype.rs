//! Types of elements, and single elements as numbers.
//!
//! Numbers are the machine's own byte order; every platform that Tusk builds for is little
//! endian, as the file formats are.

use half::{bf16, f16};

/// The type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DType {
    /// IEEE half precision.
    F16,
    /// The upper half of an `F32`.
    Bf16,
    /// IEEE single precision.
    F32,
    /// IEEE double precision, PHP's float.
    F64,
    /// 8 bits, signed.
    I8,
    /// 16 bits, signed.
    I16,
    /// 32 bits, signed.
    I32,
    /// 64 bits, signed, PHP's int.
    I64,
    /// 8 bits, unsigned.
    U8,
    /// One byte, 0 or 1.
    Bool,
    /// Signed, two in a byte, the first in its low half (as ONNX packs them).
    I4,
}

/// One element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Of an integer type.
    Int(i64),
    /// Of a floating point type.
    Float(f64),
    /// Of `Bool`.
    Bool(bool),
}

impl DType {
    /// All of them.
    pub const ALL: [DType; 11] = [
        DType::F16,
        DType::Bf16,
        DType::F32,
        DType::F64,
        DType::I8,
        DType::I16,
        DType::I32,
        DType::I64,
        DType::U8,
        DType::Bool,
        DType::I4,
    ];

    /// Its name, as PHP code writes it.
    pub fn name(self) -> &'static str {
        match self {
            DType::F16 => "f16",
            DType::Bf16 => "bf16",
            DType::F32 => "f32",
            DType::F64 => "f64",
            DType::I8 => "i8",
            DType::I16 => "i16",
            DType::I32 => "i32",
            DType::I64 => "i64",
            DType::U8 => "u8",
            DType::Bool => "bool",
            DType::I4 => "i4",
        }
    }

    /// The type of this name.
    pub fn parse(name: &str) -> Option<DType> {
        DType::ALL.into_iter().find(|dtype| dtype.name() == name)
    }

    /// Bits of an element.
    pub fn bits(self) -> usize {
        match self {
            DType::I4 => 4,
            DType::I8 | DType::U8 | DType::Bool => 8,
            DType::F16 | DType::Bf16 | DType::I16 => 16,
            DType::F32 | DType::I32 => 32,
            DType::F64 | DType::I64 => 64,
        }
    }

    /// Bytes that `count` elements take, packed; `None` when that is more than memory has.
    pub fn bytes_of(self, count: usize) -> Option<usize> {
        match self {
            DType::I4 => Some(count.div_ceil(2)),
            other => count.checked_mul(other.bits() / 8),
        }
    }

    /// Is it one of the floating point types?
    pub fn is_float(self) -> bool {
        matches!(self, DType::F16 | DType::Bf16 | DType::F32 | DType::F64)
    }

    /// The element at `index` of packed bytes, which have to reach that far.
    #[inline]
    pub fn load(self, bytes: &[u8], index: usize) -> Number {
        match self {
            DType::F16 => Number::Float(f16::from_ne_bytes(at(bytes, index)).to_f64()),
            DType::Bf16 => Number::Float(bf16::from_ne_bytes(at(bytes, index)).to_f64()),
            DType::F32 => Number::Float(f64::from(f32::from_ne_bytes(at(bytes, index)))),
            DType::F64 => Number::Float(f64::from_ne_bytes(at(bytes, index))),
            DType::I8 => Number::Int(i64::from(bytes[index] as i8)),
            DType::I16 => Number::Int(i64::from(i16::from_ne_bytes(at(bytes, index)))),
            DType::I32 => Number::Int(i64::from(i32::from_ne_bytes(at(bytes, index)))),
            DType::I64 => Number::Int(i64::from_ne_bytes(at(bytes, index))),
            DType::U8 => Number::Int(i64::from(bytes[index])),
            DType::Bool => Number::Bool(bytes[index] != 0),
            DType::I4 => {
                let low = bytes[index / 2] >> (index % 2 * 4) & 0xf;
                Number::Int(i64::from((low << 4) as i8 >> 4))
            }
        }
    }

    /// Writes the element at `index`. What does not fit becomes the nearest that does, a
    /// fraction is cut off, and NaN is 0 in integer types.
    #[inline]
    pub fn store(self, bytes: &mut [u8], index: usize, number: Number) {
        match self {
            DType::F16 => put(bytes, index, f16::from_f64(number.float()).to_ne_bytes()),
            DType::Bf16 => put(bytes, index, bf16::from_f64(number.float()).to_ne_bytes()),
            DType::F32 => put(bytes, index, (number.float() as f32).to_ne_bytes()),
            DType::F64 => put(bytes, index, number.float().to_ne_bytes()),
            DType::I8 => bytes[index] = number.clamped(-128, 127) as u8,
            DType::I16 => put(
                bytes,
                index,
                (number.clamped(-32768, 32767) as i16).to_ne_bytes(),
            ),
            DType::I32 => {
                let value = number.clamped(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
                put(bytes, index, value.to_ne_bytes());
            }
            DType::I64 => put(bytes, index, number.int().to_ne_bytes()),
            DType::U8 => bytes[index] = number.clamped(0, 255) as u8,
            DType::Bool => bytes[index] = u8::from(number.truth()),
            DType::I4 => {
                let (byte, shift) = (&mut bytes[index / 2], index % 2 * 4);
                let low = number.clamped(-8, 7) as u8 & 0xf;
                *byte = *byte & !(0xf << shift) | low << shift;
            }
        }
    }
}

#[inline]
fn at<const N: usize>(bytes: &[u8], index: usize) -> [u8; N] {
    let mut element = [0; N];
    element.copy_from_slice(&bytes[index * N..index * N + N]);
    element
}

#[inline]
fn put<const N: usize>(bytes: &mut [u8], index: usize, element: [u8; N]) {
    bytes[index * N..index * N + N].copy_from_slice(&element);
}

impl Number {
    /// As a floating point number.
    #[inline]
    pub fn float(self) -> f64 {
        match self {
            Number::Int(number) => number as f64,
            Number::Float(number) => number,
            Number::Bool(truth) => f64::from(u8::from(truth)),
        }
    }

    /// As an integer: the nearest towards zero, 0 for NaN.
    #[inline]
    pub fn int(self) -> i64 {
        match self {
            Number::Int(number) => number,
            Number::Float(number) => number as i64,
            Number::Bool(truth) => i64::from(truth),
        }
    }

    /// Is it anything but zero?
    #[inline]
    pub fn truth(self) -> bool {
        match self {
            Number::Int(number) => number != 0,
            Number::Float(number) => number != 0.0,
            Number::Bool(truth) => truth,
        }
    }

    #[inline]
    fn clamped(self, low: i64, high: i64) -> i64 {
        self.int().clamp(low, high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for dtype in DType::ALL {
            assert_eq!(DType::parse(dtype.name()), Some(dtype));
        }
        assert_eq!(DType::parse("float32"), None);
    }

    #[test]
    fn small_integers_survive_every_type_and_every_place() {
        for dtype in DType::ALL {
            let mut bytes = vec![0; dtype.bytes_of(9).expect("small")];
            let of = |index: usize| match dtype {
                DType::Bool => Number::Bool(index % 2 == 1),
                DType::U8 => Number::Int(index as i64),
                _ if dtype.is_float() => Number::Float(index as f64 - 4.0),
                _ => Number::Int(index as i64 - 4),
            };
            (0..9).for_each(|index| dtype.store(&mut bytes, index, of(index)));
            (0..9).for_each(|index| assert_eq!(dtype.load(&bytes, index), of(index), "{dtype:?}"));
        }
    }

    #[test]
    fn what_does_not_fit_becomes_the_nearest_that_does() {
        let stored = |dtype: DType, number| {
            let mut bytes = vec![0; 8];
            dtype.store(&mut bytes, 0, number);
            dtype.load(&bytes, 0)
        };
        assert_eq!(stored(DType::I8, Number::Float(1e9)), Number::Int(127));
        assert_eq!(stored(DType::U8, Number::Int(-5)), Number::Int(0));
        assert_eq!(stored(DType::I4, Number::Int(99)), Number::Int(7));
        assert_eq!(stored(DType::I32, Number::Float(f64::NAN)), Number::Int(0));
        assert_eq!(
            stored(DType::I64, Number::Float(f64::INFINITY)),
            Number::Int(i64::MAX)
        );
        assert_eq!(stored(DType::I16, Number::Float(-2.9)), Number::Int(-2));
        assert_eq!(
            stored(DType::F16, Number::Float(1e9)),
            Number::Float(f64::INFINITY)
        );
        assert_eq!(stored(DType::Bool, Number::Float(0.5)), Number::Bool(true));
    }
}
