//! Files of numpy (format 1.0 to 3.0: numpy's `lib/format.py` describes it).
//!
//! `\x93NUMPY`, two bytes of version, the header's length (2 bytes, 4 from version 2 on,
//! little endian), and the header: a Python dict of `descr`, `fortran_order` and `shape`. It is
//! read by a parser of just that, because the file comes from outside.

use std::path::Path;

use tusk_runtime::error::{Error, Kind};

use crate::dtype::DType;
use crate::layout::count_of;
use crate::limits::{NPY_HEADER, RANK};
use crate::storage::Storage;
use crate::sys::mmap::Mapping;
use crate::tensor::Tensor;

const MAGIC: &[u8] = b"\x93NUMPY";

/// What a header says.
#[derive(Debug, PartialEq)]
pub struct Header {
    /// Type of the elements.
    pub dtype: DType,
    /// Lengths of the dimensions.
    pub shape: Vec<usize>,
    /// Where the elements begin.
    pub data: usize,
}

/// The tensor of a file, which stays mapped as long as the tensor exists.
///
/// # Errors
/// The file cannot be mapped, is no npy file, holds what a tensor cannot, or is too short.
pub fn open(path: &Path) -> Result<Tensor, Error> {
    let mapping = Mapping::open(path)?;
    let header = parse(mapping.bytes());
    mapping.check()?;
    let header = header.map_err(|why| refuse(mapping.name(), &why))?;
    Tensor::over(
        header.dtype,
        &header.shape,
        Storage::mapped(mapping),
        header.data,
    )
}

#[cold]
fn refuse(name: &str, why: &str) -> Error {
    Error::new(Kind::Protocol, "read an npy file", format!("{name}: {why}"))
}

/// Reads the header of a whole file and checks that its elements are there.
///
/// # Errors
/// What is wrong with it.
pub fn parse(bytes: &[u8]) -> Result<Header, String> {
    let rest = bytes
        .strip_prefix(MAGIC)
        .ok_or("it does not begin as an npy file")?;
    let (length, begin) = match *rest {
        [1, _, a, b, ..] => (usize::from(u16::from_le_bytes([a, b])), 10),
        [2 | 3, _, a, b, c, d, ..] => (u32::from_le_bytes([a, b, c, d]) as usize, 12),
        [1..=3, ..] => return Err("it ends inside its header".into()),
        [version, ..] => return Err(format!("its format has the unknown version {version}")),
        [] => return Err("it ends inside its header".into()),
    };
    if length > NPY_HEADER {
        return Err(format!(
            "its header has {length} bytes, more than {NPY_HEADER} are not read"
        ));
    }
    let data = begin + length;
    let text = bytes.get(begin..data).ok_or("it ends inside its header")?;
    let text = std::str::from_utf8(text).map_err(|_| "its header is no text")?;
    let (dtype, shape) = Dict(text).read()?;
    let needed = count_of(&shape)
        .and_then(|count| dtype.bytes_of(count))
        .and_then(|needed| needed.checked_add(data))
        .ok_or_else(|| format!("its shape {shape:?} has more elements than memory"))?;
    if needed > bytes.len() {
        return Err(format!(
            "{} of shape {shape:?} needs {needed} bytes, the file has {}: it is truncated",
            dtype.name(),
            bytes.len()
        ));
    }
    Ok(Header { dtype, shape, data })
}

/// What is left of a header.
struct Dict<'a>(&'a str);

impl<'a> Dict<'a> {
    fn read(mut self) -> Result<(DType, Vec<usize>), String> {
        let (mut dtype, mut shape, mut fortran) = (None, None, false);
        self.expect('{')?;
        while !self.takes('}') {
            match self.string()? {
                "descr" => {
                    self.expect(':')?;
                    dtype = Some(dtype_of(self.string()?)?);
                }
                "fortran_order" => {
                    self.expect(':')?;
                    fortran = self.truth()?;
                }
                "shape" => {
                    self.expect(':')?;
                    shape = Some(self.shape()?);
                }
                other => return Err(format!("its header has the unknown key {other:?}")),
            }
            if !self.takes(',') {
                self.expect('}')?;
                break;
            }
        }
        let dtype = dtype.ok_or("its header has no descr")?;
        let shape = shape.ok_or("its header has no shape")?;
        let one_way = shape.iter().filter(|&&length| length > 1).count() <= 1;
        if fortran && !one_way {
            return Err(
                "its elements are in Fortran's order; save numpy.ascontiguousarray(a)".into(),
            );
        }
        Ok((dtype, shape))
    }

    fn skip(&mut self) {
        self.0 = self.0.trim_start();
    }

    fn takes(&mut self, sign: char) -> bool {
        self.skip();
        match self.0.strip_prefix(sign) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, sign: char) -> Result<(), String> {
        if self.takes(sign) {
            return Ok(());
        }
        let found: String = self.0.chars().take(20).collect();
        Err(format!("its header has {found:?} where {sign:?} belongs"))
    }

