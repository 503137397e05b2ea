//! PayPal: a published transmission, and chains of certificates made here.

mod certificates;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use http::StatusCode;
use postrider_domain::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use secrecy::SecretString;
use serde_json::json;
use url::Url;

use super::kit::{Kit, NOW};
use crate::check::encoding;
use crate::provider::Draft;
use crate::providers::paypal::{PayPal, is_signed};
use crate::{CertificateError, Certificates, Data, RefusalKind, Request};

const KEY: &str = include_str!("fixtures/rsa-key.pem");
const EVENT: &str = include_str!("fixtures/paypal-event.json");
const WEBHOOK: &str = "3RN13029J36659323";
const LIVE: &str = "messageverificationcerts.paypal.com";
const SANDBOX: &str = "messageverificationcerts.sandbox.paypal.com";
const URL: &str = "https://api.paypal.com/v1/notifications/certs/CERT-1";
const SANDBOX_URL: &str = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1";
const NOT_VALID: &str = "The received WebHook is not valid.";

/// An authority, and one below it that issues the certificates.
struct Authority {
    root: String,
    below: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let (root, issuer) = Self::step(None);
        let (below, issuer) = Self::step(Some(&issuer));
        Self { root, below, issuer }
    }

    fn step(above: Option<&Issuer<'static, KeyPair>>) -> (String, Issuer<'static, KeyPair>) {
        let mut params = CertificateParams::default();
        let name = if above.is_some() { "below" } else { "root" };
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = match above {
            Some(above) => params.signed_by(&key, above),
            None => params.self_signed(&key),
        };
        (certificate.unwrap().pem(), Issuer::new(params, key))
    }

    /// A certificate for the key of the tests, and the one that it needs.
    fn chain(&self, name: &str, last_year: i32) -> String {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(last_year, 12, 31);
        let key = KeyPair::from_pem(KEY).unwrap();
        params.signed_by(&key, &self.issuer).unwrap().pem() + &self.below
    }
}

/// Publishes one document, and notes for which URLs it was asked.
struct Published {
    pem: String,
    asked: Mutex<Vec<Url>>,
}

#[async_trait]
impl Certificates for Published {
    async fn fetch(&self, url: &Url) -> Result<Bytes, CertificateError> {
        self.asked.lock().unwrap().push(url.clone());
        match self.pem.as_str() {
            "" => Err(CertificateError("nobody answers".into())),
            pem => Ok(pem.to_owned().into()),
        }
    }
}

/// A receiver that trusts `authority`, while `pem` is what PayPal publishes.
fn trusting(authority: &Authority, pem: String) -> (Kit, Arc<Published>) {
    trusting_at(NOW, authority, pem)
}

fn trusting_at(now: i64, authority: &Authority, pem: String) -> (Kit, Arc<Published>) {
    let published = Arc::new(Published { pem, asked: Mutex::default() });
    let paypal = PayPal::trusting(authority.root.as_bytes()).unwrap();
    let certificates = Arc::clone(&published);
    let kit = Kit::new("paypal", WEBHOOK).at(now).having(paypal).with_certificates(certificates);
    (kit, published)
}

fn sent(kit: &Kit, url: &str) -> Request {
    sent_at(NOW, kit, url)
}

fn sent_at(seconds: i64, kit: &Kit, url: &str) -> Request {
    let draft = Draft {
        private_key: Some(KEY.into()),
        certificate_url: Some(url.parse().unwrap()),
        now: Timestamp::from_micros(seconds * 1_000_000),
        ..kit.draft(EVENT, WEBHOOK)
    };
    kit.provider().sign(draft).unwrap()
}

/// What the tests of all providers take PayPal to be: it signs with the key of the tests.
pub(super) fn trusted() -> (PayPal, Arc<dyn Certificates>) {
    static MADE: std::sync::LazyLock<(String, String)> = std::sync::LazyLock::new(|| {
        let authority = Authority::new();
        let chain = authority.chain(LIVE, 2030);
        (authority.root, chain)
    });
    let (root, pem) = &*MADE;
    let published = Published { pem: pem.clone(), asked: Mutex::default() };
    (PayPal::trusting(root.as_bytes()).unwrap(), Arc::new(published))
}

/// What the draft of a transmission needs besides.
pub(super) fn credentials() -> (Option<SecretString>, Option<Url>) {
    (Some(KEY.into()), Some(URL.parse().unwrap()))
}

