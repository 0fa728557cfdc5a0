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

/// A model on ONNX Runtime, or an Ascend's own (`.om`). It runs on threads while the coroutine
/// waits; sessions of the same file and options share one loaded model, whose runs go side by side.
/// ONNX Runtime's library is found by `tusk.onnx_library`, ORT_DYLIB_PATH, or where pip and npm
/// put it.
pub static CLASS: Class = Class {
    name: "Tusk\\Infer\\Session",
    interfaces: &[],
    native: true,
    methods: &[
        /// Loads the model of a file, on a thread. Options: `device` that it computes on (cpu,
        /// cuda:0, ascend:0), which a file that ends in .om must name; `outputs`, "device" for
        /// outputs that stay in its memory as DeviceTensor; `runs`, most at the same time (0: as
        /// many as the threads for models allow); `provider` (cpu, cuda or cann) instead of the
        /// device's name; `warmUp`, inputs for one run before the constructor returns. Throws
        /// UnsupportedException where ONNX Runtime or the device is missing, or cannot run the
        /// model. **Suspends.**
        raw_method!("__construct(string $path, array $options = [])", construct),
        /// Runs it: `name => Tusk\Device\Tensor` in and out. An input may be a DeviceTensor, which
        /// is read where it lies; nested lists of numbers are made tensors of the type that the
        /// model wants. Throws MisuseError for inputs that do
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
    let path = PathBuf::from(String::from_utf8_lossy(&path).into_owned());
    require_core()?;
    engine::settle_fork();
    let options = infer::read_session(&call.array_value(1)?, &path, 1)?;
    let model = infer::load(path, options.load)?;
    if let Some(inputs) = options.warm_up {
        let inputs = infer::read_values(&inputs, model.inputs(), 1)?;
        infer::run(&model, inputs, options.keep.clone(), None)?;
    }
    call.construct(SessionObject {
        model,
        keep: options.keep,
    })
}

fn run(session: &SessionObject, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let timeout = duration(call, 1)?;
    let inputs = infer::read_values(&call.array_value(0)?, session.model.inputs(), 0)?;
    require_core()?;
    let keep = session.keep.clone();
    let outputs = infer::run(&session.model, inputs, keep, timeout)?;
    call.give(infer::values_to_php(outputs));
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
