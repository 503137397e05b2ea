//! WooCommerce: HMAC of the body in `X-WC-Webhook-Signature`. When a webhook is activated, a form with
//! nothing but its number comes first, without a signature. Source: WooCommerce's "webhooks".

use std::ops::RangeInclusive;

use async_trait::async_trait;
use http::StatusCode;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::check::mac::Algorithm;
use crate::check::{body, encoding, header};
use crate::provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
use crate::{Pairs, Refusal, Request, answer};

const SIGNATURE: &str = "X-WC-Webhook-Signature";
const TOPIC: &str = "X-WC-Webhook-Topic";
const DELIVERY: &str = "x-wc-webhook-delivery-id";

/// See the module.
pub(super) struct WooCommerce;

#[async_trait]
impl Provider for WooCommerce {
    fn names(&self) -> &'static [&'static str] {
        &["woocommerce"]
    }

    fn class(&self) -> &'static str {
        "WooCommerceWebHookReceiver"
    }

    fn secret_length(&self) -> RangeInclusive<usize> {
        16..=128
    }

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        let secrets = incoming.secrets()?;
        let request = incoming.request;
        if is_ping(request) {
            return Ok(Verified::Answered(answer::empty(StatusCode::OK)));
        }
        let claimed = encoding::base64(SIGNATURE, header::only_one(request, SIGNATURE)?)?;
        if !Algorithm::Sha256.is_made_with(secrets, &[&request.body], &claimed) {
            return Err(header::mismatch(SIGNATURE, self));
        }
        Ok(Verified::Genuine)
    }

    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        let data = body::json_object(request)?;
        let topic = header::required(request, TOPIC, "type of event")?;
        // The id is made of the number of the webhook and the second: deliveries of one second share
        // it, and differ in what is signed.
        let signature = request.header(SIGNATURE).unwrap_or_default();
        let name = request.header(DELIVERY).map(|id| format!("{id}/{signature}"));
        let notification = Notification::new([topic], Data::Json(Value::Object(data)));
        Ok(Reading::Webhook(notification.named(name)))
    }

    fn sign(&self, draft: Draft) -> Result<Request, Unsignable> {
        let key = draft.secret.expose_secret().as_bytes();
        let signature = encoding::to_base64(&Algorithm::Sha256.sign(key, &[&draft.body]));
        Ok(draft
            .to_request(body::JSON)?
            .with("x-wc-webhook-topic", draft.event.as_deref().unwrap_or("order.created"))
            .with(DELIVERY, draft.id)
            .with("x-wc-webhook-signature", signature))
    }

    fn sample(&self) -> Sample {
        Sample {
            body: r#"{"id":727,"status":"processing","currency":"EUR","total":"29.35"}"#,
            content_type: body::JSON,
            event: Some("order.created"),
        }
    }
}

/// Whether this is what comes when a webhook is activated. It says nothing, so that nobody gains by
/// sending it.
fn is_ping(request: &Request) -> bool {
    if request.headers.contains_key(SIGNATURE) || !body::is_form(request) {
        return false;
    }
    let Pairs(fields) = Pairs::parse(&request.body);
    matches!(&fields[..], [(name, number)] if name == "webhook_id" && is_number(number))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
