//! Bitbucket: HMAC of the body in `X-Hub-Signature` where the hook has a secret, else the code of the
//! URL, which is all that the ASP.NET library knew. Sources: Atlassian's "manage webhooks" and "event
//! payload" of Bitbucket Cloud and Bitbucket Data Center.
//!
//! The signature is of the body alone: event and request are in headers that nobody signs.

use async_trait::async_trait;
use http::StatusCode;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::check::mac::Algorithm;
use crate::check::signature::BodySignature;
use crate::check::{body, code, header};
use crate::provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
use crate::{Refusal, Request, answer};

pub(super) const SIGNATURE: BodySignature = BodySignature {
    header: "X-Hub-Signature",
    prefix: Some("sha256"),
    algorithm: Algorithm::Sha256,
};
const EVENT: &str = "X-Event-Key";
const HOOK: &str = "X-Hook-UUID";
/// The same on every attempt: the first in the Cloud, the second in Data Center.
const REQUEST: &str = "x-request-uuid";
const DATA_CENTER_REQUEST: &str = "x-request-id";
/// What Data Center sends to try a connection.
const PING: &str = "diagnostics:ping";

/// See the module.
pub(super) struct Bitbucket;

#[async_trait]
impl Provider for Bitbucket {
    fn names(&self) -> &'static [&'static str] {
        &["bitbucket"]
    }

    fn class(&self) -> &'static str {
        "BitbucketWebHookReceiver"
    }

    fn requires_https(&self) -> bool {
        true
    }

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        if incoming.request.headers.contains_key(SIGNATURE.header) {
            return SIGNATURE.verify(incoming, self);
        }
        code::verify(incoming)?;
        Ok(Verified::Genuine)
    }

    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        let mut data = body::json_object(request)?;
        let event = header::required(request, EVENT, "type of event")?;
        if event == PING {
            return Ok(Reading::Answered(answer::empty(StatusCode::OK)));
        }
        let data_center_id = request.header(DATA_CENTER_REQUEST);
        if data_center_id.is_none() || request.headers.contains_key(HOOK) {
            let hook = header::required(request, HOOK, "ID of the WebHook")?;
            data.insert("webHook_id".into(), hook.into());
        }
        let events = request.headers.get_all(EVENT).iter().filter_map(|event| event.to_str().ok());
        let notification = Notification::new(events, Data::Json(Value::Object(data)));
        Ok(Reading::Webhook(notification.named(request.header(REQUEST).or(data_center_id))))
    }

    fn sign(&self, draft: Draft) -> Result<Request, Unsignable> {
        let key = draft.secret.expose_secret().as_bytes();
        let signature = hex::encode(Algorithm::Sha256.sign(key, &[&draft.body]));
        Ok(draft
            .to_request(body::JSON)?
            .with("x-event-key", draft.event.as_deref().unwrap_or("repo:push"))
            .with("x-hook-uuid", "00000000-0000-0000-0000-000000000000")
            .with(REQUEST, draft.id)
            .with("x-hub-signature", format!("sha256={signature}")))
    }

    fn sample(&self) -> Sample {
        Sample {
            body: r#"{"repository":{"full_name":"octo/hello"},"push":{"changes":[]}}"#,
            content_type: body::JSON,
            event: Some("repo:push"),
        }
    }
}
