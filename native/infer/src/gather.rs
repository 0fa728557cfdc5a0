//! Several requests' tensors as one batch, and a batch's outputs as theirs.
//!
//! Every named tensor has a batch axis (0 unless said otherwise) along which requests are
//! joined, or none: then it is shared, and all of a batch have the same. Where padding is
//! allowed, other dimensions may differ; shorter ones are filled up at their end, and outputs whose
//! dimension has the same name in the model are cut back.
//!
//! Invariant: what [`Gather::bucket`] calls equal, [`Gather::join`] can join.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use tusk_device::dtype::{DType, Number};
use tusk_device::tensor::Tensor;
use tusk_runtime::error::{Error, Kind};

use crate::port::Port;

/// Named tensors.
pub type Tensors = Vec<(String, Tensor)>;

/// How; see the module's description.
#[derive(Clone, Debug, Default)]
pub struct Gather {
    /// Batch axes that are not 0; `None`: shared.
    pub axes: BTreeMap<String, Option<usize>>,
    /// Inputs that may be padded, and with what.
    pub pad: BTreeMap<String, f64>,
    /// Lengths that padded dimensions are filled up to, growing; empty: to the longest of
    /// the batch. Requests share a batch when theirs are filled up to the same.
    pub buckets: Vec<usize>,
}

fn refuse(detail: String) -> Error {
    Error::new(Kind::Misuse, "put a request into a batch", detail)
}

impl Gather {
    fn axis(&self, name: &str) -> Option<usize> {
        self.axes.get(name).copied().unwrap_or(Some(0))
    }

    fn rounded(&self, length: usize) -> usize {
        let bucket = self.buckets.iter().find(|&&bucket| bucket >= length);
        bucket.copied().unwrap_or(length)
    }

    /// What a request may share a batch with, and its rows.
    ///
    /// # Errors
    /// `Misuse`: an input has no such axis, or inputs disagree about the rows.
    pub fn bucket(&self, inputs: &[(String, Tensor)]) -> Result<(u64, u32), Error> {
        let mut rows = None;
        let mut hasher = DefaultHasher::new();
        let mut sorted: Vec<&(String, Tensor)> = inputs.iter().collect();
        sorted.sort_by(|one, other| one.0.cmp(&other.0));
        for (name, tensor) in sorted {
            (name, tensor.dtype().name(), tensor.shape().len()).hash(&mut hasher);
            let Some(axis) = self.axis(name) else {
                (tensor.shape(), tensor.to_bytes()?).hash(&mut hasher);
                continue;
            };
            let Some(&own) = tensor.shape().get(axis) else {
                return Err(refuse(format!(
                    "input \"{name}\" is {} and has no axis {axis} for the batch; name its axis, or null to share it",
                    tensor.describe()
                )));
            };
            if *rows.get_or_insert(own) != own || own == 0 {
                return Err(refuse(format!(
                    "input \"{name}\" is {} and has {own} rows on axis {axis}; all inputs of a request must have \
                     as many, and one at least",
                    tensor.describe()
                )));
            }
            for (place, &length) in tensor.shape().iter().enumerate() {
                if place == axis {
                    continue;
                }
                match self.pad.contains_key(name) {
                    true if self.buckets.is_empty() => {}
                    true => self.rounded(length).hash(&mut hasher),
                    false => length.hash(&mut hasher),
                }
            }
        }
        Ok((
            hasher.finish(),
            rows.map_or(1, |rows| u32::try_from(rows).unwrap_or(u32::MAX)),
        ))
    }

