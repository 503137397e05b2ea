use http::StatusCode;

use super::kit::{Kit, S32};
use crate::providers::pusher::apps;
use crate::{RefusalKind, Request};

const BODY: &str =
    r#"{ "time_ms": 1327078148132, "events": [ { "name": "event_name", "some": "data" } ] }"#;
const SIGNATURE: &str = "76616cd85ec9eed53fe108d302a5e1ad438bd7e8715e76bedcedf0148ac5f61a";
const SETTING: &str = "other_secret; 9876543210_12345678901234567890123456789012";

fn post(kit: &Kit, key: &str, signature: &str) -> Request {
    kit.post(BODY).with("x-pusher-key", key).with("x-pusher-signature", signature)
}

#[tokio::test]
async fn the_vector_of_the_classic_tests_is_accepted_with_the_name_of_each_event() {
    let kit = Kit::new("pusher", SETTING);
    let said = kit.accepted(post(&kit, "9876543210", SIGNATURE)).await;
    assert_eq!(said.actions, ["event_name"]);
    assert_eq!(said.dedupe_key, None);
}

#[tokio::test]
async fn an_event_without_a_name_and_a_comma_too_many_do_no_harm() {
    let kit = Kit::new("pusher", SETTING);
    let body = r#"{"events":[{"name":"channel_vacated"},{"a":1},{"name":"你好世界"},]}"#;
    let request =
        kit.provider().sign(kit.draft(body, "9876543210_12345678901234567890123456789012"));
    let said = kit.accepted(request.unwrap()).await;
    assert_eq!(said.actions, ["channel_vacated", "你好世界"]);
}

#[tokio::test]
async fn what_proves_nothing_is_refused_with_the_texts_of_the_library() {
    let kit = Kit::new("pusher", SETTING);
    for (request, kind, text) in [
        (
            kit.post(BODY).with("x-pusher-signature", SIGNATURE),
            RefusalKind::Malformed,
            "Expecting exactly one 'X-Pusher-Key' header field in the WebHook request but found 0. Please ensure that the request contains exactly one 'X-Pusher-Key' header field.",
        ),
        (
            kit.post(BODY).with("x-pusher-key", "9876543210"),
            RefusalKind::Malformed,
            "Expecting exactly one 'X-Pusher-Signature' header field in the WebHook request but found 0. Please ensure that the request contains exactly one 'X-Pusher-Signature' header field.",
        ),
        (
            post(&kit, "OTHER", SIGNATURE),
            RefusalKind::Mismatch,
            "The HTTP header 'X-Pusher-Key' value of 'OTHER' is not recognized as a valid application key. Please ensure that the right application keys and secrets have been configured.",
        ),
        (
            post(&kit, "9876543210", "x"),
            RefusalKind::Malformed,
            "The 'X-Pusher-Signature' header value is invalid. It must be a valid hex-encoded string.",
        ),
        (
            // Under the secret of another app.
            post(&kit, "other", SIGNATURE),
            RefusalKind::Mismatch,
            "The WebHook signature provided by the 'X-Pusher-Signature' header field does not match the value expected by the 'PusherWebHookReceiver' receiver. WebHook request is invalid.",
        ),
    ] {
        assert_eq!(kit.refused(request).await, (kind, text.to_owned()));
    }
}

#[tokio::test]
async fn a_setting_of_another_form_is_told_to_the_sender_as_it_always_was() {
    for setting in [
        format!("{S32}key"),
        format!("{S32}key_"),
        format!("_{S32}secret"),
        format!("{S32}_key_secret"),
        format!("9876543210_{S32}; key_secret_secret"),
    ] {
        let kit = Kit::new("pusher", &setting);
        let request = post(&kit, "9876543210", SIGNATURE);
        let expected = "The application setting for Pusher must be a comma-separated list of segments of the form '<appKey1>_<appSecret1>; <appKey2>_<appSecret2>'.";
        let answer = kit.receive(request.clone()).await.answer;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{setting}");
        assert_eq!(kit.refused(request).await, (RefusalKind::Unconfigured, expected.into()));
    }
}

#[test]
fn a_secret_of_another_form_is_told_in_words_that_show_nothing_of_it() {
    let kit = Kit::new("pusher", SETTING);
    let check = |secret: &str| kit.provider().check_secret(secret);
    assert_eq!(check(SETTING), Ok(()));
    let form = "it must be of the form `<appKey1>_<appSecret1>; <appKey2>_<appSecret2>`";
    for secret in [S32, "; ; ; ; ;", "key_secret_secret"] {
        assert_eq!(check(secret).unwrap_err(), form);
    }
    assert_eq!(check("a_b").unwrap_err(), "it must have 8 to 128 characters");
}

#[tokio::test]
async fn a_long_key_that_a_stranger_made_up_is_cut_in_what_is_logged_and_answered() {
    let kit = Kit::new("pusher", SETTING);
    let (kind, message) = kit.refused(post(&kit, &"k".repeat(10_000), SIGNATURE)).await;
    assert_eq!((kind, message.chars().count()), (RefusalKind::Mismatch, 251));
}

#[test]
fn an_app_whose_key_no_header_carries_cannot_be_signed_for() {
    let kit = Kit::new("pusher", SETTING);
    let error = kit.provider().sign(kit.draft(BODY, "a\nb_12345678")).unwrap_err();
    assert_eq!(error.0, "the key of the app has a character that no header carries");
}

#[test]
fn keys_and_secrets_are_read_as_the_library_read_them() {
    for (text, expected) in [
        ("key1_secret1", &[("key1", "secret1")][..]),
        ("你好_secret1;世界_secret2", &[("你好", "secret1"), ("世界", "secret2")]),
        ("key1_secret1 ; key2_secret2", &[("key1", "secret1"), ("key2", "secret2")]),
        (
            "key1 _secret1; key2_ secret2; key3 _ secret3",
            &[("key1", "secret1"), ("key2", "secret2"), ("key3", "secret3")],
        ),
        (
            "key1__secret1;;; key2__secret2;;; key3___secret3",
            &[("key1", "secret1"), ("key2", "secret2"), ("key3", "secret3")],
        ),
    ] {
        assert_eq!(apps(text).unwrap(), expected, "{text}");
    }
}
