use http::StatusCode;
use serde_json::{Value, json};

use super::{add, added, event_of};
use crate::harness::{Api, Person, Reply};

async fn execute(api: &Api, caller: &Person, path: &str, body: &Value) -> Reply {
    api.post(&format!("{path}/executions")).bearer(&caller.token).json(body).send().await
}

#[tokio::test]
async fn a_run_of_an_alert_is_told_with_what_it_made() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let path =
        added(&api, &root, &json!({ "kind": "alerts", "id": "7", "name": "Low stock" })).await;
    let body = json!({
        "executionId": "x-1", "documentIds": ["d-1", "d-2"], "alertTriggered": true,
        "data": { "rows": 1.50 },
    });
    let reported = execute(&api, &root, &path, &body).await;
    assert_eq!(reported.status, StatusCode::ACCEPTED, "{}", reported.shown());
    assert_eq!(reported.json()["executionId"], json!("x-1"));
    assert_eq!(reported.json()["eventId"].as_str(), reported.header("postrider-event-id"));

    let event = event_of(&api, &root, &reported).await;
    assert_eq!(event["type"], json!("Executed"));
    assert_eq!(event["actor"], json!("root"));
    assert_eq!(event["resource"], json!({ "id": "7", "name": "Low stock" }));
    assert_eq!(
        event["data"],
        json!({
            "ExecutionId": "x-1", "DocumentIds": ["d-1", "d-2"], "AlertTriggered": true,
            "Data": { "rows": 1.5 },
        })
    );
}

#[tokio::test]
async fn a_run_without_further_words_gets_an_id() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let path = added(&api, &root, &json!({ "kind": "tasks", "name": "Nightly" })).await;
    let one = execute(&api, &root, &path, &json!({})).await.json();
    let two = execute(&api, &root, &path, &json!({})).await.json();
    assert_eq!(one["executionId"].as_str().unwrap().len(), 32);
    assert_ne!(one["executionId"], two["executionId"]);
    assert_ne!(one["eventId"], two["eventId"]);
}

#[tokio::test]
async fn a_run_that_is_reported_twice_is_told_once() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let path = added(&api, &root, &json!({ "kind": "tasks", "name": "Nightly" })).await;
    let other = added(&api, &root, &json!({ "kind": "tasks", "name": "Weekly" })).await;
    let body = json!({ "executionId": "x-1" });
    let once = execute(&api, &root, &path, &body).await.json();
    let again = execute(&api, &root, &path, &body).await.json();
    assert_eq!((&once["duplicate"], &again["duplicate"]), (&json!(false), &json!(true)));
    assert_eq!(once["eventId"], again["eventId"]);

    let elsewhere = execute(&api, &root, &other, &body).await.json();
    assert_ne!(once["eventId"], elsewhere["eventId"]);
    let changed = json!({ "executionId": "x-1", "documentIds": ["d-1"] });
    let conflict = execute(&api, &root, &path, &changed).await;
    assert_eq!(conflict.status, StatusCode::CONFLICT);
    assert_eq!(conflict.json()["code"], json!("idempotency_conflict"));
}

#[tokio::test]
async fn only_tasks_alerts_and_custom_kinds_run() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let body = json!({ "name": "jobs" });
    api.post("/api/v1/filters").bearer(&root.token).json(&body).send().await;
    for (kind, status) in [
        ("tasks", StatusCode::ACCEPTED),
        ("alerts", StatusCode::ACCEPTED),
        ("jobs", StatusCode::ACCEPTED),
        ("reports", StatusCode::CONFLICT),
        ("categories", StatusCode::CONFLICT),
        ("connections", StatusCode::CONFLICT),
    ] {
        let created = add(&api, &root, &json!({ "kind": kind, "name": "x" })).await;
        let path = created.header("location").unwrap();
        let reply = execute(&api, &root, path, &json!({})).await;
        assert_eq!(reply.status, status, "{kind}: {}", reply.shown());
    }
}

#[tokio::test]
async fn a_run_that_breaks_a_rule_is_refused() {
    let api = Api::start_with(|config| config.max_event_bytes = 1_000).await;
    let root = api.administrator("root").await;
    let path = added(&api, &root, &json!({ "kind": "tasks", "name": "Nightly" })).await;
    for (body, status) in [
        (json!({ "executionId": "" }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "executionId": "x".repeat(513) }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "documentIds": ["d", ""] }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "unknown": 1 }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "data": "x".repeat(1_000) }), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let reply = execute(&api, &root, &path, &body).await;
        assert_eq!(reply.status, status, "{}", reply.shown());
    }
}
