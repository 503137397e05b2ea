//! Secrets at rest: what is stored encrypted, and with which key.
//!
//! A text is sealed with XChaCha20-Poly1305 under the first key of a [`Keyring`], and bound to its
//! [`Place`]: moved to another row or column it does not open. The sealed form names its key, so that
//! keys can be rotated: put the new one first, seal everything anew, drop the old one.
//!
//! What this is good for: a copy of the database (a backup, a replica, a stolen disk) tells no
//! secret. What it is not good for: a process that has the keys can open everything.
#![warn(missing_docs)]

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use rand::Rng;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

#[cfg(test)]
mod tests;

/// What every sealed text begins with: the version of the form.
pub const PREFIX: &str = "s1:";

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// Why a key is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is none.
    #[error("there is no key")]
    None,
    /// It does not read `name:base64`.
    #[error(
        "a key reads `name:base64`: a name of 1 to 32 letters, digits, `-` or `_`, and 32 bytes in base64"
    )]
    Malformed,
    /// Two have the same name.
    #[error("two keys have the name `{0}`")]
    Repeated(String),
}

/// Why a sealed text does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It is not sealed at all.
    #[error("it is not sealed")]
    NotSealed,
    /// It was sealed with a key that is not on the ring.
    #[error("it is sealed with the key `{0}`, which is not configured")]
    UnknownKey(String),
    /// It was changed, moved from another place, or sealed with another key of the same name.
    #[error("it does not open with its key: changed, moved, or another key of that name")]
    Broken,
}

/// Where a sealed text is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Table and column, as in `registrations.secret`.
    pub column: &'static str,
    /// The id of the row.
    pub row: Uuid,
}

impl Place {
    fn bytes(self) -> Vec<u8> {
        [self.column.as_bytes(), &[0], self.row.as_bytes()].concat()
    }
}

struct NamedKey {
    name: String,
    cipher: XChaCha20Poly1305,
}

/// The keys that secrets are sealed with: the first seals, all of them open.
pub struct Keyring {
    /// Never empty.
    keys: Vec<NamedKey>,
    /// What is sealed with the first key begins with this.
    prefix: String,
}

impl Keyring {
    /// Reads keys of the form `name:base64`, the one to seal with first.
    ///
    /// # Errors
    /// When there is none, one is malformed, or two have the same name.
    pub fn parse<'a>(keys: impl IntoIterator<Item = &'a SecretString>) -> Result<Self, KeyError> {
        let mut ring: Vec<NamedKey> = Vec::new();
        for key in keys {
            let key = parse(key.expose_secret())?;
            if ring.iter().any(|other| other.name == key.name) {
                return Err(KeyError::Repeated(key.name));
            }
            ring.push(key);
        }
        let first = ring.first().ok_or(KeyError::None)?;
        let prefix = format!("{PREFIX}{}:", first.name);
        Ok(Self { keys: ring, prefix })
    }

    /// A new key in the form that [`Keyring::parse`] reads, with a random name.
    pub fn generate_key() -> SecretString {
        let (mut name, mut key) = ([0; 4], [0; KEY_BYTES]);
        rand::rng().fill_bytes(&mut name);
        rand::rng().fill_bytes(&mut key);
        let name = u32::from_be_bytes(name);
        SecretString::from(format!("k{name:08x}:{}", STANDARD.encode(key)))
    }

    /// Seals a text for a place.
    pub fn seal(&self, place: Place, text: &str) -> String {
        let mut nonce = [0; NONCE_BYTES];
        rand::rng().fill_bytes(&mut nonce);
        let payload = Payload { msg: text.as_bytes(), aad: &place.bytes() };
        let sealed = self.keys[0]
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .expect("the cipher takes texts of up to 256 GiB");
        format!("{}{}", self.prefix, URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()))
    }

    /// Opens a text that was sealed for a place.
    ///
    /// # Errors
    /// When it is not sealed, its key is not on the ring, or it was tampered with.
    pub fn open(&self, place: Place, sealed: &str) -> Result<SecretString, OpenError> {
        let rest = sealed.strip_prefix(PREFIX).ok_or(OpenError::NotSealed)?;
        let (name, rest) = rest.split_once(':').ok_or(OpenError::NotSealed)?;
        let bytes = URL_SAFE_NO_PAD.decode(rest).map_err(|_| OpenError::Broken)?;
        let (nonce, bytes) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(OpenError::Broken)?;
        // Only now: what merely looks like a sealed text may be a secret, and is quoted nowhere.
        let key = self.keys.iter().find(|key| key.name == name);
        let key = key.ok_or_else(|| OpenError::UnknownKey(name.to_owned()))?;
        let payload = Payload { msg: bytes, aad: &place.bytes() };
        let text =
            key.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| OpenError::Broken)?;
        String::from_utf8(text).map(SecretString::from).map_err(|_| OpenError::Broken)
    }

    /// What a text that is sealed with the first key begins with; anything else is to be sealed anew.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl fmt::Debug for Keyring {
    /// Shows the names, and no key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.name)).finish()
    }
}

fn parse(text: &str) -> Result<NamedKey, KeyError> {
    let (name, key) = text.trim().split_once(':').ok_or(KeyError::Malformed)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 32 || !name.chars().all(plain) {
        return Err(KeyError::Malformed);
    }
    let key = STANDARD.decode(key).map_err(|_| KeyError::Malformed)?;
    let key: [u8; KEY_BYTES] = key.try_into().map_err(|_| KeyError::Malformed)?;
    Ok(NamedKey { name: name.to_owned(), cipher: XChaCha20Poly1305::new(&Key::from(key)) })
}
