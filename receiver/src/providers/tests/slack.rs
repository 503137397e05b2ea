use http::StatusCode;

use super::kit::{Kit, NOW, S32};
use crate::providers::slack::subtext;
use crate::{Draft, RefusalKind, Request};

const FORM: &str = "application/x-www-form-urlencoded";
/// Of Slack's documentation.
const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const TIME: i64 = 1_531_420_618;
const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
const COMMAND: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

fn published(kit: &Kit) -> Request {
    kit.request(http::Method::POST, "", COMMAND)
        .with("content-type", FORM)
        .with("x-slack-request-timestamp", TIME.to_string())
        .with("x-slack-signature", SIGNATURE)
}

fn form(kit: &Kit, body: &str) -> Request {
    kit.request(http::Method::POST, "", body).with("content-type", FORM)
}

fn signed(kit: &Kit, body: &str, content_type: &str) -> Request {
    let draft = Draft { content_type: Some(content_type.into()), ..kit.draft(body, S32) };
    kit.provider().sign(draft).unwrap()
}

fn event(kit: &Kit, body: &str) -> Request {
    signed(kit, body, "application/json")
}

#[tokio::test]
async fn the_published_request_is_accepted_as_its_command() {
    let kit = Kit::new("slack", SECRET).at(TIME);
    let said = kit.accepted(published(&kit)).await;
    assert_eq!(said.actions, ["/webhook-collect"]);
    let id = "398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    assert_eq!(said.dedupe_key.as_deref(), Some(id));
    assert_eq!(said.data.to_json()["user_name"], "roadrunner");
}

#[tokio::test]
async fn what_was_signed_more_than_five_minutes_away_is_stale() {
    for (off, accepted) in [(-301, false), (-300, true), (300, true), (301, false)] {
        let kit = Kit::new("slack", SECRET).at(TIME + off);
        if accepted {
            kit.accepted(published(&kit)).await;
        } else {
            let expected = "The WebHook request was signed 301 seconds from the present time. No more than 300 are accepted.";
            let refused = kit.refused(published(&kit)).await;
            assert_eq!(refused, (RefusalKind::Stale, expected.into()), "{off}");
        }
    }
}

#[tokio::test]
async fn the_signed_time_cannot_be_replaced_by_a_newer_one() {
    let kit = Kit::new("slack", SECRET);
    let mut request = published(&kit);
    request.headers.insert("x-slack-request-timestamp", NOW.into());
    assert_eq!(kit.refused(request).await.0, RefusalKind::Mismatch);
}

