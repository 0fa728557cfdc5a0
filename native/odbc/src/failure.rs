//! What went wrong, with the database's own words.
//!
//! The kind follows from the SQLSTATE's class, which the standard fixes; the native code is
//! the database's and means something to its manual only.

use std::fmt;
use tusk_runtime::error::{Error, Kind};

/// One diagnostic record of the driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Five letters and digits.
    pub state: String,
    /// The database's own number.
    pub native: i32,
    /// The driver's text.
    pub message: String,
}

/// A failed call.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What the caller can do about it.
    pub kind: Kind,
    /// What was being done.
    pub operation: &'static str,
    /// What the driver said, first the one that matters; empty when it was not the driver.
    pub records: Vec<Record>,
    /// What we say, where the driver said nothing, and what to try.
    pub detail: String,
}

impl Failure {
    /// A failure that the driver reported.
    pub fn reported(operation: &'static str, records: Vec<Record>) -> Failure {
        let state = records.first().map_or("", |record| record.state.as_str());
        let (kind, detail) = explain(state, operation == CONNECT);
        Failure {
            kind,
            operation,
            detail: if records.is_empty() {
                "the driver failed and gave no reason".to_owned()
            } else {
                detail.to_owned()
            },
            records,
        }
    }

    /// One that we found.
    pub fn of(kind: Kind, operation: &'static str, detail: impl Into<String>) -> Failure {
        Failure {
            kind,
            operation,
            records: Vec::new(),
            detail: detail.into(),
        }
    }

    /// SQLSTATE; empty when it was not the driver who failed.
    pub fn state(&self) -> &str {
        self.records
            .first()
            .map_or("", |record| record.state.as_str())
    }

    /// The database's own number; 0 when there is none.
    pub fn native(&self) -> i32 {
        self.records.first().map_or(0, |record| record.native)
    }

    /// Was a prepared statement refused before it ran, because a table has changed since?
    /// PostgreSQL's 0A000 is also said of other things; MySQL's number is this alone.
    pub fn is_outdated(&self) -> bool {
        const NEEDS_PREPARE: i32 = 1615;
        self.records.first().is_some_and(|record| {
            record.native == NEEDS_PREPARE
                || (record.state == "0A000" && record.message.contains("cached plan"))
        })
    }

    /// Is the connection of no use after this?
    pub fn breaks_connection(&self) -> bool {
        matches!(
            self.kind,
            Kind::Connection | Kind::Protocol | Kind::TimedOut
        ) || self
            .records
            .iter()
            .any(|record| record.state.starts_with("08") || LOST.contains(&record.state.as_str()))
    }
}

/// The operation of opening a connection.
pub const CONNECT: &str = "connect through ODBC";

/// States of servers that end a session: PostgreSQL's 57P01 to 57P05 and 25P03.
const LOST: [&str; 6] = ["57P01", "57P02", "57P03", "57P04", "57P05", "25P03"];

/// Kind, and what to try, for an SQLSTATE. A statement that somebody else cancelled (HY008, or
/// PostgreSQL's 57014) is the database's failure: `Cancelled` is what a coroutine is.
fn explain(state: &str, connecting: bool) -> (Kind, &'static str) {
    match state {
        "HYT00" | "HYT01" | "S1T00" => (Kind::TimedOut, ""),
        "IM002" => (
            Kind::Unsupported,
            "no such data source or driver: `odbcinst -q -d` lists the drivers and `odbcinst -q -s` the data sources \
             (odbcinst.ini and odbc.ini); a driver may also be named by its file, Driver=/path/to/driver.so",
        ),
        "IM003" | "01000" if connecting => (
            Kind::Unsupported,
            "the driver's file cannot be loaded: `ldd` on it shows which library is missing",
        ),
        _ if LOST.contains(&state) => (Kind::Connection, ""),
        _ if state.starts_with("08") => (Kind::Connection, ""),
        _ if state.starts_with("IM") => (Kind::Unsupported, ""),
        _ if state.starts_with("HY") && connecting => (Kind::Connection, ""),
        _ if connecting => (Kind::Connection, ""),
        _ => (Kind::Remote, ""),
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::of(error.kind(), error.operation(), error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}", self.operation)?;
        let mut before = ": ";
        for record in &self.records {
            write!(
                f,
                "{before}{} (SQLSTATE {}, native {})",
                record.message, record.state, record.native
            )?;
            before = "; ";
        }
        if !self.detail.is_empty() {
            write!(f, "{before}{}", self.detail)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(state: &str) -> Record {
        Record {
            state: state.to_owned(),
            native: 7,
            message: "no".to_owned(),
        }
    }

    #[test]
    fn the_kind_follows_from_the_class() {
        let kind = |state, operation| Failure::reported(operation, vec![record(state)]).kind;
        assert_eq!(kind("08S01", "run a statement"), Kind::Connection);
        assert_eq!(kind("42000", "run a statement"), Kind::Remote);
        assert_eq!(kind("28000", CONNECT), Kind::Connection);
        assert_eq!(kind("IM002", CONNECT), Kind::Unsupported);
        assert_eq!(kind("HYT00", "run a statement"), Kind::TimedOut);
        assert_eq!(kind("57P01", "run a statement"), Kind::Connection);
    }

    #[test]
    fn a_message_has_the_drivers_words_and_numbers() {
        let failure = Failure::reported("run a statement", vec![record("42S02")]);
        assert_eq!(
            failure.to_string(),
            "cannot run a statement: no (SQLSTATE 42S02, native 7)"
        );
        assert!(!failure.breaks_connection());
        let silent = Failure::reported("run a statement", Vec::new());
        assert_eq!(
            silent.to_string(),
            "cannot run a statement: the driver failed and gave no reason"
        );
    }
}
