//! openGauss' (GaussDB's, GBase 8c's, Vastbase's) own logins, which use the numbers of SASL's
//! messages for bytes of their own.
//!
//! Source: openGauss-server, src/common/backend/libpq/auth.cpp (sendAuthRequest) and
//! src/common/interfaces/libpq/fe-auth.cpp (pg_password_sendauth), Mulan PSL 2. To a client that
//! says version 3.0, as we do, the server sends
//!
//! ```text
//!   10  int32 2, salt (64 hex), token (8 hex), signature (64 hex)   SHA-256 passwords
//!   11  salt (64 hex), 4 bytes                                      those, where md5 is asked for
//!   13  int32 6, as 10                                              SM3 passwords
//! ```
//! and to later versions the number of rounds instead of the signature. Without that number the
//! signature tells it: who knows the password finds the rounds among those that servers use, and
//! has seen then that the server knows it, too.

use std::fmt::Write;
use std::num::NonZeroU32;

use md5::{Digest, Md5};

use super::keys::{KEY, KeyCache, Keys, Scheme};
use crate::limits;

/// What the server asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// A proof.
    Proof {
        /// Which kind of password it has stored.
        scheme: Scheme,
        /// Its salt.
        salt: Vec<u8>,
        /// What the proof is for.
        token: Vec<u8>,
        /// The server's own.
        signature: Option<Vec<u8>>,
        /// How often was hashed.
        rounds: Option<NonZeroU32>,
    },
    /// The md5 of what it has stored.
    Md5 {
        /// Its salt, in hexadecimal digits, as it is hashed.
        salt: Vec<u8>,
        /// And the connection's.
        connection: [u8; 4],
    },
}

const SHA256: u32 = 10;
const MD5: u32 = 11;
const SM3: u32 = 13;

/// Stored as; servers of both kinds say these.
const STORED_SHA256: u32 = 2;
const STORED_SM3: u32 = 6;

/// Rounds that servers use: `auth_iteration_count` by default since 2.0, and before it.
const ROUNDS: [u32; 2] = [10_000, 2_048];

impl Request {
    /// Reads the body of an authentication message; `None`: it is none of these. SASL's begin
    /// with a letter where these have a number, or a digit and cannot be of this length.
    pub fn read(body: &[u8]) -> Option<Request> {
        let (code, rest) = number(body)?;
        if code == MD5 {
            let (salt, connection) = rest.split_first_chunk::<64>()?;
            bytes(salt)?;
            return Some(Request::Md5 {
                salt: salt.to_vec(),
                connection: connection.try_into().ok()?,
            });
        }
        let (stored, rest) = number(rest)?;
        let scheme = match (code, stored) {
            (SHA256, STORED_SHA256) => Scheme::Gauss,
            (SM3, STORED_SM3) => Scheme::GaussSm3,
            _ => return None,
        };
        let (salt, rest) = rest.split_first_chunk::<64>()?;
        let (token, rest) = rest.split_first_chunk::<8>()?;
        let (signature, rounds) = match rest.len() {
            64 => (Some(bytes(rest)?), None),
            4 => (None, Some(NonZeroU32::new(number(rest)?.0)?)),
            0 => (None, None),
            _ => return None,
        };
        Some(Request::Proof {
            scheme,
            salt: bytes(salt)?,
            token: bytes(token)?,
            signature,
            rounds,
        })
    }

    /// What to send as the password.
    ///
    /// # Errors
    /// Why nothing is sent.
    pub fn answer(&self, password: &[u8], keys: &KeyCache) -> Result<String, String> {
        match self {
            Request::Proof {
                scheme,
                salt,
                token,
                signature,
                rounds,
            } => {
                if rounds.is_some_and(|rounds| rounds.get() > limits::LOGIN_ROUNDS) {
                    return Err(
                        "the server asks for more rounds of hashing than anybody does".into(),
                    );
                }
                let known = ROUNDS.into_iter().filter_map(NonZeroU32::new);
                let tried: Vec<NonZeroU32> = match rounds {
                    Some(rounds) => vec![*rounds],
                    None => known.collect(),
                };
                let mut fits = tried
                    .into_iter()
                    .map(|rounds| keys.get(*scheme, password, salt, rounds));
                let found = match signature {
                    Some(signature) => fits.find(|keys| keys.is_servers(token, signature)),
                    None => fits.next(),
                };
                let keys = found.ok_or(
                    "the password is wrong, or the server does not know it, or its auth_iteration_count is neither \
                     10000 nor 2048",
                )?;
                Ok(hex(&keys.proof(token)))
            }
            Request::Md5 { salt, connection } => {
                let rounds = NonZeroU32::new(ROUNDS[0]).unwrap_or(NonZeroU32::MIN);
                let raw = bytes(salt).unwrap_or_default();
                let Keys { server, stored, .. } = keys.get(Scheme::Gauss, password, &raw, rounds);
                let mut md5 = Md5::new();
                md5.update(salt);
                md5.update(hex(&server));
                md5.update(hex(&stored));
                md5.update(connection);
                Ok(format!("md5{}", hex(&md5.finalize())))
            }
        }
    }
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*number), rest))
}

