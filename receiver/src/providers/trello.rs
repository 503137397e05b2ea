//! Trello: HMAC with SHA-1 of the body followed by the URL that it was given, in `x-trello-webhook`,
//! and a `HEAD` when the URL is given to it. Source: Trello's "webhooks" of its REST API.
//!
//! The URL is the one that Trello calls, as URLs are normalised: `HTTPS://Example.com:443` is
//! `https://example.com/`. Behind a proxy the public base URL has to be configured. Without it the URL
//! holds the `Host` that the request itself names, so that the signature does not prove for which host
//! the request was made.

use async_trait::async_trait;
use http::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::check::mac::Algorithm;
use crate::check::{body, encoding, header};
use crate::provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
use crate::{Refusal, Request, answer};

const SIGNATURE: &str = "x-trello-webhook";

/// See the module.
pub(super) struct Trello;

#[async_trait]
impl Provider for Trello {
    fn names(&self) -> &'static [&'static str] {
        &["trello"]
    }

    fn class(&self) -> &'static str {
        "TrelloWebHookReceiver"
    }

    fn methods(&self) -> &'static [Method] {
        &[Method::HEAD, Method::GET, Method::POST]
    }

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        let secrets = incoming.secrets()?;
        let request = incoming.request;
        if request.method != Method::POST {
            return Ok(Verified::Answered(answer::empty(StatusCode::OK)));
        }
        let claimed = encoding::base64(SIGNATURE, header::only_one(request, SIGNATURE)?)?;
        let signed = [&request.body[..], request.url.as_str().as_bytes()];
        if !Algorithm::Sha1.is_made_with(secrets, &signed, &claimed) {
            return Err(header::mismatch(SIGNATURE, self));
        }
        Ok(Verified::Genuine)
    }

    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        let data = Value::Object(body::json_object(request)?);
        let text = |path: &str| data.pointer(path).and_then(Value::as_str);
        // The first is all that the ASP.NET library gave.
        let actions: Vec<String> =
            ["change"].into_iter().chain(text("/action/type")).map(str::to_owned).collect();
        // Hooks on a board and on its cards tell the same action.
        let model = text("/model/id").unwrap_or_default();
        let name = text("/action/id").map(|action| format!("{model}/{action}"));
        Ok(Reading::Webhook(Notification::new(actions, Data::Json(data)).named(name)))
    }

    fn sign(&self, draft: Draft) -> Result<Request, Unsignable> {
        let key = draft.secret.expose_secret().as_bytes();
        let signed = [&draft.body[..], draft.url.as_str().as_bytes()];
        let signature = encoding::to_base64(&Algorithm::Sha1.sign(key, &signed));
        Ok(draft.to_request(body::JSON)?.with(SIGNATURE, signature))
    }

    fn sample(&self) -> Sample {
        Sample {
            body: r#"{"model":{"id":"4d5ea62fd76aa1136000000c","name":"Board"},"action":{"id":"51f9424bcd6e040f3c002412","type":"updateCard","date":"2026-11-21T08:00:00.000Z"}}"#,
            content_type: body::JSON,
            event: None,
        }
    }
}
