//! Certificates that providers publish, which some of them sign with.

use async_trait::async_trait;
use bytes::Bytes;
use url::Url;

/// Why there is no certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CertificateError(pub String);

/// Where providers' certificates come from. What calls the network does so through the egress guard;
/// providers check that the URL is one of theirs before they ask.
#[async_trait]
pub trait Certificates: Send + Sync {
    /// The PEM document at `url`.
    ///
    /// # Errors
    /// When it cannot be had.
    async fn fetch(&self, url: &Url) -> Result<Bytes, CertificateError>;
}

/// Has none, for an application whose providers need none.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCertificates;

#[async_trait]
impl Certificates for NoCertificates {
    async fn fetch(&self, _: &Url) -> Result<Bytes, CertificateError> {
        Err(CertificateError("this receiver fetches no certificates".into()))
    }
}