#[test]
fn a_transmission_of_the_sandbox_of_2015_is_signed_by_its_certificate() {
    let pem = include_bytes!("fixtures/paypal-sandbox-2015.pem");
    let certificate = CertificateDer::from_pem_slice(pem).unwrap();
    let signature = encoding::base64(
        "h",
        "vSOIQFIZQHv8G2vpbOpD/4fSC4/MYhdHyv+AmgJyeJQq6q5avWyHIe/zL6qO5hle192HSqKbYveLoFXGJun2od2zXN3Q45VBXwdX3woXYGaNq532flAtiYin+tQ/0pNwRDsVIufCxa3a8HskaXy+YEfXNnwCSL287esD3HgOHmuAs0mYKQdbR4e8Evk8XOOQaZzGeV7GNXXz19gzzvyHbsbHmDz5VoRl9so5OoHqvnc5RtgjZfG8KA9lXh2MTPSbtdTLQb9ikKYnOGM+FasFMxk5stJisgmxaefpO9Q1qm3rCjaJ29aAOyDNr3Q7WkeN3w4bSXtFMwyRBOF28pJg9g==",
    )
    .unwrap();
    let crc = crc32fast::hash(EVENT.as_bytes());
    assert_eq!(crc, 2_487_599_788);
    let text = |webhook| {
        format!("b2384410-f8d2-11e4-8bf3-77339302725b|2015-05-12T18:14:14Z|{webhook}|{crc}")
    };
    assert!(is_signed(&certificate, &text(WEBHOOK), &signature));
    assert!(!is_signed(&certificate, &text("3RN13029J36659324"), &signature));
    assert!(!is_signed(&certificate, &text(WEBHOOK), &signature[1..]));
}

#[tokio::test]
async fn a_transmission_is_accepted_whose_certificate_an_authority_vouches_for() {
    let authority = Authority::new();
    let (kit, _) = trusting(&authority, authority.chain(LIVE, 2030));
    let said = kit.accepted(sent(&kit, URL)).await;
    assert_eq!(said.actions, ["PAYMENT.SALE.COMPLETED"]);
    let id = "WH-2W7266712B616591M-36507203HX6402335";
    assert_eq!(said.dedupe_key.as_deref(), Some(id));
    assert!(matches!(said.data, Data::Json(data) if data["resource_type"] == json!("sale")));

    let (kit, _) = trusting(&authority, authority.chain(SANDBOX, 2030));
    kit.accepted(sent(&kit, SANDBOX_URL)).await;
}

#[tokio::test]
async fn what_was_signed_more_than_four_days_away_is_stale_and_nothing_is_fetched_for_it() {
    let authority = Authority::new();
    let four_days = 4 * 24 * 60 * 60;
    for (off, accepted) in
        [(-four_days - 1, false), (-four_days, true), (four_days, true), (four_days + 1, false)]
    {
        let (kit, published) = trusting(&authority, authority.chain(LIVE, 2030));
        let request = sent_at(NOW + off, &kit, URL);
        if accepted {
            kit.accepted(request).await;
        } else {
            let refused = kit.refused(request).await;
            assert_eq!(refused, (RefusalKind::Stale, NOT_VALID.into()), "{off}");
            assert!(published.asked.lock().unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn a_transmission_is_refused_when_what_was_signed_is_changed() {
    let authority = Authority::new();
    let (kit, _) = trusting(&authority, authority.chain(LIVE, 2030));
    for (name, value, kind) in [
        ("paypal-transmission-id", "id-2", RefusalKind::Mismatch),
        ("paypal-transmission-time", "2023-11-14T22:13:21Z", RefusalKind::Mismatch),
        ("paypal-transmission-time", "today", RefusalKind::Malformed),
        ("paypal-transmission-sig", "AAAA", RefusalKind::Mismatch),
        ("paypal-transmission-sig", "not base64!", RefusalKind::Malformed),
        ("paypal-auth-algo", "SHA1withRSA", RefusalKind::Malformed),
        ("paypal-cert-url", "none", RefusalKind::Malformed),
    ] {
        let mut request = sent(&kit, URL);
        request.headers.insert(name, value.parse().unwrap());
        assert_eq!(kit.refused(request).await, (kind, NOT_VALID.into()), "{name}: {value}");

        let mut request = sent(&kit, URL);
        request.headers.remove(name);
        let missing = (RefusalKind::Malformed, NOT_VALID.into());
        assert_eq!(kit.refused(request).await, missing, "without {name}");
    }
    let request = Request { body: EVENT.replace("20.00", "20.01").into(), ..sent(&kit, URL) };
    assert_eq!(kit.refused(request).await, (RefusalKind::Mismatch, NOT_VALID.into()));
}

#[tokio::test]
async fn an_event_has_to_have_a_type() {
    let authority = Authority::new();
    let (kit, _) = trusting(&authority, authority.chain(LIVE, 2030));
    let (private_key, certificate_url) = credentials();
    let draft = Draft { private_key, certificate_url, ..kit.draft("{}", WEBHOOK) };
    let reception = kit.receive(kit.provider().sign(draft).unwrap()).await;
    assert_eq!(reception.answer.status(), StatusCode::BAD_REQUEST);
    let text = "The HTTP request body did not contain a required 'event_type' property.";
    assert_eq!(reception.answer.body(), &json!({ "Message": text }).to_string());
}

#[test]
fn a_draft_without_a_key_or_a_certificate_cannot_be_signed() {
    let kit = Kit::new("paypal", WEBHOOK);
    let (key, url) = credentials();
    let bad = Some(SecretString::from("no key"));
    for (private_key, certificate_url, missing) in [
        (key.clone(), None, "the URL of a certificate"),
        (None, url.clone(), "a private key"),
        (bad, url, "a private key for RSA in PEM (PKCS #8)"),
    ] {
        let draft = Draft { private_key, certificate_url, ..kit.draft(EVENT, WEBHOOK) };
        let error = kit.provider().sign(draft).unwrap_err();
        assert_eq!(error.0, format!("PayPal's signature takes {missing}."));
    }
}
