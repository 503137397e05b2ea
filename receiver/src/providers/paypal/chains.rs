//! The certificates that PayPal publishes, fetched when a transmission names one that is not known.
//!
//! A stranger may name any number of them. Only URLs that PayPal publishes certificates at are asked
//! for, a few at a time, and not again for a while when that failed.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use postrider_domain::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio::sync::Semaphore;
use url::Url;

use super::refused;
use crate::provider::Incoming;
use crate::{CertificateError, Refusal, RefusalKind};

/// Where PayPal publishes them, and where its sandbox does. Source: the `PAYPAL-CERT-URL` of its
/// documents, and the hosts of its REST API.
const HOSTS: [&str; 4] =
    ["api.paypal.com", "api-m.paypal.com", "api.sandbox.paypal.com", "api-m.sandbox.paypal.com"];
const PATH: &str = "/v1/notifications/certs/";

/// How many chains are kept. PayPal has one in use at a time, and one more in its sandbox.
const KEPT: u64 = 16;

/// How many failures are remembered, and for how long.
const FAILURES: u64 = 1_000;
const FAILURE_LASTS: Duration = Duration::from_mins(1);

/// How many are fetched at a time.
const FETCHES: usize = 4;

/// A certificate, and those between it and an authority.
pub(super) type Chain = Arc<[CertificateDer<'static>]>;

/// See the module.
pub(super) struct Chains {
    known: Cache<Url, Chain>,
    failed: Cache<Url, Timestamp>,
    fetches: Semaphore,
}

impl Default for Chains {
    fn default() -> Self {
        Self {
            known: Cache::new(KEPT),
            failed: Cache::new(FAILURES),
            fetches: Semaphore::new(FETCHES),
        }
    }
}

/// Why there is no chain.
#[derive(Debug, thiserror::Error)]
enum NoChain {
    #[error(transparent)]
    Fetch(#[from] CertificateError),
    #[error("{FETCHES} others are being fetched")]
    Busy,
    #[error("it could not be fetched a moment ago")]
    Failed,
}

impl Chains {
    /// The chain at `url`.
    ///
    /// # Errors
    /// It cannot be had now, which says nothing about the transmission.
    pub(super) async fn get(&self, url: &Url, incoming: &Incoming<'_>) -> Result<Chain, Refusal> {
        let fetch = self.fetch(url, incoming);
        self.known.try_get_with_by_ref(url, fetch).await.map_err(|error| {
            tracing::warn!(%error, "cannot have the certificate of PayPal");
            refused(RefusalKind::Unavailable)
        })
    }

    async fn fetch(&self, url: &Url, incoming: &Incoming<'_>) -> Result<Chain, NoChain> {
        let failed = self.failed.get(url).await;
        if failed.is_some_and(|failed| incoming.now.since(failed) < FAILURE_LASTS) {
            return Err(NoChain::Failed);
        }
        // Who would wait here would keep the room that its body takes.
        let _one_of_few = self.fetches.try_acquire().map_err(|_| NoChain::Busy)?;
        let fetched = incoming.certificates.fetch(url).await;
        let chain = fetched.and_then(|pem| read_chain(&pem));
        if chain.is_err() {
            self.failed.insert(url.clone(), incoming.now).await;
        }
        Ok(chain?)
    }
}

/// The URL of a certificate, if it is one that PayPal publishes at.
pub(super) fn certificate_url(text: &str) -> Option<Url> {
    let url: Url = text.parse().ok()?;
    let host = url.host_str().is_some_and(|host| HOSTS.contains(&host));
    let name = url.path().strip_prefix(PATH)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let named = !name.is_empty() && name.bytes().all(plain);
    let bare = url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    (url.scheme() == "https" && host && named && bare).then_some(url)
}

/// The certificates of a PEM document, of which there has to be one.
pub(super) fn read_chain(pem: &[u8]) -> Result<Chain, CertificateError> {
    let chain: Result<Chain, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.map_err(|error| CertificateError(error.to_string()))?;
    if chain.is_empty() {
        return Err(CertificateError("there is no certificate in it".into()));
    }
    Ok(chain)
}
