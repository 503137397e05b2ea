//! The ed25519 keys of scheme `v1a`, as the specification writes them.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use ed25519_dalek::ed25519::signature::MultipartSigner;
use ed25519_dalek::{KEYPAIR_LENGTH, PUBLIC_KEY_LENGTH, SECRET_KEY_LENGTH, Signature};
use postrider_domain::{Invalid, SecretText};

use super::BASE64;

const SECRET_PREFIX: &str = "whsk_";
const PUBLIC_PREFIX: &str = "whpk_";

/// What a sender signs with. Printing it shows nothing.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key that follows from 32 random bytes.
    pub fn generate(random: [u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&random))
    }

    /// Reads `whsk_` and base64 of the 32 bytes of the seed, or of these and the 32 bytes of the
    /// public key. The specification leaves the length open; libraries write 64 bytes.
    ///
    /// # Errors
    /// When it is anything else, or the public key is not the seed's. The error quotes nothing of it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let refused = || {
            Invalid::new(format!(
                "a signing key is `{SECRET_PREFIX}` and base64 of an ed25519 seed of \
                 {SECRET_KEY_LENGTH} bytes, or of the seed and its public key"
            ))
        };
        let bytes = decode(SECRET_PREFIX, text).ok_or_else(refused)?;
        if let Ok(seed) = <[u8; SECRET_KEY_LENGTH]>::try_from(bytes.as_slice()) {
            return Ok(Self::generate(seed));
        }
        let pair = <[u8; KEYPAIR_LENGTH]>::try_from(bytes.as_slice()).map_err(|_| refused())?;
        ed25519_dalek::SigningKey::from_keypair_bytes(&pair).map(Self).map_err(|_| {
            Invalid::new("the public key in the signing key is not the one of its seed")
        })
    }

    /// The key as it is stored: `whsk_` and base64 of seed and public key.
    pub fn to_text(&self) -> SecretText {
        let text = format!("{SECRET_PREFIX}{}", BASE64.encode(self.0.to_keypair_bytes()));
        SecretText::parse(&text).expect("it is short and has no NUL character")
    }

    /// What receivers verify with.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The signature of `parts`, as if they were one.
    pub(super) fn sign(&self, parts: &[&[u8]]) -> [u8; 64] {
        self.0.multipart_sign(parts).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// What a receiver verifies with; printed as `whpk_` and base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// Whether `signature` is one of `message`. Strict: of the several encodings that older rules
    /// let pass, only the one that signers make is taken.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

impl FromStr for PublicKey {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        decode(PUBLIC_PREFIX, text)
            .and_then(|bytes| <[u8; PUBLIC_KEY_LENGTH]>::try_from(bytes).ok())
            .and_then(|bytes| ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok())
            .map(Self)
            .ok_or_else(|| {
                Invalid::new(format!(
                    "a public key is `{PUBLIC_PREFIX}` and base64 of an ed25519 key of \
                     {PUBLIC_KEY_LENGTH} bytes"
                ))
            })
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC_PREFIX}{}", BASE64.encode(self.0.to_bytes()))
    }
}

fn decode(prefix: &str, text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.strip_prefix(prefix)?).ok()
}
