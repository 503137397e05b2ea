use http::StatusCode;

use super::kit::{Kit, S32};
use crate::providers::Stripe;
use crate::{RefusalKind, Request};

const BODY: &str = r#"{ "type": "action", "id": "12345" }"#;
const TIME: i64 = 1_492_774_577;
const V1: &str = "200d05f66fb03ee8f2f58407aa397a162b7a4d7e59e45c3e7aa2c9321c1fa0f2";

const MALFORMED: &str = "The 'Stripe-Signature' header value is invalid. It must be formatted as key=value pairs separated by commas.";
const MISSING: &str = "The 'Stripe-Signature' header value is invalid. It must contain timestamp ('t') and signature ('v1') values.";
const MISMATCH: &str = "The WebHook signature provided by the 'Stripe-Signature' header field does not match the value expected by the 'StripeWebHookReceiver' receiver. WebHook request is invalid.";

fn post(kit: &Kit, signature: &str) -> Request {
    kit.post(BODY).with("stripe-signature", signature)
}

fn signed(kit: &Kit, body: &str) -> Request {
    kit.provider().sign(kit.draft(body, S32)).unwrap()
}

#[tokio::test]
async fn the_vector_of_the_classic_tests_is_accepted_and_named_by_the_id_of_the_event() {
    let kit = Kit::new("stripe", S32).at(TIME);
    let said = kit.accepted(post(&kit, &format!("t={TIME},v1={V1}"))).await;
    assert_eq!(said.actions, ["action"]);
    assert_eq!(said.dedupe_key.as_deref(), Some("12345"));
}

#[tokio::test]
async fn a_real_event_is_accepted() {
    let kit = Kit::new("stripe", S32).at(TIME);
    let v1 = "4f5fe33df587d9aa806f907536f947da274d4fdf2a0c013e8f13ecd70ad5fc00";
    let request = kit
        .post(include_str!("fixtures/stripe-event.json"))
        .with("stripe-signature", format!("t={TIME},v1={v1},v0=6ffb"));
    let said = kit.accepted(request).await;
    assert_eq!(said.actions, ["customer.source.created"]);
    assert_eq!(said.dedupe_key.as_deref(), Some("evt_17Y0a62eZvKYlo2CfDvB2QrJ"));
}

#[tokio::test]
async fn one_right_signature_is_enough_whatever_is_beside_it() {
    let kit = Kit::new("stripe", S32).at(TIME);
    for header in [
        format!("t={TIME},v1={V1},v0=6ffb"),
        format!("v1=6ffb, t={TIME} , v1={V1}"),
        format!(" T = {TIME} , V1 = {V1} ,, "),
        format!("t={TIME},t=1,v1={V1}"),
    ] {
        kit.accepted(post(&kit, &header)).await;
    }
}

#[tokio::test]
async fn more_than_sixteen_signatures_are_refused_even_with_the_right_one_among_them() {
    let kit = Kit::new("stripe", S32).at(TIME);
    let header = |others: usize| format!("t={TIME}{},v1={V1}", ",v1=6ffb".repeat(others));
    kit.accepted(post(&kit, &header(15))).await;
    let text = "The 'Stripe-Signature' header value is invalid. It must contain no more than 16 signatures.";
    let refused = kit.refused(post(&kit, &header(16))).await;
    assert_eq!(refused, (RefusalKind::Malformed, text.to_owned()));
}

#[tokio::test]
async fn the_right_signature_counts_when_one_behind_it_cannot_be_read() {
    let kit = Kit::new("stripe", S32).at(TIME);
    kit.accepted(post(&kit, &format!("t={TIME},v1={V1},v1=x"))).await;
}

#[tokio::test]
async fn a_header_of_another_form_is_refused_with_the_texts_of_the_library() {
    let kit = Kit::new("stripe", S32).at(TIME);
    for header in ["你好世界", "invalid", "==", ",=,=,", "a=b=c", "t="] {
        let refused = kit.refused(post(&kit, header)).await;
        assert_eq!(refused, (RefusalKind::Malformed, MALFORMED.into()), "{header}");
    }
    for header in
        ["", "t=1492774577 ", "a=b, b=c, c=d, e=f", "v1=6ffb,v1=6ffb", "v1=6ffb,v0=6ffb", "v0=6ffb"]
    {
        let refused = kit.refused(post(&kit, header)).await;
        assert_eq!(refused, (RefusalKind::Malformed, MISSING.into()), "{header}");
    }
}

#[tokio::test]
async fn what_proves_nothing_is_refused_with_the_texts_of_the_library() {
    let kit = Kit::new("stripe", S32).at(TIME);
    let hex = "The 'Stripe-Signature' header value is invalid. It must contain a valid hex-encoded signature ('v1') value.";
    for (header, kind, text) in [
        (format!("t={TIME},v1=6ffb"), RefusalKind::Mismatch, MISMATCH),
        (format!("t=1492774578,v1={V1}"), RefusalKind::Mismatch, MISMATCH),
        // A signature of another version is none, even if it were right.
        (format!("t={TIME},v1=6ffb,v0={V1}"), RefusalKind::Mismatch, MISMATCH),
        (format!("t={TIME},v1=x,v1={V1}"), RefusalKind::Malformed, hex),
    ] {
        assert_eq!(kit.refused(post(&kit, &header)).await, (kind, text.to_owned()), "{header}");
    }
    let (kind, text) = kit.refused(kit.post(BODY)).await;
    assert_eq!(kind, RefusalKind::Malformed);
    assert!(text.starts_with("Expecting exactly one 'Stripe-Signature' header field"), "{text}");
}

#[tokio::test]
async fn what_was_signed_more_than_five_minutes_away_is_stale() {
    for (off, accepted) in [(-301, false), (-300, true), (300, true), (301, false)] {
        let kit = Kit::new("stripe", S32).at(TIME + off);
        let request = post(&kit, &format!("t={TIME},v1={V1}"));
        if accepted {
            kit.accepted(request).await;
        } else {
            assert_eq!(kit.refused(request).await.0, RefusalKind::Stale, "{off}");
        }
    }
}

#[tokio::test]
async fn the_id_and_the_type_are_required() {
    let kit = Kit::new("stripe", S32);
    for (body, name) in [(r#"{"type":"a"}"#, "id"), (r#"{"id":"evt_1"}"#, "type")] {
        let expected =
            format!("The HTTP request body did not contain a required '{name}' property.");
        assert_eq!(kit.refused(signed(&kit, body)).await, (RefusalKind::Body, expected));
    }
}

#[tokio::test]
async fn test_events_of_old_are_answered_unless_somebody_wants_them() {
    let body = r#"{"id":"evt_00000000000000","type":"charge.refunded"}"#;
    let kit = Kit::new("stripe", S32);
    let request = signed(&kit, body);
    assert_eq!(kit.answered(request.clone()).await, (StatusCode::OK, String::new()));

    let passing = kit.having(Stripe { pass_test_events: true });
    let said = passing.accepted(request).await;
    assert_eq!(said.actions, ["charge.refunded"]);
    assert_eq!(said.dedupe_key, None, "they all have the same id");
}