    /// The inputs of a batch. All requests have the same inputs.
    ///
    /// # Errors
    /// What making a tensor may give.
    pub fn join(&self, requests: &[Tensors]) -> Result<Tensors, Error> {
        let Some(first) = requests.first() else {
            return Ok(Vec::new());
        };
        first
            .iter()
            .map(|(name, tensor)| {
                let of = |request: &'_ Tensors| {
                    request
                        .iter()
                        .find(|(other, _)| other == name)
                        .map(|(_, tensor)| tensor.clone())
                };
                let parts: Option<Vec<Tensor>> = requests.iter().map(of).collect();
                let parts =
                    parts.ok_or_else(|| refuse(format!("a request has no input \"{name}\"")))?;
                let joined = match (self.axis(name), self.pad.get(name)) {
                    (None, _) => tensor.clone(),
                    (Some(axis), Some(&pad)) => self.padded(&parts, axis, pad)?,
                    (Some(_), None) if parts.len() == 1 => tensor.clone(),
                    (Some(axis), None) => Tensor::concat(&parts.iter().collect::<Vec<_>>(), axis)?,
                };
                Ok((name.clone(), joined))
            })
            .collect()
    }

    fn padded(&self, parts: &[Tensor], axis: usize, pad: f64) -> Result<Tensor, Error> {
        let dtype = parts[0].dtype();
        if dtype == DType::I4 {
            return Err(refuse("i4 tensors cannot be padded".to_owned()));
        }
        let mut shape = parts[0].shape().to_vec();
        for (place, length) in shape.iter_mut().enumerate() {
            let lengths = parts.iter().map(|part| part.shape()[place]);
            *length = match place == axis {
                true => lengths.sum(),
                false => self.rounded(lengths.max().unwrap_or(0)),
            };
        }
        let size = dtype.bits() / 8;
        let mut element = vec![0; size];
        dtype.store(&mut element, 0, Number::Float(pad));
        let mut packed = Vec::with_capacity(parts.len());
        for part in parts {
            packed.push(part.to_bytes()?);
        }
        Tensor::filled(dtype, &shape, |bytes| {
            if element.iter().any(|&byte| byte != 0) {
                bytes
                    .chunks_exact_mut(size)
                    .for_each(|place| place.copy_from_slice(&element));
            }
            let mut row = 0;
            for (part, from) in parts.iter().zip(&packed) {
                copy_block(bytes, &shape, from, part.shape(), axis, row, size);
                row += part.shape()[axis];
            }
        })
    }

    /// Each request's share of a batch's outputs: views of them.
    ///
    /// # Errors
    /// `Protocol`: an output has not the batch's rows.
    pub fn split(
        &self,
        outputs: &Tensors,
        requests: &[Tensors],
        inputs: &[Port],
        given: &[Port],
    ) -> Result<Vec<Tensors>, Error> {
        let rows: Vec<usize> = requests.iter().map(|request| self.rows(request)).collect();
        let all: usize = rows.iter().sum();
        let mut first = 0;
        let mut shares = Vec::with_capacity(requests.len());
        for (request, &own) in requests.iter().zip(&rows) {
            let mut share = Vec::with_capacity(outputs.len());
            for (name, output) in outputs {
                let mut part = output.clone();
                if let Some(axis) = self.axis(name).filter(|_| !output.shape().is_empty()) {
                    if output.shape().get(axis) != Some(&all) {
                        return Err(Error::new(
                            Kind::Protocol,
                            "split a batch's outputs",
                            format!("output \"{name}\" is {}, and axis {axis} should have the batch's {all} rows", output.describe()),
                        )
                        .hint("name the batch axis of this output, or null where it has none"));
                    }
                    if requests.len() > 1 {
                        part = part.slice(axis, first, own, 1)?;
                    }
                }
                share.push((name.clone(), self.cut(name, part, request, inputs, given)?));
            }
            shares.push(share);
            first += own;
        }
        Ok(shares)
    }

    fn rows(&self, request: &Tensors) -> usize {
        let rows = request
            .iter()
            .find_map(|(name, tensor)| tensor.shape().get(self.axis(name)?).copied());
        rows.unwrap_or(1)
    }

    /// Dimensions that bear the name of a padded input's are cut to what it was.
    fn cut(
        &self,
        name: &str,
        mut part: Tensor,
        request: &Tensors,
        inputs: &[Port],
        outputs: &[Port],
    ) -> Result<Tensor, Error> {
        let Some(port) = outputs.iter().find(|port| port.name == *name) else {
            return Ok(part);
        };
        for (place, symbol) in port
            .symbols
            .iter()
            .enumerate()
            .filter(|(_, symbol)| !symbol.is_empty())
        {
            if self.axis(name) == Some(place) {
                continue;
            }
            let length = inputs
                .iter()
                .filter(|input| self.pad.contains_key(&input.name))
                .find_map(|input| {
                    let dimension = input.symbols.iter().position(|other| other == symbol)?;
                    let (_, tensor) = request.iter().find(|(name, _)| *name == input.name)?;
                    tensor.shape().get(dimension).copied()
                });
            if let Some(length) =
                length.filter(|length| part.shape().get(place).is_some_and(|all| all > length))
            {
                part = part.slice(place, 0, length, 1)?;
            }
        }
        Ok(part)
    }
}

/// Copies a packed block into a larger one, at `row` of `axis` and the start of the others.
fn copy_block(
    to: &mut [u8],
    whole: &[usize],
    from: &[u8],
    part: &[usize],
    axis: usize,
    row: usize,
    size: usize,
) {
    let Some(&run) = part.last().filter(|&&run| run > 0) else {
        return;
    };
    let last = part.len() - 1;
    let mut index = vec![0; last];
    for block in from.chunks_exact(run * size) {
        let mut place = 0;
        for (dimension, &length) in whole.iter().enumerate() {
            let own = index.get(dimension).copied().unwrap_or(0);
            place = place * length + own + if dimension == axis { row } else { 0 };
        }
        to[place * size..place * size + block.len()].copy_from_slice(block);
        for dimension in (0..last).rev() {
            index[dimension] += 1;
            if index[dimension] < part[dimension] {
                break;
            }
            index[dimension] = 0;
        }
    }
}
