//! How TLS is to be: files are read once, and every connection begins with what they held.
//!
//! The other side's certificate is verified against the system's authorities or those of a file.
//! [`Context::with`] is for a protocol whose users choose how much is verified (libpq's
//! `sslmode`); nothing here leaves it out by itself. rustls does the work, with ring's
//! cryptography, TLS 1.2 and 1.3.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use tusk_runtime::error::{Error, Kind};

/// Where distributions keep the certificates of authorities: Debian, Alpine and Kylin's
/// desktop; Red Hat, openEuler and Kylin's server, old and new; SUSE; Arch; FreeBSD's ports.
const SYSTEM_AUTHORITIES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];

/// A configuration that lacks the verifier.
pub type Unverified = ConfigBuilder<ClientConfig, WantsVerifier>;
/// One that has it.
pub type Verified = ConfigBuilder<ClientConfig, WantsClientCert>;

/// What the options are called where they are set: errors name them.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// Of [`Options::ca_file`].
    pub ca_file: &'static str,
    /// Of the certificate in [`Options::identity`].
    pub certificate: &'static str,
    /// Of its key.
    pub key: &'static str,
    /// What to do when the server's certificate has another name than the host.
    pub other_name: &'static str,
}

/// What can be chosen.
#[derive(Clone, Debug)]
pub struct Options {
    /// What all this is called.
    pub names: &'static Names,
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
    pub(crate) names: &'static Names,
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) name: ServerName<'static>,
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
                let Names {
                    certificate: of_certificate,
                    key: of_key,
                    ..
                } = options.names;
                let private = PrivateKeyDer::from_pem_file(key)
                    .map_err(|error| unreadable(of_key, key, &error))?;
                config
                    .with_client_auth_cert(certificates(of_certificate, certificate)?, private)
                    .map_err(|error| unreadable(of_certificate, certificate, &error))?
            }
        };
        let name = options.server_name.as_deref().unwrap_or(host);
        let name = ServerName::try_from(name.to_owned())
            .map_err(|_| misuse(format!("\"{name}\" cannot be a server's name")))?;
        Ok(Context {
            names: options.names,
            config: Arc::new(config),
            name,
        })
    }
}

/// The certificates of authorities that count.
///
/// # Errors
/// `Misuse` for a file that cannot be read or holds none.
pub fn authorities_of(options: &Options) -> Result<RootCertStore, Error> {
    let names = options.names;
    let (name, file) = match &options.ca_file {
        Some(file) => (names.ca_file, file.clone()),
        None => match system_authorities() {
            Some(file) => ("the system's authorities", file),
            None => {
                return Err(
                    misuse("the system has no file of authorities".into()).hint(format!(
                        "install ca-certificates, or name a file with {}",
                        names.ca_file
                    )),
                );
            }
        },
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(name, &file)? {
        // Bundles hold a few certificates that no library reads; the others count.
        let _ = roots.add(certificate);
    }
    if roots.is_empty() {
        return Err(misuse(format!(
            "{name}: {} holds no certificate of an authority",
            file.display()
        )));
    }
    Ok(roots)
}

/// The cryptography of every connection.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The PEM file of the system's authorities: `SSL_CERT_FILE`, as OpenSSL takes it, or the
/// distribution's. `None`: there is none in any known place.
pub fn system_authorities() -> Option<PathBuf> {
    let chosen = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let mut system = SYSTEM_AUTHORITIES.iter().map(PathBuf::from);
    chosen.or_else(|| system.find(|file| file.is_file()))
}

fn certificates(name: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable(name, file, &error))
}

#[cold]
fn unreadable(name: &str, file: &Path, error: &dyn std::fmt::Display) -> Error {
    misuse(format!("{name}: {}: {error}", file.display()))
}

fn misuse(detail: String) -> Error {
    Error::new(Kind::Misuse, "set up TLS", detail)
}
