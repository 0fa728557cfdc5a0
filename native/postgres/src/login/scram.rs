//! SCRAM-SHA-256 as a client (RFC 5802 and 7677), with and without channel binding (RFC 5929,
//! tls-server-end-point).
//!
//! ```text
//!   First ──server-first──▶ Final ──server-final──▶ proven
//! ```
//! Only the server's messages move it; what does not fit ends it.

use std::num::NonZeroU32;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};

use super::keys::{KeyCache, Keys, Scheme};
use crate::limits;

/// The mechanism's name, and the one that is bound to the channel.
pub const PLAIN: &str = "SCRAM-SHA-256";
/// See [`PLAIN`].
pub const PLUS: &str = "SCRAM-SHA-256-PLUS";

/// What the exchange is bound to.
pub enum Binding {
    /// We could, and the server does not offer it: a server that does sees that it was hidden.
    Unrequested,
    /// We cannot.
    Unsupported,
    /// The hash of the server's certificate.
    EndPoint(Vec<u8>),
}

impl Binding {
    fn header(&self) -> &'static str {
        match self {
            Binding::Unrequested => "y,,",
            Binding::Unsupported => "n,,",
            Binding::EndPoint(_) => "p=tls-server-end-point,,",
        }
    }
}

enum State {
    First { nonce: String, binding: Binding },
    Final { keys: Keys, text: String },
    Over,
}

/// See the module's description.
pub struct Scram {
    message: String,
    state: State,
}

impl Scram {
    /// Begins; `None`: the system has no random numbers.
    pub fn new(binding: Binding) -> Option<Scram> {
        let mut random = [0; 18];
        SystemRandom::new().fill(&mut random).ok()?;
        Some(Scram::with_nonce(binding, STANDARD.encode(random)))
    }

    fn with_nonce(binding: Binding, nonce: String) -> Scram {
        Scram {
            // The user's name is in the startup message; PostgreSQL ignores the one here.
            message: format!("{}n=,r={nonce}", binding.header()),
            state: State::First { nonce, binding },
        }
    }

    /// What is to be sent.
    pub fn message(&self) -> &[u8] {
        self.message.as_bytes()
    }

    /// The server has sent its salt.
    ///
    /// # Errors
    /// What does not fit.
    pub fn first(
        &mut self,
        message: &[u8],
        password: &[u8],
        keys: &KeyCache,
    ) -> Result<(), &'static str> {
        let State::First { nonce, binding } = std::mem::replace(&mut self.state, State::Over)
        else {
            return Err("a message out of order");
        };
        let message = std::str::from_utf8(message).map_err(|_| "a message that is no text")?;
        let mut fields = message.split(',');
        let mut field = |name: &str| fields.next().and_then(|field| field.strip_prefix(name));
        let both = field("r=").ok_or("no nonce")?;
        if !both.starts_with(&nonce) || both.len() == nonce.len() {
            return Err("a nonce that is not ours");
        }
        let salt = field("s=").ok_or("no salt")?;
        let salt = STANDARD.decode(salt).map_err(|_| "a salt that is broken")?;
        let rounds = field("i=").and_then(|rounds| rounds.parse::<NonZeroU32>().ok());
        let rounds = rounds.ok_or("no number of rounds")?;
        if rounds.get() > limits::LOGIN_ROUNDS {
            return Err("more rounds of hashing than anybody asks for");
        }
        let keys = keys.get(Scheme::Scram, &prepared(password), &salt, rounds);
        let mut bound = binding.header().as_bytes().to_vec();
        if let Binding::EndPoint(data) = &binding {
            bound.extend_from_slice(data);
        }
        let unproven = format!("c={},r={both}", STANDARD.encode(bound));
        let text = format!("n=,r={nonce},{message},{unproven}");
        let proof = STANDARD.encode(keys.proof(text.as_bytes()));
        self.message = format!("{unproven},p={proof}");
        self.state = State::Final { keys, text };
        Ok(())
    }

    /// The server shows that it knows the password.
    ///
    /// # Errors
    /// It does not.
    pub fn last(self, message: &[u8]) -> Result<(), &'static str> {
        let State::Final { keys, text } = self.state else {
            return Err("a message out of order");
        };
        let signature = message.strip_prefix(b"v=").ok_or("no signature")?;
        let signature = signature.split(|&byte| byte == b',').next();
        let signature = STANDARD.decode(signature.unwrap_or_default());
        match signature {
            Ok(signature) if keys.is_servers(text.as_bytes(), &signature) => Ok(()),
            _ => Err("another signature"),
        }
    }
}

