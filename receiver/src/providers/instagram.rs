//! Instagram and whatever else Meta sends: HMAC of the body in `X-Hub-Signature-256`, under the secret
//! of the app, and a `GET` with `?hub.challenge=` when the URL is given to it. Source: Meta's
//! "webhooks, getting started".
//!
//! The `hub.verify_token` of that `GET` is a text that whoever gives the URL chooses. It travels in a
//! query, and so it is no key: among the secrets of the URL it is written as `verify:<token>`, and
//! nothing is signed with it. Where there is none, the question is answered whatever its token, as the
//! ASP.NET library answered it.
//!
//! The Instagram of the ASP.NET library signed with SHA-1 and sent an array.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use async_trait::async_trait;
use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::check::mac::{self, Algorithm};
use crate::check::secret::check_length;
use crate::check::signature::BodySignature;
use crate::check::{body, challenge, encoding, header};
use crate::provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
use crate::{Answer, Refusal, RefusalKind, Request};

const SIGNATURE: BodySignature = BodySignature {
    header: "X-Hub-Signature-256",
    prefix: Some("sha256"),
    algorithm: Algorithm::Sha256,
};
const CLASSIC_SIGNATURE: &str = "x-hub-signature";
const VERIFY_TOKEN: &str = "hub.verify_token";
const MODE: &str = "hub.mode";

/// What a secret begins with that is a token.
const TOKEN_PREFIX: &str = "verify:";
/// How many characters a token may have.
const TOKEN_LENGTH: RangeInclusive<usize> = 1..=128;

/// See the module.
pub(super) struct Instagram;

#[async_trait]
impl Provider for Instagram {
    fn names(&self) -> &'static [&'static str] {
        &["instagram", "meta", "facebook", "whatsapp"]
    }

    fn class(&self) -> &'static str {
        "InstagramWebHookReceiver"
    }

    fn methods(&self) -> &'static [Method] {
        &[Method::GET, Method::POST]
    }

    fn requires_https(&self) -> bool {
        true
    }

    fn check_secret(&self, secret: &str) -> Result<(), String> {
        match secret.strip_prefix(TOKEN_PREFIX) {
            Some(token) => check_length(token, &TOKEN_LENGTH)
                .map_err(|wrong| format!("after `{TOKEN_PREFIX}` {wrong}")),
            None => check_length(secret, &self.secret_length()),
        }
    }

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        let request = incoming.request;
        let (tokens, keys): (Vec<_>, Vec<_>) =
            incoming.secrets()?.iter().cloned().partition(|secret| token(secret).is_some());
        if request.method == Method::GET {
            return subscribe(request, &tokens).map(Verified::Answered);
        }
        if keys.is_empty() {
            return Err(incoming.unconfigured());
        }
        // The stronger one decides where both are sent.
        let (name, genuine) = if request.headers.contains_key(SIGNATURE.header) {
            (SIGNATURE.header, SIGNATURE.is_made_with(&keys, request)?)
        } else {
            let claimed = classic_signature(request)?;
            let genuine = Algorithm::Sha1.is_made_with(&keys, &[&request.body], &claimed);
            (CLASSIC_SIGNATURE, genuine)
        };
        if !genuine {
            return Err(header::mismatch(name, self));
        }
        Ok(Verified::Genuine)
    }

    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        let data = body::json(request)?;
        let actions = match &data {
            Value::Array(changes) => classic_actions(changes)?,
            Value::Object(_) => actions(&data),
            _ => return Err(body::invalid_json(&"it is neither an object nor an array")),
        };
        Ok(Reading::Webhook(Notification::new(actions, Data::Json(data))))
    }

    fn sign(&self, draft: Draft) -> Result<Request, Unsignable> {
        let key = draft.secret.expose_secret().as_bytes();
        if token(&draft.secret).is_some() {
            let why = format!("a secret that begins with `{TOKEN_PREFIX}` signs nothing");
            return Err(Unsignable(why));
        }
        let signature = hex::encode(Algorithm::Sha256.sign(key, &[&draft.body]));
        Ok(draft.to_request(body::JSON)?.with("x-hub-signature-256", format!("sha256={signature}")))
    }

    fn sample(&self) -> Sample {
        Sample {
            body: r#"{"object":"instagram","entry":[{"id":"0","time":1700000000,"changes":[{"field":"comments","value":{"id":"17865799348089039","text":"Hi"}}]}]}"#,
            content_type: body::JSON,
            event: None,
        }
    }
}

/// The token that a secret is, if it is one.
fn token(secret: &SecretString) -> Option<&str> {
    secret.expose_secret().strip_prefix(TOKEN_PREFIX)
}

/// Answers the question whether somebody wants the webhooks. The classic receiver looked at the
/// challenge alone.
fn subscribe(request: &Request, tokens: &[SecretString]) -> Result<Answer, Refusal> {
    let query = request.query();
    if query.get(MODE).as_deref() != Some("subscribe") {
        return Err(Refusal::new(
            RefusalKind::Malformed,
            format!(
                "The WebHook verification request must contain a '{MODE}' query parameter with the value 'subscribe'."
            ),
        ));
    }
    let claimed = format!("{TOKEN_PREFIX}{}", query.get(VERIFY_TOKEN).unwrap_or_default());
    if !tokens.is_empty() && !mac::is_one_of(tokens, &claimed) {
        return Err(Refusal::new(
            RefusalKind::Mismatch,
            format!(
                "The '{VERIFY_TOKEN}' query parameter provided in the HTTP request did not match the expected value."
            ),
        ));
    }
    challenge::echo(request, "hub.challenge")
}

/// Without a prefix in the Instagram of old, with one in what Meta still sends beside the new one.
fn classic_signature(request: &Request) -> Result<Vec<u8>, Refusal> {
    let value = header::only_one(request, CLASSIC_SIGNATURE)?;
    let claimed = value.strip_prefix("sha1=").unwrap_or(value);
    // The library's text names the wrong encoding.
    hex::decode(claimed).map_err(|_| encoding::bad(CLASSIC_SIGNATURE, "base64"))
}

/// The object, and the fields of it that changed, each once.
fn actions(data: &Value) -> Vec<String> {
    let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
    let changes = list(data, "entry").iter().flat_map(|entry| list(entry, "changes"));
    let fields = changes.filter_map(|change| text(change, "field"));
    let mut known = HashSet::new();
    text(data, "object").into_iter().chain(fields).filter(|one| known.insert(one.clone())).collect()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The object of each change; one without is passed over.
fn classic_actions(changes: &[Value]) -> Result<Vec<String>, Refusal> {
    let mut actions = Vec::with_capacity(changes.len());
    for change in changes {
        let Value::Object(change) = change else {
            let message =
                "Could not parse WebHook data: the array holds something that is not an object.";
            return Err(Refusal::new(RefusalKind::Body, message));
        };
        actions.extend(change.get("object").and_then(Value::as_str).map(str::to_owned));
    }
    Ok(actions)
}
