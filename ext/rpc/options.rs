//! The `$options` array of `connect()`.

use tusk_link::address::{Address, Target};
use tusk_link::tls;
use tusk_rpc::connection::Options;
use tusk_runtime::Nanos;
use tusk_runtime::timer::of_seconds;

use crate::exception::{self, Thrown};
use crate::zend::encode::Key;
use crate::zend::value::Value;

/// What it says.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// For the connection.
    pub options: Options,
    /// Is the connection made by the first call?
    pub lazy: bool,
    /// How long a call may take that names no timeout of its own.
    pub timeout: Option<f64>,
    /// How JSON-RPC tells messages apart: newline or length.
    pub framing: Option<String>,
    /// Header lines of every HTTP request.
    pub headers: Vec<(String, String)>,
    /// How many connections JSON-RPC over HTTP may have.
    pub connections: Option<usize>,
    ca_file: Option<String>,
    cert_file: Option<String>,
    key_file: Option<String>,
    server_name: Option<String>,
}

const KNOWN: &str = "lazy, timeout, connect_timeout, ping_interval, max_in_flight, max_queue_bytes, tls_ca_file, \
                     tls_cert_file, tls_key_file, tls_server_name";

/// As the errors of TLS call them.
const NAMES: tls::Names = tls::Names {
    ca_file: "tls_ca_file",
    certificate: "tls_cert_file",
    key: "tls_key_file",
    other_name: "tls_server_name says which name the certificate has",
};

impl Settings {
    /// Reads the array; a `MisuseError` says what is wrong with it.
    pub fn read(array: &Value) -> Result<Settings, Thrown> {
        Settings::read_with(array, "", |_, _, _| Ok(false))
    }

    /// The same with options of one protocol: `more` says whether an option is one of `names`.
    pub fn read_with(
        array: &Value,
        names: &str,
        more: impl Fn(&mut Settings, &[u8], &Value) -> Result<bool, Thrown>,
    ) -> Result<Settings, Thrown> {
        let mut settings = Settings::default();
        array.each(|key, value| {
            let Key::Name(name) = key else {
                return Err(unknown("a number", names));
            };
            if more(&mut settings, name, value)? || settings.set(name, value)? {
                return Ok(());
            }
            Err(unknown(&String::from_utf8_lossy(name), names))
        })?;
        Ok(settings)
    }

    /// For a connection to `address`: with TLS, its files are read.
    pub fn for_address(mut self, address: &Address) -> Result<Settings, Thrown> {
        if let Target::Tcp {
            host, tls: true, ..
        } = &address.target
        {
            let identity = match (self.cert_file.take(), self.key_file.take()) {
                (Some(certificate), Some(key)) => Some((certificate.into(), key.into())),
                (None, None) => None,
                _ => {
                    return Err(exception::misuse(
                        "tls_cert_file and tls_key_file belong together: give both or none",
                    ));
                }
            };
            let options = tls::Options {
                names: &NAMES,
                ca_file: self.ca_file.take().map(Into::into),
                identity,
                server_name: self.server_name.take(),
            };
            let context = tls::Context::new(&options, host);
            self.options.tls = Some(context.map_err(|error| exception::native(&error))?);
        }
        Ok(self)
    }

    fn set(&mut self, name: &[u8], value: &Value) -> Result<bool, Thrown> {
        let options = &mut self.options;
        match name {
            b"lazy" => self.lazy = value.as_bool().ok_or_else(|| wrong("lazy", "a boolean"))?,
            b"timeout" => self.timeout = Some(seconds("timeout", value)?),
            b"connect_timeout" => options.connect_timeout = nanos("connect_timeout", value)?,
            b"ping_interval" => options.ping_interval = Some(nanos("ping_interval", value)?),
            b"max_in_flight" => options.bounds.in_flight = count("max_in_flight", value)?,
            b"max_queue_bytes" => options.bounds.queue_bytes = count("max_queue_bytes", value)?,
            b"tls_ca_file" => self.ca_file = Some(text("tls_ca_file", value)?),
            b"tls_cert_file" => self.cert_file = Some(text("tls_cert_file", value)?),
            b"tls_key_file" => self.key_file = Some(text("tls_key_file", value)?),
            b"tls_server_name" => self.server_name = Some(text("tls_server_name", value)?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn seconds(name: &str, value: &Value) -> Result<f64, Thrown> {
    value
        .as_double()
        .filter(|seconds| *seconds > 0.0)
        .ok_or_else(|| wrong(name, "a number of seconds above zero"))
}

/// A string, or a `MisuseError`.
pub fn text(name: &str, value: &Value) -> Result<String, Thrown> {
    value.text().ok_or_else(|| wrong(name, "a string"))
}

fn nanos(name: &str, value: &Value) -> Result<Nanos, Thrown> {
    seconds(name, value).map(of_seconds)
}

/// A whole number above zero, or a `MisuseError`.
pub fn count(name: &str, value: &Value) -> Result<usize, Thrown> {
    value
        .as_long()
        .and_then(|number| usize::try_from(number).ok())
        .filter(|&number| number > 0 && number <= 1 << 30)
        .ok_or_else(|| wrong(name, "a whole number from 1 to 2^30"))
}

/// The option is something else.
#[cold]
pub fn wrong(name: &str, what: &str) -> Thrown {
    exception::misuse(&format!("the option \"{name}\" is {what}"))
}

#[cold]
fn unknown(name: &str, more: &str) -> Thrown {
    exception::misuse(&format!(
        "there is no option \"{name}\"; known are {KNOWN}{more}"
    ))
}
