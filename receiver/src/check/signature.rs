//! What most providers prove with: a keyed hash of the body, in hexadecimal digits, in a header.

use secrecy::SecretString;

use super::mac::Algorithm;
use super::{encoding, header};
use crate::provider::{Incoming, Provider, Verified};
use crate::{Refusal, Request};

/// Where a provider puts the hash of the body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodySignature {
    /// The header, as it is written in texts.
    pub(crate) header: &'static str,
    /// What stands before a `=` and the hash.
    pub(crate) prefix: Option<&'static str>,
    /// The hash.
    pub(crate) algorithm: Algorithm,
}

impl BodySignature {
    /// Checks that the one signature of the request was made with a live secret of its URL.
    pub(crate) fn verify(
        &self,
        incoming: &Incoming<'_>,
        provider: &dyn Provider,
    ) -> Result<Verified, Refusal> {
        if !self.is_made_with(incoming.secrets()?, incoming.request)? {
            return Err(header::mismatch(self.header, provider));
        }
        Ok(Verified::Genuine)
    }

    /// Whether the one signature of the request was made with one of `secrets`.
    pub(crate) fn is_made_with(
        &self,
        secrets: &[SecretString],
        request: &Request,
    ) -> Result<bool, Refusal> {
        let claimed = self.read(header::only_one(request, self.header)?)?;
        Ok(self.algorithm.is_made_with(secrets, &[&request.body], &claimed))
    }

    /// The signature in a value of the header.
    pub(crate) fn read(&self, value: &str) -> Result<Vec<u8>, Refusal> {
        let digits = match self.prefix {
            Some(prefix) => header::prefixed(self.header, value, prefix)?,
            None => value,
        };
        encoding::hex(self.header, digits)
    }
}
