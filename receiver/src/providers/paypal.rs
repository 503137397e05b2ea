//! PayPal: RSA over the transmission and the CRC-32 of the body, with a certificate that the request
//! names and PayPal publishes. The secret of a URL is the id of the webhook, which is signed as well.
//! Source: PayPal's "integrate webhooks" and its SDKs.
//!
//! PayPal sends again for three days, and nothing says that it signs anew: a transmission is stale only
//! when it was signed more than four days away. A repetition is known by the id of its event.
//!
//! Of the body only a CRC-32 is signed, which is no strong hash: who has one genuine transmission can
//! make other bodies that fit to it, for as long as it is not stale. That is PayPal's scheme, and TLS
//! is what keeps transmissions from being seen. Who cannot live with it has a handler ask PayPal's API
//! for the event.

mod chains;

use std::ops::RangeInclusive;
use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::Timestamp;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, TrustAnchor, UnixTime};
use secrecy::ExposeSecret;
use serde_json::Value;
use url::Url;
use webpki::ring::RSA_PKCS1_2048_8192_SHA256;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use self::chains::{Chains, read_chain};
use crate::check::{body, encoding};
use crate::provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
use crate::{CertificateError, Refusal, RefusalKind, Request};

const TRANSMISSION_ID: &str = "paypal-transmission-id";
const TRANSMISSION_TIME: &str = "paypal-transmission-time";
const SIGNATURE: &str = "paypal-transmission-sig";
const CERTIFICATE_URL: &str = "paypal-cert-url";
const ALGORITHM: &str = "paypal-auth-algo";

/// The only algorithm that PayPal has used.
const SHA256_WITH_RSA: &str = "SHA256withRSA";

/// Whom PayPal's certificates for messages name, and those of its sandbox.
const SUBJECT: &str = "messageverificationcerts.paypal.com";
const SANDBOX_SUBJECT: &str = "messageverificationcerts.sandbox.paypal.com";

/// How far away a transmission may have been signed.
const LONGEST: Duration = Duration::from_hours(4 * 24);

/// PayPal. One that trusts other authorities than the web does can be put in the place of the one that
/// is built in.
pub struct PayPal {
    authorities: Vec<TrustAnchor<'static>>,
    chains: Chains,
}

impl Default for PayPal {
    /// Trusts those that browsers trust.
    fn default() -> Self {
        Self::with(webpki_roots::TLS_SERVER_ROOTS.to_vec())
    }
}

impl PayPal {
    /// Trusts the certificates in a PEM document, and no others.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn trusting(authorities: &[u8]) -> Result<Self, CertificateError> {
        let chain = read_chain(authorities)?;
        let anchors = chain.iter().map(|own| Ok(anchor_from_trusted_cert(own)?.to_owned()));
        let anchors: Result<_, webpki::Error> = anchors.collect();
        anchors.map(Self::with).map_err(|error| CertificateError(error.to_string()))
    }

    fn with(authorities: Vec<TrustAnchor<'static>>) -> Self {
        Self { authorities, chains: Chains::default() }
    }

    /// Checks that an authority vouches at this time for the first of the certificates as `subject`.
    fn check(
        &self,
        chain: &[CertificateDer<'_>],
        subject: &str,
        now: Timestamp,
    ) -> Result<(), webpki::Error> {
        let (leaf, others) = chain.split_first().ok_or(webpki::Error::BadDer)?;
        let leaf = EndEntityCert::try_from(leaf)?;
        let seconds = u64::try_from(now.as_seconds()).unwrap_or_default();
        leaf.verify_for_usage(
            ALL_VERIFICATION_ALGS,
            &self.authorities,
            others,
            UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
            KeyUsage::server_auth(),
            None,
            None,
        )?;
        let subject =
            ServerName::try_from(subject).map_err(|_| webpki::Error::MalformedDnsIdentifier)?;
        leaf.verify_is_valid_for_subject_name(&subject)
    }
}