/// SASLprep (RFC 4013), as PostgreSQL does: what it does not allow is taken as it is.
fn prepared(password: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(password).ok();
    let prepared = text.and_then(|text| stringprep::saslprep(text).ok());
    prepared.map_or_else(|| password.to_vec(), |text| text.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of RFC 7677, except for the name, which PostgreSQL's clients leave out: with it the proofs
    /// differ. So the oracle is the server's side, computed from what it would have stored.
    #[test]
    fn both_sides_come_to_the_same() {
        let keys = KeyCache::default();
        let mut scram = Scram::with_nonce(Binding::Unsupported, "rOprNGfwEbeRWgbNEkqO".into());
        assert_eq!(scram.message(), b"n,,n=,r=rOprNGfwEbeRWgbNEkqO");
        let first = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        scram.first(first.as_bytes(), b"pencil", &keys).unwrap();
        let sent = String::from_utf8(scram.message().to_vec()).unwrap();
        let (unproven, proof) = sent.split_once(",p=").unwrap();
        assert_eq!(
            unproven,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
        );
        // StoredKey and ServerKey as PostgreSQL stores them for this password, salt and rounds.
        let text = format!("n=,r=rOprNGfwEbeRWgbNEkqO,{first},{unproven}");
        let stored = STANDARD
            .decode("WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=")
            .unwrap();
        let server = STANDARD
            .decode("wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=")
            .unwrap();
        let proof = STANDARD.decode(proof).unwrap();
        let signature = sign_of(&stored, text.as_bytes());
        let client: Vec<u8> = proof.iter().zip(signature).map(|(a, b)| a ^ b).collect();
        let hashed = ring::digest::digest(&ring::digest::SHA256, &client);
        assert_eq!(hashed.as_ref(), stored.as_slice());
        let mut answer = b"v=".to_vec();
        answer.extend(
            STANDARD
                .encode(sign_of(&server, text.as_bytes()))
                .into_bytes(),
        );
        scram.last(&answer).unwrap();
    }

    fn sign_of(key: &[u8], text: &[u8]) -> Vec<u8> {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
        ring::hmac::sign(&key, text).as_ref().to_vec()
    }

    #[test]
    fn what_does_not_fit_ends_it() {
        let begun = || Scram::with_nonce(Binding::Unrequested, "abc".into());
        for message in [
            "",
            "r=abc,s=AAAA,i=1",
            "r=xyzabc,s=AAAA,i=4096",
            "r=abcd,s=AAAA",
            "r=abcd,s=AA!A,i=4096",
            "r=abcd,s=AAAA,i=0",
            "r=abcd,s=AAAA,i=-1",
            "r=abcd,s=AAAA,i=4294967295",
            "m=x,r=abcd,s=AAAA,i=4096",
        ] {
            let mut scram = begun();
            let ended = scram.first(message.as_bytes(), b"x", &KeyCache::default());
            assert!(ended.is_err(), "{message}");
            assert!(
                scram
                    .first(b"r=abcd,s=AAAA,i=1", b"x", &KeyCache::default())
                    .is_err()
            );
        }
        let mut scram = begun();
        scram
            .first(b"r=abcd,s=AAAA,i=1", b"x", &KeyCache::default())
            .unwrap();
        assert!(scram.last(b"v=AAAA").is_err());
        assert!(begun().last(b"v=AAAA").is_err());
    }

    #[test]
    fn a_password_is_prepared_as_the_server_does() {
        assert_eq!(prepared("ﬀ\u{a0}x".as_bytes()), b"ff x");
        assert_eq!(prepared(b"\xff\xfe"), b"\xff\xfe");
        assert_eq!(prepared("a\u{7}".as_bytes()), b"a\x07");
    }
}
