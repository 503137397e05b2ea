//! How a registration does, and what becomes of what is held for it.

use std::time::Duration;

use http::StatusCode;
use postrider_domain::ports::Lease;
use postrider_domain::{
    BreakerPolicy, Clock, DeliveryId, HealthReport, RegistrationId, Report, Transition,
};
use serde_json::{Value, json};

use super::{PATH, patch};
use crate::harness::{Api, Person, Reply, report_event};

async fn shown(api: &Api, caller: &Person, id: &str) -> Reply {
    api.get(&format!("{PATH}/{id}")).bearer(&caller.token).send().await
}

async fn resume(api: &Api, caller: &Person, id: &str, body: &Value) -> Reply {
    api.post(&format!("{PATH}/{id}/resume")).bearer(&caller.token).json(body).send().await
}

/// Publishes an event, and has its delivery claimed, which holds it.
async fn hold(api: &Api, publisher: &Person) -> DeliveryId {
    let event = api.publish(publisher, report_event()).await;
    let delivery = api.dispatch(event).await[0];
    let now = api.clock.now();
    let lease = Lease { token: api.ids.next(), until: now + Duration::from_mins(1) };
    let claimed = api.store.claim_deliveries(&[delivery], &[], lease, now).await.unwrap();
    assert!(claimed.is_empty());
    delivery
}

async fn state(api: &Api, caller: &Person, delivery: DeliveryId) -> Value {
    let path = format!("/api/v1/deliveries/{delivery}");
    api.get(&path).bearer(&caller.token).send().await.json()
}

async fn report(api: &Api, id: &str, report: Report) -> Vec<(RegistrationId, Transition)> {
    let reports =
        [HealthReport { registration: id.parse().unwrap(), began: api.clock.now(), report }];
    let (policy, now) = (BreakerPolicy::default(), api.clock.now());
    api.store.report_health(&reports, &policy, &api.ids, now).await.unwrap()
}

#[tokio::test]
async fn a_registration_that_is_well_says_so_and_counts_what_waits() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let id = api.register(&root, "https://h9.example/").await;
    let quiet = json!({
        "state": "healthy",
        "failingSince": null,
        "breakerUntil": null,
        "held": { "count": 0, "more": false, "oldestAt": null },
        "dead": { "count": 0, "more": false },
    });
    let first = shown(&api, &root, &id).await;
    assert_eq!(first.json()["flow"], quiet);

    patch(&api, &root, &id, &json!({ "paused": true })).await;
    let accepted = api.clock.now();
    let delivery = hold(&api, &root).await;
    let held = state(&api, &root, delivery).await;
    assert_eq!((&held["state"], &held["holdReason"]), (&json!("held"), &json!("paused")));
    let flow = shown(&api, &root, &id).await.json()["flow"].clone();
    assert_eq!(flow["held"], json!({ "count": 1, "more": false, "oldestAt": accepted }));
}

#[tokio::test]
async fn a_breaker_shows_and_is_a_version_of_its_own_that_changes_are_still_meant_for() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let id = api.register(&root, "https://h9.example/").await;
    let path = format!("{PATH}/{id}");
    let well = shown(&api, &root, &id).await.header("etag").unwrap().to_owned();
    let known =
        |version: &str| api.get(&path).bearer(&root.token).header("if-none-match", version).send();
    assert_eq!(known(&well).await.status, StatusCode::NOT_MODIFIED);

    let since = api.clock.now();
    report(&api, &id, Report::Failing { since }).await;
    let failing = shown(&api, &root, &id).await.json()["flow"].clone();
    assert_eq!((&failing["state"], &failing["failingSince"]), (&json!("failing"), &json!(since)));
    report(&api, &id, Report::Tripped).await;
    let open = known(&well).await;
    assert_eq!(open.status, StatusCode::OK);
    let until = since + BreakerPolicy::default().pause;
    assert_eq!(open.json()["flow"]["state"], json!("open"));
    assert_eq!(open.json()["flow"]["breakerUntil"], json!(until));

    let version = open.header("etag").unwrap();
    assert_eq!(known(version).await.status, StatusCode::NOT_MODIFIED);
    let change = api.call("PATCH", &path).bearer(&root.token).header("if-match", version);
    let changed = change.json(&json!({ "description": "x" })).send().await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.shown());
    let change = api.call("PATCH", &path).bearer(&root.token).header("if-match", version);
    let stale = change.json(&json!({ "description": "y" })).send().await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    // Whoever changes a registration begins anew.
    assert_eq!(shown(&api, &root, &id).await.json()["flow"]["state"], json!("healthy"));
}

