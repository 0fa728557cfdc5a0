//! TLS without a socket: bytes of the wire in, bytes of the protocol out, and back.
//!
//! The other side's certificate is verified against the system's authorities or those of a file.
//! [`Context::with`] is for a protocol whose users choose how much is verified (libpq's
//! `sslmode`); the clients here have no way to leave it out. rustls does the work, with ring's
//! cryptography, TLS 1.2 and 1.3.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ConfigBuilder, RootCertStore, WantsVerifier};
use tusk_runtime::error::{Error, Kind};

/// Plaintext that becomes one record or two.
const PLAIN_BYTES: usize = 16 << 10;

/// Where distributions keep the certificates of authorities: Debian, Alpine and Kylin's
/// desktop; Red Hat, openEuler and Kylin's server; SUSE; Arch.
const SYSTEM_AUTHORITIES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// A configuration that lacks the verifier.
pub type Unverified = ConfigBuilder<ClientConfig, WantsVerifier>;
/// One that has it.
pub type Verified = ConfigBuilder<ClientConfig, WantsClientCert>;

/// What can be chosen.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// PEM file of authorities, instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// PEM files of our own certificate, with those that signed it, and of its key.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// The name in the other side's certificate, when it is not the host's.
    pub server_name: Option<String>,
}

/// Options that were read: what every connection begins with.
#[derive(Clone, Debug)]
pub struct Context {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

/// See the module's description.
pub struct Session {
    tls: ClientConnection,
    plain: Vec<u8>,
    said_goodbye: bool,
    heard_goodbye: bool,
}

impl Context {
    /// Reads the files for connections to `host`.
    ///
    /// # Errors
    /// `Misuse` for files that cannot be read or are not what they should be.
    pub fn new(options: &Options, host: &str) -> Result<Context, Error> {
        let roots = authorities_of(options)?;
        Context::with(options, host, |builder| {
            Ok(builder.with_root_certificates(roots))
        })
    }

    /// The same, with a verifier of the caller's.
    ///
    /// # Errors
    /// As [`Context::new`], and the caller's own.
    pub fn with(
        options: &Options,
        host: &str,
        verifier: impl FnOnce(Unverified) -> Result<Verified, Error>,
    ) -> Result<Context, Error> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| misuse(error.to_string()))?;
        let config = verifier(builder)?;
        let config = match &options.identity {
            None => config.with_no_client_auth(),
            Some((certificate, key)) => {
                let private = PrivateKeyDer::from_pem_file(key)
                    .map_err(|error| misuse(format!("{}: {error}", key.display())))?;
                config
                    .with_client_auth_cert(certificates(certificate)?, private)
                    .map_err(|error| misuse(format!("{}: {error}", certificate.display())))?
            }
        };
        let name = options.server_name.as_deref().unwrap_or(host);
        let name = ServerName::try_from(name.to_owned())
            .map_err(|_| misuse(format!("\"{name}\" cannot be a server's name")))?;
        Ok(Context {
            config: Arc::new(config),
            name,
        })
    }

    /// What one connection begins with.
    ///
    /// # Errors
    /// `Connection` when rustls refuses the name.
    pub fn session(&self) -> Result<Session, Error> {
        let tls = ClientConnection::new(Arc::clone(&self.config), self.name.clone())
            .map_err(|error| refused(&error))?;
        Ok(Session {
            tls,
            plain: vec![0; PLAIN_BYTES],
            said_goodbye: false,
            heard_goodbye: false,
        })
    }
}

/// The certificates of authorities that count.
///
/// # Errors
/// `Misuse` for a file that cannot be read or holds none.
pub fn authorities_of(options: &Options) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&authorities(options)?)? {
        // Bundles hold a few certificates that no library reads; the others count.
        let _ = roots.add(certificate);
    }
    if roots.is_empty() {
        return Err(misuse("no certificate of an authority was found".into()));
    }
    Ok(roots)
}

/// The cryptography of every connection.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn authorities(options: &Options) -> Result<PathBuf, Error> {
    if let Some(file) = &options.ca_file {
        return Ok(file.clone());
    }
    let chosen = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let mut system = SYSTEM_AUTHORITIES.iter().map(PathBuf::from);
    chosen
        .or_else(|| system.find(|file| file.is_file()))
        .ok_or_else(|| {
            misuse("the system has no file of authorities".into())
                .hint("install ca-certificates, or name a file with tls_ca_file")
        })
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    match read {
        Ok(list) => Ok(list),
        Err(error) => Err(misuse(format!("{}: {error}", file.display()))),
    }
}

fn misuse(detail: String) -> Error {
    Error::new(Kind::Misuse, "set up TLS", detail)
}

#[cold]
fn refused(error: &rustls::Error) -> Error {
    let hint = match error {
        rustls::Error::InvalidCertificate(_) => {
            "is the name right, and the authority known? tls_ca_file names a file of authorities, \
             tls_server_name another name"
        }
        rustls::Error::InvalidMessage(_) => "does the other side speak TLS on this port?",
        _ => "",
    };
    Error::new(Kind::Connection, "agree on TLS", error.to_string()).hint(hint)
}

impl Session {
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
                .map_err(|error| refused(&error))?;
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
    pub(crate) fn heard_goodbye(&self) -> bool {
        self.heard_goodbye
    }

    /// Are there bytes left that did not fit?
    pub fn wants_send(&self) -> bool {
        self.tls.wants_write()
    }
}