#[tokio::test]
async fn an_event_gives_its_type_and_is_named_by_its_id() {
    let kit = Kit::new("slack", S32);
    let body = r#"{"type":"event_callback","event_id":"Ev1","event":{"type":"reaction_added"}}"#;
    let said = kit.accepted(event(&kit, body)).await;
    assert_eq!(said.actions, ["reaction_added"]);
    assert_eq!(said.dedupe_key.as_deref(), Some("Ev1"));

    let said = kit.accepted(event(&kit, r#"{"type":"app_rate_limited"}"#)).await;
    assert_eq!((said.actions, said.dedupe_key), (vec!["app_rate_limited".to_owned()], None));
}

#[tokio::test]
async fn the_url_is_verified_with_the_challenge_once_the_signature_is_right() {
    let kit = Kit::new("slack", S32);
    let body = r#"{"token":"t","challenge":"3eZbrw1aB","type":"url_verification"}"#;
    let answered = kit.answered(event(&kit, body)).await;
    assert_eq!(answered, (StatusCode::OK, "3eZbrw1aB".into()));
    let (kind, _) = kit.refused(kit.post(body)).await;
    assert_eq!(kind, RefusalKind::Malformed);
}

#[tokio::test]
async fn an_interaction_gives_its_type_and_its_payload() {
    let kit = Kit::new("slack", S32);
    let payload = r#"{"type":"block_actions","trigger_id":"12.34.ab","actions":[{"value":"a b"}]}"#;
    let body: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("payload", payload)
        .finish();
    let said = kit.accepted(signed(&kit, &body, FORM)).await;
    assert_eq!(said.actions, ["block_actions"]);
    assert_eq!(said.data.to_json()["actions"][0]["value"], "a b");
    assert_eq!(said.dedupe_key.as_deref(), Some("12.34.ab"));

    let (kind, text) = kit.refused(signed(&kit, "payload=%7B", FORM)).await;
    assert_eq!(kind, RefusalKind::Body);
    assert!(text.starts_with("The WebHook request contained invalid JSON: '"), "{text}");
}

#[tokio::test]
async fn a_check_of_the_certificate_is_answered() {
    let kit = Kit::new("slack", S32);
    let answered = kit.answered(form(&kit, &format!("ssl_check=1&token={S32}"))).await;
    assert_eq!(answered, (StatusCode::OK, String::new()));
}

#[tokio::test]
async fn an_outgoing_webhook_of_old_proves_itself_by_its_token() {
    let kit = Kit::new("slack", S32);
    for (fields, action, subtext) in [
        ("trigger_word=TRIGGER&text=trigger++do+it+", "TRIGGER", Some("do it")),
        ("trigger_word=&command=%2Fweather&text=94070", "/weather", None),
        ("text=just+text", "just text", Some("just text")),
        ("trigger_word=a&text=b&subtext=made+up", "a", Some("b")),
    ] {
        let said = kit.accepted(form(&kit, &format!("token={S32}&{fields}"))).await;
        assert_eq!(said.actions, [action], "{fields}");
        let data = said.data.to_json();
        assert_eq!(data.get("subtext").and_then(|text| text.as_str()), subtext, "{fields}");
    }
}

#[tokio::test]
async fn what_proves_nothing_is_refused_with_the_texts_of_the_library() {
    let kit = Kit::new("slack", S32);
    let token =
        "The 'token' parameter provided in the HTTP request did not match the expected value.";
    for (request, kind, text) in [
        (form(&kit, "text=a"), RefusalKind::Mismatch, token),
        (form(&kit, "token=guess&text=a"), RefusalKind::Mismatch, token),
        (
            kit.request(http::Method::POST, "", "token=a").with("content-type", "text/plain"),
            RefusalKind::MediaType,
            "The WebHook request must contain an entity body formatted as HTML form URL-encoded data.",
        ),
        (
            form(&kit, &format!("token={S32}")),
            RefusalKind::Body,
            "The HTTP request body did not contain a required 'command' property indicating a slash command or contained an empty 'trigger_word' parameter indicating an outgoing WebHook.",
        ),
    ] {
        assert_eq!(kit.refused(request).await, (kind, text.to_owned()));
    }
}

#[tokio::test]
async fn a_signature_that_is_there_has_to_be_right_whatever_the_token() {
    let kit = Kit::new("slack", S32);
    let with = |signature: &str, time: &str| {
        form(&kit, &format!("token={S32}&text=a"))
            .with("x-slack-signature", signature)
            .with("x-slack-request-timestamp", time)
    };
    for (request, kind, text) in [
        (
            with("v0=00", "1700000000"),
            RefusalKind::Mismatch,
            "The WebHook signature provided by the 'X-Slack-Signature' header field does not match the value expected by the 'SlackWebHookReceiver' receiver. WebHook request is invalid.",
        ),
        (
            with("v1=00", "1700000000"),
            RefusalKind::Malformed,
            "Invalid 'X-Slack-Signature' header value. Expecting a value of 'v0=<value>'.",
        ),
        (
            with("v0=x", "1700000000"),
            RefusalKind::Malformed,
            "The 'X-Slack-Signature' header value is invalid. It must be a valid hex-encoded string.",
        ),
        (
            kit.post("{}"),
            RefusalKind::Malformed,
            "Expecting exactly one 'X-Slack-Signature' header field in the WebHook request but found 0. Please ensure that the request contains exactly one 'X-Slack-Signature' header field.",
        ),
    ] {
        assert_eq!(kit.refused(request).await, (kind, text.to_owned()));
    }
}

#[test]
fn the_text_after_the_trigger_is_found_ignoring_case() {
    for (trigger, text, expected) in [
        ("你好", "你好something", "something"),
        ("你好", "你好\r\t\nsomething   \r\t\n", "something"),
        ("trigger", "", ""),
        ("trigger", "text", "text"),
        ("trigger", "TriggerText", "Text"),
        ("TRIGGER", "TRIGGER   Text   ", "Text"),
        ("trigger", "trig", "trig"),
    ] {
        assert_eq!(subtext(trigger, text), expected, "{trigger}, {text}");
    }
}
