//! Stripe: `Stripe-Signature` with a time and one or more HMACs of time and body, more than one while
//! the secret of the endpoint is being rolled. Each resend is signed anew. Source: Stripe's "receive
//! events in your webhook endpoint".

use std::ops::RangeInclusive;

use async_trait::async_trait;
use http::StatusCode;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::check::mac::Algorithm;
use crate::check::{body, header};
use crate::provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
use crate::{Refusal, RefusalKind, Request, answer};

const SIGNATURE: &str = "Stripe-Signature";
/// The id of every event that old versions of its dashboard sent as a test.
const TEST_EVENT: &str = "evt_00000000000000";

/// Stripe.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stripe {
    /// Whether handlers see the test events of old versions of Stripe's dashboard, which all have the
    /// same id; they are answered with nothing done otherwise. Events of a test mode account are no
    /// such events.
    pub pass_test_events: bool,
}

#[async_trait]
impl Provider for Stripe {
    fn names(&self) -> &'static [&'static str] {
        &["stripe"]
    }

    fn class(&self) -> &'static str {
        "StripeWebHookReceiver"
    }

    fn secret_length(&self) -> RangeInclusive<usize> {
        16..=128
    }

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        let secrets = incoming.secrets()?;
        let request = incoming.request;
        let signatures = Signatures::parse(header::only_one(request, SIGNATURE)?)?;
        let signed = [signatures.time.as_bytes(), b".", &request.body];
        // As in the library, what stands before one that cannot be read may still be right.
        let claimed: Vec<_> =
            signatures.claimed.iter().map_while(|text| hex::decode(text).ok()).collect();
        if Algorithm::Sha256.is_one_made_with(secrets, &signed, &claimed) {
            incoming.check_time(signatures.time.parse().map_err(|_| missing_values())?)?;
            return Ok(Verified::Genuine);
        }
        if claimed.len() < signatures.claimed.len() {
            return Err(malformed("It must contain a valid hex-encoded signature ('v1') value."));
        }
        Err(header::mismatch(SIGNATURE, self))
    }

    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        let data = body::json_object(request)?;
        let id = body::required(data.get("id"), "id")?;
        if id == TEST_EVENT && !self.pass_test_events {
            return Ok(Reading::Answered(answer::empty(StatusCode::OK)));
        }
        let action = body::required(data.get("type"), "type")?;
        let notification = Notification::new([action], Data::Json(Value::Object(data)));
        // All test events have one id, and are no repetitions of each other.
        Ok(Reading::Webhook(notification.named((id != TEST_EVENT).then_some(id))))
    }

    fn sign(&self, draft: Draft) -> Result<Request, Unsignable> {
        let key = draft.secret.expose_secret().as_bytes();
        let time = draft.now.as_seconds().to_string();
        let signed = [time.as_bytes(), b".", &draft.body];
        let signature = hex::encode(Algorithm::Sha256.sign(key, &signed));
        Ok(draft
            .to_request(body::JSON)?
            .with("stripe-signature", format!("t={time},v1={signature}")))
    }

    fn sample(&self) -> Sample {
        Sample {
            body: r#"{"id":"evt_1MqqbKLt4dXK03v5qaIbiNCC","object":"event","created":1700000000,"livemode":false,"type":"customer.created","data":{"object":{"id":"cus_NffrFeUfNV2Hib","object":"customer"}}}"#,
            content_type: body::JSON,
            event: None,
        }
    }
}

/// What the header says.
struct Signatures<'a> {
    /// As it was sent, since that is what was signed.
    time: &'a str,
    claimed: Vec<&'a str>,
}

impl<'a> Signatures<'a> {
    fn parse(value: &'a str) -> Result<Self, Refusal> {
        let (mut time, mut claimed) = (None, Vec::new());
        for pair in value.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let parts: Vec<&str> =
                pair.split('=').map(str::trim).filter(|part| !part.is_empty()).collect();
            let &[key, value] = parts.as_slice() else {
                return Err(malformed(
                    "It must be formatted as key=value pairs separated by commas.",
                ));
            };
            if key.eq_ignore_ascii_case("t") {
                time.get_or_insert(value);
            } else if key.eq_ignore_ascii_case("v1") {
                claimed.push(value);
            }
        }
        if claimed.len() > header::MAX_SIGNATURES {
            return Err(header::too_many_signatures(SIGNATURE));
        }
        match time {
            Some(time) if !claimed.is_empty() => Ok(Self { time, claimed }),
            _ => Err(missing_values()),
        }
    }
}

fn missing_values() -> Refusal {
    malformed("It must contain timestamp ('t') and signature ('v1') values.")
}

fn malformed(why: &str) -> Refusal {
    let message = format!("The '{SIGNATURE}' header value is invalid. {why}");
    Refusal::new(RefusalKind::Malformed, message)
}
