//! PayPal's certificates: whom one has to be of, and how it is fetched.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::join_all;
use http::StatusCode;
use postrider_domain::{ReceiverAddress, Timestamp};
use postrider_testkit::clock::MockClock;
use tokio::sync::Semaphore;
use url::Url;

use super::{
    Authority, LIVE, NOT_VALID, Published, SANDBOX, SANDBOX_URL, URL, WEBHOOK, sent, sent_at,
    trusting, trusting_at,
};
use crate::providers::paypal::PayPal;
use crate::providers::tests::kit::{Kit, NOW};
use crate::{
    CertificateError, Certificates, ReceiverOptions, Receivers, RefusalKind, SecretTable, Secrets,
};

#[tokio::test]
async fn a_certificate_is_fetched_once() {
    let authority = Authority::new();
    let (kit, published) = trusting(&authority, authority.chain(LIVE, 2030));
    for _ in 0..3 {
        kit.accepted(sent(&kit, URL)).await;
    }
    assert_eq!(*published.asked.lock().unwrap(), [URL.parse().unwrap()]);
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_now_as_paypals_is_refused() {
    let (ours, other) = (Authority::new(), Authority::new());
    let leaf_alone = {
        let chain = ours.chain(LIVE, 2030);
        chain.strip_suffix(&ours.below).unwrap().to_owned()
    };
    for (pem, url, why) in [
        (other.chain(LIVE, 2030), URL, "of another authority"),
        (ours.chain("paypal.com.example.com", 2030), URL, "for somebody else"),
        (ours.chain(SANDBOX, 2030), URL, "of the sandbox"),
        (ours.chain(LIVE, 2030), SANDBOX_URL, "not of the sandbox"),
        (ours.chain(LIVE, 2022), URL, "that has ended"),
        (leaf_alone, URL, "without the one above it"),
    ] {
        let (kit, _) = trusting(&ours, pem);
        let refused = kit.refused(sent(&kit, url)).await;
        assert_eq!(refused, (RefusalKind::Mismatch, NOT_VALID.into()), "{why}");
    }
}

#[tokio::test]
async fn the_dates_of_a_certificate_are_compared_with_the_time_of_the_request() {
    let authority = Authority::new();
    let year = 31_557_600;
    // NOW is in 2023.
    for (at, good) in [(NOW, true), (NOW - 5 * year, false), (NOW + 8 * year, false)] {
        let (kit, _) = trusting_at(at, &authority, authority.chain(LIVE, 2030));
        let request = sent_at(at, &kit, URL);
        if good {
            kit.accepted(request).await;
        } else {
            assert_eq!(kit.refused(request).await.0, RefusalKind::Mismatch, "{at}");
        }
    }
}

#[tokio::test]
async fn no_certificate_is_fetched_from_anybody_else() {
    let authority = Authority::new();
    let (kit, published) = trusting(&authority, authority.chain(LIVE, 2030));
    for url in [
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.example.com/v1/notifications/certs/CERT-1",
        "https://notpaypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
        "https://api.paypal.com@example.com/v1/notifications/certs/CERT-1",
        "https://user@api.paypal.com/v1/notifications/certs/CERT-1",
        "https://127.0.0.1/v1/notifications/certs/CERT-1",
        "https://www.paypal.com/v1/notifications/certs/CERT-1",
        "https://paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/",
        "https://api.paypal.com/v1/notifications/certs/a/b",
        "https://api.paypal.com/v1/notifications/certs/../CERT-1",
        "https://api.paypal.com/v1/notifications/certs/CERT%2F1",
        "https://api.paypal.com/redirect?to=https://example.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/CERT-1?a=1",
        "https://api.paypal.com/v1/notifications/certs/CERT-1#a",
    ] {
        let refused = kit.refused(sent(&kit, url)).await;
        assert_eq!(refused, (RefusalKind::Malformed, NOT_VALID.into()), "{url}");
    }
    assert!(published.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_certificate_is_fetched_from_each_host_of_paypals_api() {
    let authority = Authority::new();
    for (host, subject) in [
        ("api.paypal.com", LIVE),
        ("api-m.paypal.com", LIVE),
        ("api.sandbox.paypal.com", SANDBOX),
        ("api-m.sandbox.paypal.com", SANDBOX),
    ] {
        let (kit, _) = trusting(&authority, authority.chain(subject, 2030));
        let url = format!("https://{host}/v1/notifications/certs/CERT-1");
        kit.accepted(sent(&kit, &url)).await;
    }
}

#[tokio::test]
async fn a_certificate_that_cannot_be_had_is_no_fault_of_the_senders() {
    let authority = Authority::new();
    for pem in ["", "hello"] {
        let (kit, _) = trusting(&authority, pem.into());
        let refused = kit.refused(sent(&kit, URL)).await;
        assert_eq!(refused, (RefusalKind::Unavailable, NOT_VALID.into()), "{pem}");
        let answer = kit.receive(sent(&kit, URL)).await.answer;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()["retry-after"], "60");
    }
}

#[tokio::test]
async fn a_failure_to_fetch_is_remembered_for_a_minute() {
    let authority = Authority::new();
    let published = Arc::new(Published { pem: String::new(), asked: Mutex::default() });
    let clock = Arc::new(MockClock::new(Timestamp::from_micros(NOW * 1_000_000)));
    let address = ReceiverAddress::new("paypal", "");
    let mut table = SecretTable::default();
    table.insert(address.clone(), [WEBHOOK.into()]);
    let receivers =
        Receivers::new(Arc::new(Secrets::new(table)), clock.clone(), ReceiverOptions::default())
            .with(PayPal::trusting(authority.root.as_bytes()).unwrap())
            .with_certificates(published.clone());
    let kit = Kit::new("paypal", WEBHOOK);
    let asked = async |url: &str| {
        let answer = receivers.receive(address.clone(), sent(&kit, url)).await.answer;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        published.asked.lock().unwrap().len()
    };
    assert_eq!(asked(URL).await, 1);
    clock.advance(Duration::from_secs(59));
    assert_eq!(asked(URL).await, 1);
    assert_eq!(asked(SANDBOX_URL).await, 2, "another one is asked for");
    clock.advance(Duration::from_secs(1));
    assert_eq!(asked(URL).await, 3);
}

/// Answers nobody until it is told to.
struct Slow(Semaphore, AtomicUsize);

#[async_trait]
impl Certificates for Slow {
    async fn fetch(&self, _: &Url) -> Result<Bytes, CertificateError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.acquire().await.unwrap().forget();
        Err(CertificateError("nobody answers".into()))
    }
}

#[tokio::test]
async fn no_more_than_four_certificates_are_fetched_at_a_time() {
    let authority = Authority::new();
    let slow = Arc::new(Slow(Semaphore::new(0), AtomicUsize::new(0)));
    let (kit, _) = trusting(&authority, String::new());
    let kit = kit.with_certificates(slow.clone());
    let request = |number: usize| sent(&kit, &format!("{URL}{number}"));
    let four = join_all((0..4).map(|number| kit.refused(request(number))));
    let meanwhile = async {
        while slow.1.load(Ordering::SeqCst) < 4 {
            tokio::task::yield_now().await;
        }
        // The fifth is told to come again, and nothing is remembered of it.
        assert_eq!(kit.refused(request(4)).await.0, RefusalKind::Unavailable);
        assert_eq!(slow.1.load(Ordering::SeqCst), 4);
        slow.0.add_permits(5);
    };
    let (refused, ()) = tokio::join!(four, meanwhile);
    assert!(refused.iter().all(|(kind, _)| *kind == RefusalKind::Unavailable));
    kit.refused(request(4)).await;
    assert_eq!(slow.1.load(Ordering::SeqCst), 5);
}
