//! Dropbox: HMAC of the body in `X-Dropbox-Signature`, under the secret of the app, and a `GET` with
//! `?challenge=` when the URL is given to it. Source: Dropbox's "webhooks" reference.
//!
//! A webhook names the accounts that changed and has no id; what changed is asked for with a cursor,
//! so that a repetition does no harm.

use std::ops::RangeInclusive;

use async_trait::async_trait;
use http::Method;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::check::mac::Algorithm;
use crate::check::{body, challenge, encoding, header};
use crate::provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
use crate::{Refusal, Request};

const SIGNATURE: &str = "X-Dropbox-Signature";

/// See the module.
pub(super) struct Dropbox;

#[async_trait]
impl Provider for Dropbox {
    fn names(&self) -> &'static [&'static str] {
        &["dropbox"]
    }

    fn class(&self) -> &'static str {
        "DropboxWebHookReceiver"
    }

    fn methods(&self) -> &'static [Method] {
        &[Method::GET, Method::POST]
    }

    /// The secrets of its apps have 15.
    fn secret_length(&self) -> RangeInclusive<usize> {
        15..=128
    }

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        let secrets = incoming.secrets()?;
        let request = incoming.request;
        if request.method == Method::GET {
            return challenge::echo(request, "challenge").map(Verified::Answered);
        }
        let claimed = encoding::hex(SIGNATURE, header::only_one(request, SIGNATURE)?)?;
        if !Algorithm::Sha256.is_made_with(secrets, &[&request.body], &claimed) {
            return Err(header::mismatch(SIGNATURE, self));
        }
        Ok(Verified::Genuine)
    }

    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        let data = body::json_object(request)?;
        Ok(Reading::Webhook(Notification::new(["change"], Data::Json(Value::Object(data)))))
    }

    fn sign(&self, draft: Draft) -> Result<Request, Unsignable> {
        let key = draft.secret.expose_secret().as_bytes();
        let signature = hex::encode(Algorithm::Sha256.sign(key, &[&draft.body]));
        Ok(Request::new(Method::POST, draft.url, draft.body)
            .with("content-type", draft.content_type.as_deref().unwrap_or(body::JSON))
            .with("x-dropbox-signature", signature))
    }

    fn sample(&self) -> Sample {
        Sample {
            body: r#"{"list_folder":{"accounts":["dbid:AAH4f99T0taONIb"]},"delta":{"users":[12345678]}}"#,
            content_type: body::JSON,
            event: None,
        }
    }
}
