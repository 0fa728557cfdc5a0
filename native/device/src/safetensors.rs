//! Files of named tensors (huggingface.co/docs/safetensors describes the format).
//!
//! Eight bytes of length, a JSON object `name: {dtype, shape, data_offsets: [begin, end]}` of
//! that length, and the data. A header is checked whole before anything is made of it: every
//! tensor inside the data, as long as its shape says, and none over another.

use std::path::Path;

use serde_json::{Map, Value};
use tusk_runtime::error::{Error, Kind};

use crate::dtype::DType;
use crate::layout::count_of;
use crate::limits::{RANK, SAFETENSORS_HEADER, SAFETENSORS_TENSORS};
use crate::storage::Storage;
use crate::sys::mmap::Mapping;
use crate::tensor::Tensor;

/// What a header says of one tensor.
#[derive(Debug, PartialEq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Type of its elements.
    pub dtype: DType,
    /// Lengths of its dimensions.
    pub shape: Vec<usize>,
    /// Where in the file it begins and ends.
    pub begin: usize,
    /// See `begin`.
    pub end: usize,
}

/// All tensors of a file, which stays mapped as long as one of them exists, by name.
///
/// # Errors
/// The file cannot be mapped, is no safetensors file, holds what a tensor cannot, or is too
/// short.
pub fn open(path: &Path) -> Result<Vec<(String, Tensor)>, Error> {
    let mapping = Mapping::open(path)?;
    let entries = parse(mapping.bytes());
    mapping.check()?;
    let entries = entries.map_err(|why| {
        Error::new(
            Kind::Protocol,
            "read a safetensors file",
            format!("{}: {why}", mapping.name()),
        )
    })?;
    let storage = Storage::mapped(mapping);
    entries
        .into_iter()
        .map(|entry| {
            let tensor = Tensor::over(entry.dtype, &entry.shape, storage.clone(), entry.begin)?;
            Ok((entry.name, tensor))
        })
        .collect()
}

/// Reads and checks the header of a whole file.
///
/// # Errors
/// What is wrong with it.
pub fn parse(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let (length, rest) = bytes
        .split_first_chunk::<8>()
        .ok_or("it is shorter than its header: it is truncated")?;
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    if length > SAFETENSORS_HEADER {
        return Err(format!(
            "its header has {length} bytes, more than {SAFETENSORS_HEADER} are not read; is it a safetensors file?"
        ));
    }
    let header = rest
        .get(..length)
        .ok_or("it is shorter than its header: it is truncated")?;
    // serde_json bounds the depth at 128 by itself.
    let header: Map<String, Value> = serde_json::from_slice(header)
        .map_err(|error| format!("its header is no JSON: {error}"))?;
    if header.len() > SAFETENSORS_TENSORS {
        return Err(format!(
            "it names {} tensors, more than {SAFETENSORS_TENSORS} are not read",
            header.len()
        ));
    }
    let mut entries = header
        .iter()
        .filter(|(name, _)| *name != "__metadata__")
        .map(|(name, described)| {
            entry(name, described, 8 + length, bytes.len())
                .map_err(|why| format!("tensor {name:?}: {why}"))
        })
        .collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(|entry| (entry.begin, entry.end));
    match entries.windows(2).find(|pair| pair[1].begin < pair[0].end) {
        Some(pair) => Err(format!(
            "tensors {:?} and {:?} overlap",
            pair[0].name, pair[1].name
        )),
        None => Ok(entries),
    }
}

fn entry(name: &str, described: &Value, data: usize, file: usize) -> Result<Entry, String> {
    let dtype = described["dtype"].as_str().ok_or("it has no dtype")?;
    let dtype =
        dtype_of(dtype).ok_or_else(|| format!("its dtype is {dtype}, which is not read"))?;
    let shape = numbers(&described["shape"]).ok_or("its shape is no list of lengths")?;
    if shape.len() > RANK {
        return Err(format!("it has more than {RANK} dimensions"));
    }
    let place = numbers(&described["data_offsets"])
        .and_then(|place| <[usize; 2]>::try_from(place).ok())
        .ok_or("its data_offsets are not two numbers")?;
    let needed = count_of(&shape)
        .and_then(|count| dtype.bytes_of(count))
        .ok_or_else(|| format!("its shape {shape:?} has more elements than memory"))?;
    if place[1].checked_sub(place[0]) != Some(needed) {
        return Err(format!(
            "{} of shape {shape:?} needs {needed} bytes, its data_offsets are {place:?}",
            dtype.name()
        ));
    }
    match data.checked_add(place[1]) {
        Some(end) if end <= file => Ok(Entry {
            name: name.to_owned(),
            dtype,
            shape,
            begin: data + place[0],
            end,
        }),
        _ => Err(format!(
            "it ends at byte {} of the data, the file has {}: it is truncated",
            place[1],
            file - data
        )),
    }
}

