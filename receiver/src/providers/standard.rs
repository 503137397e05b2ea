//! The Standard Webhooks specification, as Postrider itself sends it: `v1` (HMAC) or `v1a` (ed25519)
//! over id, time and body. Senders that Svix runs use its older names of the same headers.
//!
//! The secret is the sender's `whsec_…`, or its public key `whpk_…` for `v1a`. Any other text is a key
//! as it is.

use async_trait::async_trait;
use http::header::HeaderMap;
use percent_encoding::percent_decode_str;
use postrider_domain::Secret;
use postrider_wire::VerifyError;
use postrider_wire::standard::{self, PublicKey, SignatureHeaders, SigningKey};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::check::secret::check_length;
use crate::check::{body, encoding, header};
use crate::provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
use crate::{Refusal, RefusalKind, Request};

const SHARED_KEY: &str = "whsec_";
const PUBLIC_KEY: &str = "whpk_";
const PRIVATE_KEY: &str = "whsk_";

/// What the three headers are called.
struct Names {
    id: &'static str,
    timestamp: &'static str,
    signature: &'static str,
}

const STANDARD: Names = Names {
    id: standard::ID_HEADER,
    timestamp: standard::TIMESTAMP_HEADER,
    signature: standard::SIGNATURE_HEADER,
};
const SVIX: Names =
    Names { id: "svix-id", timestamp: "svix-timestamp", signature: "svix-signature" };

impl Names {
    /// Those that a request uses. All three are of one kind, so that what is read later is what was
    /// verified.
    fn of(headers: &HeaderMap) -> &'static Self {
        let older = headers.contains_key(SVIX.id) && !headers.contains_key(STANDARD.id);
        if older { &SVIX } else { &STANDARD }
    }
}

/// What is verified with.
enum Key {
    Shared(Secret),
    Public(PublicKey),
}

impl Key {
    fn parse(text: &str) -> Option<Self> {
        if text.starts_with(PUBLIC_KEY) {
            return text.parse().ok().map(Self::Public);
        }
        Secret::parse(text).ok().map(Self::Shared)
    }

    fn verify(
        &self,
        headers: SignatureHeaders<'_>,
        incoming: &Incoming<'_>,
    ) -> Result<(), VerifyError> {
        let (body, now, tolerance) = (&incoming.request.body, incoming.now, incoming.tolerance);
        match self {
            Self::Shared(secret) => standard::verify(secret, headers, body, now, tolerance),
            Self::Public(key) => standard::verify_asymmetric(key, headers, body, now, tolerance),
        }
    }
}

/// See the module.
pub(super) struct Standard;

