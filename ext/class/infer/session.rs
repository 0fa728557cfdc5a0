//! `Tusk\Infer\Session`.

use std::path::PathBuf;

use super::super::arguments::duration;
use super::super::require_core;
use crate::exception::Thrown;
use crate::infer::{self, SessionObject};
use crate::zend::call::Call;
use crate::zend::class::{Class, method, raw_method};
use crate::zend::engine;
use crate::zend::value::{Array, Value};
use tusk_infer::onnx::{Options, Provider};

const KNOWN: &str = "copies, provider, device, warmUp";

/// A model on ONNX Runtime. It runs on threads while the coroutine waits; sessions of the same
/// file and options share one loaded model. ONNX Runtime's library is found by
/// `tusk.onnx_library`, ORT_DYLIB_PATH, or where pip and npm put it.
pub static CLASS: Class = Class {
    name: "Tusk\\Infer\\Session",
    interfaces: &[],
    native: true,
    methods: &[
        /// Loads the model of a file, on a thread. Options: `copies` (1) that run at the same
        /// time, each with its own weights; `provider` (cpu, cuda or cann) and its `device`
        /// (0); `warmUp`, inputs for one run before the constructor returns. Throws
        /// UnsupportedException where ONNX Runtime is missing or cannot run the model.
        /// **Suspends.**
        raw_method!("__construct(string $path, array $options = [])", construct),
        /// Runs it: `name => Tusk\Device\Tensor` in and out; nested lists of numbers are
        /// made tensors of the type that the model wants. Throws MisuseError for inputs that do
        /// not fit (it says what was expected and what was given), DeviceException when the
        /// run fails, TimeoutException. A cancel stops the run. **Suspends.**
        method!(
            "run(array $inputs, ?float $timeout = null): array",
            SessionObject,
            run
        ),
        /// What it wants: `name => ['dtype' => string, 'shape' => list]`. A length is a number;
        /// one that may be any is its name in the model, or null.
        method!("inputs(): array", SessionObject, inputs),
        /// What it gives, in the same form.
        method!("outputs(): array", SessionObject, outputs),
        /// What its maker wrote into it: producer, version, description and own entries.
        method!("metadata(): array", SessionObject, metadata),
    ],
};

fn construct(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let path = call.bytes(0)?.unwrap_or_default().to_vec();
    engine::check_path(0, &path)?;
    let (options, warm_up) = read(&call.array_value(1)?)?;
    require_core()?;
    let path = PathBuf::from(String::from_utf8_lossy(&path).into_owned());
    let model = infer::load(path, options)?;
    if let Some(inputs) = warm_up {
        let inputs = infer::read_tensors(&inputs, model.inputs(), 1)?;
        infer::run(&model, inputs, None)?;
    }
    call.construct(SessionObject { model })
}

fn read(array: &Value) -> Result<(Options, Option<Value>), Thrown> {
    let (mut options, mut warm_up) = (Options::default(), None);
    let refuse = |name: &str, wanted: &str| {
        let message = format!("has the option \"{name}\", which must be {wanted}");
        Err(engine::argument_error(1, &message))
    };
    for (key, value) in array.entries().unwrap_or_default() {
        let name = key.text().unwrap_or_default();
        let number = value
            .as_long()
            .and_then(|number| u32::try_from(number).ok());
        match name.as_str() {
            "copies" => match number {
                Some(copies) => options.copies = copies,
                None => return refuse(&name, "a number"),
            },
            "device" => match number {
                Some(device) => options.device = device as i32,
                None => return refuse(&name, "a number"),
            },
            "provider" => match value.text().as_deref() {
                Some("cpu") => options.provider = Provider::Cpu,
                Some("cuda") => options.provider = Provider::Cuda,
                Some("cann") => options.provider = Provider::Cann,
                _ => return refuse(&name, "\"cpu\", \"cuda\" or \"cann\""),
            },
            "warmUp" if value.is_array() => warm_up = Some(value),
            "warmUp" => return refuse(&name, "an array of inputs"),
            _ => return refuse(&name, &format!("one of {KNOWN}")),
        }
    }
    Ok((options, warm_up))
}

fn run(session: &SessionObject, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let timeout = duration(call, 1)?;
    let inputs = infer::read_tensors(&call.array_value(0)?, session.model.inputs(), 0)?;
    require_core()?;
    let outputs = infer::run(&session.model, inputs, timeout)?;
    call.give(infer::tensors_to_php(outputs));
    Ok(())
}

fn inputs(session: &SessionObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(infer::ports_to_php(session.model.inputs()));
    Ok(())
}

fn outputs(session: &SessionObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(infer::ports_to_php(session.model.outputs()));
    Ok(())
}

fn metadata(session: &SessionObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let mut array = Array::new();
    for (name, value) in session.model.metadata() {
        array.set(name, Value::string(value));
    }
    call.give(array.into());
    Ok(())
}
