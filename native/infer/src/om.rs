//! Models that an Ascend loads and runs itself (`.om`, made by atc), through the same interface
//! as those on ONNX Runtime.
//!
//! A run is a chain of jobs that the device's streams keep in order: inputs up, the model, outputs
//! down; the thread waits for the last alone. So one run's copies go beside another's
//! computing. A model made for several batch sizes is given the smallest that holds the rows; rows
//! that are missing are zero, and cut off the outputs.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tusk_device::device::{Buffer, Device, DeviceModel, DeviceTensor, Place, Ticket, Work};
use tusk_device::driver::Slot;
use tusk_device::storage::Storage;
use tusk_device::sys::memory::HostMemory;
use tusk_device::tensor::Tensor;
use tusk_runtime::error::{Error, Kind};

use crate::backend::{Backend, Opened};
use crate::options::Options;
use crate::port::{ANY, Port, Shaped};
use crate::stop::{Stop, stopped};
use crate::value::{Value, Values};

/// How often the thread that waits for the device looks whether the result is still wanted.
const LOOK: Duration = Duration::from_millis(20);

/// See the module's description.
pub struct OmModel {
    model: DeviceModel,
}

fn refuse(detail: String) -> Error {
    Error::new(Kind::Misuse, "run a model", detail)
}

fn port_of(slot: &Slot) -> Port {
    let any = |&length: &i64| if length < 0 { ANY } else { length };
    let symbol = |&length: &i64| if length < 0 { "batch" } else { "" }.to_owned();
    Port {
        name: slot.name.clone(),
        dtype: slot.dtype,
        kind: slot.kind.clone(),
        shape: slot.shape.iter().map(any).collect(),
        symbols: slot.shape.iter().map(symbol).collect(),
    }
}

/// Lengths of a slot's dimensions for so many rows.
fn shape_of(slot: &Slot, rows: u64) -> Vec<usize> {
    let lengths = slot.shape.iter();
    lengths
        .map(|&length| {
            if length < 0 {
                rows as usize
            } else {
                length as usize
            }
        })
        .collect()
}

/// Bytes of a slot's tensor for so many rows.
fn bytes_of(slot: &Slot, rows: u64) -> Result<usize, Error> {
    let dtype = slot.dtype.ok_or_else(|| {
        let detail = format!("\"{}\" is {}, which tensors have not", slot.name, slot.kind);
        Error::new(Kind::Unsupported, "run a model", detail)
    })?;
    let bytes = dtype.bytes_of(shape_of(slot, rows).iter().product());
    bytes.filter(|&bytes| bytes <= slot.size).ok_or_else(|| {
        refuse(format!(
            "\"{}\" has {} bytes in the model, and {rows} rows need more",
            slot.name, slot.size
        ))
    })
}

/// Jobs of one run, to be waited for, or cancelled.
#[derive(Clone, Default)]
struct Jobs(Arc<Mutex<Vec<Ticket>>>);

impl Jobs {
    fn submit(&self, device: &Device, work: Work) -> Result<Ticket, Error> {
        let ticket = device.submit(work)?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(ticket.clone());
        Ok(ticket)
    }

    /// What was not begun is left out.
    fn cancel(&self) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().for_each(Ticket::cancel);
    }
}

/// What a job brought, unless nobody wants it any more.
fn wait(ticket: &Ticket, stop: &Stop) -> Result<Option<HostMemory>, Error> {
    loop {
        match ticket.done.wait(LOOK) {
            Some(outcome) => return outcome,
            None if stop.is_stopped() => return Err(stopped()),
            None => {}
        }
    }
}

impl OmModel {
    /// Loads it on the device of the options.
    pub(crate) fn open(path: &Path, options: &Options) -> Result<Opened, Error> {
        let Some(device) = &options.device else {
            let detail = format!("{} is a model for an Ascend NPU", path.display());
            return Err(Error::new(Kind::Misuse, "load a model", detail)
                .hint("say which one: ['device' => 'ascend:0']"));
        };
        let model = DeviceModel::load(device, path)?;
        let info = model.info();
        let sizes: Vec<String> = info.batches.iter().map(u64::to_string).collect();
        let mut metadata = vec![
            ("format".to_owned(), "om".to_owned()),
            ("device".to_owned(), device.label()),
        ];
        if !sizes.is_empty() {
            metadata.push(("batches".to_owned(), sizes.join(",")));
        }
        Ok(Opened {
            inputs: info.inputs.iter().map(port_of).collect(),
            outputs: info.outputs.iter().map(port_of).collect(),
            metadata,
            backend: Box::new(OmModel { model }),
        })
    }

