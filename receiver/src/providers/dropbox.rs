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
use crate::check::signature::BodySignature;
use crate::check::{body, challenge};
use crate::provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
use crate::{Refusal, Request};

const SIGNATURE: BodySignature =
    BodySignature { header: "X-Dropbox-Signature", prefix: None, algorithm: Algorithm::Sha256 };

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
        if incoming.request.method == Method::GET {
            incoming.secrets()?;
            return challenge::echo(incoming.request, "challenge").map(Verified::Answered);
        }
        SIGNATURE.verify(incoming, self)
    }

    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        let data = body::json_object(request)?;
        Ok(Reading::Webhook(Notification::new(["change"], Data::Json(Value::Object(data)))))
    }

    fn sign(&self, draft: Draft) -> Result<Request, Unsignable> {
        let key = draft.secret.expose_secret().as_bytes();
        let signature = hex::encode(Algorithm::Sha256.sign(key, &[&draft.body]));
        Ok(draft.to_request(body::JSON)?.with("x-dropbox-signature", signature))
    }

    fn sample(&self) -> Sample {
        Sample {
            body: r#"{"list_folder":{"accounts":["dbid:AAH4f99T0taONIb"]},"delta":{"users":[12345678]}}"#,
            content_type: body::JSON,
            event: None,
        }
    }
}
