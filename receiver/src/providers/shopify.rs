//! Shopify: HMAC of the body in `X-Shopify-Hmac-SHA256`, under the secret of the app or of the store's
//! own notifications. Sources: Shopify's "verify webhooks" and "ignore duplicates".

use async_trait::async_trait;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::check::mac::Algorithm;
use crate::check::{body, encoding, header};
use crate::provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
use crate::{Refusal, Request};

const SIGNATURE: &str = "X-Shopify-Hmac-SHA256";
const TOPIC: &str = "X-Shopify-Topic";
const WEBHOOK: &str = "x-shopify-webhook-id";
const EVENT: &str = "x-shopify-event-id";

/// See the module.
pub(super) struct Shopify;

#[async_trait]
impl Provider for Shopify {
    fn names(&self) -> &'static [&'static str] {
        &["shopify"]
    }

    fn class(&self) -> &'static str {
        "ShopifyWebHookReceiver"
    }

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        let secrets = incoming.secrets()?;
        let request = incoming.request;
        let claimed = encoding::base64(SIGNATURE, header::only_one(request, SIGNATURE)?)?;
        if !Algorithm::Sha256.is_made_with(secrets, &[&request.body], &claimed) {
            return Err(header::mismatch(SIGNATURE, self));
        }
        Ok(Verified::Genuine)
    }

    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        let data = body::json_object(request)?;
        let topic = header::required(request, TOPIC, "type of event")?;
        // One event may be told under several topics: its own id is not enough.
        let event = || request.header(EVENT).map(|event| format!("{topic}/{event}"));
        let name = request.header(WEBHOOK).map(str::to_owned).or_else(event);
        let notification = Notification::new([topic], Data::Json(Value::Object(data)));
        Ok(Reading::Webhook(notification.named(name)))
    }

    fn sign(&self, draft: Draft) -> Result<Request, Unsignable> {
        let key = draft.secret.expose_secret().as_bytes();
        let signature = encoding::to_base64(&Algorithm::Sha256.sign(key, &[&draft.body]));
        Ok(draft
            .to_request(body::JSON)?
            .with("x-shopify-topic", draft.event.as_deref().unwrap_or("orders/create"))
            .with(WEBHOOK, draft.id)
            .with("x-shopify-hmac-sha256", signature))
    }

    fn sample(&self) -> Sample {
        Sample {
            body: r#"{"id":820982911946154508,"email":"jon@example.com","total_price":"403.00"}"#,
            content_type: body::JSON,
            event: Some("orders/create"),
        }
    }
}
