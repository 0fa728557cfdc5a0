//! Options of a Session.

use std::path::Path;

use tusk_device::device::Device;
use tusk_device::driver::Kind;
use tusk_infer::model::is_om;
use tusk_infer::options::{Options, Provider};

use crate::device;
use crate::exception::Thrown;
use crate::zend::engine;
use crate::zend::value::Value;

const KNOWN: &str = "device, outputs, runs, provider, warmUp";

/// What the options say.
pub struct SessionOptions {
    /// How the model is loaded.
    pub load: Options,
    /// Where outputs stay.
    pub keep: Option<Device>,
    /// Inputs of one run before the session is used.
    pub warm_up: Option<Value>,
}

/// Where a model computes, as it is written: `cuda:0`.
fn place(text: &str) -> Option<(Kind, u32)> {
    let (name, ordinal) = match text.split_once(':') {
        Some((name, ordinal)) => (name, ordinal.parse().ok()?),
        None => (text, 0),
    };
    let kind = match name {
        "cpu" if ordinal == 0 => Kind::Host,
        "cuda" => Kind::Cuda,
        "ascend" => Kind::Ascend,
        _ => return None,
    };
    Some((kind, ordinal))
}

/// Reads them; `index` is the argument's, for messages.
pub fn read_session(array: &Value, path: &Path, index: u32) -> Result<SessionOptions, Thrown> {
    let (mut runs, mut warm_up, mut on_device) = (0, None, false);
    let (mut provider, mut named, mut ordinal) = (None, None, 0);
    let refuse = |name: &str, wanted: &str| {
        let message = format!("has the option \"{name}\", which must be {wanted}");
        Err(engine::argument_error(index, &message))
    };
    for (key, value) in array.entries().unwrap_or_default() {
        let name = key.text().unwrap_or_default();
        let text = value.text();
        let number = value
            .as_long()
            .and_then(|number| u32::try_from(number).ok());
        match (name.as_str(), text.as_deref(), number) {
            ("runs", _, Some(number)) => runs = number,
            ("runs", ..) => return refuse(&name, "a number"),
            ("device", _, Some(number)) => ordinal = number,
            ("device", text, _) => match text.and_then(place) {
                Some(place) => named = Some(place),
                None => {
                    return refuse(&name, "\"cpu\", \"cuda:0\", \"ascend:0\" or another number");
                }
            },
            ("provider", Some("cpu"), _) => provider = Some(Kind::Host),
            ("provider", Some("cuda"), _) => provider = Some(Kind::Cuda),
            ("provider", Some("cann"), _) => provider = Some(Kind::Ascend),
            ("provider", ..) => return refuse(&name, "\"cpu\", \"cuda\" or \"cann\""),
            ("outputs", Some("host"), _) => on_device = false,
            ("outputs", Some("device"), _) => on_device = true,
            ("outputs", ..) => return refuse(&name, "\"host\" or \"device\""),
            ("warmUp", ..) if value.is_array() => warm_up = Some(value),
            ("warmUp", ..) => return refuse(&name, "an array of inputs"),
            _ => return refuse(&name, &format!("one of {KNOWN}")),
        }
    }
    let (kind, ordinal) = named.unwrap_or((provider.unwrap_or(Kind::Host), ordinal));
    let own = is_om(path) && kind == Kind::Ascend;
    let opened = match own || on_device {
        true => Some(device::open(kind, ordinal)?),
        false => None,
    };
    let load = Options {
        runs,
        provider: match kind {
            Kind::Cuda => Provider::Cuda,
            Kind::Ascend => Provider::Cann,
            Kind::Host | Kind::Cambricon => Provider::Cpu,
        },
        ordinal,
        device: opened.clone().filter(|_| own),
    };
    Ok(SessionOptions {
        load,
        keep: opened.filter(|_| on_device),
        warm_up,
    })
}
