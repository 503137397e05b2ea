//! The body and the signatures of the Standard Webhooks specification, over
//! `{webhook-id}.{webhook-timestamp}.{body}`: HMAC-SHA256 (`v1`) and ed25519 (`v1a`).
//!
//! Neither id nor timestamp has a `.`, or the same bytes could be read as those of another id.
//!
//! # Keys
//!
//! An ed25519 key is written as `whsk_` and base64, its public half as `whpk_` and base64. For `v1`
//! the specification hands a secret over as `whsec_` and base64, and signs with the decoded bytes.
//! A registration's secret may be any text, so:
//!
//! - one written as `whsec_<base64>` signs with the decoded bytes, as every consumer expects;
//! - any other signs with its UTF-8 bytes, and a consumer's library has to be given
//!   [`consumer_secret`], which is `whsec_` and base64 of those bytes.

mod body;
mod keys;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::Mac;
use postrider_domain::{Secret, Timestamp};

use crate::VerifyError;
use crate::mac::hmac_sha256;

pub use body::{BATCH_TYPE, CONTENT_TYPE, body};
pub use keys::{PublicKey, SigningKey};

/// The header with the message id, the same for every attempt.
pub const ID_HEADER: &str = "webhook-id";

/// The header with the time of the attempt, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";

/// The header with the signatures.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// How far from the present a timestamp may be: the amount that every reference library uses.
pub const TOLERANCE: Duration = Duration::from_mins(5);

/// How many signatures of a request are looked at. A sender has one for each key that is live, and each
/// `v1a` takes a look at the whole body.
const MAX_SIGNATURES: usize = 16;

const SECRET_PREFIX: &str = "whsec_";
const SYMMETRIC: &str = "v1";
const ASYMMETRIC: &str = "v1a";

/// Writes padding and does without it when reading: consumers differ in what they copy.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// One signature of `webhook-signature`: `v1,` and base64. `timestamp` is that of the attempt, in
/// seconds since 1970. Several go into the header with a space between them.
pub fn signature(secret: &Secret, id: &str, timestamp: i64, body: &[u8]) -> String {
    let timestamp = timestamp.to_string();
    let mac = hmac_sha256(&key(secret), &signed_parts(id, &timestamp, body));
    format!("{SYMMETRIC},{}", BASE64.encode(mac.finalize().into_bytes()))
}

/// The same as [`signature`] by an ed25519 key: `v1a,` and base64.
pub fn asymmetric_signature(key: &SigningKey, id: &str, timestamp: i64, body: &[u8]) -> String {
    let timestamp = timestamp.to_string();
    let signature = key.sign(&signed_parts(id, &timestamp, body));
    format!("{ASYMMETRIC},{}", BASE64.encode(signature))
}

/// The three headers of a received request.
#[derive(Debug, Clone, Copy)]
pub struct SignatureHeaders<'a> {
    /// The value of [`ID_HEADER`].
    pub id: &'a str,
    /// The value of [`TIMESTAMP_HEADER`].
    pub timestamp: &'a str,
    /// The value of [`SIGNATURE_HEADER`]: one or more signatures separated by spaces.
    pub signature: &'a str,
}

impl SignatureHeaders<'_> {
    /// Checks what does not depend on the key: the form of id and timestamp, and the time.
    fn check(self, now: Timestamp, tolerance: Duration) -> Result<(), VerifyError> {
        let seconds: i64 = self.timestamp.parse().map_err(|_| VerifyError::Malformed)?;
        if self.id.contains('.') {
            return Err(VerifyError::Malformed);
        }
        let signed = i128::from(seconds) * 1_000_000;
        if i128::from(now.as_micros()).abs_diff(signed) > tolerance.as_micros() {
            return Err(VerifyError::OutsideTolerance);
        }
        Ok(())
    }

    /// The signatures of one version, no more than [`MAX_SIGNATURES`] of them. Those of other versions,
    /// known or not, are passed over.
    fn of_version(self, version: &'static str) -> impl Iterator<Item = Vec<u8>> {
        self.signature
            .split(' ')
            .filter_map(|entry| entry.split_once(','))
            .filter(move |(entry, _)| *entry == version)
            .take(MAX_SIGNATURES)
            .filter_map(|(_, value)| BASE64.decode(value).ok())
    }
}

/// Checks that one of the `v1` signatures is right, and was made at most `tolerance` before or after
/// `now`.
///
/// # Errors
/// Says what is wrong with the signature.
pub fn verify(
    secret: &Secret,
    headers: SignatureHeaders<'_>,
    body: &[u8],
    now: Timestamp,
    tolerance: Duration,
) -> Result<(), VerifyError> {
    headers.check(now, tolerance)?;
    let mac = hmac_sha256(&key(secret), &signed_parts(headers.id, headers.timestamp, body));
    headers
        .of_version(SYMMETRIC)
        .any(|claimed| mac.clone().verify_slice(&claimed).is_ok())
        .then_some(())
        .ok_or(VerifyError::Mismatch)
}

/// The same as [`verify`] for the `v1a` signatures.
///
/// # Errors
/// Says what is wrong with the signature.
pub fn verify_asymmetric(
    key: &PublicKey,
    headers: SignatureHeaders<'_>,
    body: &[u8],
    now: Timestamp,
    tolerance: Duration,
) -> Result<(), VerifyError> {
    headers.check(now, tolerance)?;
    let message = signed_parts(headers.id, headers.timestamp, body).concat();
    headers
        .of_version(ASYMMETRIC)
        .any(|claimed| key.verifies(&message, &claimed))
        .then_some(())
        .ok_or(VerifyError::Mismatch)
}

/// The secret in the form that a consumer's Standard Webhooks library takes.
pub fn consumer_secret(secret: &Secret) -> String {
    format!("{SECRET_PREFIX}{}", BASE64.encode(key(secret)))
}

fn key(secret: &Secret) -> Cow<'_, [u8]> {
    let text = secret.expose();
    match text.strip_prefix(SECRET_PREFIX).map(|encoded| BASE64.decode(encoded)) {
        Some(Ok(key)) => Cow::Owned(key),
        Some(Err(_)) | None => Cow::Borrowed(text.as_bytes()),
    }
}

fn signed_parts<'a>(id: &'a str, timestamp: &'a str, body: &'a [u8]) -> [&'a [u8]; 5] {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body]
}
