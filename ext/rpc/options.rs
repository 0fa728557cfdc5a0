//! The `$options` array of `connect()`.

use tusk_rpc::connection::Options;
use tusk_runtime::Nanos;

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
}

const KNOWN: &str = "lazy, timeout, connect_timeout, ping_interval, max_in_flight, max_queue_bytes";

impl Settings {
    /// Reads the array; a `MisuseError` says what is wrong with it.
    pub fn read(array: &Value) -> Result<Settings, Thrown> {
        let mut settings = Settings::default();
        array.each(|key, value| {
            let Key::Name(name) = key else {
                return Err(unknown("a number"));
            };
            settings.set(name, value)
        })?;
        Ok(settings)
    }

    fn set(&mut self, name: &[u8], value: &Value) -> Result<(), Thrown> {
        let options = &mut self.options;
        match name {
            b"lazy" => self.lazy = value.as_bool().ok_or_else(|| wrong("lazy", "a boolean"))?,
            b"timeout" => self.timeout = Some(seconds("timeout", value)?),
            b"connect_timeout" => options.connect_timeout = nanos("connect_timeout", value)?,
            b"ping_interval" => options.ping_interval = Some(nanos("ping_interval", value)?),
            b"max_in_flight" => options.bounds.in_flight = count("max_in_flight", value)?,
            b"max_queue_bytes" => options.bounds.queue_bytes = count("max_queue_bytes", value)?,
            other => return Err(unknown(&String::from_utf8_lossy(other))),
        }
        Ok(())
    }
}

fn seconds(name: &str, value: &Value) -> Result<f64, Thrown> {
    value
        .as_double()
        .filter(|seconds| *seconds > 0.0)
        .ok_or_else(|| wrong(name, "a number of seconds above zero"))
}

fn nanos(name: &str, value: &Value) -> Result<Nanos, Thrown> {
    // A century is for ever, and leaves room to add it to a clock.
    Ok((seconds(name, value)?.min(3.2e9) * 1e9) as Nanos)
}

fn count(name: &str, value: &Value) -> Result<usize, Thrown> {
    value
        .as_long()
        .and_then(|number| usize::try_from(number).ok())
        .filter(|&number| number > 0 && number <= 1 << 30)
        .ok_or_else(|| wrong(name, "a whole number from 1 to 2^30"))
}

#[cold]
fn wrong(name: &str, what: &str) -> Thrown {
    exception::misuse(&format!("the option \"{name}\" is {what}"))
}

#[cold]
fn unknown(name: &str) -> Thrown {
    exception::misuse(&format!("there is no option \"{name}\"; known are {KNOWN}"))
}