#[async_trait]
impl Provider for PayPal {
    fn names(&self) -> &'static [&'static str] {
        &["paypal"]
    }

    fn class(&self) -> &'static str {
        "PaypalWebHookReceiver"
    }

    /// PayPal's ids of webhooks have 17 characters, and its API takes up to 50.
    fn secret_length(&self) -> RangeInclusive<usize> {
        8..=50
    }

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        let secrets = incoming.secrets()?;
        let sent = Transmission::of(incoming.request).ok_or(refused(RefusalKind::Malformed))?;
        let time: Timestamp = sent.time.parse().map_err(|_| refused(RefusalKind::Malformed))?;
        if time.since(incoming.now).max(incoming.now.since(time)) > LONGEST {
            return Err(refused(RefusalKind::Stale));
        }
        let chain = self.chains.get(&sent.certificate_url, incoming).await?;
        if let Err(error) = self.check(&chain, sent.subject(), incoming.now) {
            tracing::debug!(%error, "the certificate is not one of PayPal's");
            return Err(refused(RefusalKind::Mismatch));
        }
        let body = &incoming.request.body;
        let signed = |id: &str| signed(sent.id, sent.time, id, body);
        if secrets
            .iter()
            .any(|id| is_signed(&chain[0], &signed(id.expose_secret()), &sent.signature))
        {
            return Ok(Verified::Genuine);
        }
        Err(refused(RefusalKind::Mismatch))
    }

    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        let data = Value::Object(body::json_object(request)?);
        let event = body::required(data.get("event_type"), "event_type")?;
        let key = body::key(&data, &["/id"]);
        Ok(Reading::Webhook(Notification::new([event], Data::Json(data)).named(key)))
    }

    fn sign(&self, draft: Draft) -> Result<Request, Unsignable> {
        let missing = |what: &str| Unsignable(format!("PayPal's signature takes {what}."));
        let url =
            draft.certificate_url.clone().ok_or_else(|| missing("the URL of a certificate"))?;
        let key = draft.private_key.clone().ok_or_else(|| missing("a private key"))?;
        let time = draft.now.to_utc().format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let signed = signed(&draft.id, &time, draft.secret.expose_secret(), &draft.body);
        let signature = sign(key.expose_secret(), &signed)
            .ok_or_else(|| missing("a private key for RSA in PEM (PKCS #8)"))?;
        Ok(draft
            .to_request(body::JSON)?
            .with(TRANSMISSION_ID, draft.id)
            .with(TRANSMISSION_TIME, time)
            .with(SIGNATURE, encoding::to_base64(&signature))
            .with(CERTIFICATE_URL, url.as_str())
            .with(ALGORITHM, SHA256_WITH_RSA)
            .with("paypal-auth-version", "v2"))
    }

    fn sample(&self) -> Sample {
        Sample {
            body: r#"{"id":"WH-2W7266712B616591M-36507203HX6402335","create_time":"2026-05-12T18:14:14Z","resource_type":"sale","event_type":"PAYMENT.SALE.COMPLETED","summary":"Payment completed for $ 20.0 USD","resource":{"id":"7DW85331GX749735N","amount":{"total":"20.00","currency":"USD"}}}"#,
            content_type: body::JSON,
            event: None,
        }
    }
}

/// What the headers of a request say.
struct Transmission<'a> {
    id: &'a str,
    time: &'a str,
    signature: Vec<u8>,
    certificate_url: Url,
}

impl<'a> Transmission<'a> {
    fn of(request: &'a Request) -> Option<Self> {
        if !request.header(ALGORITHM)?.eq_ignore_ascii_case(SHA256_WITH_RSA) {
            return None;
        }
        Some(Self {
            id: request.header(TRANSMISSION_ID)?,
            time: request.header(TRANSMISSION_TIME)?,
            signature: encoding::base64(SIGNATURE, request.header(SIGNATURE)?).ok()?,
            certificate_url: chains::certificate_url(request.header(CERTIFICATE_URL)?)?,
        })
    }

    /// Whom the certificate has to name.
    fn subject(&self) -> &'static str {
        let host = self.certificate_url.host_str().unwrap_or_default();
        if host.ends_with(".sandbox.paypal.com") { SANDBOX_SUBJECT } else { SUBJECT }
    }
}

/// The text that is signed.
fn signed(id: &str, time: &str, webhook: &str, body: &[u8]) -> String {
    format!("{id}|{time}|{webhook}|{}", crc32fast::hash(body))
}

/// Whether `signature` is the certificate's owner's, over `text`.
pub(super) fn is_signed(certificate: &CertificateDer<'_>, text: &str, signature: &[u8]) -> bool {
    let certificate = EndEntityCert::try_from(certificate);
    certificate.is_ok_and(|certificate| {
        certificate.verify_signature(RSA_PKCS1_2048_8192_SHA256, text.as_bytes(), signature).is_ok()
    })
}

/// Signs `text` with a private key in PEM.
fn sign(key: &str, text: &str) -> Option<Vec<u8>> {
    let key = PrivatePkcs8KeyDer::from_pem_slice(key.as_bytes()).ok()?;
    let key = ring::rsa::KeyPair::from_pkcs8(key.secret_pkcs8_der()).ok()?;
    let mut signature = vec![0; key.public().modulus_len()];
    // The signature does not depend on the random bytes: they keep the key from being timed.
    let random = ring::rand::SystemRandom::new();
    key.sign(&ring::signature::RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).ok()?;
    Some(signature)
}

/// The library's one answer to whatever is wrong with the proof.
pub(super) fn refused(kind: RefusalKind) -> Refusal {
    Refusal::new(kind, "The received WebHook is not valid.")
}
