use http::{Method, StatusCode};

use super::kit::{Kit, OTHER, S32};
use crate::{Draft, RefusalKind, Request};

const BODY: &str = r#"{"id":1}"#;

fn signed(kit: &Kit, body: &str) -> Request {
    let draft = Draft { event: Some("order.updated".into()), ..kit.draft(body, S32) };
    kit.provider().sign(draft).unwrap()
}

fn form(kit: &Kit, body: &str) -> Request {
    kit.request(Method::POST, "", body).with("content-type", "application/x-www-form-urlencoded")
}

#[tokio::test]
async fn the_topic_is_the_action() {
    let kit = Kit::new("woocommerce", S32);
    let said = kit.accepted(signed(&kit, BODY)).await;
    assert_eq!(said.actions, ["order.updated"]);
    assert_eq!(said.data.to_json()["id"], 1);
}

#[tokio::test]
async fn two_deliveries_of_one_second_have_two_names_and_a_repetition_has_the_same() {
    let kit = Kit::new("woocommerce", S32);
    let first = kit.accepted(signed(&kit, BODY)).await.dedupe_key;
    let again = kit.accepted(signed(&kit, BODY)).await.dedupe_key;
    let second = kit.accepted(signed(&kit, r#"{"id":2}"#)).await.dedupe_key;
    assert!(first.as_deref().is_some_and(|name| name.starts_with("id-1/")), "{first:?}");
    assert_eq!(first, again);
    assert_ne!(first, second);
}

#[tokio::test]
async fn what_comes_when_a_webhook_is_activated_is_answered_and_not_processed() {
    let kit = Kit::new("woocommerce", S32);
    let answered = kit.answered(form(&kit, "webhook_id=42")).await;
    assert_eq!(answered, (StatusCode::OK, String::new()));

    let bare = Kit::with("woocommerce", "", &[]);
    let (kind, _) = bare.refused(form(&bare, "webhook_id=42")).await;
    assert_eq!(kind, RefusalKind::Unconfigured);
}

#[tokio::test]
async fn a_form_that_says_anything_else_is_refused() {
    let kit = Kit::new("woocommerce", S32);
    for body in ["webhook_id=42&a=b", "webhook_id=x", "webhook_id=", "a=1", ""] {
        let (kind, text) = kit.refused(form(&kit, body)).await;
        assert_eq!(kind, RefusalKind::Malformed, "{body}");
        assert_eq!(
            text,
            "Expecting exactly one 'X-WC-Webhook-Signature' header field in the WebHook request but found 0. Please ensure that the request contains exactly one 'X-WC-Webhook-Signature' header field."
        );
    }
}

#[tokio::test]
async fn what_proves_nothing_is_refused() {
    let kit = Kit::new("woocommerce", S32);
    let with = |signature: &str| kit.post(BODY).with("x-wc-webhook-signature", signature);
    let other = kit.provider().sign(kit.draft(BODY, OTHER)).unwrap();
    let mut without_topic = signed(&kit, BODY);
    without_topic.headers.remove("x-wc-webhook-topic");
    let mismatch = "The WebHook signature provided by the 'X-WC-Webhook-Signature' header field does not match the value expected by the 'WooCommerceWebHookReceiver' receiver. WebHook request is invalid.";
    for (request, kind, text) in [
        (
            with("*"),
            RefusalKind::Malformed,
            "The 'X-WC-Webhook-Signature' header value is invalid. It must be a valid base64-encoded string.",
        ),
        (with(""), RefusalKind::Mismatch, mismatch),
        (other, RefusalKind::Mismatch, mismatch),
        (
            without_topic,
            RefusalKind::Body,
            "The WebHook request must contain a 'X-WC-Webhook-Topic' HTTP header indicating the type of event.",
        ),
    ] {
        assert_eq!(kit.refused(request).await, (kind, text.to_owned()));
    }
}
