use http::StatusCode;

use super::kit::{Kit, OTHER, S32};
use crate::providers::bitbucket::SIGNATURE;
use crate::{Data, Draft, RefusalKind, Request};

const BODY: &str = r#"{"push":{}}"#;

/// A push as it came to the ASP.NET library: with the code in the URL.
fn coded(kit: &Kit, query: &str) -> Request {
    kit.request(http::Method::POST, query, BODY)
        .with("content-type", "application/json")
        .with("x-event-key", "repo:push")
        .with("x-hook-uuid", "hook-1")
}

fn signed(kit: &Kit, event: &str) -> Request {
    let draft = Draft { event: Some(event.into()), ..kit.draft(BODY, S32) };
    kit.provider().sign(draft).unwrap()
}

#[test]
fn the_published_signature_is_taken() {
    let kit = Kit::new("bitbucket", S32);
    let secrets = ["It's a Secret to Everybody".into()];
    let request = kit.post("Hello World!").with(
        "x-hub-signature",
        "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9",
    );
    assert!(SIGNATURE.is_made_with(&secrets, &request).unwrap());
    let changed = Request { body: "Hello World?".into(), ..request };
    assert!(!SIGNATURE.is_made_with(&secrets, &changed).unwrap());
}

#[tokio::test]
async fn a_hook_without_a_secret_carries_the_code() {
    let kit = Kit::new("bitbucket", S32);
    let said = kit.accepted(coded(&kit, &format!("code={S32}"))).await;
    assert_eq!(said.actions, ["repo:push"]);
    let expected = serde_json::json!({ "push": {}, "webHook_id": "hook-1" });
    assert_eq!(said.data, Data::Json(expected));
    assert_eq!(said.dedupe_key, None);
}

#[tokio::test]
async fn the_request_is_named_by_its_uuid_and_several_events_are_several_actions() {
    let kit = Kit::new("bitbucket", S32);
    let request = signed(&kit, "repo:push").with("x-event-key", "repo:fork");
    let said = kit.accepted(request).await;
    assert_eq!(said.actions, ["repo:push", "repo:fork"]);
    assert_eq!(said.dedupe_key.as_deref(), Some("id-1"));
}

#[tokio::test]
async fn a_data_center_has_no_hook_uuid_and_its_ping_is_answered() {
    let kit = Kit::new("bitbucket", S32);
    let mut request = signed(&kit, "repo:refs_changed").with("x-request-id", "id-2");
    request.headers.remove("x-hook-uuid");
    request.headers.remove("x-request-uuid");
    let said = kit.accepted(request).await;
    assert_eq!(said.dedupe_key.as_deref(), Some("id-2"));

    let ping = signed(&kit, "diagnostics:ping");
    assert_eq!(kit.answered(ping).await, (StatusCode::OK, String::new()));
}

#[tokio::test]
async fn what_proves_nothing_is_refused_with_the_texts_of_the_library() {
    let kit = Kit::new("bitbucket", S32);
    for (request, kind, text) in [
        (
            coded(&kit, ""),
            RefusalKind::Malformed,
            "The WebHook verification request must contain a 'code' query parameter.",
        ),
        (
            coded(&kit, &format!("code={OTHER}")),
            RefusalKind::Mismatch,
            "The 'code' query parameter provided in the HTTP request did not match the expected value.",
        ),
        (
            // A signature that is there has to be right, whatever the URL carries.
            coded(&kit, &format!("code={S32}")).with("x-hub-signature", "sha256=00"),
            RefusalKind::Mismatch,
            "The WebHook signature provided by the 'X-Hub-Signature' header field does not match the value expected by the 'BitbucketWebHookReceiver' receiver. WebHook request is invalid.",
        ),
        (
            coded(&kit, "").with("x-hub-signature", "sha1=00"),
            RefusalKind::Malformed,
            "Invalid 'X-Hub-Signature' header value. Expecting a value of 'sha256=<value>'.",
        ),
        (
            coded(&kit, "").with("x-hub-signature", "sha256=x"),
            RefusalKind::Malformed,
            "The 'X-Hub-Signature' header value is invalid. It must be a valid hex-encoded string.",
        ),
    ] {
        assert_eq!(kit.refused(request).await, (kind, text.to_owned()));
    }
}

#[tokio::test]
async fn the_event_and_the_hook_are_required() {
    let kit = Kit::new("bitbucket", S32);
    for (name, text) in [
        (
            "x-event-key",
            "The WebHook request must contain a 'X-Event-Key' HTTP header indicating the type of event.",
        ),
        (
            "x-hook-uuid",
            "The WebHook request must contain a 'X-Hook-UUID' HTTP header indicating the ID of the WebHook.",
        ),
    ] {
        let mut request = signed(&kit, "repo:push");
        request.headers.remove(name);
        assert_eq!(kit.refused(request).await, (RefusalKind::Body, text.to_owned()));
    }
}
