//! `Tusk\Infer\Remote`.

use super::super::arguments::duration;
use super::super::require_core;
use crate::exception::Thrown;
use crate::infer::{self, Remote, RemoteObject};
use crate::zend::call::Call;
use crate::zend::class::{Class, method, raw_method};
use crate::zend::value::{Array, Value};
use tusk_infer::remote::question::Ask;

/// A model on another machine, over KServe's open inference protocol (v2): Triton, KServe,
/// MLServer. Its interface is that of Session; connections are made when they are needed, are
/// shared by all coroutines, and live in the background thread.
pub static CLASS: Class = Class {
    name: "Tusk\\Infer\\Remote",
    interfaces: &[],
    native: true,
    methods: &[
        /// A model at `grpc://host:port/MODEL` or `http://host:port/v2/models/MODEL`, with
        /// `/versions/VERSION` where one is wanted; `grpcs://` and `https://` for TLS. Options:
        /// `headers` of every request, `parameters` of every run, over HTTP `binary` (null asks
        /// the server) and `connections`, and those of Tusk\Grpc\Channel (over HTTP `tls`,
        /// `connectTimeout`, `maxReceive` and `calls` of them).
        raw_method!("__construct(string $url, array $options = [])", construct),
        /// Runs it: `name => Tusk\Device\Tensor` in and out; nested lists of numbers are
        /// made tensors of the type that the model wants. Throws MisuseError for inputs that do
        /// not fit, RemoteException for what the server refuses (its code is gRPC's or HTTP's),
        /// ConnectionException, ProtocolException, TimeoutException, OverloadedException. A
        /// cancel gives the request up at the server too. **Suspends.**
        method!(
            "run(array $inputs, ?float $timeout = null): array",
            RemoteObject,
            run
        ),
        /// What it wants, as the server says: `name => ['dtype' => string, 'shape' => list]`;
        /// null in a shape is any length. Empty where the server does not say. Asked once.
        /// **Suspends.**
        method!(
            "inputs(?float $timeout = null): array",
            RemoteObject,
            inputs
        ),
        /// What it gives, in the same form. **Suspends.**
        method!(
            "outputs(?float $timeout = null): array",
            RemoteObject,
            outputs
        ),
        /// What the server says of the model: `name`, `platform` and `versions`. **Suspends.**
        method!(
            "metadata(?float $timeout = null): array",
            RemoteObject,
            metadata
        ),
        /// Is the server there? A server that cannot be reached is a ConnectionException.
        /// **Suspends.**
        method!("live(?float $timeout = null): bool", RemoteObject, live),
        /// Does it take requests? **Suspends.**
        method!("ready(?float $timeout = null): bool", RemoteObject, ready),
        /// Does the model, in this version? **Suspends.**
        method!(
            "modelReady(?float $timeout = null): bool",
            RemoteObject,
            model_ready
        ),
        /// What the server says of itself: `name`, `version` and `extensions`. **Suspends.**
        method!(
            "server(?float $timeout = null): array",
            RemoteObject,
            server
        ),
    ],
};

fn construct(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let url = String::from_utf8_lossy(call.bytes(0)?.unwrap_or_default()).into_owned();
    let options = call.array_value(1)?;
    require_core()?;
    call.construct(RemoteObject(Remote::new(url, &options)?))
}

fn run(remote: &RemoteObject, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let inputs = call.array_value(0)?;
    let timeout = duration(call, 1)?;
    require_core()?;
    let outputs = remote.0.run(&inputs, timeout, "Remote::run()")?;
    call.give(infer::tensors_to_php(outputs));
    Ok(())
}

/// The only argument of most methods.
fn timeout(call: &Call) -> Result<Option<f64>, Thrown> {
    call.expect(0, 1)?;
    require_core()?;
    duration(call, 0)
}

fn inputs(remote: &RemoteObject, call: &Call) -> Result<(), Thrown> {
    let model = remote.0.model(timeout(call)?, "Remote::inputs()")?;
    call.give(infer::ports_to_php(&model.inputs));
    Ok(())
}

fn outputs(remote: &RemoteObject, call: &Call) -> Result<(), Thrown> {
    let model = remote.0.model(timeout(call)?, "Remote::outputs()")?;
    call.give(infer::ports_to_php(&model.outputs));
    Ok(())
}

fn texts(texts: &[String]) -> Value {
    Value::list(texts.iter().map(|text| Value::string(text)))
}

fn metadata(remote: &RemoteObject, call: &Call) -> Result<(), Thrown> {
    let model = remote.0.model(timeout(call)?, "Remote::metadata()")?;
    let mut array = Array::new();
    array
        .set("name", Value::string(&model.name))
        .set("platform", Value::string(&model.platform))
        .set("versions", texts(&model.versions));
    call.give(array.into());
    Ok(())
}

fn live(remote: &RemoteObject, call: &Call) -> Result<(), Thrown> {
    let yes = remote.0.asks(Ask::Live, timeout(call)?, "Remote::live()")?;
    call.give(Value::bool(yes));
    Ok(())
}

fn ready(remote: &RemoteObject, call: &Call) -> Result<(), Thrown> {
    let yes = remote
        .0
        .asks(Ask::Ready, timeout(call)?, "Remote::ready()")?;
    call.give(Value::bool(yes));
    Ok(())
}

fn model_ready(remote: &RemoteObject, call: &Call) -> Result<(), Thrown> {
    let yes = remote
        .0
        .asks(Ask::ModelReady, timeout(call)?, "Remote::modelReady()")?;
    call.give(Value::bool(yes));
    Ok(())
}

fn server(remote: &RemoteObject, call: &Call) -> Result<(), Thrown> {
    let server = remote.0.server(timeout(call)?, "Remote::server()")?;
    let mut array = Array::new();
    array
        .set("name", Value::string(&server.name))
        .set("version", Value::string(&server.version))
        .set("extensions", texts(&server.extensions));
    call.give(array.into());
    Ok(())
}
