//! TLS of one connection without a socket: bytes of the wire in, bytes of the protocol out,
//! and back.
//!
//! What the other side says wrong is an error that names the option to look at, in the words
//! of the client that uses it ([`Names`]).

use std::io::{Read, Write};
use std::sync::Arc;

use rustls::{AlertDescription, CertificateError, ClientConnection};
use tusk_runtime::error::{Error, Kind};

use crate::limits::PLAIN_BYTES;
use crate::tls::{Context, Names};

/// See the module's description.
pub struct Session {
    names: &'static Names,
    tls: ClientConnection,
    plain: Vec<u8>,
    said_goodbye: bool,
    heard_goodbye: bool,
}

impl Session {
    /// A connection begins.
    ///
    /// # Errors
    /// `Connection` when rustls refuses the name.
    pub fn new(context: &Context) -> Result<Session, Error> {
        let tls = ClientConnection::new(Arc::clone(&context.config), context.name.clone())
            .map_err(|error| refused(context.names, &error))?;
        Ok(Session {
            names: context.names,
            tls,
            plain: vec![0; PLAIN_BYTES],
            said_goodbye: false,
            heard_goodbye: false,
        })
    }

    /// Is it still being agreed on?
    pub fn is_handshaking(&self) -> bool {
        self.tls.is_handshaking()
    }

    /// The certificate that the other side showed, as DER.
    pub fn peer_certificate(&self) -> Option<&[u8]> {
        let chain = self.tls.peer_certificates()?;
        chain.first().map(|certificate| certificate.as_ref())
    }

    /// Bytes came from the wire; what they hold goes to `sink`.
    ///
    /// # Errors
    /// `Connection` when TLS fails; the sink's own.
    pub fn received(
        &mut self,
        mut bytes: &[u8],
        mut sink: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        while !bytes.is_empty() {
            let count = self.tls.read_tls(&mut bytes);
            if !matches!(count, Ok(1..)) {
                return Err(Error::new(
                    Kind::Connection,
                    "agree on TLS",
                    "the other side sends more than it may",
                ));
            }
            let state = self
                .tls
                .process_new_packets()
                .map_err(|error| refused(self.names, &error))?;
            self.heard_goodbye |= state.peer_has_closed();
            let mut left = state.plaintext_bytes_to_read();
            while left > 0 {
                let count = self.tls.reader().read(&mut self.plain).unwrap_or(0);
                if count == 0 {
                    break;
                }
                left = left.saturating_sub(count);
                sink(&self.plain[..count])?;
            }
        }
        Ok(())
    }

    /// Puts what is to be sent into `room`: its own messages first, then what `fill` gives.
    pub fn fill(&mut self, mut room: &mut [u8], mut fill: impl FnMut(&mut [u8]) -> usize) -> usize {
        let whole = room.len();
        loop {
            while self.tls.wants_write() && !room.is_empty() {
                // A slice takes what fits and never fails.
                if !matches!(self.tls.write_tls(&mut room), Ok(1..)) {
                    return whole - room.len();
                }
            }
            if room.is_empty() || self.tls.is_handshaking() {
                return whole - room.len();
            }
            let count = fill(&mut self.plain);
            if count == 0 || self.tls.writer().write_all(&self.plain[..count]).is_err() {
                return whole - room.len();
            }
        }
    }

    /// Queues the notice that nothing more comes (close_notify), once. False: it was.
    pub fn say_goodbye(&mut self) -> bool {
        let first = !std::mem::replace(&mut self.said_goodbye, true);
        if first {
            self.tls.send_close_notify();
        }
        first
    }

    /// Has the other side said that nothing more comes? Without it an end of the connection
    /// may be somebody's between.
    pub fn heard_goodbye(&self) -> bool {
        self.heard_goodbye
    }

    /// Are there bytes left that did not fit?
    pub fn wants_send(&self) -> bool {
        self.tls.wants_write()
    }
}

#[cold]
fn refused(names: &Names, error: &rustls::Error) -> Error {
    let hint = hint(names, error);
    Error::new(Kind::Connection, "agree on TLS", error.to_string()).hint(hint)
}

/// What to look at.
fn hint(names: &Names, error: &rustls::Error) -> String {
    use rustls::Error as Tls;
    let Names {
        ca_file,
        certificate,
        key,
        other_name,
    } = names;
    match error {
        Tls::InvalidCertificate(what) => match what {
            CertificateError::UnknownIssuer => {
                format!("is the authority known here? {ca_file} names a file of authorities")
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                (*other_name).to_owned()
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => {
                "is the certificate to be renewed, or the clock of this machine wrong?".to_owned()
            }
            _ => String::new(),
        },
        Tls::InvalidMessage(_) => "does the other side speak TLS on this port?".to_owned(),
        Tls::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::UnknownCA
            | AlertDescription::BadCertificate,
        ) => format!(
            "the other side wants a certificate of ours that it knows: {certificate} and {key}"
        ),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names = Names {
        ca_file: "roots",
        certificate: "ours",
        key: "our_key",
        other_name: "set another_name",
    };

    #[test]
    fn hints_are_in_the_words_of_the_client() {
        let invalid = rustls::Error::InvalidCertificate;
        for (error, word) in [
            (invalid(CertificateError::UnknownIssuer), "roots names"),
            (invalid(CertificateError::NotValidForName), "another_name"),
            (invalid(CertificateError::Expired), "clock"),
            (
                rustls::Error::AlertReceived(AlertDescription::CertificateRequired),
                "ours and our_key",
            ),
        ] {
            let said = refused(&NAMES, &error).to_string();
            assert!(said.contains(word), "{said}");
        }
        let other = refused(&NAMES, &rustls::Error::DecryptError).to_string();
        assert!(!other.contains("roots"), "{other}");
    }
}
