//! Instagram and whatever else Meta sends: HMAC of the body in `X-Hub-Signature-256`, under the secret
//! of the app, and a `GET` with `?hub.challenge=` when the URL is given to it. Source: Meta's
//! "webhooks, getting started".
//!
//! The `hub.verify_token` of that `GET` is a text that whoever gives the URL chooses: it has to be one
//! of the secrets of this URL, beside the secret of the app or the same.
//!
//! The Instagram of the ASP.NET library signed with SHA-1 and sent an array.

use async_trait::async_trait;
use http::Method;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::check::mac::{self, Algorithm};
use crate::check::{body, challenge, encoding, header};
use crate::provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
use crate::{Answer, Refusal, RefusalKind, Request};

const SIGNATURE: &str = "X-Hub-Signature-256";
const CLASSIC_SIGNATURE: &str = "x-hub-signature";
const VERIFY_TOKEN: &str = "hub.verify_token";

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

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        let secrets = incoming.secrets()?;
        let request = incoming.request;
        if request.method == Method::GET {
            return subscribe(incoming).map(Verified::Answered);
        }
        // The stronger one decides where both are sent.
        let (name, algorithm, claimed) = if request.headers.contains_key(SIGNATURE) {
            let value = header::only_one(request, SIGNATURE)?;
            let claimed = header::prefixed(SIGNATURE, value, "sha256")?;
            (SIGNATURE, Algorithm::Sha256, encoding::hex(SIGNATURE, claimed)?)
        } else {
            (CLASSIC_SIGNATURE, Algorithm::Sha1, classic_signature(request)?)
        };
        if !algorithm.is_made_with(secrets, &[&request.body], &claimed) {
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
        let signature = hex::encode(Algorithm::Sha256.sign(key, &[&draft.body]));
        Ok(Request::new(Method::POST, draft.url, draft.body)
            .with("content-type", draft.content_type.as_deref().unwrap_or(body::JSON))
            .with("x-hub-signature-256", format!("sha256={signature}")))
    }

    fn sample(&self) -> Sample {
        Sample {
            body: r#"{"object":"instagram","entry":[{"id":"0","time":1700000000,"changes":[{"field":"comments","value":{"id":"17865799348089039","text":"Hi"}}]}]}"#,
            content_type: body::JSON,
            event: None,
        }
    }
}

/// Answers the question whether somebody wants the webhooks. The classic receiver looked at the
/// challenge alone, so that a question without a token is answered.
fn subscribe(incoming: &Incoming<'_>) -> Result<Answer, Refusal> {
    let query = incoming.request.query();
    let token = query.get(VERIFY_TOKEN);
    if let Some(token) = token
        && !mac::is_one_of(incoming.secrets()?, &token)
    {
        return Err(Refusal::new(
            RefusalKind::Mismatch,
            format!(
                "The '{VERIFY_TOKEN}' query parameter provided in the HTTP request did not match the expected value."
            ),
        ));
    }
    challenge::echo(incoming.request, "hub.challenge")
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
    let mut actions: Vec<String> = text(data, "object").into_iter().collect();
    for change in list(data, "entry").iter().flat_map(|entry| list(entry, "changes")) {
        actions.extend(text(change, "field").filter(|field| !actions.contains(field)));
    }
    actions
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
