//! Fetching the certificates that providers sign with.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use postrider_domain::causes;
use postrider_egress::{GuardedClient, SendError};
use url::Url;

use crate::{CertificateError, Certificates};

/// The most bytes of a chain of certificates.
const MAX_BYTES: usize = 64 * 1024;

/// Gets them through the egress guard.
pub(super) struct GuardedCertificates(pub(super) GuardedClient);

#[async_trait]
impl Certificates for GuardedCertificates {
    async fn fetch(&self, url: &Url) -> Result<Bytes, CertificateError> {
        let failed = |error: SendError| CertificateError(causes(&error).to_string());
        let mut response = self.0.get(url.clone(), HeaderMap::new()).await.map_err(failed)?;
        if response.status() != StatusCode::OK {
            return Err(CertificateError(format!("the answer was {}", response.status())));
        }
        let mut read = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if read.len() + chunk.len() > MAX_BYTES {
                return Err(CertificateError(format!("it is larger than {MAX_BYTES} bytes")));
            }
            read.extend_from_slice(&chunk);
        }
        Ok(read.freeze())
    }
}
