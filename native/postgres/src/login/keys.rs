//! Keys derived from a password, and the ones that were derived last.
//!
//! Invariant: a kept set is used only for the very salt, rounds and scheme that it was made of;
//! which password it was made of is up to the owner, who has one.

use std::cell::RefCell;
use std::fmt;
use std::num::NonZeroU32;
use std::rc::Rc;

use ring::{digest, hmac, pbkdf2};

/// Bytes of each.
pub const KEY: usize = 32;

/// By which rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// RFC 7677: PBKDF2 with SHA-256.
    Scram,
    /// openGauss: PBKDF2 with SHA-1, and a name for the server's key that lacks a letter.
    Gauss,
    /// The same with all letters, where the server stores SM3 passwords.
    GaussSm3,
}

/// What both sides compute with.
#[derive(Clone)]
pub struct Keys {
    /// Proves us.
    pub client: [u8; KEY],
    /// What the server keeps of it.
    pub stored: [u8; KEY],
    /// Proves the server.
    pub server: [u8; KEY],
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    /// Derives them: `rounds` times two hashes.
    pub fn derive(scheme: Scheme, password: &[u8], salt: &[u8], rounds: NonZeroU32) -> Keys {
        let (algorithm, server) = match scheme {
            Scheme::Scram => (pbkdf2::PBKDF2_HMAC_SHA256, "Server Key"),
            Scheme::Gauss => (pbkdf2::PBKDF2_HMAC_SHA1, "Sever Key"),
            Scheme::GaussSm3 => (pbkdf2::PBKDF2_HMAC_SHA1, "Server Key"),
        };
        let mut salted = [0; KEY];
        pbkdf2::derive(algorithm, rounds, salt, password, &mut salted);
        let client = sign(&salted, b"Client Key");
        let mut stored = [0; KEY];
        stored.copy_from_slice(digest::digest(&digest::SHA256, &client).as_ref());
        Keys {
            client,
            stored,
            server: sign(&salted, server.as_bytes()),
        }
    }

    /// What shows that we know the password, for a text that both sides know.
    pub fn proof(&self, text: &[u8]) -> [u8; KEY] {
        let mut proof = sign(&self.stored, text);
        for (byte, key) in proof.iter_mut().zip(self.client) {
            *byte ^= key;
        }
        proof
    }

    /// Does this signature show that the server knows it, too? Takes as long whatever differs.
    pub fn is_servers(&self, text: &[u8], signature: &[u8]) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.server);
        hmac::verify(&key, text, signature).is_ok()
    }
}

fn sign(key: &[u8], text: &[u8]) -> [u8; KEY] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text);
    let mut bytes = [0; KEY];
    bytes.copy_from_slice(tag.as_ref());
    bytes
}

type Kept = (Scheme, Vec<u8>, NonZeroU32, Keys);

/// The keys of one user's last login.
#[derive(Clone, Default)]
pub struct KeyCache(Rc<RefCell<Option<Kept>>>);

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyCache")
    }
}

impl KeyCache {
    /// The keys for this salt; derived if the last ones were for another.
    pub fn get(&self, scheme: Scheme, password: &[u8], salt: &[u8], rounds: NonZeroU32) -> Keys {
        if let Some((of, with, by, keys)) = &*self.0.borrow() {
            if (*of, with.as_slice(), *by) == (scheme, salt, rounds) {
                return keys.clone();
            }
        }
        let keys = Keys::derive(scheme, password, salt, rounds);
        *self.0.borrow_mut() = Some((scheme, salt.to_vec(), rounds, keys.clone()));
        keys
    }
}
