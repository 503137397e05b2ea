use http::{Method, StatusCode};

use serde_json::json;

use super::kit::{Kit, OTHER, S32};
use crate::check::mac::Algorithm;
use crate::{RefusalKind, Request};

const CLASSIC_BODY: &str = r#"[ { "object": "not1" }, { "object": "not2" } ]"#;
const CLASSIC_SIGNATURE: &str = "42dc726d55ea537980ac0116f5a762235b7e9562";

fn classic(kit: &Kit, signature: &str) -> Request {
    kit.post(CLASSIC_BODY).with("x-hub-signature", signature)
}

fn signed(kit: &Kit, body: &str) -> Request {
    kit.provider().sign(kit.draft(body, S32)).unwrap()
}

#[tokio::test]
async fn the_vector_of_the_classic_tests_is_accepted_with_the_object_of_each_change() {
    let kit = Kit::new("instagram", S32);
    for signature in [CLASSIC_SIGNATURE.to_owned(), format!("sha1={CLASSIC_SIGNATURE}")] {
        let said = kit.accepted(classic(&kit, &signature)).await;
        assert_eq!(said.actions, ["not1", "not2"]);
    }
}

#[tokio::test]
async fn todays_body_gives_its_object_and_the_fields_that_changed() {
    let kit = Kit::new("meta", S32);
    let body = r#"{"object":"page","entry":[{"changes":[{"field":"feed"},{"field":"ratings"}]},{"changes":[{"field":"feed"},{}]},{"messaging":[]}]}"#;
    assert_eq!(kit.accepted(signed(&kit, body)).await.actions, ["page", "feed", "ratings"]);
    assert!(kit.accepted(signed(&kit, "{}")).await.actions.is_empty());
}

#[tokio::test]
async fn the_stronger_signature_decides_where_both_are_sent() {
    let kit = Kit::new("instagram", S32);
    let both = classic(&kit, CLASSIC_SIGNATURE).with("x-hub-signature-256", "sha256=00");
    let expected = "The WebHook signature provided by the 'X-Hub-Signature-256' header field does not match the value expected by the 'InstagramWebHookReceiver' receiver. WebHook request is invalid.";
    assert_eq!(kit.refused(both).await, (RefusalKind::Mismatch, expected.into()));
    kit.accepted(signed(&kit, CLASSIC_BODY).with("x-hub-signature", "00")).await;
}

#[tokio::test]
async fn a_real_classic_notification_is_read_as_it_is() {
    let kit = Kit::new("instagram", S32);
    let said = kit.accepted(signed(&kit, include_str!("fixtures/instagram-classic.json"))).await;
    assert_eq!(said.actions, ["user", "user"]);
    assert_eq!(said.data.to_json()[1]["object_id"], "3174967354");
}

