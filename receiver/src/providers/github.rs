//! GitHub: HMAC of the body in `X-Hub-Signature-256`, and with SHA-1 in `X-Hub-Signature` as old hooks
//! still send it. Source: GitHub's "validating webhook deliveries"; the ASP.NET library knew the
//! second only.
//!
//! The signature is of the body alone: event and delivery are in headers that nobody signs.

use std::ops::RangeInclusive;

use async_trait::async_trait;
use http::StatusCode;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::check::mac::Algorithm;
use crate::check::signature::BodySignature;
use crate::check::{body, header};
use crate::provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
use crate::{Refusal, Request, answer};

const SIGNATURE: BodySignature = BodySignature {
    header: "X-Hub-Signature-256",
    prefix: Some("sha256"),
    algorithm: Algorithm::Sha256,
};
const CLASSIC_SIGNATURE: BodySignature =
    BodySignature { header: "X-Hub-Signature", prefix: Some("sha1"), algorithm: Algorithm::Sha1 };
const EVENT: &str = "X-Github-Event";
const DELIVERY: &str = "x-github-delivery";

/// See the module.
pub(super) struct GitHub;

#[async_trait]
impl Provider for GitHub {
    fn names(&self) -> &'static [&'static str] {
        &["github"]
    }

    fn class(&self) -> &'static str {
        "GitHubWebHookReceiver"
    }

    fn secret_length(&self) -> RangeInclusive<usize> {
        16..=128
    }

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        // The stronger one decides where both are sent.
        let stronger = incoming.request.headers.contains_key(SIGNATURE.header);
        let signature = if stronger { &SIGNATURE } else { &CLASSIC_SIGNATURE };
        signature.verify(incoming, self)
    }

    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        let data = body::json_object(request)?;
        let event = header::required(request, EVENT, "type of event")?;
        if event.eq_ignore_ascii_case("ping") {
            return Ok(Reading::Answered(answer::empty(StatusCode::OK)));
        }
        let notification = Notification::new([event], Data::Json(Value::Object(data)));
        Ok(Reading::Webhook(notification.named(request.header(DELIVERY))))
    }

    fn sign(&self, draft: Draft) -> Result<Request, Unsignable> {
        let key = draft.secret.expose_secret().as_bytes();
        let signature = hex::encode(Algorithm::Sha256.sign(key, &[&draft.body]));
        let event = draft.event.as_deref().unwrap_or("push").to_owned();
        Ok(draft
            .to_request(body::JSON)?
            .with("x-github-event", event)
            .with(DELIVERY, draft.id)
            .with("x-hub-signature-256", format!("sha256={signature}")))
    }

    fn sample(&self) -> Sample {
        Sample {
            body: r#"{"ref":"refs/heads/main","repository":{"full_name":"octo/hello"},"commits":[]}"#,
            content_type: body::JSON,
            event: Some("push"),
        }
    }
}