    /// Rows of the inputs, and the batch that they run in.
    fn batch(&self, inputs: &Values) -> Result<(u64, Option<u64>), Error> {
        let info = self.model.info();
        if info.batches.is_empty() {
            return Ok((1, None));
        }
        let mut rows: Option<(u64, &str)> = None;
        for slot in &info.inputs {
            let given = inputs.iter().find(|(name, _)| *name == slot.name);
            let axis = slot.shape.iter().position(|&length| length < 0);
            let (Some((name, value)), Some(axis)) = (given, axis) else {
                continue;
            };
            let length = value.shape().get(axis).copied().unwrap_or(0) as u64;
            match rows {
                Some((rows, other)) if rows != length => {
                    return Err(refuse(format!(
                        "input \"{name}\" has {length} rows, and \"{other}\" has {rows}"
                    )));
                }
                _ => rows = Some((length, name)),
            }
        }
        let rows = rows.map_or(1, |(rows, _)| rows);
        match self.model.batch_for(rows) {
            Some(batch) if rows > 0 => Ok((rows, Some(batch))),
            _ => Err(refuse(format!(
                "the inputs have {rows} rows, and the model takes 1 to {}",
                info.batches.last().copied().unwrap_or(0)
            ))),
        }
    }

    /// An input's memory on the device: its own where it lies there and is as large as the
    /// model wants it, else new memory that it is copied to.
    fn put(
        &self,
        slot: &Slot,
        value: &Value,
        rows: (u64, u64),
        jobs: &Jobs,
    ) -> Result<Buffer, Error> {
        let device = self.model.device();
        let (given, needed) = (bytes_of(slot, rows.0)?, bytes_of(slot, rows.1)?);
        if let Value::Device(tensor) = value {
            let buffer = tensor.buffer();
            if !buffer.device().is_same(device) {
                let (from, to) = (buffer.device().label(), device.label());
                let detail = format!(
                    "input \"{}\" lies on {from}, and the model on {to}",
                    slot.name
                );
                return Err(refuse(detail).hint("copy it by toTensor() and toDevice()"));
            }
            if buffer.place() == Place::Device && buffer.len() == slot.size {
                return Ok(buffer.clone());
            }
        }
        let buffer = device.allocate(Place::Device, slot.size)?;
        let to = buffer.view(0, given)?;
        let work = match value {
            Value::Host(tensor) => {
                let packed = tensor.packed()?;
                let bytes = packed.to_bytes()?;
                let storage = Storage::filled(given, |to| to.copy_from_slice(&bytes))?;
                Work::Upload(storage, 0..given, to)
            }
            Value::Device(tensor) => Work::Copy(tensor.buffer().clone(), to),
        };
        jobs.submit(device, work)?;
        if needed > given {
            let rest = buffer.view(given, needed - given)?;
            jobs.submit(device, Work::Fill(rest, 0))?;
        }
        Ok(buffer)
    }

    fn run_now(
        &self,
        inputs: &Values,
        keep: bool,
        stop: &Stop,
        jobs: &Jobs,
    ) -> Result<Values, Error> {
        let (device, info) = (self.model.device(), self.model.info());
        let (rows, batch) = self.batch(inputs)?;
        let mut put = Vec::with_capacity(info.inputs.len());
        for slot in &info.inputs {
            let given = inputs.iter().find(|(name, _)| *name == slot.name);
            let (_, value) =
                given.ok_or_else(|| refuse(format!("\"{}\" is missing", slot.name)))?;
            put.push(self.put(slot, value, (rows, batch.unwrap_or(rows)), jobs)?);
        }
        let outputs = info.outputs.iter();
        let outputs = outputs
            .map(|slot| device.allocate(Place::Device, slot.size))
            .collect::<Result<Vec<_>, _>>()?;
        let run = self.model.execution(put, outputs.clone(), batch)?;
        let ran = jobs.submit(device, Work::Execute(run))?;
        let mut parts = Vec::with_capacity(outputs.len());
        for (slot, buffer) in info.outputs.iter().zip(outputs) {
            let part = buffer.view(0, bytes_of(slot, rows)?)?;
            let down = match keep {
                true => None,
                false => {
                    let into = HostMemory::new(part.len())?;
                    Some(jobs.submit(device, Work::Download(part.clone(), into))?)
                }
            };
            parts.push((slot, part, down));
        }
        wait(&ran, stop)?;
        let mut values = Values::with_capacity(parts.len());
        for (slot, part, down) in parts {
            let (shape, dtype) = (shape_of(slot, rows), slot.dtype);
            let dtype = dtype.ok_or_else(|| refuse(format!("\"{}\" has no type", slot.name)))?;
            let value = match down {
                None => Value::Device(DeviceTensor::over(dtype, &shape, &part)?),
                Some(down) => {
                    let memory = wait(&down, stop)?.ok_or_else(stopped)?;
                    Tensor::over(dtype, &shape, Storage::own(memory), 0)?.into()
                }
            };
            values.push((slot.name.clone(), value));
        }
        Ok(values)
    }
}

impl Backend for OmModel {
    fn run(&self, inputs: &Values, keep: Option<&Device>, stop: &Stop) -> Result<Values, Error> {
        let jobs = Jobs::default();
        let interrupt = jobs.clone();
        if !stop.begin(move || interrupt.cancel()) {
            return Err(stopped());
        }
        let result = self.run_now(inputs, keep.is_some(), stop, &jobs);
        if result.is_err() {
            // What was queued for it is of no use to anybody.
            jobs.cancel();
        }
        result
    }
}
