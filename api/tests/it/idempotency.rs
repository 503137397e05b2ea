use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Api, Person, Reply, report_event};

async fn publish_keyed(api: &Api, publisher: &Person, key: &str, body: &Value) -> Reply {
    api.post("/api/v1/events")
        .bearer(&publisher.key)
        .header("idempotency-key", key)
        .json(body)
        .send()
        .await
}

async fn publish(api: &Api, publisher: &Person, body: &str) -> Reply {
    let call = api.post("/api/v1/events").bearer(&publisher.key);
    call.text("application/json", body).send().await
}

fn first(reply: &Reply) -> (String, bool) {
    let event = &reply.json()["events"][0];
    (event["id"].as_str().unwrap().to_owned(), event["duplicate"].as_bool().unwrap())
}

#[tokio::test]
async fn a_repeated_request_with_its_key_names_the_same_events() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let body = json!([report_event(), report_event()]);
    let once = publish_keyed(&api, &admin, "import-7", &body).await;
    api.clock.advance(Duration::from_hours(1));
    let again = publish_keyed(&api, &admin, "import-7", &body).await;

    assert_eq!(again.status, StatusCode::ACCEPTED);
    let ids = |reply: &Reply| {
        let events = reply.json()["events"].as_array().unwrap().clone();
        events.into_iter().map(|event| event["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&once), ids(&again));
    assert_ne!(ids(&once)[0], ids(&once)[1]);
    assert!(!first(&once).1 && first(&again).1);
}

#[tokio::test]
async fn a_key_with_other_content_is_a_conflict_that_stores_nothing() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    publish_keyed(&api, &admin, "k", &report_event()).await;
    let mut other = report_event();
    other["type"] = json!("Edited");
    assert_snapshot!(publish_keyed(&api, &admin, "k", &other).await.shown(), @r#"
    409 Conflict
    content-type: application/problem+json
    {
      "code": "idempotency_conflict",
      "detail": "event 0 of the request has a key that evt_… was published with, whose content is different; nothing was stored",
      "requestId": "…",
      "status": 409,
      "title": "Key used for other content",
      "type": "about:blank"
    }
    "#);
}

#[tokio::test]
async fn a_repeated_event_id_is_the_same_event_however_it_is_written() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let once = publish(
        &api,
        &admin,
        r#"{"id":"e-1","filter":"reports","type":"Added","resource":{"id":"1"},"data":{"a":1}}"#,
    )
    .await;
    api.clock.advance(Duration::from_mins(1));
    let again = publish(
        &api,
        &admin,
        r#"[ {"data":{"a":1}, "resource" : {"id":"1"}, "type":"Added", "filter":"REPORTS", "id":"e-1"} ]"#,
    )
    .await;
    assert_eq!(first(&once), (first(&again).0, false));
    assert!(first(&again).1);

    for other in [
        r#"{"id":"e-1","filter":"reports","type":"Added","resource":{"id":"2"},"data":{"a":1}}"#,
        r#"{"id":"e-1","filter":"reports","type":"Added","resource":{"id":"1"},"data":{"a": 1}}"#,
        r#"{"id":"e-1","filter":"reports","type":"Added","resource":{"id":"1","name":""},"data":{"a":1}}"#,
        r#"{"id":"e-1","filter":"reports","type":"Added","resource":{"id":"1"},"data":{"a":1},"occurredAt":"2026-01-01T00:00:00Z"}"#,
    ] {
        assert_eq!(publish(&api, &admin, other).await.status, StatusCode::CONFLICT, "{other}");
    }
}

#[tokio::test]
async fn the_header_wins_over_the_events_own_ids() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let mut event = report_event();
    event["id"] = json!("e-1");
    let one = publish_keyed(&api, &admin, "one", &event).await;
    let two = publish_keyed(&api, &admin, "two", &event).await;
    assert_ne!(first(&one).0, first(&two).0);
    assert!(!first(&two).1);
}

#[tokio::test]
async fn a_headers_key_is_never_taken_for_an_events_id() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let mut event = report_event();
    event["id"] = json!("a/0");
    api.publish(&admin, event).await;
    let reply = publish_keyed(&api, &admin, "id:a", &report_event()).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.shown());
    assert!(!first(&reply).1);
}

#[tokio::test]
async fn two_publishers_may_use_the_same_keys() {
    let api = Api::start().await;
    let (alice, bob) = (api.user("alice").await, api.user("bob").await);
    let one = publish_keyed(&api, &alice, "k", &report_event()).await;
    let two = publish_keyed(&api, &bob, "k", &report_event()).await;
    assert_ne!(first(&one).0, first(&two).0);
    assert!(!first(&two).1);
}

#[tokio::test]
async fn many_repeats_at_once_are_one_event() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let body = report_event();
    let mut repeats = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let call = api.post("/api/v1/events").bearer(&admin.key);
        repeats.spawn(call.header("idempotency-key", "k").json(&body).send());
    }
    let replies = repeats.join_all().await;
    let ids: std::collections::BTreeSet<String> =
        replies.iter().map(|reply| first(reply).0).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(replies.iter().filter(|reply| !first(reply).1).count(), 1);
}

#[tokio::test]
async fn a_key_that_cannot_be_kept_is_refused() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    for key in ["", "two words", &"k".repeat(256)] {
        let reply = publish_keyed(&api, &admin, key, &report_event()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{key}");
        assert_eq!(reply.json()["code"], json!("invalid_header"));
    }
    let call = api.post("/api/v1/events").bearer(&admin.key).header("idempotency-key", "a");
    let reply = call.header("idempotency-key", "b").json(&report_event()).send().await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
}
