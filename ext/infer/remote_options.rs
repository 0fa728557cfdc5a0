//! The options of a remote model. Those of its connections are read as the options of a gRPC
//! channel are, also where they are for HTTP.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use tusk_grpc::channel::Channel;
use tusk_grpc::metadata::Metadata;
use tusk_infer::limits;
use tusk_infer::remote::http::{Config, Form, Pool};
use tusk_infer::remote::question::{Parameter, Which};
use tusk_infer::remote::{Remote, Way};

use super::address::Address;
use crate::background;
use crate::exception::{self, Thrown};
use crate::grpc;
use crate::zend::engine;
use crate::zend::value::{Array, Value};

/// Options of a channel that mean something over HTTP too.
const OF_HTTP: [&str; 4] = ["tls", "connectTimeout", "maxReceive", "calls"];

const KNOWN: &str = "headers, parameters, binary, connections, tls, connectTimeout, maxReceive, calls; over gRPC \
                     those of Tusk\\Grpc\\Channel instead of binary and connections";

fn refuse(option: &str, wanted: &str) -> Thrown {
    let message = format!("has the option \"{option}\", which must be {wanted}");
    engine::argument_error(1, &message)
}

/// What the options say; `form` is `None` where the server is to be asked.
pub(super) struct Read {
    pub remote: Remote,
    pub form: Option<Form>,
}

/// Reads URL and options of a constructor.
pub(super) fn read(url: &str, options: &Value) -> Result<Read, Thrown> {
    let address = Address::parse(url)?;
    let mut which = Which {
        model: address.model.clone(),
        version: address.version.clone(),
        ..Which::default()
    };
    let (mut form, mut connections) = (None, limits::REMOTE_CONNECTIONS);
    let mut metadata = Metadata::default();
    let mut channel = Array::new();
    channel
        .set("maxReceive", Value::long(limits::REMOTE_RECEIVE as i64))
        .set("calls", Value::long(limits::REMOTE_CALLS as i64))
        .set(
            "connectTimeout",
            Value::double(limits::REMOTE_CONNECT.as_secs_f64()),
        );
    if !address.http {
        channel.set("maxSend", Value::long(limits::REMOTE_SEND as i64));
    }
    if address.tls {
        channel.set("tls", Value::bool(true));
    }
    for (key, value) in options.entries().unwrap_or_default() {
        let name = key.text().unwrap_or_default();
        match name.as_str() {
            "headers" if value.is_array() => metadata = grpc::read_metadata(&value, 1)?,
            "headers" => return Err(refuse(&name, "an array of names to strings")),
            "parameters" => which.parameters = parameters(&value)?,
            "binary" if address.http => {
                form = match (value.is_null(), value.as_bool()) {
                    (true, _) => None,
                    (_, Some(true)) => Some(Form::Binary),
                    (_, Some(false)) => Some(Form::Json),
                    _ => return Err(refuse(&name, "true, false, or null to ask the server")),
                };
            }
            "connections" if address.http => {
                let number = value
                    .as_long()
                    .filter(|number| (1..=65_536).contains(number));
                connections =
                    number.ok_or_else(|| refuse(&name, "a number from 1 to 65536"))? as usize;
            }
            "binary" | "connections" => {
                return Err(refuse(&name, "absent: it is of http:// and https://"));
            }
            "tls" if !address.tls => {
                return Err(refuse(&name, "absent, or the URL grpcs:// or https://"));
            }
            "tls" if value.as_bool() == Some(false) => {
                return Err(refuse(&name, "true or an array, because the URL says so"));
            }
            known if !address.http || OF_HTTP.contains(&known) => {
                channel.set(known, value);
            }
            _ => {
                let message =
                    format!("has the option \"{name}\", which is unknown; known are {KNOWN}");
                return Err(engine::argument_error(1, &message));
            }
        }
    }
    let hosts = match address.hosts.as_slice() {
        [one] => Value::string(one),
        several => Value::list(several.iter().map(|host| Value::string(host))),
    };
    let config = grpc::read_options(&hosts, &channel.into())?;
    let handle = background::handle()?;
    let native = |error| exception::native(&error);
    let way = if address.http {
        let refuse_host = |_| refuse_url(url);
        Way::Http(Some(std::sync::Arc::new(Pool::new(
            Config {
                endpoint: config.target.endpoints.first().cloned().ok_or(Thrown)?,
                host: HeaderValue::from_str(&address.authority).map_err(refuse_host)?,
                prefix: address.prefix,
                tls: config.tls.map(|tls| tls.with_protocol(b"http/1.1")),
                headers: headers(&metadata)?,
                connect_timeout: config.connect_timeout,
                connections,
                max_receive: config.max_receive,
                calls: config.calls,
            },
            handle,
        ))))
    } else {
        Way::Grpc(Channel::open(config, handle).map_err(native)?, metadata)
    };
    Ok(Read {
        remote: Remote::new(which, way),
        form,
    })
}

fn refuse_url(url: &str) -> Thrown {
    engine::argument_error(0, &format!("must be a URL, \"{url}\" given"))
}

fn headers(metadata: &Metadata) -> Result<HeaderMap, Thrown> {
    let mut headers = HeaderMap::new();
    for (name, value) in metadata.iter() {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(value);
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(refuse("headers", "names and values that HTTP allows"));
        };
        headers.append(name, value);
    }
    Ok(headers)
}

fn parameters(value: &Value) -> Result<Vec<(String, Parameter)>, Thrown> {
    let wanted = "an array of names to strings, numbers or booleans";
    let entries = value
        .entries()
        .ok_or_else(|| refuse("parameters", wanted))?;
    let one = |(key, value): (Value, Value)| {
        let name = key.text()?;
        let parameter = if let Some(yes) = value.as_bool() {
            Parameter::Bool(yes)
        } else if value.is_string() {
            Parameter::Text(value.text()?)
        } else if let Some(number) = value.as_long() {
            Parameter::Int(number)
        } else {
            Parameter::Float(value.as_double().filter(|number| number.is_finite())?)
        };
        Some((name, parameter))
    };
    let parameters: Option<Vec<_>> = entries.into_iter().map(one).collect();
    parameters.ok_or_else(|| refuse("parameters", wanted))
}