#[tokio::test]
async fn a_resume_ends_a_pause_and_sends_what_was_held() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let id = api.register(&root, "https://h9.example/").await;
    patch(&api, &root, &id, &json!({ "paused": true })).await;
    let delivery = hold(&api, &root).await;
    let resumed = resume(&api, &root, &id, &json!({})).await;
    assert_eq!(resumed.status, StatusCode::OK, "{}", resumed.shown());
    assert_eq!(resumed.json()["registration"]["paused"], json!(false));
    assert_eq!(resumed.json()["discarded"], json!(0));
    api.clock.advance(Duration::from_secs(1));
    let policy = postrider_domain::flow::ReleasePolicy::default();
    let released = api.store.release_held(&policy, api.clock.now(), 10).await.unwrap();
    assert_eq!(released.deliveries, 1);
    assert_eq!(state(&api, &root, delivery).await["state"], json!("pending"));
}

#[tokio::test]
async fn a_resume_can_throw_away_what_was_held() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let id = api.register(&root, "https://h9.example/").await;
    patch(&api, &root, &id, &json!({ "paused": true })).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(hold(&api, &root).await);
    }
    let resumed = resume(&api, &root, &id, &json!({ "held": "discard" })).await.json();
    assert_eq!(resumed["discarded"], json!(3));
    assert_eq!(resumed["registration"]["paused"], json!(false));
    for delivery in held {
        let dead = state(&api, &root, delivery).await;
        assert_eq!((&dead["state"], &dead["deadReason"]), (&json!("dead"), &json!("discarded")));
    }
    let flow = shown(&api, &root, &id).await.json()["flow"].clone();
    assert_eq!(flow["dead"], json!({ "count": 3, "more": false }));
}

#[tokio::test]
async fn what_is_held_can_be_thrown_away_while_the_pause_goes_on() {
    let api = Api::start().await;
    let (root, bob) = (api.administrator("root").await, api.user("bob").await);
    let id = api.register(&root, "https://h9.example/").await;
    patch(&api, &root, &id, &json!({ "paused": true })).await;
    hold(&api, &root).await;
    let path = format!("{PATH}/{id}/discard-held");
    let hidden = api.post(&path).bearer(&bob.token).send().await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    for discarded in [1, 0] {
        let reply = api.post(&path).bearer(&root.token).send().await;
        assert_eq!(reply.json(), json!({ "discarded": discarded }));
    }
    assert_eq!(shown(&api, &root, &id).await.json()["paused"], json!(true));
}

#[tokio::test]
async fn what_the_product_switched_off_is_shown_kept_by_changes_and_ended_by_a_resume() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let id = api.register(&root, "https://h9.example/").await;
    let at = api.clock.now();
    assert_eq!(report(&api, &id, Report::Gone).await.len(), 1);
    let disabled = json!({ "at": at, "reason": "gone" });
    assert_eq!(shown(&api, &root, &id).await.json()["disabled"], disabled);
    let changed = patch(&api, &root, &id, &json!({ "description": "x" })).await.json();
    assert_eq!(changed["disabled"], disabled);
    let resumed = resume(&api, &root, &id, &json!({})).await.json();
    assert_eq!(resumed["registration"]["disabled"], Value::Null);
}