#[tokio::test]
async fn changes_without_an_object_are_passed_over_and_what_is_no_change_is_refused() {
    let kit = Kit::new("instagram", S32);
    assert_eq!(kit.accepted(signed(&kit, r#"[{"a":1},{"object":"b"}]"#)).await.actions, ["b"]);
    for (body, text) in [
        ("[1]", "Could not parse WebHook data: the array holds something that is not an object."),
        (
            "1",
            "The WebHook request contained invalid JSON: 'it is neither an object nor an array'.",
        ),
    ] {
        assert_eq!(kit.refused(signed(&kit, body)).await, (RefusalKind::Body, text.to_owned()));
    }
}

#[tokio::test]
async fn the_challenge_is_answered_whatever_its_token_when_none_is_configured() {
    let kit = Kit::with("facebook", "", &[S32, OTHER]);
    for token in ["", "&hub.verify_token=guess"] {
        let query = format!("hub.mode=subscribe&hub.challenge=1158201444{token}");
        let answered = kit.answered(kit.request(Method::GET, &query, "")).await;
        assert_eq!(answered, (StatusCode::OK, "1158201444".into()), "{query}");
    }
}

#[tokio::test]
async fn a_question_needs_the_right_token_as_soon_as_one_is_configured() {
    let kit = Kit::with("meta", "", &[S32, "verify:a", "verify:b c"]);
    let asked = |token: &str| {
        kit.request(Method::GET, &format!("hub.mode=subscribe&hub.challenge=1{token}"), "")
    };
    for token in ["a", "b+c"] {
        let answered = kit.answered(asked(&format!("&hub.verify_token={token}"))).await;
        assert_eq!(answered, (StatusCode::OK, "1".into()), "{token}");
    }
    let expected = "The 'hub.verify_token' query parameter provided in the HTTP request did not match the expected value.";
    let wrong = format!("&hub.verify_token={S32}");
    for token in ["", "&hub.verify_token=", "&hub.verify_token=verify:a", &wrong] {
        let refused = kit.refused(asked(token)).await;
        assert_eq!(refused, (RefusalKind::Mismatch, expected.into()), "{token}");
    }
}

#[tokio::test]
async fn a_question_without_a_challenge_or_of_another_mode_is_refused() {
    let kit = Kit::new("instagram", S32);
    let challenge = "The WebHook verification request must contain a 'hub.challenge' query parameter which will get echoed back in a successful response.";
    let mode = "The WebHook verification request must contain a 'hub.mode' query parameter with the value 'subscribe'.";
    for (query, text) in [
        ("hub.mode=subscribe", challenge),
        ("hub.challenge=1", mode),
        ("hub.mode=unsubscribe&hub.challenge=1", mode),
    ] {
        let refused = kit.refused(kit.request(Method::GET, query, "")).await;
        assert_eq!(refused, (RefusalKind::Malformed, text.to_owned()), "{query}");
    }
}

#[tokio::test]
async fn a_verify_token_signs_nothing() {
    let token = format!("verify:{S32}");
    let both = Kit::with("meta", "", &[&token, OTHER]);
    // As a forger would who read the token in a log.
    for key in [S32, &token] {
        let signature = Algorithm::Sha256.sign(key.as_bytes(), &[b"{}"]);
        let header = format!("sha256={}", hex::encode(signature));
        let forged = both.post("{}").with("x-hub-signature-256", header);
        assert_eq!(both.refused(forged).await.0, RefusalKind::Mismatch);
    }
    let alone = Kit::new("meta", &token);
    assert_eq!(alone.refused(signed(&alone, "{}")).await.0, RefusalKind::Unconfigured);
    let error = alone.provider().sign(alone.draft("{}", &token)).unwrap_err();
    assert_eq!(error.0, "a secret that begins with `verify:` signs nothing");
}

#[test]
fn a_token_may_be_short_and_a_key_may_not() {
    let kit = Kit::new("meta", S32);
    let check = |secret: &str| kit.provider().check_secret(secret);
    assert_eq!(check("verify:a"), Ok(()));
    assert_eq!(check(S32), Ok(()));
    assert_eq!(check("verify:").unwrap_err(), "after `verify:` it must have 1 to 128 characters");
    assert_eq!(check("a").unwrap_err(), "it must have 32 to 128 characters");
}

#[tokio::test]
async fn each_of_very_many_fields_is_one_action() {
    let kit = Kit::new("meta", S32);
    let changes: Vec<_> =
        (0..100_000).map(|number| json!({ "field": number.to_string() })).collect();
    let body = json!({ "object": "page", "entry": [{ "changes": changes }] }).to_string();
    assert_eq!(kit.accepted(signed(&kit, &body)).await.actions.len(), 100_001);
}

#[tokio::test]
async fn what_proves_nothing_is_refused_with_the_texts_of_the_library() {
    let kit = Kit::new("instagram", S32);
    let mut plain = classic(&kit, CLASSIC_SIGNATURE);
    plain.url.set_scheme("http").unwrap();
    plain.secure = false;
    for (request, kind, text) in [
        (
            kit.post(CLASSIC_BODY),
            RefusalKind::Malformed,
            "Expecting exactly one 'x-hub-signature' header field in the WebHook request but found 0. Please ensure that the request contains exactly one 'x-hub-signature' header field.",
        ),
        (
            // The library named the wrong encoding.
            classic(&kit, "x"),
            RefusalKind::Malformed,
            "The 'x-hub-signature' header value is invalid. It must be a valid base64-encoded string.",
        ),
        (
            classic(&kit, "00"),
            RefusalKind::Mismatch,
            "The WebHook signature provided by the 'x-hub-signature' header field does not match the value expected by the 'InstagramWebHookReceiver' receiver. WebHook request is invalid.",
        ),
        (
            plain,
            RefusalKind::Insecure,
            "The WebHook receiver 'InstagramWebHookReceiver' requires HTTPS in order to be secure. Please register a WebHook URI of type 'https'.",
        ),
    ] {
        assert_eq!(kit.refused(request).await, (kind, text.to_owned()));
    }
}