#[async_trait]
impl Provider for Standard {
    fn names(&self) -> &'static [&'static str] {
        &["standard"]
    }

    fn class(&self) -> &'static str {
        "StandardWebHookReceiver"
    }

    fn check_secret(&self, secret: &str) -> Result<(), String> {
        check_length(secret, &self.secret_length())?;
        if secret.starts_with(PRIVATE_KEY) {
            return Err(format!(
                "it is a private key, which stays with the sender; the public one begins with `{PUBLIC_KEY}`"
            ));
        }
        let encoded = secret.strip_prefix(SHARED_KEY);
        if encoded.is_some_and(|encoded| !encoding::is_base64(encoded)) {
            return Err(format!("it begins with `{SHARED_KEY}`, and what follows is not base64"));
        }
        match Key::parse(secret) {
            Some(_) => Ok(()),
            None if secret.starts_with(PUBLIC_KEY) => {
                Err(format!("it begins with `{PUBLIC_KEY}`, and what follows is no public key"))
            }
            None => Err("it cannot be used as a key".into()),
        }
    }

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        let secrets = incoming.secrets()?.iter();
        let keys: Option<Vec<Key>> =
            secrets.map(|secret| Key::parse(secret.expose_secret())).collect();
        let keys = keys.ok_or_else(|| incoming.unconfigured())?;
        let request = incoming.request;
        let names = Names::of(&request.headers);
        let headers = SignatureHeaders {
            id: header::only_one(request, names.id)?,
            timestamp: header::only_one(request, names.timestamp)?,
            signature: header::only_one(request, names.signature)?,
        };
        if headers.id.is_empty() || headers.id.contains('.') {
            let name = names.id;
            return Err(Refusal::new(
                RefusalKind::Malformed,
                format!("The '{name}' header value is invalid. It must be an id without a '.'."),
            ));
        }
        if headers.signature.split_ascii_whitespace().count() > header::MAX_SIGNATURES {
            return Err(header::too_many_signatures(names.signature));
        }
        incoming.check_time(header::seconds(request, names.timestamp)?)?;
        if keys.iter().any(|key| key.verify(headers, incoming).is_ok()) {
            return Ok(Verified::Genuine);
        }
        Err(header::mismatch(names.signature, self))
    }

    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        let named = event_header(request);
        let notification = if body::is_form(request) {
            let form = body::form(request)?;
            let actions = named.or_else(|| form.get("type").map(String::from));
            Notification::new(actions, Data::Form(form))
        } else {
            let data = body::json(request)?;
            let actions = named.map_or_else(|| types(&data), |action| vec![action]);
            Notification::new(actions, Data::Json(data))
        };
        let id = request.header(Names::of(&request.headers).id);
        Ok(Reading::Webhook(notification.named(id)))
    }

    fn sign(&self, draft: Draft) -> Result<Request, Unsignable> {
        let timestamp = draft.now.as_seconds();
        if draft.id.contains('.') {
            return Err(Unsignable("the id must have no '.'".into()));
        }
        let signature = signature(&draft, timestamp)?;
        Ok(draft
            .to_request(body::JSON)?
            .with(STANDARD.id, draft.id)
            .with(STANDARD.timestamp, timestamp.to_string())
            .with(STANDARD.signature, signature))
    }

    fn sample(&self) -> Sample {
        Sample {
            body: r#"{"type":"user.created","timestamp":"2026-11-21T08:00:00Z","data":{"id":"42"}}"#,
            content_type: body::JSON,
            event: None,
        }
    }
}

/// By the private key where there is one, else by the secret.
fn signature(draft: &Draft, timestamp: i64) -> Result<String, Unsignable> {
    let refused = |error: postrider_domain::Invalid| Unsignable(error.to_string());
    let texts = [draft.private_key.as_ref(), Some(&draft.secret)].into_iter().flatten();
    let mut texts = texts.map(ExposeSecret::expose_secret);
    if let Some(text) = texts.find(|text| text.starts_with(PRIVATE_KEY)) {
        let key = SigningKey::parse(text).map_err(refused)?;
        return Ok(standard::asymmetric_signature(&key, &draft.id, timestamp, &draft.body));
    }
    let secret = draft.secret.expose_secret();
    if secret.starts_with(PUBLIC_KEY) {
        return Err(Unsignable(format!(
            "what a public key verifies is signed by its private key, `{PRIVATE_KEY}…`"
        )));
    }
    let secret = Secret::parse(secret).map_err(refused)?;
    Ok(standard::signature(&secret, &draft.id, timestamp, &draft.body))
}

/// The type of an event of CloudEvents in binary mode, whose body is the data alone. Headers other than
/// the three are not signed: it is as trustworthy as the connection.
fn event_header(request: &Request) -> Option<String> {
    request.header("ce-specversion")?;
    let encoded = request.header("ce-type").filter(|text| !text.is_empty())?;
    Some(percent_decode_str(encoded).decode_utf8_lossy().into_owned())
}

/// The `type` of the event, or of each event of a batch.
fn types(data: &Value) -> Vec<String> {
    let events = data.as_array().map_or(std::slice::from_ref(data), Vec::as_slice);
    events.iter().filter_map(|event| event.get("type")?.as_str()).map(str::to_owned).collect()
}
