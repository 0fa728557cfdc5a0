//! The arguments of `connect()`.

use std::rc::Rc;

use tusk_postgres::config::Config;
use tusk_postgres::limits;
use tusk_postgres::pool::Options;
use tusk_runtime::Nanos;
use tusk_runtime::timer::of_seconds;

use crate::budget::Budget;
use crate::exception::{self, Thrown};
use crate::zend::encode::Key;
use crate::zend::value::Value;

/// What they say.
pub struct Settings {
    /// Where the server is.
    pub config: Config,
    /// For the pool.
    pub options: Options,
    /// Is the first connection made by the first query?
    pub lazy: bool,
    /// How long a query may take that names no timeout of its own.
    pub timeout: Option<f64>,
    /// What all workers may have together.
    pub budget: Option<Rc<Budget>>,
}

const KNOWN: &str =
    "lazy, idle_timeout, pipeline, max_queue, max_result_bytes, statement_cache, budget";

impl Settings {
    /// Reads them; a `MisuseError` says what is wrong.
    pub fn read(address: &Value, max: i64, min: i64, options: &Value) -> Result<Settings, Thrown> {
        let mut settings = Settings {
            config: config(address)?,
            options: Options::default(),
            lazy: false,
            timeout: None,
            budget: None,
        };
        settings.options.max = bounded("max", max, 1, limits::CONNECTIONS)?;
        settings.options.min = bounded("min", min, 0, settings.options.max)?;
        options.each(|key, value| {
            let Key::Name(name) = key else {
                return Err(unknown("a number"));
            };
            settings.set(&String::from_utf8_lossy(name), value)
        })?;
        settings
            .config
            .look_for_password(|name| std::env::var(name).ok());
        settings
            .config
            .check()
            .map_err(|error| exception::native(&error))?;
        Ok(settings)
    }

    fn set(&mut self, name: &str, value: &Value) -> Result<(), Thrown> {
        let options = &mut self.options;
        let count = |least, most| {
            let number = value.as_long().unwrap_or(-1);
            bounded(name, number, least, most)
        };
        match name {
            "lazy" => self.lazy = value.as_bool().ok_or_else(|| wrong("lazy", "a boolean"))?,
            "idle_timeout" => options.idle_timeout = seconds(name, value)?,
            "pipeline" => options.pipeline = count(1, 1 << 16)?,
            "max_queue" => options.queue = count(1, 1 << 24)?,
            "max_result_bytes" => options.session.result_bytes = count(1, 1 << 40)?,
            "budget" => {
                let wanted = "['name' => 'orders', 'limit' => 60]: all that share it, and their most connections";
                self.budget = Some(Budget::read(value)?.ok_or_else(|| wrong(name, wanted))?);
            }
            "statement_cache" => options.session.statements = count(0, 1 << 16)?,
            _ => return Err(unknown(name)),
        }
        Ok(())
    }
}

fn config(address: &Value) -> Result<Config, Thrown> {
    let native = |error| exception::native(&error);
    if let Some(text) = address.text() {
        return Config::parse(&text).map_err(native);
    }
    let mut config = Config::default();
    address.each(|key, value| {
        let Key::Name(name) = key else {
            return Err(exception::misuse(
                "the array of a PostgreSQL address has names: ['host' => …, 'user' => …]",
            ));
        };
        let name = String::from_utf8_lossy(name);
        if let ("password", Some(bytes)) = (&*name, value.as_bytes()) {
            config.password = Some(bytes.to_vec());
            return Ok(());
        }
        let text = match (value.text(), value.as_long(), value.as_double()) {
            (Some(text), ..) => text,
            (None, Some(number), _) => number.to_string(),
            (None, None, Some(number)) => number.to_string(),
            _ => return Err(wrong(&name, "a string or a number")),
        };
        config.set(&name, &text).map_err(native)
    })?;
    Ok(config)
}

fn seconds(name: &str, value: &Value) -> Result<Nanos, Thrown> {
    let seconds = value.as_double().filter(|seconds| *seconds > 0.0);
    seconds
        .map(of_seconds)
        .ok_or_else(|| wrong(name, "a number of seconds above zero"))
}

fn bounded(name: &str, number: i64, least: usize, most: usize) -> Result<usize, Thrown> {
    usize::try_from(number)
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| wrong(name, &format!("a whole number from {least} to {most}")))
}

#[cold]
fn wrong(name: &str, what: &str) -> Thrown {
    exception::misuse(&format!("\"{name}\" is {what}"))
}

#[cold]
fn unknown(name: &str) -> Thrown {
    exception::misuse(&format!("there is no option \"{name}\"; known are {KNOWN}"))
}
