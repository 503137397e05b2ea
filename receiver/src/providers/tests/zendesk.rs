use super::kit::{Kit, NOW, OTHER, S32};
use crate::{RefusalKind, Request};

/// Of an older edition of Zendesk's documentation.
const SECRET: &str = "HRkRd4BeOAoUkfZr-mhauJT64rvBASlJRoIyPsd3zeA=";
const BODY: &str = r#"{"say": "hello"}"#;
const STAMP: &str = "2021-07-25T10:00:00Z";
const TIME: i64 = 1_627_207_200;

const MISMATCH: &str = "The WebHook signature provided by the 'X-Zendesk-Webhook-Signature' header field does not match the value expected by the 'ZendeskWebHookReceiver' receiver. WebHook request is invalid.";

fn post(kit: &Kit, signature: &str, time: &str) -> Request {
    kit.post(BODY)
        .with("x-zendesk-webhook-signature", signature)
        .with("x-zendesk-webhook-signature-timestamp", time)
}

fn signed(kit: &Kit, body: &str) -> Request {
    kit.provider().sign(kit.draft(body, S32)).unwrap()
}

#[tokio::test]
async fn a_signature_over_time_and_body_is_taken_and_not_one_over_body_and_time() {
    let kit = Kit::new("zendesk", SECRET).at(TIME);
    kit.accepted(post(&kit, "Rry/4TtIdFyawtXXp8QdI6tlAUUQ/5kL1OTp5qo/ZIk=", STAMP)).await;

    let old_order = post(&kit, "tRDSF7URY8BLCDlaBcQ7FHu051Zk+aAB0NKMP53teMw=", STAMP);
    assert_eq!(kit.refused(old_order).await, (RefusalKind::Mismatch, MISMATCH.into()));
}

#[tokio::test]
async fn what_was_signed_more_than_five_minutes_away_is_stale() {
    for (off, accepted) in [(-301, false), (-300, true), (300, true), (301, false)] {
        let kit = Kit::new("zendesk", SECRET).at(TIME + off);
        let request = post(&kit, "Rry/4TtIdFyawtXXp8QdI6tlAUUQ/5kL1OTp5qo/ZIk=", STAMP);
        if accepted {
            kit.accepted(request).await;
        } else {
            assert_eq!(kit.refused(request).await.0, RefusalKind::Stale, "{off}");
        }
    }
}

#[tokio::test]
async fn an_event_of_zendesks_own_is_named_by_what_is_signed() {
    let kit = Kit::new("zendesk", S32);
    let body = r#"{"type":"zen:event-type:ticket.created","id":"event"}"#;
    let said = kit.accepted(signed(&kit, body)).await;
    assert_eq!(said.actions, ["zen:event-type:ticket.created"]);
    assert_eq!(said.dedupe_key.as_deref(), Some("event"));
}

#[tokio::test]
async fn the_body_of_a_trigger_is_the_administrators_and_its_id_is_not_that_of_the_webhook() {
    let kit = Kit::new("zendesk", S32);
    let said = kit.accepted(signed(&kit, r#"{"type":"problem","id":"ticket 42"}"#)).await;
    assert_eq!(said.actions, ["change"]);
    assert_eq!(said.dedupe_key.as_deref(), Some("id-1"));
}

#[tokio::test]
async fn a_push_to_mobile_devices_carries_the_code() {
    let kit = Kit::new("zendesk", S32);
    let body = include_str!("fixtures/zendesk-push.json");
    let request = |query: &str| {
        kit.request(http::Method::POST, query, body).with("content-type", "application/json")
    };
    let said = kit.accepted(request(&format!("code={S32}"))).await;
    assert_eq!(said.actions, ["change"]);
    assert_eq!(said.data.to_json()["notification"]["ticket_id"], "5");
    assert_eq!(said.dedupe_key, None);

    for (query, kind, text) in [
        (
            String::new(),
            RefusalKind::Malformed,
            "The WebHook verification request must contain a 'code' query parameter.",
        ),
        (
            format!("code={OTHER}"),
            RefusalKind::Mismatch,
            "The 'code' query parameter provided in the HTTP request did not match the expected value.",
        ),
    ] {
        assert_eq!(kit.refused(request(&query)).await, (kind, text.to_owned()));
    }
}

#[tokio::test]
async fn a_signature_that_proves_nothing_is_refused() {
    let kit = Kit::new("zendesk", S32);
    let mut without_time = signed(&kit, BODY);
    without_time.headers.remove("x-zendesk-webhook-signature-timestamp");
    let other = kit.provider().sign(kit.draft(BODY, OTHER)).unwrap();
    for (request, kind, text) in [
        (
            post(&kit, "*", STAMP),
            RefusalKind::Malformed,
            "The 'X-Zendesk-Webhook-Signature' header value is invalid. It must be a valid base64-encoded string.",
        ),
        (
            without_time,
            RefusalKind::Malformed,
            "Expecting exactly one 'X-Zendesk-Webhook-Signature-Timestamp' header field in the WebHook request but found 0. Please ensure that the request contains exactly one 'X-Zendesk-Webhook-Signature-Timestamp' header field.",
        ),
        (other, RefusalKind::Mismatch, MISMATCH),
    ] {
        assert_eq!(kit.refused(request).await, (kind, text.to_owned()));
    }
}

#[tokio::test]
async fn a_signed_time_that_is_none_is_refused() {
    use crate::check::{encoding::to_base64, mac::Algorithm};

    let kit = Kit::new("zendesk", S32);
    let time = NOW.to_string();
    let hash = Algorithm::Sha256.sign(S32.as_bytes(), &[time.as_bytes(), BODY.as_bytes()]);
    let expected = "The 'X-Zendesk-Webhook-Signature-Timestamp' header value is invalid. It must be an ISO 8601 time.";
    let refused = kit.refused(post(&kit, &to_base64(&hash), &time)).await;
    assert_eq!(refused, (RefusalKind::Malformed, expected.into()));
}
