//! TLS of a channel: peer and name are always verified; there is no switch that turns it
//! off.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use tusk_link::tls::system_authorities;
use tusk_runtime::error::{Error, Kind};

/// What a caller may set, as PEM.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Authorities instead of the system's.
    pub authorities: Option<Vec<u8>>,
    /// The client's certificate chain, for servers that ask for one.
    pub certificate: Option<Vec<u8>>,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// The name the server's certificate must have, instead of the target's host.
    pub name: Option<String>,
}

/// Ready for handshakes.
#[derive(Clone)]
pub struct Tls {
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) name: ServerName<'static>,
}

fn refuse(detail: String) -> Error {
    Error::new(Kind::Misuse, "set up TLS for a gRPC channel", detail)
}

impl Tls {
    /// Checks everything that can be checked without a server. `host` is the target's.
    ///
    /// # Errors
    /// `Misuse` for PEM that holds nothing, a key without a certificate, or no name;
    /// `Unsupported` when the system has no authorities.
    pub fn new(options: &Options, host: &str) -> Result<Tls, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| refuse(error.to_string()))?
            .with_root_certificates(roots(options.authorities.as_deref())?);
        let mut config = match (&options.certificate, &options.key) {
            (Some(certificate), Some(key)) => {
                let chain = certificates(certificate, "the client's certificate")?;
                let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| {
                    refuse(format!(
                        "the client's key is no PEM of a private key: {error}"
                    ))
                })?;
                builder.with_client_auth_cert(chain, key).map_err(|error| {
                    refuse(format!(
                        "the client's certificate and key do not go together: {error}"
                    ))
                })?
            }
            (None, None) => builder.with_no_client_auth(),
            (Some(_), None) => return Err(refuse("a client certificate needs its key".to_owned())),
            (None, Some(_)) => return Err(refuse("a client key needs its certificate".to_owned())),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        let name = options.name.as_deref().unwrap_or(host);
        let name = ServerName::try_from(name.to_owned())
            .map_err(|_| refuse(format!("\"{name}\" is no name a certificate can have")))?;
        Ok(Tls {
            config: Arc::new(config),
            name,
        })
    }

    /// The same for another protocol than HTTP/2, by its name in ALPN.
    pub fn with_protocol(&self, protocol: &[u8]) -> Tls {
        let mut config = ClientConfig::clone(&self.config);
        config.alpn_protocols = vec![protocol.to_vec()];
        Tls {
            config: Arc::new(config),
            name: self.name.clone(),
        }
    }
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|error| refuse(format!("{what} is no valid PEM: {error}")))?;
    if found.is_empty() {
        return Err(refuse(format!("{what} holds no certificate in PEM form")));
    }
    Ok(found)
}

fn roots(pem: Option<&[u8]>) -> Result<RootCertStore, Error> {
    let mut store = RootCertStore::empty();
    let found = match pem {
        Some(pem) => certificates(pem, "the list of authorities")?,
        None => certificates(&system_bundle()?, "the system's list of authorities")?,
    };
    // Old systems list certificates that are no longer valid as authorities; the others do.
    let (added, _) = store.add_parsable_certificates(found);
    if added == 0 {
        return Err(refuse(
            "the list of authorities holds none that can be used".to_owned(),
        ));
    }
    Ok(store)
}

fn system_bundle() -> Result<Vec<u8>, Error> {
    let path = system_authorities().ok_or_else(|| {
        Error::new(
            Kind::Unsupported,
            "set up TLS for a gRPC channel",
            "this system has no list of trusted authorities in any known place",
        )
        .hint("install ca-certificates, or give the authorities as PEM")
    })?;
    std::fs::read(&path).map_err(|error| {
        refuse(format!(
            "the system's authorities, {}, cannot be read: {error}",
            path.display()
        ))
        .hint("SSL_CERT_FILE names another file")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_work_is_refused_before_connecting() {
        let with = |change: fn(&mut Options)| {
            let mut options = Options::default();
            change(&mut options);
            Tls::new(&options, "localhost")
                .err()
                .map(|error| error.to_string())
        };
        for (change, words) in [
            (
                (|options| options.authorities = Some(b"nothing".to_vec())) as fn(&mut Options),
                "no certificate",
            ),
            (
                |options| options.key = Some(b"k".to_vec()),
                "authorities|needs its certificate",
            ),
        ] {
            let error = with(change).expect("refused");
            assert!(words.split('|').any(|word| error.contains(word)), "{error}");
        }
    }
}
