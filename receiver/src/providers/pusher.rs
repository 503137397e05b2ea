//! Pusher: HMAC of the body in `X-Pusher-Signature`, under the secret of the app whose key is in
//! `X-Pusher-Key`. Source: Pusher's "webhooks" of its server API.
//!
//! A secret of this receiver is `<appKey1>_<appSecret1>; <appKey2>_<appSecret2>`, as in the ASP.NET
//! library. Webhooks have no id, so that a repetition is not noticed.

use std::ops::RangeInclusive;

use async_trait::async_trait;
use http::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::check::mac::Algorithm;
use crate::check::{body, encoding, header};
use crate::provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
use crate::{Refusal, RefusalKind, Request, answer};

const KEY: &str = "X-Pusher-Key";
const SIGNATURE: &str = "X-Pusher-Signature";
const FORM_OF_SECRETS: &str = "The application setting for Pusher must be a comma-separated list of segments of the form '<appKey1>_<appSecret1>; <appKey2>_<appSecret2>'.";

/// See the module.
pub(super) struct Pusher;

#[async_trait]
impl Provider for Pusher {
    fn names(&self) -> &'static [&'static str] {
        &["pusher"]
    }

    fn class(&self) -> &'static str {
        "PusherWebHookReceiver"
    }

    fn secret_length(&self) -> RangeInclusive<usize> {
        8..=128
    }

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        let request = incoming.request;
        let key = header::only_one(request, KEY)?;
        let signature = header::only_one(request, SIGNATURE)?;
        let secrets = secrets_of_app(incoming.secrets()?, key)?;
        if secrets.is_empty() {
            return Err(Refusal::new(
                RefusalKind::Mismatch,
                format!(
                    "The HTTP header '{KEY}' value of '{key}' is not recognized as a valid application key. Please ensure that the right application keys and secrets have been configured."
                ),
            ));
        }
        let claimed = encoding::hex(SIGNATURE, signature)?;
        if !Algorithm::Sha256.is_made_with(&secrets, &[&request.body], &claimed) {
            return Err(header::mismatch(SIGNATURE, self));
        }
        Ok(Verified::Genuine)
    }

    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        let data = body::json_object(request)?;
        let events = data.get("events").and_then(Value::as_array);
        let names = events.into_iter().flatten().filter_map(|event| event.get("name")?.as_str());
        let actions: Vec<String> = names.map(str::to_owned).collect();
        Ok(Reading::Webhook(Notification::new(actions, Data::Json(Value::Object(data)))))
    }

    fn sign(&self, draft: Draft) -> Result<Request, Unsignable> {
        let apps = apps(draft.secret.expose_secret()).unwrap_or_default();
        let (key, secret) = apps
            .first()
            .ok_or_else(|| Unsignable("the secret is `<appKey>_<appSecret>`".into()))?;
        let signature = Algorithm::Sha256.sign(secret.as_bytes(), &[&draft.body]);
        Ok(Request::new(Method::POST, draft.url, draft.body)
            .with("content-type", draft.content_type.as_deref().unwrap_or(body::JSON))
            .with("x-pusher-key", key)
            .with("x-pusher-signature", hex::encode(signature)))
    }

    fn sample(&self) -> Sample {
        Sample {
            body: r#"{"time_ms":1700000000000,"events":[{"name":"channel_occupied","channel":"orders"}]}"#,
            content_type: body::JSON,
            event: None,
        }
    }
}

/// The secrets of the app with this key in all that is configured.
fn secrets_of_app(configured: &[SecretString], key: &str) -> Result<Vec<SecretString>, Refusal> {
    let mut secrets = Vec::new();
    for text in configured {
        let apps = apps(text.expose_secret()).ok_or_else(|| {
            let answer =
                answer::json(StatusCode::BAD_REQUEST, &json!({ "Message": FORM_OF_SECRETS }));
            Refusal::new(RefusalKind::Unconfigured, FORM_OF_SECRETS).answered(answer)
        })?;
        let own = apps.iter().filter(|(own, _)| *own == key);
        secrets.extend(own.map(|(_, secret)| SecretString::from(*secret)));
    }
    Ok(secrets)
}

/// Reads keys and secrets of apps; `None` when a part has not exactly one of each.
pub(super) fn apps(text: &str) -> Option<Vec<(&str, &str)>> {
    let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let words: Vec<&str> =
                part.split('_').map(str::trim).filter(|word| !word.is_empty()).collect();
            match words.as_slice() {
                [key, secret] => Some((*key, *secret)),
                _ => None,
            }
        })
        .collect()
}
