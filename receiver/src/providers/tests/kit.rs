//! What the tests of providers are made of.

use std::sync::Arc;

use http::{Method, StatusCode};
use postrider_domain::{Clock, ReceiverAddress, Timestamp};
use secrecy::SecretString;

use super::paypal;
use crate::provider::{Draft, Notification};
use crate::{
    Certificates, Outcome, Provider, ReceiverOptions, Receivers, Reception, RefusalKind, Request,
    SecretTable, Secrets,
};

/// When tests happen.
pub(in crate::providers) const NOW: i64 = 1_700_000_000;

/// A secret of the shortest usual length.
pub(in crate::providers) const S32: &str = "12345678901234567890123456789012";

/// Another one.
pub(in crate::providers) const OTHER: &str = "abcdefghijklmnopqrstuvwxyz012345";

/// A clock that stands still.
struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Every receiver at a time; PayPal's trusts the authority of the tests.
fn receivers(secrets: Arc<Secrets>, seconds: i64) -> Receivers {
    let clock = Arc::new(At(Timestamp::from_micros(seconds * 1_000_000)));
    let (paypal, certificates) = paypal::trusted();
    Receivers::new(secrets, clock, ReceiverOptions::default())
        .with(paypal)
        .with_certificates(certificates)
}

/// Receivers with one secret for one address, at a time.
pub(in crate::providers) struct Kit {
    pub(in crate::providers) receivers: Receivers,
    address: ReceiverAddress,
}

impl Kit {
    /// With `secret` for the URL of `receiver` without an id, at [`NOW`].
    pub(in crate::providers) fn new(receiver: &str, secret: &str) -> Self {
        Self::with(receiver, "", &[secret])
    }

    pub(in crate::providers) fn with(receiver: &str, id: &str, secrets: &[&str]) -> Self {
        let address = ReceiverAddress::new(receiver, id);
        let mut table = SecretTable::default();
        table.insert(address.clone(), secrets.iter().map(|secret| SecretString::from(*secret)));
        Self { receivers: receivers(Arc::new(Secrets::new(table)), NOW), address }
    }

    /// The same at another time, in seconds since 1970.
    pub(in crate::providers) fn at(self, seconds: i64) -> Self {
        let secrets = Arc::clone(self.receivers.secrets());
        Self { receivers: receivers(secrets, seconds), ..self }
    }

    /// The same with a provider of the test's own.
    pub(in crate::providers) fn having(self, provider: impl Provider + 'static) -> Self {
        Self { receivers: self.receivers.with(provider), ..self }
    }

    /// The same with certificates from elsewhere.
    pub(in crate::providers) fn with_certificates(self, from: Arc<dyn Certificates>) -> Self {
        Self { receivers: self.receivers.with_certificates(from), ..self }
    }

    /// The URL of the receiver.
    pub(in crate::providers) fn url(&self) -> url::Url {
        let url = format!("https://hooks.example.com/api/webhooks/incoming/{}", self.address);
        url.parse().unwrap()
    }

    /// A request to the receiver, without headers.
    pub(in crate::providers) fn request(&self, method: Method, query: &str, body: &str) -> Request {
        let mut url = self.url();
        url.set_query((!query.is_empty()).then_some(query));
        Request::new(method, url, body.to_owned())
    }

    pub(in crate::providers) fn post(&self, body: &str) -> Request {
        self.request(Method::POST, "", body).with("content-type", "application/json")
    }

    pub(in crate::providers) fn provider(&self) -> &Arc<dyn Provider> {
        self.receivers.provider(&self.address.receiver).unwrap()
    }

    /// A draft of what the provider would send now.
    pub(in crate::providers) fn draft(&self, body: &str, secret: &str) -> Draft {
        let (private_key, certificate_url) = paypal::credentials();
        Draft {
            url: self.url(),
            body: body.to_owned().into(),
            content_type: None,
            event: None,
            id: "id-1".into(),
            secret: secret.into(),
            now: Timestamp::from_micros(NOW * 1_000_000),
            private_key,
            certificate_url,
        }
    }

    pub(in crate::providers) async fn receive(&self, request: Request) -> Reception {
        self.receivers.receive(self.address.clone(), request).await
    }

    /// What a request says that has to be accepted.
    pub(in crate::providers) async fn accepted(&self, request: Request) -> Notification {
        match self.receive(request).await.outcome {
            Outcome::Webhook(webhook) => webhook.notification,
            other => panic!("not accepted: {other:?}"),
        }
    }

    /// Why a request is refused that has to be.
    pub(in crate::providers) async fn refused(&self, request: Request) -> (RefusalKind, String) {
        match self.receive(request).await.outcome {
            Outcome::Refused(refusal) => (refusal.kind, refusal.message),
            other => panic!("not refused: {other:?}"),
        }
    }

    /// The status and the text of an answer to a handshake or a ping.
    pub(in crate::providers) async fn answered(&self, request: Request) -> (StatusCode, String) {
        let reception = self.receive(request).await;
        assert!(matches!(reception.outcome, Outcome::Answered), "{:?}", reception.outcome);
        let text = String::from_utf8(reception.answer.body().to_vec()).unwrap();
        (reception.answer.status(), text)
    }
}
