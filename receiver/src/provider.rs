//! What a flavour of webhooks is made of. Each is one file in `providers` and one line in its list.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, StatusCode};
use postrider_domain::{ReceiverAddress, Timestamp};
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use crate::certificates::Certificates;
use crate::{Answer, Pairs, Refusal, RefusalKind, Request, answer};

/// One sender's flavour of webhooks: how its requests prove where they come from, and what they say.
#[async_trait]
pub trait Provider: Send + Sync {
    /// What it is called in URLs and in the configuration, in lower case; the first is the usual name.
    fn names(&self) -> &'static [&'static str];

    /// The name of the class in the ASP.NET library, which its texts mention; for a flavour that the
    /// library did not have, one in its style.
    fn class(&self) -> &'static str;

    /// The methods it is called with.
    fn methods(&self) -> &'static [Method] {
        &[Method::POST]
    }

    /// How many characters a secret may have.
    fn secret_length(&self) -> RangeInclusive<usize> {
        32..=128
    }

    /// Whether requests without TLS are refused, since they carry their secret.
    fn requires_https(&self) -> bool {
        false
    }

    /// Checks that the request comes from whom it claims to come from. The method and the use of TLS
    /// were checked before. Nothing of the body may be believed before its signature was verified.
    ///
    /// # Errors
    /// Says what is wrong with the request. Comparisons with secrets take the same time wherever they
    /// differ.
    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal>;

    /// Reads what a genuine request says. Pure: it is called when the request is received, and again
    /// when it is processed, with what was kept of it.
    ///
    /// # Errors
    /// Says what is wrong with the request.
    fn read(&self, request: &Request) -> Result<Reading, Refusal>;

    /// What is answered to a genuine request, given the response that a handler set, if one did.
    fn answer(&self, response: Option<Answer>) -> Answer {
        response.unwrap_or_else(|| answer::empty(StatusCode::OK))
    }

    /// Makes the request that the provider would send, for trying an endpoint.
    ///
    /// # Errors
    /// When it takes more than the draft has, in words.
    fn sign(&self, draft: Draft) -> Result<Request, Unsignable>;

    /// A webhook such as the provider sends, to be signed.
    fn sample(&self) -> Sample;
}

/// A request that is to be verified, with what that takes.
pub struct Incoming<'a> {
    /// The request.
    pub request: &'a Request,
    /// Where it came in.
    pub address: &'a ReceiverAddress,
    /// When it came in.
    pub now: Timestamp,
    /// How far from `now` the time may be that a provider signs.
    pub tolerance: Duration,
    /// Where providers' certificates come from.
    pub certificates: &'a dyn Certificates,
    /// The live secrets of this URL, those of an unusable length included.
    pub(crate) secrets: Arc<[SecretString]>,
    pub(crate) secret_length: RangeInclusive<usize>,
}

impl Incoming<'_> {
    /// The live secrets of this URL, the newest first; never none.
    ///
    /// # Errors
    /// When there is none, or one has an unusable length: the library's status is 500, since it is the
    /// receiver's mistake.
    pub fn secrets(&self) -> Result<&[SecretString], Refusal> {
        use secrecy::ExposeSecret;

        let usable = |secret: &SecretString| {
            // The library counts UTF-16 units.
            self.secret_length.contains(&secret.expose_secret().encode_utf16().count())
        };
        if self.secrets.is_empty() || !self.secrets.iter().all(usable) {
            return Err(self.unconfigured());
        }
        Ok(&self.secrets)
    }

    /// What is answered when a secret of this URL cannot be used.
    pub fn unconfigured(&self) -> Refusal {
        Refusal::new(
            RefusalKind::Unconfigured,
            format!(
                "Could not find a valid configuration for WebHook receiver '{}' and instance '{}'. The setting must be set to a value between {} and {} characters long.",
                self.address.receiver,
                self.address.id,
                self.secret_length.start(),
                self.secret_length.end(),
            ),
        )
    }

    /// Checks that the time that a provider signed is near.
    ///
    /// # Errors
    /// When it is further from now than the tolerance.
    pub fn check_time(&self, seconds: i64) -> Result<(), Refusal> {
        let off = self.now.as_seconds().abs_diff(seconds);
        if off > self.tolerance.as_secs() {
            return Err(Refusal::new(
                RefusalKind::Stale,
                format!(
                    "The WebHook request was signed {off} seconds from the present time. No more than {} are accepted.",
                    self.tolerance.as_secs()
                ),
            ));
        }
        Ok(())
    }
}

/// What verification found.
#[derive(Debug)]
pub enum Verified {
    /// The request is genuine, and is read next.
    Genuine,
    /// It is part of a handshake: this is the answer, and nothing is processed.
    Answered(Answer),
}

/// What a genuine request says.
#[derive(Debug)]
pub enum Reading {
    /// Something happened.
    Webhook(Notification),
    /// It is a test of the connection, such as a ping: this is the answer, and nothing is processed.
    Answered(Answer),
}

/// What a webhook says.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// What happened, as its sender names it; may be none.
    pub actions: Vec<String>,
    /// The body.
    pub data: Data,
    /// What its sender calls this webhook when it sends it again. Without it a repetition is not
    /// noticed.
    pub dedupe_key: Option<String>,
}

impl Notification {
    /// A webhook without a name of its own.
    pub fn new(actions: impl IntoIterator<Item = impl Into<String>>, data: Data) -> Self {
        Self { actions: actions.into_iter().map(Into::into).collect(), data, dedupe_key: None }
    }

    /// The same with the name that its sender gives it; an empty one is none.
    #[must_use]
    pub fn named(mut self, name: Option<impl Into<String>>) -> Self {
        self.dedupe_key = name.map(Into::into).filter(|name| !name.is_empty());
        self
    }
}

/// The body of a webhook, read.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// A JSON document, or what was read from an XML one.
    Json(Value),
    /// An HTML form.
    Form(Pairs),
}

impl Data {
    /// As JSON; a form is an object of texts.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Json(value) => value.clone(),
            Self::Form(pairs) => serde_json::to_value(pairs).unwrap_or_default(),
        }
    }
}

/// What a request for trying an endpoint is made of.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Where it goes.
    pub url: Url,
    /// The body.
    pub body: Bytes,
    /// The media type; `None` for that of the provider.
    pub content_type: Option<String>,
    /// The event, where the provider names it in a header or the query.
    pub event: Option<String>,
    /// The name of this webhook, where the provider gives it one in a header.
    pub id: String,
    /// The secret.
    pub secret: SecretString,
    /// When it is sent.
    pub now: Timestamp,
    /// A private key in PEM (PKCS #8), for those that sign with one.
    pub private_key: Option<SecretString>,
    /// Where the certificate of that key is.
    pub certificate_url: Option<Url>,
}

/// Why a request cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsignable(pub String);

/// A webhook such as a provider sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The body.
    pub body: &'static str,
    /// The media type.
    pub content_type: &'static str,
    /// The event, where it is not in the body.
    pub event: Option<&'static str>,
}

impl fmt::Debug for dyn Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.names()[0])
    }
}
