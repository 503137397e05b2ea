//! Azure DevOps: a code, or the password of the basic scheme.

use super::kit::{Kit, OTHER, S32};
use crate::{RefusalKind, Request, check::encoding};

const BUILD: &str = r#"{"subscriptionId":"6f1b5f34-2d0e-4f0c-9a53-0c4e9c1d7a10","notificationId":1,"id":"4a5d99d6-1c75-4e53-91b9-ee80057d4ce3","eventType":"build.complete","publisherId":"tfs","message":{"text":"Build succeeded"},"resource":{"id":2}}"#;

fn with_basic(kit: &Kit, credentials: &str) -> Request {
    let value = format!("basic {}", encoding::to_base64(credentials.as_bytes()));
    kit.post(BUILD).with("authorization", value)
}

fn with_code(kit: &Kit, code: &str, body: &str) -> Request {
    let query = format!("code={code}");
    kit.request(http::Method::POST, &query, body).with("content-type", "application/json")
}

#[tokio::test]
async fn an_event_is_accepted_with_a_code_or_a_password() {
    let kit = Kit::with("azuredevops", "", &[OTHER, S32]);
    let said = kit.accepted(with_code(&kit, S32, BUILD)).await;
    assert_eq!(said.actions, ["build.complete"]);
    let key = "6f1b5f34-2d0e-4f0c-9a53-0c4e9c1d7a10 4a5d99d6-1c75-4e53-91b9-ee80057d4ce3";
    assert_eq!(said.dedupe_key.as_deref(), Some(key));
    for credentials in [format!("user:{S32}"), format!(":{S32}"), format!("user:{OTHER}")] {
        assert_eq!(kit.accepted(with_basic(&kit, &credentials)).await, said);
    }
    // What a proxy adds does not matter where there is a code.
    kit.accepted(with_code(&kit, S32, BUILD).with("authorization", "Bearer x")).await;

    let colons = "a:b:c:12345678901234567890123456";
    let kit = Kit::new("vsts", colons);
    kit.accepted(with_basic(&kit, &format!("user:{colons}"))).await;
}

#[tokio::test]
async fn another_code_or_password_is_refused() {
    let kit = Kit::new("vsts", S32);
    let (kind, message) = kit.refused(with_code(&kit, OTHER, BUILD)).await;
    assert_eq!(kind, RefusalKind::Mismatch);
    assert_eq!(
        message,
        "The 'code' query parameter provided in the HTTP request did not match the expected value."
    );

    let mismatch = "The password provided by the 'Authorization' header field did not match the expected value.";
    for credentials in [format!("user:{OTHER}"), "user:".into(), format!("user:{S32} ")] {
        let refused = kit.refused(with_basic(&kit, &credentials)).await;
        assert_eq!(refused, (RefusalKind::Mismatch, mismatch.into()), "{credentials}");
    }
    let both = with_code(&kit, OTHER, BUILD).with(
        "authorization",
        format!("Basic {}", encoding::to_base64(format!("u:{S32}").as_bytes())),
    );
    assert_eq!(kit.refused(both).await.0, RefusalKind::Mismatch);
}

#[tokio::test]
async fn what_is_neither_is_refused() {
    let kit = Kit::new("vsts", S32);
    let text = "The WebHook verification request must contain a 'code' query parameter.";
    assert_eq!(kit.refused(kit.post(BUILD)).await, (RefusalKind::Malformed, text.into()));
    let form = "Invalid 'Authorization' header value. Expecting a value of 'Basic <value>'.";
    for value in ["", "Basic", "Bearer abc", "Basic /w==", "Basic YWJj"] {
        let refused = kit.refused(kit.post(BUILD).with("authorization", value)).await;
        assert_eq!(refused, (RefusalKind::Malformed, form.into()), "{value}");
    }
    let encoding =
        "The 'Authorization' header value is invalid. It must be a valid base64-encoded string.";
    let refused = kit.refused(kit.post(BUILD).with("authorization", "Basic !")).await;
    assert_eq!(refused, (RefusalKind::Malformed, encoding.into()));
}

#[tokio::test]
async fn an_event_without_a_type_is_refused_and_a_test_is_no_repetition() {
    let kit = Kit::new("vsts", S32);
    let refused = kit.refused(with_code(&kit, S32, r#"{"id":"1"}"#)).await;
    let text = "No property 'eventType' was found in root of the object.";
    assert_eq!(refused, (RefusalKind::Body, text.into()));

    let sample = BUILD
        .replace("6f1b5f34-2d0e-4f0c-9a53-0c4e9c1d7a10", "00000000-0000-0000-0000-000000000000");
    assert_eq!(kit.accepted(with_code(&kit, S32, &sample)).await.dedupe_key, None);
    let old = r#"{"id":"1","eventType":"git.push"}"#;
    let said = kit.accepted(with_code(&kit, S32, old)).await;
    assert_eq!((said.actions, said.dedupe_key), (vec!["git.push".into()], Some("1".into())));
}
