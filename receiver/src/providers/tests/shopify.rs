use super::kit::{Kit, OTHER, S32};
use crate::check::encoding::to_base64;
use crate::check::mac::Algorithm;
use crate::{RefusalKind, Request};

const BODY: &str = r#"{"id":1}"#;

fn signed(kit: &Kit) -> Request {
    kit.provider().sign(kit.draft(BODY, S32)).unwrap()
}

#[test]
fn the_signature_is_base64_of_the_hash_of_the_body() {
    let signature = Algorithm::Sha256.sign(b"hush", &[BODY.as_bytes()]);
    assert_eq!(to_base64(&signature), "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY=");
}

#[tokio::test]
async fn the_topic_is_the_action_and_the_id_of_the_webhook_its_name() {
    let kit = Kit::new("shopify", S32);
    let said = kit.accepted(signed(&kit).with("x-shopify-event-id", "event")).await;
    assert_eq!(said.actions, ["orders/create"]);
    assert_eq!(said.dedupe_key.as_deref(), Some("id-1"));
}

#[tokio::test]
async fn without_an_id_of_the_webhook_the_event_names_it_once_for_each_topic() {
    let kit = Kit::new("shopify", S32);
    let mut request = signed(&kit).with("x-shopify-event-id", "event");
    request.headers.remove("x-shopify-webhook-id");
    let said = kit.accepted(request.clone()).await;
    assert_eq!(said.dedupe_key.as_deref(), Some("orders/create/event"));
    request.headers.remove("x-shopify-event-id");
    assert_eq!(kit.accepted(request).await.dedupe_key, None);
}

#[tokio::test]
async fn what_proves_nothing_is_refused() {
    let kit = Kit::new("shopify", S32);
    let with = |signature: &str| kit.post(BODY).with("x-shopify-hmac-sha256", signature);
    let other = kit.provider().sign(kit.draft(BODY, OTHER)).unwrap();
    let mut without_topic = signed(&kit);
    without_topic.headers.remove("x-shopify-topic");
    let mismatch = "The WebHook signature provided by the 'X-Shopify-Hmac-SHA256' header field does not match the value expected by the 'ShopifyWebHookReceiver' receiver. WebHook request is invalid.";
    for (request, kind, text) in [
        (
            kit.post(BODY),
            RefusalKind::Malformed,
            "Expecting exactly one 'X-Shopify-Hmac-SHA256' header field in the WebHook request but found 0. Please ensure that the request contains exactly one 'X-Shopify-Hmac-SHA256' header field.",
        ),
        (
            with("*"),
            RefusalKind::Malformed,
            "The 'X-Shopify-Hmac-SHA256' header value is invalid. It must be a valid base64-encoded string.",
        ),
        (with(""), RefusalKind::Mismatch, mismatch),
        (other, RefusalKind::Mismatch, mismatch),
        (
            without_topic,
            RefusalKind::Body,
            "The WebHook request must contain a 'X-Shopify-Topic' HTTP header indicating the type of event.",
        ),
    ] {
        assert_eq!(kit.refused(request).await, (kind, text.to_owned()));
    }
}