    fn string(&mut self) -> Result<&'a str, String> {
        self.skip();
        let quote = self
            .0
            .chars()
            .next()
            .filter(|sign| matches!(sign, '\'' | '"'))
            .ok_or("its header has something else where a string belongs; structured types are not read")?;
        let (text, rest) = self.0[1..]
            .split_once(quote)
            .ok_or("its header has a string without an end")?;
        self.0 = rest;
        Ok(text)
    }

    fn truth(&mut self) -> Result<bool, String> {
        self.skip();
        for (word, truth) in [("False", false), ("True", true)] {
            if let Some(rest) = self.0.strip_prefix(word) {
                self.0 = rest;
                return Ok(truth);
            }
        }
        Err("fortran_order is neither True nor False".into())
    }

    fn shape(&mut self) -> Result<Vec<usize>, String> {
        self.expect('(')?;
        let mut shape = Vec::new();
        while !self.takes(')') {
            if shape.len() == RANK {
                return Err(format!("it has more than {RANK} dimensions"));
            }
            self.skip();
            let digits = self.0.bytes().take_while(u8::is_ascii_digit).count();
            let length = self.0[..digits]
                .parse()
                .map_err(|_| "its shape has something that is no length")?;
            self.0 = &self.0[digits..];
            shape.push(length);
            if !self.takes(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(shape)
    }
}

fn dtype_of(text: &str) -> Result<DType, String> {
    Ok(match text {
        "<f2" => DType::F16,
        "<f4" => DType::F32,
        "<f8" => DType::F64,
        "|i1" | "<i1" => DType::I8,
        "<i2" => DType::I16,
        "<i4" => DType::I32,
        "<i8" => DType::I64,
        "|u1" | "<u1" => DType::U8,
        "|b1" => DType::Bool,
        _ => {
            return Err(format!(
                "its elements are {text:?}; read are little-endian f2, f4, f8, i1, i2, i4, i8, u1 and b1"
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tusk_runtime::random::Random;

    fn file(header: &str, data: usize) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([1, 0]);
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(vec![1; data]);
        bytes
    }

    #[test]
    fn headers_as_numpy_writes_them() {
        let of = |text: &str, data| parse(&file(text, data));
        let header = of(
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n",
            24,
        );
        let header = header.expect("good");
        assert_eq!((header.dtype, &header.shape[..]), (DType::F32, &[2, 3][..]));
        let header = of(
            "{'descr': '|u1', 'fortran_order': True, 'shape': (5,), }\n",
            5,
        );
        assert_eq!(header.expect("one dimension").shape, [5]);
        let header = of(
            "{'descr': '<i8', 'fortran_order': False, 'shape': (), }\n",
            8,
        );
        assert_eq!(header.expect("a number").shape, [0; 0]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (header, data, why) in [
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}",
                23,
                "truncated",
            ),
            (
                "{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}",
                4,
                "little-endian",
            ),
            (
                "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2)}",
                16,
                "Fortran",
            ),
            (
                "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}",
                8,
                "structured",
            ),
            (
                "{'descr': '<f4', 'shape': (4611686018427387904, 8)}",
                8,
                "more elements",
            ),
            (
                "{'descr': '<f4', 'shape': (0, 4611686018427387904, 8)}",
                8,
                "more elements",
            ),
            ("{'descr': '<f4', 'shape': (-1,)}", 8, "no length"),
            ("{'descr': '<f4'}", 8, "no shape"),
            ("{'descr': '<f4', 'shape': (1,), 'x': 1}", 8, "unknown key"),
            ("", 8, "where '{' belongs"),
        ] {
            let error = parse(&file(header, data)).expect_err(header);
            assert!(error.contains(why), "{header}: {error}");
        }
        assert!(parse(b"PK\x03\x04").is_err());
        assert!(parse(b"\x93NUMPY\x02\x00\xff\xff\xff\xff").is_err());
        assert!(parse(b"\x93NUMPY\x09\x00").is_err());
        assert!(parse(MAGIC).is_err());
    }

    #[test]
    fn damaged_headers_never_panic_nor_reach_beyond_the_file() {
        let good = file(
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n",
            24,
        );
        let mut random = Random::new(3);
        for _ in 0..50_000 {
            let mut bytes = good.clone();
            for _ in 0..1 + random.below(4) {
                let place = random.below(bytes.len());
                bytes[place] = random.number() as u8;
            }
            bytes.truncate(random.below(bytes.len() + 1));
            if let Ok(header) = parse(&bytes) {
                let count = count_of(&header.shape).expect("checked");
                assert!(
                    header.data + header.dtype.bytes_of(count).expect("checked") <= bytes.len()
                );
            }
        }
    }
}
