//! Which of several servers this is, where one kind is wanted (`target_session_attrs`).
//!
//! Servers from 14 on say it by themselves when they let us in. Others, and those that descend
//! from them, are asked. Both as libpq does.

use postgres_protocol::message::frontend;
use tusk_runtime::error::{Error, Kind};

use super::{Phase, Session, misuse};
use crate::config::Target;
use crate::failure::malformed;

/// What a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    standby: bool,
    read_only: bool,
}

const QUESTION: &str =
    "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only')";

impl Session {
    /// The server has let us in and waits for the first command.
    pub(super) fn let_in(&mut self) -> Result<(), Error> {
        if self.target == Target::Any {
            self.phase = Phase::Ready;
            return Ok(());
        }
        if let Phase::Asking(found) = self.phase {
            let found = found.ok_or_else(|| malformed("no answer to what the server is"))?;
            return self.judge(found);
        }
        let said = |name: &str| self.parameter(name).map(|value| value == "on");
        if let (Some(standby), Some(read_only)) = (
            said("in_hot_standby"),
            said("default_transaction_read_only"),
        ) {
            let read_only = standby || read_only;
            return self.judge(Found { standby, read_only });
        }
        self.phase = Phase::Asking(None);
        frontend::query(QUESTION, &mut self.out).map_err(|error| misuse(error.to_string()))
    }

    fn judge(&mut self, found: Found) -> Result<(), Error> {
        let fits = match self.target {
            Target::Any => true,
            Target::ReadWrite => !found.read_only,
            Target::ReadOnly => found.read_only,
            Target::Primary => !found.standby,
            Target::Standby | Target::PreferStandby => found.standby,
        };
        if fits {
            self.phase = Phase::Ready;
            return Ok(());
        }
        let is = match (found.standby, found.read_only) {
            (true, _) => "a standby",
            (false, true) => "read-only",
            (false, false) => "a primary that may write",
        };
        Err(Error::new(
            Kind::Connection,
            "connect",
            format!(
                "{}:{} is {is}, and target_session_attrs asks for another",
                self.config.host,
                self.config.ports.first().copied().unwrap_or_default()
            ),
        ))
    }

    pub(super) fn is_asking(&self) -> bool {
        matches!(self.phase, Phase::Asking(_))
    }

    /// A message while it is asked. False: it is one of those that may come at any time.
    pub(super) fn told(&mut self, tag: u8, body: &[u8]) -> Result<bool, Error> {
        match tag {
            b'D' => {
                let broken = || malformed("an answer to what the server is that is none");
                // Two fields of text: t or f, on or off.
                let (standby, read_only) = match body {
                    [0, 2, 0, 0, 0, 1, standby, 0, 0, 0, _, read_only @ ..] => (standby, read_only),
                    _ => return Err(broken()),
                };
                let read_only = match read_only {
                    b"on" => true,
                    b"off" => false,
                    _ => return Err(broken()),
                };
                let standby = *standby == b't';
                self.phase = Phase::Asking(Some(Found { standby, read_only }));
                Ok(true)
            }
            b'T' | b'C' => Ok(true),
            _ => Ok(false),
        }
    }
}
