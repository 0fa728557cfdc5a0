//! A model on ONNX Runtime, and single runs of it.
//!
//! Inputs and outputs in host memory go the short way. Where one lies in a device's memory the
//! run is bound to it: the buffers are lent by their devices meanwhile, so that their streams
//! have written them before, and write nothing until it has ended.

use std::ffi::CString;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ort::session::{NoSelectedOutputs, RunOptions, Session};
use tusk_device::device::{Buffer, Device, Lent};
use tusk_device::tensor::Tensor;
use tusk_runtime::error::{Error, Kind};

use super::open::{build, metadata, port_of};
use super::{convert, device, failed};
use crate::backend::{Backend, Opened};
use crate::options::Options;
use crate::port::Port;
use crate::stop::{Stop, stopped};
use crate::sys;
use crate::value::{Value, Values};

/// How often somebody who waits for a device looks whether the result is still wanted.
const LOOK: Duration = Duration::from_millis(20);

/// See the module's description.
pub struct OnnxModel {
    session: Session,
    inputs: Vec<(String, CString)>,
    outputs: Vec<CString>,
    names: Vec<String>,
}

fn c_names(ports: &[Port]) -> Result<Vec<CString>, Error> {
    let names = ports.iter().map(|port| CString::new(port.name.as_str()));
    names.collect::<Result<_, _>>().map_err(|_| {
        Error::new(
            Kind::Unsupported,
            "load a model",
            "a name in it has a null byte",
        )
    })
}

impl OnnxModel {
    /// Opens it. ONNX Runtime has begun.
    pub(crate) fn open(path: &Path, options: &Options) -> Result<Opened, Error> {
        let session = build(path, options).map_err(|error| {
            let detail = format!("{}: {error}", path.display());
            Error::new(Kind::Unsupported, "load a model", detail)
                .hint("is it an ONNX model whose operators this ONNX Runtime has?")
        })?;
        let inputs = session.inputs.iter();
        let inputs: Vec<Port> = inputs
            .map(|input| port_of(&input.name, &input.input_type))
            .collect();
        let outputs = session.outputs.iter();
        let outputs: Vec<Port> = outputs
            .map(|output| port_of(&output.name, &output.output_type))
            .collect();
        let metadata = metadata(&session);
        let names = inputs.iter().map(|port| port.name.clone());
        let model = OnnxModel {
            inputs: names.zip(c_names(&inputs)?).collect(),
            outputs: c_names(&outputs)?,
            names: outputs.iter().map(|port| port.name.clone()).collect(),
            session,
        };
        Ok(Opened {
            inputs,
            outputs,
            metadata,
            backend: Box::new(model),
        })
    }

    fn c_name(&self, name: &str) -> Result<&CString, Error> {
        let known = self.inputs.iter().find(|(known, _)| known == name);
        known.map(|(_, name)| name).ok_or_else(|| {
            Error::new(
                Kind::Misuse,
                "run a model",
                format!("there is no input \"{name}\""),
            )
        })
    }

    fn run_on_host(
        &self,
        inputs: &[(&str, &Tensor)],
        options: &RunOptions<NoSelectedOutputs>,
    ) -> Result<Values, Error> {
        let mut moved: Vec<Option<Tensor>> = inputs.iter().map(|_| None).collect();
        let mut values = Vec::with_capacity(inputs.len());
        for ((name, tensor), moved) in inputs.iter().zip(&mut moved) {
            values.push((self.c_name(name)?, convert::input(tensor, moved)?));
        }
        let outputs = sys::run(&self.session, &values, &self.outputs, options)
            .map_err(|error| failed("run a model", &error))?;
        let named = self.names.iter().zip(outputs);
        named
            .map(|(name, value)| Ok((name.clone(), convert::output(name, value)?.into())))
            .collect()
    }

    fn run_bound(
        &self,
        inputs: &Values,
        keep: Option<&Device>,
        options: &RunOptions<NoSelectedOutputs>,
    ) -> Result<Values, Error> {
        let said = |error: ort::Error| failed("run a model", &error);
        let mut binding = self.session.create_binding().map_err(said)?;
        let mut moved: Vec<Option<Tensor>> = inputs.iter().map(|_| None).collect();
        // Over memory that `inputs`, `moved` and the loans of our caller keep until we return.
        let mut values = Vec::with_capacity(inputs.len());
        for ((name, value), moved) in inputs.iter().zip(&mut moved) {
            match value {
                Value::Host(tensor) => {
                    let value = convert::input(tensor, moved)?;
                    binding.bind_input(name, &*value).map_err(said)?;
                    values.push(value);
                }
                Value::Device(tensor) => {
                    let value = device::input(tensor)?;
                    binding.bind_input(name, &value).map_err(said)?;
                    values.push(value.into());
                }
            }
        }
        let info = device::memory(keep)?;
        for name in &self.names {
            binding.bind_output_to_device(name, &info).map_err(said)?;
        }
        let ran = sys::run_bound(&self.session, &binding, options).map_err(said);
        drop(binding);
        drop(values);
        let named = self.names.iter().zip(ran?);
        named
            .map(|(name, value)| {
                let value = match keep {
                    Some(keep) => Value::Device(device::output(name, value, keep)?),
                    None => convert::output(name, value)?.into(),
                };
                Ok((name.clone(), value))
            })
            .collect()
    }
}

/// Borrows the buffers of inputs from their devices, until the values are dropped.
fn borrow(inputs: &Values, stop: &Stop) -> Result<Vec<Lent>, Error> {
    let mut buffers: Vec<(Device, Vec<(Buffer, bool)>)> = Vec::new();
    for (_, value) in inputs {
        let Value::Device(tensor) = value else {
            continue;
        };
        let (device, part) = (tensor.buffer().device(), (tensor.buffer().clone(), false));
        match buffers.iter_mut().find(|(known, _)| known.is_same(device)) {
            Some((_, parts)) => parts.push(part),
            None => buffers.push((device.clone(), vec![part])),
        }
    }
    let lent = buffers
        .into_iter()
        .map(|(device, parts)| device.lend(parts));
    let lent = lent.collect::<Result<Vec<_>, _>>()?;
    for lent in &lent {
        loop {
            match lent.wait(LOOK) {
                Some(true) => break,
                None if !stop.is_stopped() => {}
                None => return Err(stopped()),
                Some(false) => {
                    let why = "the device of an input cannot be used";
                    return Err(Error::new(Kind::Device, "run a model", why));
                }
            }
        }
    }
    Ok(lent)
}

impl Backend for OnnxModel {
    fn run(&self, inputs: &Values, keep: Option<&Device>, stop: &Stop) -> Result<Values, Error> {
        let options = RunOptions::new().map_err(|error| failed("run a model", &error))?;
        let options = Arc::new(options);
        let interrupt = Arc::clone(&options);
        // It ends between two nodes of the graph.
        if !stop.begin(move || drop(interrupt.terminate())) {
            return Err(stopped());
        }
        let on_host: Option<Vec<(&str, &Tensor)>> = inputs
            .iter()
            .map(|(name, value)| match value {
                Value::Host(tensor) => Some((name.as_str(), tensor)),
                Value::Device(_) => None,
            })
            .collect();
        match (on_host, keep) {
            (Some(inputs), None) => self.run_on_host(&inputs, &options),
            _ => {
                let _lent = borrow(inputs, stop)?;
                self.run_bound(inputs, keep, &options)
            }
        }
    }
}
