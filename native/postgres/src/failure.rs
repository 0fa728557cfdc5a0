//! What a query can fail with: an error of ours, or what the server said.

use std::rc::Rc;

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::ErrorResponseBody;
use tusk_runtime::error::{Error, Kind};

/// The fields of an ErrorResponse (PostgreSQL's documentation, 55.8), as the server sent them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerError {
    /// `ERROR`, `FATAL` or `PANIC`, in English.
    pub severity: String,
    /// The five characters of SQLSTATE.
    pub code: String,
    /// What happened.
    pub message: String,
    /// More of it.
    pub detail: Option<String>,
    /// What may help.
    pub hint: Option<String>,
    /// Where in the SQL, in characters, from 1.
    pub position: Option<u32>,
    /// The call stack in the server.
    pub context: Option<String>,
    /// Names of what it is about.
    pub schema: Option<String>,
    /// See [`ServerError::schema`].
    pub table: Option<String>,
    /// See [`ServerError::schema`].
    pub column: Option<String>,
    /// See [`ServerError::schema`].
    pub data_type: Option<String>,
    /// See [`ServerError::schema`].
    pub constraint: Option<String>,
}

/// See the module's description.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The connection, a limit, a deadline or the calling code.
    Native(Error),
    /// The server did it and failed.
    Server(Rc<ServerError>),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Native(error)
    }
}

impl ServerError {
    /// Reads the message's fields.
    ///
    /// # Errors
    /// `Protocol` when they are malformed.
    pub fn read(body: &ErrorResponseBody) -> Result<ServerError, Error> {
        let mut error = ServerError::default();
        let mut localized = String::new();
        let mut fields = body.fields();
        loop {
            let field = match fields.next() {
                Ok(Some(field)) => field,
                Ok(None) => break,
                Err(reason) => return Err(malformed(format!("an error message: {reason}"))),
            };
            let text = String::from_utf8_lossy(field.value_bytes()).into_owned();
            match field.type_() {
                b'S' => localized = text,
                b'V' => error.severity = text,
                b'C' => error.code = text,
                b'M' => error.message = text,
                b'D' => error.detail = Some(text),
                b'H' => error.hint = Some(text),
                b'P' => error.position = text.parse().ok(),
                b'W' => error.context = Some(text),
                b's' => error.schema = Some(text),
                b't' => error.table = Some(text),
                b'c' => error.column = Some(text),
                b'd' => error.data_type = Some(text),
                b'n' => error.constraint = Some(text),
                _ => {}
            }
        }
        if error.severity.is_empty() {
            // Servers before 9.6, and some of those that descend from them, have no V.
            error.severity = localized;
        }
        Ok(error)
    }

    /// Does the server end the connection after it?
    pub fn is_fatal(&self) -> bool {
        matches!(self.severity.as_str(), "FATAL" | "PANIC")
    }

    /// What it says, in one line.
    pub fn line(&self) -> String {
        let mut line = format!("SQLSTATE[{}]: {}", self.code, self.message);
        for (name, text) in [("DETAIL", &self.detail), ("HINT", &self.hint)] {
            if let Some(text) = text {
                line.push_str(&format!("; {name}: {text}"));
            }
        }
        line
    }

    /// The server refuses to let us in, or is ending.
    pub fn into_error(self) -> Error {
        let (kind, hint) = match self.code.as_str() {
            "28P01" | "28000" => (
                Kind::Connection,
                "are user and password right, and does pg_hba.conf let this host in, with or without TLS?",
            ),
            "3D000" => (Kind::Connection, "is the database's name right?"),
            "53300" => (
                Kind::Overloaded,
                "lower max of the pools, or raise the server's max_connections",
            ),
            _ => (Kind::Connection, ""),
        };
        let operation = if self.is_permanent() {
            LOG_IN
        } else {
            "use the connection"
        };
        Error::new(
            kind,
            operation,
            format!("the server said {} {}", self.severity, self.line()),
        )
        .hint(hint)
    }

    /// Will the next attempt be refused for the same reason?
    pub fn is_permanent(&self) -> bool {
        self.code.starts_with("28") || self.code.starts_with("3D") || self.code == "42704"
    }
}

/// The operation of errors that the next attempt would meet again.
pub const LOG_IN: &str = "log in";

/// Is it of no use to try again soon? What the login or the certificate lacks stays away.
pub fn is_permanent(error: &Error) -> bool {
    [LOG_IN, "agree on TLS", "set up TLS"].contains(&error.operation())
}

/// A protocol error; `seen` says what came.
#[cold]
pub fn malformed(seen: impl Into<String>) -> Error {
    Error::new(Kind::Protocol, "understand the server", seen.into())
        .hint("is it a PostgreSQL server? The connection is not used again")
}
