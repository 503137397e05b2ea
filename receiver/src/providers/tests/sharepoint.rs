//! SharePoint and Microsoft Graph: the handshake, and what each notification has to carry.

use http::{Method, StatusCode};
use serde_json::json;

use super::kit::{Kit, OTHER, S32};
use crate::{RefusalKind, Request};

fn list(state: &str) -> serde_json::Value {
    json!({
        "subscriptionId": "91779246-afe9-4525-b122-6c199ae89211", "clientState": state,
        "expirationDateTime": "2026-04-30T17:27:00.0000000Z",
        "resource": "b9f6f714-9df8-470b-b22e-653855e1c181", "siteUrl": "/",
    })
}

fn graph(id: &str, change: &str) -> serde_json::Value {
    json!({
        "id": id, "subscriptionId": "s", "clientState": S32, "changeType": change,
        "resource": "Users('1')/Messages('2')",
    })
}

fn notified(kit: &Kit, notifications: &[serde_json::Value]) -> Request {
    kit.post(&json!({ "value": notifications }).to_string())
}

#[tokio::test]
async fn a_validation_token_is_echoed_whatever_its_case_and_the_method() {
    let kit = Kit::new("sharepoint", S32);
    for method in [Method::GET, Method::POST] {
        for name in ["validationtoken", "validationToken", "VALIDATIONTOKEN"] {
            let query = format!("code=x&{name}=a%3Cb%3E%20%2B%E4%B8%96");
            let request = kit.request(method.clone(), &query, "");
            let answer = kit.receive(request.clone()).await.answer;
            assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8");
            assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
            assert_eq!(kit.answered(request).await, (StatusCode::OK, "a<b> +世".into()));
        }
    }
}

#[tokio::test]
async fn a_get_without_a_token_and_a_url_without_a_secret_are_refused() {
    let kit = Kit::new("sharepoint", S32);
    let (kind, message) = kit.refused(kit.request(Method::GET, "validationtoken=", "")).await;
    assert_eq!(kind, RefusalKind::Malformed);
    let text = "The WebHook verification request must contain a 'validationToken' query parameter which will get echoed back in a successful response.";
    assert_eq!(message, text);

    let unconfigured = Kit::with("sharepoint", "", &[]);
    let request = unconfigured.request(Method::POST, "validationtoken=a", "");
    assert_eq!(unconfigured.refused(request).await.0, RefusalKind::Unconfigured);
}

#[tokio::test]
async fn notifications_of_a_list_name_the_list_and_are_never_repetitions() {
    let kit = Kit::with("sharepoint", "", &[OTHER, S32]);
    let said = kit.accepted(notified(&kit, &[list(S32), list(OTHER)])).await;
    let resource = "b9f6f714-9df8-470b-b22e-653855e1c181";
    assert_eq!(said.actions, [resource, resource]);
    assert_eq!(said.dedupe_key, None);
    assert_eq!(said.data.to_json()["value"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn notifications_of_graph_name_the_change_and_have_ids() {
    let kit = Kit::new("sharepoint", S32);
    let lifecycle = json!({
        "subscriptionId": "s", "clientState": S32, "lifecycleEvent": "missed", "resource": "r",
    });
    let said = kit.accepted(notified(&kit, &[graph("a", "updated"), graph("b", "deleted")])).await;
    assert_eq!(said.actions, ["updated", "deleted"]);
    assert_eq!(said.dedupe_key.as_deref(), Some("a b"));
    let said = kit.accepted(notified(&kit, &[graph("a", "updated"), lifecycle])).await;
    assert_eq!(said.actions, ["updated", "missed"]);
    assert_eq!(said.dedupe_key, None);
}

#[tokio::test]
async fn every_notification_has_to_carry_a_live_secret() {
    let kit = Kit::new("sharepoint", S32);
    let other = (
        RefusalKind::Mismatch,
        "The 'clientState' property provided in the HTTP request did not match the expected value."
            .to_owned(),
    );
    assert_eq!(kit.refused(notified(&kit, &[list(OTHER)])).await, other);
    assert_eq!(kit.refused(notified(&kit, &[list(S32), list(OTHER)])).await, other);
    assert_eq!(kit.refused(notified(&kit, &[list(OTHER), list(S32)])).await, other);

    let missing = (
        RefusalKind::Malformed,
        "The HTTP request body did not contain a required 'clientState' property.".to_owned(),
    );
    let without = json!({ "resource": "r" });
    let null = json!({ "clientState": null });
    for last in [without, null, json!("text"), json!(1)] {
        assert_eq!(kit.refused(notified(&kit, &[list(S32), last])).await, missing);
    }
    // The header of an early sample proves nothing.
    let header = notified(&kit, &[json!({})]).with("clientstate", S32);
    assert_eq!(kit.refused(header).await, missing);
}

#[tokio::test]
async fn what_only_a_lenient_reader_takes_is_refused_before_there_is_a_proof() {
    let kit = Kit::new("sharepoint", S32);
    let strict = notified(&kit, &[list(S32)]);
    let lenient = format!("/**/{}", std::str::from_utf8(&strict.body).unwrap());
    kit.accepted(strict).await;
    let (kind, message) = kit.refused(kit.post(&lenient)).await;
    assert_eq!(kind, RefusalKind::Body);
    assert!(message.starts_with("The WebHook request contained invalid JSON: '"), "{message}");
}

#[tokio::test]
async fn a_request_that_notifies_of_nothing_is_refused() {
    let kit = Kit::new("sharepoint", S32);
    let missing = "The HTTP request body did not contain a required 'value' property.";
    for body in [r#"{"value":[]}"#, r#"{"value":{}}"#, "{}", "[]", "null"] {
        let refused = kit.refused(kit.post(body)).await;
        assert_eq!(refused, (RefusalKind::Body, missing.into()), "{body}");
    }
    let form = kit.request(Method::POST, "", "a=b");
    let text = "The WebHook request must contain an entity body formatted as JSON.";
    assert_eq!(kit.refused(form).await, (RefusalKind::MediaType, text.into()));
    let empty = "The WebHook request entity body cannot be empty.";
    assert_eq!(kit.refused(kit.post("")).await, (RefusalKind::Body, empty.into()));
}
