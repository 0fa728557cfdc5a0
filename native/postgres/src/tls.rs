//! What libpq's `sslmode` means for rustls, and the binding of SCRAM to the TLS channel.
//!
//! `verify-full` is the default: encrypted, signed by a known authority, for this host. What
//! verifies less was asked for by name. `allow` does not exist: it sends the password in the
//! clear first.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, SignatureScheme};
use sha2::{Digest, Sha256, Sha384, Sha512};
use tusk_link::tls::{Context, Names, Options, authorities_of, provider};
use tusk_runtime::error::{Error, Kind};

use crate::config::{Config, SslMode};

/// libpq's words.
const NAMES: Names = Names {
    ca_file: "sslrootcert",
    certificate: "sslcert",
    key: "sslkey",
    other_name: "write the certificate's name as host, or sslmode=verify-ca if any server of \
                 the authority will do",
};

/// TLS as `config` asks for it; `None`: never.
///
/// # Errors
/// `Misuse` for files that cannot be read.
pub fn context(config: &Config) -> Result<Option<Context>, Error> {
    let options = Options {
        names: &NAMES,
        ca_file: config.sslrootcert.clone(),
        identity: config.sslcert.clone().zip(config.sslkey.clone()),
        server_name: None,
    };
    let host = config.host.as_str();
    let context = match config.sslmode {
        SslMode::Disable => return Ok(None),
        SslMode::VerifyFull => Context::new(&options, host)?,
        SslMode::VerifyCa => {
            let inner = WebPkiServerVerifier::builder_with_provider(
                Arc::new(authorities_of(&options)?),
                provider(),
            )
            .build()
            .map_err(|error| Error::new(Kind::Misuse, "set up TLS", error.to_string()))?;
            with_verifier(&options, host, Arc::new(AnyName(inner)))?
        }
        // libpq verifies here too when it is given authorities.
        SslMode::Require if config.sslrootcert.is_some() => {
            let config = Config {
                sslmode: SslMode::VerifyCa,
                ..config.clone()
            };
            return self::context(&config);
        }
        SslMode::Require | SslMode::Prefer => {
            with_verifier(&options, host, Arc::new(Anybody(provider())))?
        }
    };
    Ok(Some(context))
}

fn with_verifier(
    options: &Options,
    host: &str,
    verifier: Arc<dyn ServerCertVerifier>,
) -> Result<Context, Error> {
    Context::with(options, host, |builder| {
        Ok(builder
            .dangerous()
            .with_custom_certificate_verifier(verifier))
    })
}

/// `verify-ca`: a known authority, whatever the name.
#[derive(Debug)]
struct AnyName(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified =
            self.0
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // The name is looked at last, after the chain and the dates.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// `require` and `prefer`: encrypted, for whoever answers.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The data of `tls-server-end-point` (RFC 5929, 4.1): the hash of the server's certificate by
/// the hash function of its signature, SHA-256 for MD5 and SHA-1. `None`: its signature has no
/// hash function of its own (Ed25519, RSA-PSS), and the RFC says nothing.
pub fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let whole = Der(certificate).enter(0x30)?;
    let (_, rest) = whole.split()?;
    let algorithm = rest.enter(0x30)?.enter(0x06)?.0;
    Some(match algorithm {
        // 1.2.840.113549.1.1: RSA with MD5, SHA-1 and SHA-2.
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last] => match last {
            4 | 5 | 11 => Sha256::digest(certificate).to_vec(),
            12 => Sha384::digest(certificate).to_vec(),
            13 => Sha512::digest(certificate).to_vec(),
            _ => return None,
        },
        // 1.2.840.10045.4: ECDSA with SHA-1 and SHA-2.
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01]
        | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 2] => Sha256::digest(certificate).to_vec(),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 3] => Sha384::digest(certificate).to_vec(),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 4] => Sha512::digest(certificate).to_vec(),
        _ => return None,
    })
}

/// The little of DER that is needed: elements with definite lengths, one after the other.
#[derive(Clone, Copy)]
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The first element's content, with its tag before, and what follows it.
    fn first(self) -> Option<(u8, Der<'a>, Der<'a>)> {
        let (&tag, rest) = self.0.split_first()?;
        let (&short, mut rest) = rest.split_first()?;
        let mut length = usize::from(short);
        if short >= 0x80 {
            let count = usize::from(short & 0x7f);
            let bytes = rest.get(..count).filter(|_| (1..=4).contains(&count))?;
            length = bytes
                .iter()
                .fold(0, |length, &byte| length << 8 | usize::from(byte));
            rest = &rest[count..];
        }
        let content = rest.get(..length)?;
        Some((tag, Der(content), Der(&rest[length..])))
    }

    fn split(self) -> Option<(Der<'a>, Der<'a>)> {
        let (_, content, rest) = self.first()?;
        Some((content, rest))
    }

    fn enter(self, expected: u8) -> Option<Der<'a>> {
        let (tag, content, _) = self.first()?;
        (tag == expected).then_some(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate's skeleton with this signature algorithm.
    fn certificate(oid: &[u8]) -> Vec<u8> {
        let mut algorithm = vec![0x06, oid.len() as u8];
        algorithm.extend(oid);
        let mut inside = vec![0x30, 1, 0];
        inside.extend([0x30, algorithm.len() as u8]);
        inside.extend(algorithm);
        let mut whole = vec![0x30, 0x81, inside.len() as u8];
        whole.extend(inside);
        whole
    }

    #[test]
    fn the_hash_is_that_of_the_signature() {
        let rsa = |last| certificate(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last]);
        for (last, length) in [(5, 32), (11, 32), (12, 48), (13, 64)] {
            assert_eq!(
                end_point(&rsa(last)).map(|hash| hash.len()),
                Some(length),
                "{last}"
            );
        }
        assert_eq!(end_point(&rsa(10)), None);
        assert_eq!(end_point(&certificate(&[0x2b, 0x65, 0x70])), None);
    }

    #[test]
    fn what_is_cut_off_has_none() {
        let whole = certificate(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 2]);
        assert!(end_point(&whole).is_some());
        for length in 0..whole.len() {
            assert_eq!(end_point(&whole[..length]), None);
        }
    }
}
