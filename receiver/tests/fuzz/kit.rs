//! Receivers with a secret for each provider, and what their tests ask of what was read.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use bytes::Bytes;
use http::StatusCode;
use postrider_domain::{Clock, ReceiverAddress, Timestamp};
use postrider_receiver::{
    CertificateError, Certificates, Data, Draft, Notification, Outcome, Provider, ReceiverOptions,
    Receivers, Reception, Request, SecretTable, Secrets, Unsignable, providers,
};
use proptest::test_runner::{Config, FileFailurePersistence};
use serde_json::Value;
use url::Url;

/// When it is, in seconds since 1970.
pub(crate) const NOW: i64 = 1_700_000_000;
/// What is configured. No generator knows it.
pub(crate) const SECRET: &str = "kW4Jx0VqYt7LmZ2sRb9PfHc3NdGu8AeT";
/// What somebody else signs with.
pub(crate) const OTHER: &str = "abcdefghijklmnopqrstuvwxyz012345";

/// Every provider.
pub(crate) static PROVIDERS: LazyLock<Vec<Arc<dyn Provider>>> = LazyLock::new(providers::all);

/// So many cases of a property, and no files of those that failed.
pub(crate) fn cases(cases: u32) -> Config {
    let failure_persistence = Some(Box::new(FileFailurePersistence::Off) as _);
    Config { cases, failure_persistence, ..Config::default() }
}

/// A clock that stands still.
struct At;

impl Clock for At {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(NOW * 1_000_000)
    }
}

/// Publishes something that only looks like a certificate.
struct Forged;

#[async_trait]
impl Certificates for Forged {
    async fn fetch(&self, _: &Url) -> Result<Bytes, CertificateError> {
        let text = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIU\n-----END CERTIFICATE-----\n";
        Ok(Bytes::from_static(text.as_bytes()))
    }
}

/// Every receiver, with a usable secret.
pub(crate) static RECEIVERS: LazyLock<Receivers> = LazyLock::new(|| {
    let mut table = SecretTable::default();
    for provider in &*PROVIDERS {
        table.insert(address(&**provider), [usable(&**provider, SECRET).into()]);
    }
    Receivers::new(Arc::new(Secrets::new(table)), Arc::new(At), ReceiverOptions::default())
        .with_certificates(Arc::new(Forged))
});

/// Where a provider's webhooks come in.
pub(crate) fn address(provider: &dyn Provider) -> ReceiverAddress {
    ReceiverAddress::new(provider.names()[0], "")
}

pub(crate) fn url(provider: &dyn Provider) -> Url {
    let address = address(provider);
    format!("https://hooks.example.com/api/webhooks/incoming/{address}").parse().unwrap()
}

/// A secret in the form and of the length that the provider wants.
pub(crate) fn usable(provider: &dyn Provider, secret: &str) -> String {
    let text: String = secret.chars().take(*provider.secret_length().end()).collect();
    match provider.names()[0] {
        "pusher" => format!("app_{}", &text[4..]),
        _ => text,
    }
}

/// What the provider would send now.
pub(crate) fn signed(
    provider: &dyn Provider,
    secret: &str,
    body: &[u8],
) -> Result<Request, Unsignable> {
    let sample = provider.sample();
    provider.sign(Draft {
        url: url(provider),
        body: Bytes::copy_from_slice(body),
        content_type: Some(sample.content_type.to_owned()),
        event: sample.event.map(str::to_owned),
        id: "id-1".into(),
        secret: usable(provider, secret).into(),
        now: At.now(),
        private_key: None,
        certificate_url: None,
    })
}

/// Receives a request, which waits for nothing.
pub(crate) fn receive(provider: &dyn Provider, request: Request) -> Reception {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(RECEIVERS.receive(address(provider), request))
}

/// Whether a reception is one that a sender may see: an answer of the right kind, which shows no
/// secret and is not much larger than the request.
pub(crate) fn check(request: &Request, reception: &Reception) {
    let (answer, status) = (&reception.answer, reception.answer.status());
    let text = String::from_utf8_lossy(answer.body());
    assert!(!text.contains(&SECRET[..15]), "the secret is shown: {text}");
    let sent = size_of_request(request);
    assert!(answer.body().len() <= 6 * sent + 4_096, "{} bytes in answer", answer.body().len());
    match &reception.outcome {
        Outcome::Refused(refusal) => {
            assert!(status.is_client_error() || status == StatusCode::INTERNAL_SERVER_ERROR);
            assert!(!refusal.kind.as_str().is_empty() && !refusal.message.contains(&SECRET[..15]));
        }
        Outcome::Answered => assert_eq!(status, StatusCode::OK),
        Outcome::Webhook(webhook) => {
            assert!(status.is_success());
            check_size(request, &webhook.notification);
        }
    }
}

/// Whether what was read is not much larger than what was sent.
pub(crate) fn check_size(request: &Request, notification: &Notification) {
    // The smallest value takes two bytes of a body, and a node of a tree in memory.
    const NODE: usize = 100;
    let data = match &notification.data {
        Data::Json(value) => weight(value),
        Data::Form(pairs) => {
            pairs.0.iter().map(|(name, value)| NODE + name.len() + value.len()).sum()
        }
    };
    let names: usize = notification.actions.iter().map(|action| NODE + action.len()).sum();
    let key = notification.dedupe_key.as_deref().unwrap_or_default().len();
    let (read, sent) = (data + names + key, size_of_request(request));
    assert!(read <= NODE * sent + 4_096, "{read} bytes were made of {sent}");
    assert!(serde_json::to_vec(&notification.data.to_json()).unwrap().len() <= 8 * sent + 4_096);
}

fn size_of_request(request: &Request) -> usize {
    let headers = request.headers.iter().map(|(name, value)| name.as_str().len() + value.len());
    request.body.len() + request.url.as_str().len() + headers.sum::<usize>()
}

fn weight(value: &Value) -> usize {
    const NODE: usize = 100;
    NODE + match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(weight).sum(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| name.len() + weight(value)).sum()
        }
        _ => 0,
    }
}
