use http::{Method, StatusCode};

use super::kit::{Kit, S32};
use crate::{RefusalKind, Request};

const BODY: &str = r#"{ "key": "value" }"#;
const CAPTURE: &str = include_str!("fixtures/trello-capture.json");

fn post(url: &str, body: &str, signature: &str) -> Request {
    Request::new(Method::POST, url.parse().unwrap(), body.to_owned())
        .with("content-type", "application/json")
        .with("x-trello-webhook", signature)
}

#[tokio::test]
async fn the_published_signatures_over_body_and_url_are_taken() {
    let core = "01234567890123456789012345678901";
    for (secret, url, body, signature) in [
        (S32, "http://localhost/", BODY, "X5U4dgEjJM7Gh5BQKz5PgKOm56I="),
        (S32, "https://requestb.in/11ue7rt1", CAPTURE, "ZRFZgf/mGj2fp0LnvRTsjmMW6aY="),
        (S32, "https://requestb.in/11ue7rt1", CAPTURE, "ZRFZgf_mGj2fp0LnvRTsjmMW6aY"),
        (
            core,
            "https://localhost/api/webhooks/incoming/trello",
            CAPTURE,
            "zT4l2OxPV7VbJoIBzYR5AS30f+s=",
        ),
    ] {
        let kit = Kit::new("trello", secret);
        let said = kit.accepted(post(url, body, signature)).await;
        assert_eq!(said.actions[0], "change");
    }
}

#[tokio::test]
async fn the_same_body_for_another_url_is_refused() {
    let kit = Kit::new("trello", S32);
    for url in [
        "http://requestb.in/11ue7rt1",
        "https://requestb.in/11ue7rt2",
        "https://requestb.in/11ue7rt1?a=b",
    ] {
        let request = post(url, CAPTURE, "ZRFZgf/mGj2fp0LnvRTsjmMW6aY=");
        assert_eq!(kit.refused(request).await.0, RefusalKind::Mismatch, "{url}");
    }
}

#[tokio::test]
async fn a_change_has_the_type_of_its_action_and_its_id_together_with_that_of_the_model() {
    let kit = Kit::new("trello", S32);
    let request = post("https://requestb.in/11ue7rt1", CAPTURE, "ZRFZgf/mGj2fp0LnvRTsjmMW6aY=");
    let said = kit.accepted(request).await;
    assert_eq!(said.actions, ["change", "updateCard"]);
    let expected = "5a5e5f375c8e0c172aa8346e/5a63bde7f1598138fdec45b8";
    assert_eq!(said.dedupe_key.as_deref(), Some(expected));
}

#[tokio::test]
async fn the_check_of_the_url_is_answered_where_a_secret_is_configured() {
    let kit = Kit::new("trello", S32);
    let bare = Kit::with("trello", "", &[]);
    for method in [Method::HEAD, Method::GET] {
        let answered = kit.answered(kit.request(method.clone(), "", "")).await;
        assert_eq!(answered, (StatusCode::OK, String::new()));
        let refused = bare.receive(bare.request(method, "", "")).await;
        assert_eq!(refused.answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}

#[tokio::test]
async fn what_proves_nothing_is_refused_with_the_texts_of_the_library() {
    let kit = Kit::new("trello", S32);
    let url = kit.url();
    let with = |signature| post(url.as_str(), BODY, signature);
    for (request, kind, text) in [
        (
            kit.post(BODY),
            RefusalKind::Malformed,
            "Expecting exactly one 'x-trello-webhook' header field in the WebHook request but found 0. Please ensure that the request contains exactly one 'x-trello-webhook' header field.",
        ),
        (
            with("x"),
            RefusalKind::Malformed,
            "The 'x-trello-webhook' header value is invalid. It must be a valid base64-encoded string.",
        ),
        (
            with("X5U4dgEjJM7Gh5BQKz5PgKOm56I="),
            RefusalKind::Mismatch,
            "The WebHook signature provided by the 'x-trello-webhook' header field does not match the value expected by the 'TrelloWebHookReceiver' receiver. WebHook request is invalid.",
        ),
        (
            kit.request(Method::PUT, "", BODY),
            RefusalKind::Method,
            "The HTTP 'PUT' method is not supported by the 'TrelloWebHookReceiver' WebHook receiver.",
        ),
    ] {
        assert_eq!(kit.refused(request).await, (kind, text.to_owned()));
    }
}
