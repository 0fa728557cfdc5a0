//! ODBC in coroutines: what the classes of `Tusk\Pool\Odbc` share.
//!
//! A pool's state is an actor of the reactor ([`host::Host`]). PHP's thread borrows it for
//! single calls, inside a borrow of the core, and never over a wait. A loan is a number, not a
//! guard: a fatal error may jump over the frame that has it, and what is left behind ends with
//! the request.

mod ending;
mod glance;
mod host;
mod numbers;
mod options;
mod pins;
mod run;
mod take;
mod transaction;
mod values;

pub use ending::request_ended;
pub use options::{Settings, Target};
pub use run::{Asked, Stream, query, stream};
pub use take::connect;
pub use transaction::{isolation, transaction};
pub use values::{Table, parameters};

use std::cell::RefCell;
use std::rc::Rc;

use tusk_odbc::failure::Failure;
use tusk_runtime::error::Kind;
use tusk_runtime::reactor::Reactor;

use crate::core;
use crate::exception::{self, Class, Thrown};
use crate::zend::engine;
use crate::zend::value::{Array, Value};
use glance::Glance;
use host::Host;
use pins::Pins;

/// How much of a statement messages show.
const SHOWN_CHARS: usize = 80;

/// A pool that PHP objects share.
pub struct Shared {
    host: Rc<RefCell<Host>>,
    pins: Pins,
    glance: Glance,
    /// How long a statement may take that names no timeout of its own.
    pub timeout: Option<f64>,
    wait_timeout: f64,
    blocks: bool,
    max_result: usize,
}

impl Shared {
    /// A pool without connections.
    pub fn open(settings: Settings) -> Result<Rc<Shared>, Thrown> {
        let (timeout, wait_timeout) = (settings.timeout, settings.wait_timeout);
        let (blocks, max_result) = (settings.blocks, settings.max_result);
        let host = Host::open(settings)?;
        Ok(Rc::new(Shared {
            host,
            pins: Pins::default(),
            glance: Glance::default(),
            timeout,
            wait_timeout,
            blocks,
            max_result,
        }))
    }

    /// Runs `f` with the pool. `f` must not call PHP or switch.
    fn with<R>(&self, f: impl FnOnce(&mut Host, &mut Reactor) -> R) -> R {
        core::with(|core| f(&mut self.host.borrow_mut(), &mut core.reactor))
    }

    /// Is the running coroutine inside `transaction()`?
    pub fn in_transaction(&self) -> bool {
        self.pins.current().is_some()
    }

    /// Nobody takes a connection any more; those that are lent end with their loans.
    pub fn close(&self) {
        self.with(Host::close);
    }

    /// Counters and gauges, for `stats()`.
    pub fn stats(&self) -> Value {
        let mut array = Array::new();
        for (name, number) in self.with(|host, _| host.numbers()) {
            array.set(name, Value::long(number as i64));
        }
        let info = self.with(|host, _| host.info());
        array.set("driver", Value::string(&info.driver));
        array.set("database", Value::string(&info.database));
        array.into()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if core::is_up() {
            self.with(Host::leave);
        }
    }
}

/// A statement as messages show it, without its parameters.
pub fn shown(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= SHOWN_CHARS {
        return format!("\"{line}\"");
    }
    let cut: String = line.chars().take(SHOWN_CHARS).collect();
    format!("\"{cut}…\"")
}

/// Throws what a failure means for PHP. The code is the database's own number; a
/// `RemoteException` has SQLSTATE and all records in its `data`.
#[cold]
pub fn throw(failure: &Failure) -> Thrown {
    let class = match failure.kind {
        Kind::Remote => {
            let mut data = Array::new();
            let records = failure.records.iter().map(|record| {
                let mut entry = Array::new();
                entry
                    .set("sqlstate", Value::string(&record.state))
                    .set("native", Value::long(i64::from(record.native)))
                    .set("message", Value::string(&record.message));
                entry.into()
            });
            data.set("sqlstate", Value::string(failure.state()))
                .set("native", Value::long(i64::from(failure.native())))
                .set("records", Value::list(records));
            let code = i64::from(failure.native());
            return engine::throw_remote(&failure.to_string(), code, &data.into());
        }
        Kind::Cancelled => Class::Cancelled,
        Kind::TimedOut => Class::Timeout,
        Kind::Connection => Class::Connection,
        Kind::Protocol => Class::Protocol,
        Kind::Overloaded => Class::Overloaded,
        Kind::Unsupported | Kind::System | Kind::Device => Class::Unsupported,
        Kind::Misuse => Class::Misuse,
    };
    exception::throw_code(class, i64::from(failure.native()), &failure.to_string())
}
