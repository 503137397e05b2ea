//! Pusher: HMAC of the body in `X-Pusher-Signature`, under the secret of the app whose key is in
//! `X-Pusher-Key`. Source: Pusher's "webhooks" of its server API.
//!
//! A secret of this receiver is `<appKey1>_<appSecret1>; <appKey2>_<appSecret2>`, as in the ASP.NET
//! library. Webhooks have no id, so that a repetition is not noticed.

use std::ops::RangeInclusive;

use async_trait::async_trait;
use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::check::mac::Algorithm;
use crate::check::secret::check_length;
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

    fn check_secret(&self, secret: &str) -> Result<(), String> {
        check_length(secret, &self.secret_length())?;
        match apps(secret) {
            Some(apps) if !apps.is_empty() => Ok(()),
            _ => {
                Err("it must be of the form `<appKey1>_<appSecret1>; <appKey2>_<appSecret2>`"
                    .into())
            }
        }
    }

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        let request = incoming.request;
        let key = header::only_one(request, KEY)?;
        let signature = header::only_one(request, SIGNATURE)?;
        check_form(incoming.secrets)?;
        let secrets = secrets_of_app(incoming.secrets()?, key);
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
        header::check_value("key of the app", key)?;
        let signature = Algorithm::Sha256.sign(secret.as_bytes(), &[&draft.body]);
        Ok(draft
            .to_request(body::JSON)?
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

/// Secrets of another form have an answer of their own in the library.
fn check_form(configured: &[SecretString]) -> Result<(), Refusal> {
    if configured.iter().all(|text| apps(text.expose_secret()).is_some()) {
        return Ok(());
    }
    let answer = answer::json(StatusCode::BAD_REQUEST, &json!({ "Message": FORM_OF_SECRETS }));
    Err(Refusal::new(RefusalKind::Unconfigured, FORM_OF_SECRETS).answered(answer))
}

/// The secrets of the app with this key in all that is configured.
fn secrets_of_app(configured: &[SecretString], key: &str) -> Vec<SecretString> {
    let all = configured.iter().filter_map(|text| apps(text.expose_secret())).flatten();
    all.filter(|(own, _)| *own == key).map(|(_, secret)| SecretString::from(secret)).collect()
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
