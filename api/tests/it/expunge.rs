//! Removing what must not be kept.

use std::time::Duration;

use http::StatusCode;
use postrider_domain::Clock;
use serde_json::{Value, json};

use crate::harness::{Api, Person, Reply, report_event};

async fn expunge(api: &Api, caller: &Person, event: &str) -> Reply {
    let path = format!("/api/v1/events/{event}/payload");
    api.call("DELETE", &path).bearer(&caller.token).send().await
}

#[tokio::test]
async fn a_payload_is_removed_with_what_was_answered_and_is_not_sent_again() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    api.register(&root, "https://h9.example/").await;
    let event = api.publish(&root, report_event()).await;
    let delivery = api.dispatch(event).await[0];
    api.attempt(delivery, 410).await;
    let path = format!("/api/v1/events/{event}");
    let before = api.get(&path).bearer(&root.token).send().await.json();
    assert_eq!(before["expungedAt"], Value::Null);

    for _ in 0..2 {
        assert_eq!(expunge(&api, &root, &event.to_string()).await.status, StatusCode::NO_CONTENT);
    }
    let after = api.get(&path).bearer(&root.token).send().await;
    assert!(!after.text().contains("Q3 revenue"), "{}", after.text());
    assert_eq!(after.json()["data"], Value::Null);
    assert_eq!(after.json()["expungedAt"], json!(api.clock.now()));

    let path = format!("/api/v1/deliveries/{delivery}");
    let shown = api.get(&path).bearer(&root.token).send().await;
    assert!(!shown.text().contains("busy"), "{}", shown.text());
    let replayed = api.post(&format!("{path}/replay")).bearer(&root.token).send().await;
    assert_eq!(replayed.status, StatusCode::CONFLICT);
    assert_eq!(replayed.json()["code"], json!("nothing_to_send"));
    let detail = "the payload of its event was removed, or is no longer kept";
    assert_eq!(replayed.json()["detail"], json!(detail));
}

#[tokio::test]
async fn only_administrators_remove_payloads_and_it_is_in_the_audit_log() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    let event = api.publish(&root, report_event()).await.to_string();
    assert_eq!(expunge(&api, &alice, &event).await.status, StatusCode::FORBIDDEN);
    api.clock.advance(Duration::from_secs(1));
    let unknown = format!("evt_{}", "0".repeat(32));
    assert_eq!(expunge(&api, &root, &unknown).await.status, StatusCode::NOT_FOUND);
    api.clock.advance(Duration::from_secs(1));
    assert_eq!(expunge(&api, &root, &event).await.status, StatusCode::NO_CONTENT);

    let log = api.get("/api/v1/audit").bearer(&root.token).send().await.json();
    let noted: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["action"] == "DELETE /api/v1/events/{id}/payload")
        .map(|entry| entry["outcome"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(noted, ["done", "refused", "denied"]);
}