fn numbers(value: &Value) -> Option<Vec<usize>> {
    value
        .as_array()?
        .iter()
        .map(|number| usize::try_from(number.as_u64()?).ok())
        .collect()
}

fn dtype_of(name: &str) -> Option<DType> {
    NAMES
        .iter()
        .find(|(_, known)| *known == name)
        .map(|(dtype, _)| *dtype)
}

const NAMES: [(DType, &str); 10] = [
    (DType::F16, "F16"),
    (DType::Bf16, "BF16"),
    (DType::F32, "F32"),
    (DType::F64, "F64"),
    (DType::I8, "I8"),
    (DType::I16, "I16"),
    (DType::I32, "I32"),
    (DType::I64, "I64"),
    (DType::U8, "U8"),
    (DType::Bool, "BOOL"),
];

/// The beginning of a file with this one tensor; its bytes follow. The data begins at a
/// multiple of 64, so that whoever maps the file finds it aligned. `None`: the format has no
/// name for the type.
pub fn header_of(name: &str, tensor: &Tensor) -> Option<Vec<u8>> {
    let (_, dtype) = NAMES.iter().find(|(dtype, _)| *dtype == tensor.dtype())?;
    let mut described = Map::new();
    described.insert("dtype".into(), (*dtype).into());
    described.insert("shape".into(), tensor.shape().to_vec().into());
    described.insert("data_offsets".into(), vec![0, tensor.byte_len()].into());
    let mut header = Map::new();
    header.insert(name.into(), Value::Object(described));
    let mut text = Value::Object(header).to_string();
    while (8 + text.len()) % crate::limits::ALIGNMENT != 0 {
        text.push(' ');
    }
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text.as_bytes());
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tusk_runtime::random::Random;

    fn file(header: &str, data: usize) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.extend(vec![1; data]);
        bytes
    }

    const GOOD: &str = r#"{"__metadata__":{"format":"pt"},
        "a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},
        "b":{"dtype":"BF16","shape":[],"data_offsets":[24,26]}}"#;

    #[test]
    fn a_header_is_read() {
        let entries = parse(&file(GOOD, 26)).expect("good");
        let begin = 8 + GOOD.len();
        assert_eq!(entries.len(), 2);
        assert_eq!((entries[0].begin, entries[0].end), (begin, begin + 24));
        assert_eq!((entries[1].dtype, entries[1].shape.len()), (DType::Bf16, 0));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let one = |dtype: &str, shape: &str, place: &str| {
            format!(r#"{{"a":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{place}}}}}"#)
        };
        for (header, why) in [
            (one("F32", "[6]", "[0,28]"), "needs 24 bytes"),
            (one("F32", "[8]", "[0,32]"), "truncated"),
            (one("F32", "[4611686018427387904,8]", "[0,24]"), "more elements"),
            (one("F32", "[-1]", "[0,4]"), "no list of lengths"),
            (one("F32", "[1]", "[4]"), "two numbers"),
            (one("F32", "[1]", "[18446744073709551615,3]"), "needs 4 bytes"),
            (one("F8_E4M3", "[1]", "[0,1]"), "not read"),
            ("[]".into(), "no JSON"),
            ("{\"a\":1}".into(), "no dtype"),
            (
                r#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[3,7]}}"#
                    .into(),
                "overlap",
            ),
        ] {
            let error = parse(&file(&header, 24)).expect_err(&header);
            assert!(error.contains(why), "{header}: {error}");
        }
        assert!(parse(&[1, 2, 3]).is_err());
        assert!(parse(&u64::MAX.to_le_bytes()).is_err());
    }

    #[test]
    fn damaged_headers_never_panic_nor_reach_beyond_the_file() {
        let good = file(GOOD, 26);
        let mut random = Random::new(5);
        for _ in 0..20_000 {
            let mut bytes = good.clone();
            for _ in 0..1 + random.below(3) {
                let place = random.below(bytes.len());
                bytes[place] = random.number() as u8;
            }
            bytes.truncate(random.below(bytes.len() + 1));
            for entry in parse(&bytes).unwrap_or_default() {
                assert!(entry.begin <= entry.end && entry.end <= bytes.len());
            }
        }
    }

    #[test]
    fn what_was_written_is_read_back() {
        let tensor = Tensor::filled(DType::F16, &[3, 5], |bytes| bytes.fill(9)).expect("small");
        let mut bytes = header_of("t", &tensor).expect("known type");
        assert_eq!(bytes.len() % 64, 0);
        bytes.extend(&*tensor.to_bytes().expect("memory"));
        let entries = parse(&bytes).expect("good");
        assert_eq!(
            (entries[0].dtype, &entries[0].shape[..]),
            (DType::F16, &[3, 5][..])
        );
    }
}
