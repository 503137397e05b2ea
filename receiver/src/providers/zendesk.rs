//! Zendesk: HMAC of time and body in `X-Zendesk-Webhook-Signature`; and for the pushes to mobile
//! devices that the ASP.NET library received, the code of the URL. Sources: Zendesk's "verifying
//! webhook authenticity" and "anatomy of a webhook request".

use async_trait::async_trait;
use postrider_domain::Timestamp;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::check::mac::Algorithm;
use crate::check::{body, code, encoding, header};
use crate::provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
use crate::{Refusal, RefusalKind, Request};

const SIGNATURE: &str = "X-Zendesk-Webhook-Signature";
const TIMESTAMP: &str = "X-Zendesk-Webhook-Signature-Timestamp";
/// The same on every attempt.
const INVOCATION: &str = "x-zendesk-webhook-invocation-id";
/// How the types of its own events begin. Other bodies are whatever an administrator wrote.
const EVENT_TYPE: &str = "zen:event-type:";

/// See the module.
pub(super) struct Zendesk;

#[async_trait]
impl Provider for Zendesk {
    fn names(&self) -> &'static [&'static str] {
        &["zendesk"]
    }

    fn class(&self) -> &'static str {
        "ZendeskWebHookReceiver"
    }

    fn requires_https(&self) -> bool {
        true
    }

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        let request = incoming.request;
        if !request.headers.contains_key(SIGNATURE) {
            code::verify(incoming)?;
            return Ok(Verified::Genuine);
        }
        let secrets = incoming.secrets()?;
        let claimed = encoding::base64(SIGNATURE, header::only_one(request, SIGNATURE)?)?;
        let timestamp = header::only_one(request, TIMESTAMP)?;
        let signed = [timestamp.as_bytes(), &request.body];
        if !Algorithm::Sha256.is_made_with(secrets, &signed, &claimed) {
            return Err(header::mismatch(SIGNATURE, self));
        }
        let time: Timestamp = timestamp.parse().map_err(|_| {
            Refusal::new(
                RefusalKind::Malformed,
                format!("The '{TIMESTAMP}' header value is invalid. It must be an ISO 8601 time."),
            )
        })?;
        incoming.check_time(time.as_seconds())?;
        Ok(Verified::Genuine)
    }

    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        let data = body::json_object(request)?;
        let text = |name: &str| data.get(name).and_then(Value::as_str);
        let event = text("type").filter(|event| event.starts_with(EVENT_TYPE));
        let signed_id = event.and_then(|_| text("id"));
        let name = signed_id.or(request.header(INVOCATION)).map(str::to_owned);
        let action = event.unwrap_or("change").to_owned();
        let notification = Notification::new([action], Data::Json(Value::Object(data)));
        Ok(Reading::Webhook(notification.named(name)))
    }

    fn sign(&self, draft: Draft) -> Result<Request, Unsignable> {
        let key = draft.secret.expose_secret().as_bytes();
        let timestamp = draft.now.to_string();
        let signed = [timestamp.as_bytes(), &draft.body];
        let signature = encoding::to_base64(&Algorithm::Sha256.sign(key, &signed));
        Ok(draft
            .to_request(body::JSON)?
            .with(INVOCATION, draft.id)
            .with("x-zendesk-webhook-signature", signature)
            .with("x-zendesk-webhook-signature-timestamp", timestamp))
    }

    fn sample(&self) -> Sample {
        Sample {
            body: r#"{"type":"zen:event-type:ticket.created","id":"2b1ff8ae-2d2e-4f3b-9b2c-0d4f7a1c9e10","subject":"zen:ticket:42","time":"2026-11-21T08:00:00Z","event":{},"detail":{"id":"42"}}"#,
            content_type: body::JSON,
            event: None,
        }
    }
}
