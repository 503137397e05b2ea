//! What a flavour of webhooks is made of. Each is one file in `providers` and one line in its list.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, StatusCode};
use postrider_domain::{ReceiverAddress, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use crate::certificates::Certificates;
use crate::check::{header, secret};
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

    /// Checks that `secret` is one that can be used: of the right length, and in the form that this
    /// provider needs.
    ///
    /// # Errors
    /// Says what is wrong with it, in words for the operator that show nothing of it.
    fn check_secret(&self, secret: &str) -> Result<(), String> {
        secret::check_length(secret, &self.secret_length())
    }

    /// The most bytes of a body, where the operator does not set a lower limit. Those who have to read
    /// the body to find its proof in it take no more than their sender needs.
    fn max_body(&self) -> usize {
        usize::MAX
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
    pub(crate) secrets: &'a [SecretString],
    /// Whose URL it is.
    pub(crate) provider: &'a dyn Provider,
}

impl Incoming<'_> {
    /// The live secrets of this URL, the newest first; never none.
    ///
    /// # Errors
    /// When there is none, or one cannot be used: the library's status is 500, since it is the
    /// receiver's mistake.
    pub fn secrets(&self) -> Result<&[SecretString], Refusal> {
        let usable =
            |secret: &SecretString| self.provider.check_secret(secret.expose_secret()).is_ok();
        if self.secrets.is_empty() || !self.secrets.iter().all(usable) {
            return Err(self.unconfigured());
        }
        Ok(self.secrets)
    }

    /// What is answered when a secret of this URL cannot be used.
    pub fn unconfigured(&self) -> Refusal {
        unconfigured(self.address, &self.provider.secret_length())
    }

    /// Checks that the time that a provider signed is near.
    ///
    /// # Errors
    /// When it is further from now than the tolerance.
    pub fn check_time(&self, seconds: i64) -> Result<(), Refusal> {
        // To the millisecond, since a tolerance may be shorter than a second.
        let signed = i128::from(seconds) * 1_000_000;
        let off = i128::from(self.now.as_micros()).abs_diff(signed) / 1_000;
        if off > self.tolerance.as_millis() {
            return Err(Refusal::new(
                RefusalKind::Stale,
                format!(
                    "The WebHook request was signed {} seconds from the present time. No more than {} are accepted.",
                    off.div_ceil(1_000),
                    self.tolerance.as_secs()
                ),
            ));
        }
        Ok(())
    }
}

/// What is answered at a URL that has no usable secret.
pub(crate) fn unconfigured(address: &ReceiverAddress, lengths: &RangeInclusive<usize>) -> Refusal {
    Refusal::new(
        RefusalKind::Unconfigured,
        format!(
            "Could not find a valid configuration for WebHook receiver '{}' and instance '{}'. The setting must be set to a value between {} and {} characters long.",
            address.receiver,
            address.id,
            lengths.start(),
            lengths.end(),
        ),
    )
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

impl Draft {
    /// The request with nothing but its media type, which is `content_type` unless the draft has one:
    /// what proves where it comes from is still to be added.
    ///
    /// # Errors
    /// When the media type, the event or the id has a character that no header carries.
    pub fn to_request(&self, content_type: &str) -> Result<Request, Unsignable> {
        let content_type = self.content_type.as_deref().unwrap_or(content_type);
        header::check_value("media type", content_type)?;
        header::check_value("event", self.event.as_deref().unwrap_or_default())?;
        header::check_value("id", &self.id)?;
        Ok(Request::new(Method::POST, self.url.clone(), self.body.clone())
            .with("content-type", content_type))
    }
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

impl fmt::Debug for dyn Provider + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.names()[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificates::NoCertificates;
    use crate::providers;

    #[test]
    fn a_tolerance_shorter_than_a_second_is_kept_to_the_millisecond() {
        let url = "https://example.com".parse().unwrap();
        let (request, address) =
            (Request::new(Method::POST, url, ""), ReceiverAddress::new("stripe", ""));
        let provider = &*providers::all()[0];
        for (millis, good) in [(-501, false), (-500, true), (0, true), (500, true), (501, false)] {
            let incoming = Incoming {
                request: &request,
                address: &address,
                now: Timestamp::from_micros(1_000_000_000 + millis * 1_000),
                tolerance: Duration::from_millis(500),
                certificates: &NoCertificates,
                secrets: &[],
                provider,
            };
            assert_eq!(incoming.check_time(1_000).is_ok(), good, "{millis}");
            assert!(incoming.check_time(i64::MIN).is_err());
        }
    }
}