/// Of hexadecimal digits.
fn bytes(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |digit: u8| char::from(digit).to_digit(16).map(|digit| digit as u8);
    let pairs = digits.chunks_exact(2);
    pairs
        .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * KEY);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(code: u32, stored: u32, tail: &[u8]) -> Vec<u8> {
        let mut body = code.to_be_bytes().to_vec();
        body.extend(stored.to_be_bytes());
        body.extend("0123456789abcdef".repeat(4).bytes());
        body.extend(b"deadbeef");
        body.extend(tail);
        body
    }

    /// Computed with Python's hashlib and hmac from the formulas in the module's description.
    #[test]
    fn as_others_compute_it() {
        let keys = KeyCache::default();
        for (rounds, signature, proof) in VECTORS {
            for tail in [signature.as_bytes(), &u32::to_be_bytes(rounds)] {
                let request = Request::read(&body(SHA256, STORED_SHA256, tail)).unwrap();
                let answer = request.answer("Enmo@1234".as_bytes(), &keys).unwrap();
                assert_eq!(answer, proof, "{rounds}");
            }
            let request = Request::read(&body(SHA256, STORED_SHA256, signature.as_bytes()));
            assert!(
                request
                    .unwrap()
                    .answer(b"another", &KeyCache::default())
                    .is_err()
            );
        }
        let mut md5 = MD5.to_be_bytes().to_vec();
        md5.extend("0123456789abcdef".repeat(4).bytes());
        md5.extend([1, 2, 3, 4]);
        let answer = Request::read(&md5).unwrap().answer(b"Enmo@1234", &keys);
        assert_eq!(answer.unwrap(), MD5_VECTOR);
        let sm3 = Request::read(&body(SM3, STORED_SM3, SM3_SIGNATURE.as_bytes())).unwrap();
        // The proof is made with the client's key, whose name is the same.
        assert_eq!(sm3.answer(b"Enmo@1234", &keys).unwrap(), VECTORS[0].2);
    }

    const VECTORS: [(u32, &str, &str); 2] = [
        (
            10_000,
            "a30b4648395efe9c85bf0e61c11e0f7aee9575628d0dca148537003abf691241",
            "9b446c9a497fd5b9915030b49b3f716c1054b67479eaa6d2360d943cff2fec9d",
        ),
        (
            2_048,
            "490964c45bd8860b3a8e9c117aaac08fcec52ed1513a8414cdda7e018c0de787",
            "7c90162bc55d6fe905d094e09d330dc3669945a350fe63c3e2b000885acee125",
        ),
    ];
    const MD5_VECTOR: &str = "md5c6d82de7b78e2c86af8f679993d580ef";
    const SM3_SIGNATURE: &str = "cdcaf85a2f91137a6484af253dc5030dfca0948099b60ddbd5babcb54879039d";

    #[test]
    fn sasl_is_not_taken_for_it() {
        let mut sasl = SHA256.to_be_bytes().to_vec();
        sasl.extend(b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0");
        assert_eq!(Request::read(&sasl), None);
        let mut first = MD5.to_be_bytes().to_vec();
        first.extend(
            b"r=6GPq1xUyYwCDyHkAhWhnwMxZtLbJ6cYtTtVBJm3r0TzcAQ==,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        );
        assert_eq!(Request::read(&first), None);
        for length in 0..8 {
            assert_eq!(Request::read(&sasl[..length]), None);
        }
        let whole = body(SHA256, STORED_SHA256, &[b'0'; 64]);
        for length in 0..whole.len() {
            let read = Request::read(&whole[..length]);
            // 72 and 76 bytes are what other versions send.
            assert_eq!(read.is_some(), [80, 84].contains(&length), "{length}");
        }
    }
}
