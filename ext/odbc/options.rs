//! What `connect()` is given.

use std::rc::Rc;
use std::sync::Arc;

use tusk_odbc::charset::Charset;
use tusk_odbc::dsn::Dsn;
use tusk_odbc::limits::{RESULT_BYTES, STATEMENTS};
use tusk_odbc::sys::library::Library;
use tusk_odbc::worker::{Crew, Settings as Connection};
use tusk_pool::config::Config;
use tusk_pool::pool::Pool;
use tusk_runtime::sys::clock;
use tusk_runtime::task::Waiter;
use tusk_runtime::timer::of_seconds;

use crate::budget::{Budget, Taker};
use crate::exception::{self, Thrown};
use crate::zend::engine;
use crate::zend::value::Value;

/// The place of the options among the arguments.
const OPTIONS: u32 = 6;

const KNOWN: &str = "blocks, budget, charset, check, check_after, idle_timeout, lazy, library, login_timeout, max_lifetime, \
                     max_result_bytes, on_connect, statement_cache, wait_timeout";

/// How long a taker waits for a connection unless `wait_timeout` says otherwise.
const WAIT_TIMEOUT: f64 = 10.0;

/// Everything a pool is opened with.
pub struct Settings {
    pub(super) crew: Arc<Crew>,
    pub(super) config: Config,
    pub(super) check: Option<String>,
    pub(super) budget: Option<Rc<Budget>>,
    pub(super) make_pool: Box<dyn Fn() -> Pool<Waiter>>,
    pub(super) timeout: Option<f64>,
    pub(super) wait_timeout: f64,
    pub(super) blocks: bool,
    pub(super) max_result: usize,
    /// Connections are made when they are first needed.
    pub lazy: bool,
}

/// Whereto, and how many.
pub struct Target<'a> {
    /// Connection string, or a data source's name.
    pub dsn: &'a str,
    /// With its password.
    pub user: Option<&'a str>,
    /// See above.
    pub password: Option<&'a str>,
    /// Connections at most.
    pub max: usize,
    /// And at least.
    pub min: usize,
    /// For statements that name none.
    pub timeout: Option<f64>,
}

impl Settings {
    /// Reads the options and loads the driver manager.
    pub fn read(target: &Target<'_>, options: &Value) -> Result<Settings, Thrown> {
        let dsn = Dsn::new(target.dsn, target.user, target.password)
            .map_err(|what| engine::argument_error(0, &format!("cannot be used: {what}")))?;
        let mut connection = Connection {
            dsn,
            charset: Charset::Wide,
            login_timeout: 0,
            on_connect: Vec::new(),
            statements: STATEMENTS,
        };
        let mut config = Config {
            max: target.max,
            min: target.min,
            ..Config::default()
        };
        let (mut library, mut check, mut budget) = (None, None, None);
        let (mut wait_timeout, mut blocks, mut lazy) = (WAIT_TIMEOUT, false, false);
        let mut max_result = RESULT_BYTES;
        for (key, value) in options.entries().unwrap_or_default() {
            let name = key.text().unwrap_or_default();
            match name.as_str() {
                "charset" => {
                    let label = text(&name, &value)?;
                    connection.charset = Charset::named(&label).ok_or_else(|| {
                        refuse(
                            &name,
                            "\"utf-16\" (the default), or a charset such as \"gb18030\"",
                        )
                    })?;
                }
                "library" => library = Some(text(&name, &value)?),
                "check" => check = Some(text(&name, &value)?),
                "login_timeout" => connection.login_timeout = seconds(&name, &value)?.ceil() as u32,
                "on_connect" => connection.on_connect = texts(&name, &value)?,
                "wait_timeout" => wait_timeout = seconds(&name, &value)?,
                "idle_timeout" => config.idle_timeout = Some(nanos(&name, &value)?),
                "max_lifetime" => config.max_lifetime = Some(nanos(&name, &value)?),
                "check_after" => config.check_after = Some(nanos(&name, &value)?),
                "budget" => {
                    let wanted = "['name' => 'orders', 'limit' => 60]: all that share it, and their most connections";
                    let read = Budget::read(&value)?;
                    budget = Some(read.ok_or_else(|| refuse(&name, wanted))?);
                }
                "blocks" => blocks = truth(&name, &value)?,
                "lazy" => lazy = truth(&name, &value)?,
                "statement_cache" => {
                    let most = value.as_long().and_then(|most| usize::try_from(most).ok());
                    connection.statements =
                        most.ok_or_else(|| refuse(&name, "a number of statements"))?;
                }
                "max_result_bytes" => {
                    let bytes = value
                        .as_long()
                        .and_then(|bytes| usize::try_from(bytes).ok());
                    max_result = bytes.ok_or_else(|| refuse(&name, "a number of bytes"))?;
                }
                _ => {
                    return Err(engine::argument_error(
                        OPTIONS,
                        &format!("has the option \"{name}\", which is unknown; known are {KNOWN}"),
                    ));
                }
            }
        }
        config
            .check()
            .map_err(|what| engine::argument_error(3, &format!("cannot be used: {what}")))?;
        let library =
            Library::load(library.as_deref()).map_err(|error| exception::native(&error))?;
        Ok(Settings {
            crew: Crew::new(library, connection),
            config,
            check,
            budget: budget.clone(),
            make_pool: Box::new(move || {
                let seed = clock::now() ^ u64::from(std::process::id());
                match &budget {
                    Some(budget) => {
                        Pool::with_allowance(config, seed, Box::new(Taker(Rc::clone(budget))))
                    }
                    None => Pool::new(config, seed),
                }
            }),
            timeout: target.timeout,
            wait_timeout,
            blocks,
            max_result,
            lazy,
        })
    }
}

fn refuse(option: &str, wanted: &str) -> Thrown {
    engine::argument_error(
        OPTIONS,
        &format!("has the option \"{option}\", which must be {wanted}"),
    )
}

fn text(option: &str, value: &Value) -> Result<String, Thrown> {
    value.text().ok_or_else(|| refuse(option, "a string"))
}

fn texts(option: &str, value: &Value) -> Result<Vec<String>, Thrown> {
    let wanted = || refuse(option, "a string or a list of strings");
    match value.entries() {
        Some(entries) => {
            let texts = entries.iter().map(|(_, value)| value.text());
            texts.collect::<Option<Vec<_>>>().ok_or_else(wanted)
        }
        None => value.text().map(|one| vec![one]).ok_or_else(wanted),
    }
}

fn truth(option: &str, value: &Value) -> Result<bool, Thrown> {
    value
        .as_bool()
        .ok_or_else(|| refuse(option, "true or false"))
}

fn seconds(option: &str, value: &Value) -> Result<f64, Thrown> {
    let number = value.as_double().filter(|seconds| *seconds >= 0.0);
    number.ok_or_else(|| refuse(option, "zero or more seconds"))
}

fn nanos(option: &str, value: &Value) -> Result<u64, Thrown> {
    seconds(option, value).map(of_seconds)
}
