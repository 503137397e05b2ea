//! Keyed hashes under the signatures.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// A keyed hash. SHA-1 is what some providers sign with; as a part of HMAC it is not broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Sha1,
    Sha256,
}

impl Algorithm {
    /// The hash of `parts`, as if they were one, under the bytes of `key`.
    pub(crate) fn sign(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Sha1 => finish(Hmac::<Sha1>::new_from_slice(key), parts),
            Self::Sha256 => finish(Hmac::<Sha256>::new_from_slice(key), parts),
        }
    }

    /// Whether `claimed` was made with one of `secrets`, used as text. Takes the same time wherever it
    /// differs.
    pub(crate) fn is_made_with(
        self,
        secrets: &[SecretString],
        parts: &[&[u8]],
        claimed: &[u8],
    ) -> bool {
        self.is_one_made_with(secrets, parts, &[claimed])
    }

    /// Whether one of several was. What is signed is looked at once for each secret, however many there
    /// are.
    pub(crate) fn is_one_made_with(
        self,
        secrets: &[SecretString],
        parts: &[&[u8]],
        claimed: &[impl AsRef<[u8]>],
    ) -> bool {
        secrets.iter().any(|secret| {
            let made = self.sign(secret.expose_secret().as_bytes(), parts);
            claimed.iter().any(|claimed| made.ct_eq(claimed.as_ref()).into())
        })
    }
}

/// Whether `claimed` is one of `secrets`. Takes the same time wherever it differs.
pub(crate) fn is_one_of(secrets: &[SecretString], claimed: &str) -> bool {
    secrets.iter().any(|secret| secret.expose_secret().as_bytes().ct_eq(claimed.as_bytes()).into())
}

fn finish<M: Mac>(mac: Result<M, hmac::digest::InvalidLength>, parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = mac.expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}
