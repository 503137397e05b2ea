//! Why a registration is told of an event, or is not.

use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use postrider_domain::{BreakerPolicy, Clock, HealthReport, Report};
use serde_json::{Value, json};

use super::{PATH, create, patch};
use crate::harness::{Api, Person, Reply, report_event};

async fn explain(api: &Api, caller: &Person, id: &str, body: &Value) -> Reply {
    api.post(&format!("{PATH}/{id}/explain")).bearer(&caller.token).json(body).send().await
}

/// The checks as lines, and whether all are passed.
fn told(reply: &Reply) -> String {
    let shown = reply.json();
    let mut lines = vec![format!("would receive: {}", shown["wouldReceive"])];
    for reason in shown["reasons"].as_array().unwrap() {
        let text = |name: &str| reason[name].as_str().unwrap();
        let mark = if reason["passed"] == json!(true) { "+" } else { "-" };
        lines.push(format!("{mark} {}: {}", text("check"), text("explanation")));
    }
    lines.join("\n")
}

/// The explanation of one check.
fn reason(reply: &Reply, check: &str) -> (bool, String) {
    let shown = reply.json();
    let mut reasons = shown["reasons"].as_array().unwrap().iter();
    let reason = reasons.find(|reason| reason["check"] == check).unwrap();
    (reason["passed"] == json!(true), reason["explanation"].as_str().unwrap().to_owned())
}

async fn registered(api: &Api, owner: &Person, more: &Value) -> String {
    let mut body = json!({ "uri": "https://h9.example/" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let created = create(api, owner, &body).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.shown());
    created.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_check_is_told_in_words() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    let filters = json!({ "filters": ["tasks"], "condition": "@.data.pages > 9", "paused": true });
    let id = registered(&api, &alice, &filters).await;
    let mut event = report_event();
    event["audience"] = json!(["bob"]);
    let refused = explain(&api, &alice, &id, &json!({ "event": event })).await;
    assert_snapshot!(told(&refused), @r"
    would receive: false
    - filter: asks for tasks, not for reports
    + owner: its owner, alice, is switched on
    - audience: it is for others than alice
    - permission: no Read on report 42: alice may not be told of it
    - condition: the condition is false
    + registration: paused: it would be held
    ");

    patch(&api, &alice, &id, &json!({ "filters": [], "condition": "@.data.pages > 5" })).await;
    patch(&api, &alice, &id, &json!({ "paused": false })).await;
    api.may_read_reports(&root, &alice).await;
    let body = json!({ "event": report_event() });
    let hers = told(&explain(&api, &alice, &id, &body).await);
    assert_snapshot!(hers, @r"
    would receive: true
    + filter: asks for every event
    + owner: its owner, alice, is switched on
    + audience: it is for everybody who may read it
    + permission: alice has Read on report 42
    + condition: the condition is true
    + registration: nothing keeps it from being sent
    ");
    assert_eq!(told(&explain(&api, &root, &id, &body).await), hers);
}

#[tokio::test]
async fn what_keeps_a_registration_from_being_sent_anything_is_told() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let id = registered(&api, &root, &json!({})).await;
    let body = json!({ "event": report_event() });
    let mut seen = Vec::new();
    let mut look = async |change: Value| {
        if change != json!({}) {
            patch(&api, &root, &id, &change).await;
        }
        let reply = explain(&api, &root, &id, &body).await;
        let (passed, explanation) = reason(&reply, "registration");
        assert_eq!(reply.json()["wouldReceive"], json!(passed));
        seen.push(format!("{passed}: {explanation}"));
    };
    look(json!({ "paused": true, "whilePaused": "discard" })).await;
    look(json!({ "paused": true, "whilePaused": "hold" })).await;
    look(json!({ "paused": false, "secretExpiresAt": "2026-11-21T08:05:00Z" })).await;
    api.clock.advance(Duration::from_mins(10));
    look(json!({})).await;
    look(json!({ "secretExpiresAt": null })).await;
    for report in [Report::Tripped, Report::Gone] {
        let reports =
            [HealthReport { registration: id.parse().unwrap(), began: api.clock.now(), report }];
        let policy = BreakerPolicy::default();
        let now = api.clock.now();
        api.store.report_health(&reports, &policy, &api.ids, now).await.unwrap();
        look(json!({})).await;
    }
    assert_snapshot!(seen.join("\n"), @r"
    false: paused: it would be discarded
    true: paused: it would be held
    true: nothing keeps it from being sent
    true: its secret expired at 2026-11-21T08:05:00.000000Z: it would be held
    true: nothing keeps it from being sent
    true: its receiver failed too often and is left alone until 2026-11-21T08:10:30.000000Z: it would be held
    true: switched off at 2026-11-21T08:10:00.000000Z, since its receiver answered 410 Gone: it would be held
    ");
}

#[tokio::test]
async fn what_a_pause_discards_is_not_said_to_be_held_for_anything_else() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let expires = json!({ "secretExpiresAt": "2026-11-21T08:05:00Z" });
    let id = registered(&api, &root, &expires).await;
    api.clock.advance(Duration::from_mins(10));
    let now = api.clock.now();
    let gone = Report::Gone;
    let reports = [HealthReport { registration: id.parse().unwrap(), began: now, report: gone }];
    let policy = BreakerPolicy::default();
    api.store.report_health(&reports, &policy, &api.ids, now).await.unwrap();
    patch(&api, &root, &id, &json!({ "paused": true, "whilePaused": "discard" })).await;

    let reply = explain(&api, &root, &id, &json!({ "event": report_event() })).await;
    let expected = (false, "paused: it would be discarded".to_owned());
    assert_eq!(reason(&reply, "registration"), expected);
    assert_eq!(reply.json()["wouldReceive"], json!(false));
}

#[tokio::test]
async fn what_became_of_an_event_that_was_accepted_is_told() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let id = registered(&api, &root, &json!({})).await;
    let deaf = registered(&api, &root, &json!({ "filters": ["tasks"] })).await;
    let event = api.publish(&root, report_event()).await;
    let body = json!({ "eventId": event });
    let outcome = async |id: &str| {
        let reply = explain(&api, &root, id, &body).await.json();
        (reply["delivery"].clone(), reply["outcome"].as_str().unwrap().to_owned())
    };
    assert_eq!(
        outcome(&id).await,
        (Value::Null, "it waits for its registrations to be looked for".to_owned())
    );
    let delivery = api.dispatch(event).await[0];
    assert_eq!(outcome(&id).await, (json!(delivery), "it is on its way".to_owned()));
    api.attempt(delivery, 410).await;
    assert_eq!(outcome(&id).await, (json!(delivery), "it was given up: `gone`".to_owned()));
    let none = "nothing was sent: a check was not passed when its registrations were looked for";
    assert_eq!(outcome(&deaf).await, (Value::Null, none.to_owned()));
    api.clock.advance(Duration::from_secs(1));
    let late = registered(&api, &root, &json!({})).await;
    let later = "nothing was sent: the registration was made after the event was accepted";
    assert_eq!(outcome(&late).await, (Value::Null, later.to_owned()));
}

#[tokio::test]
async fn who_may_not_see_an_event_or_a_registration_is_told_nothing() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    let own = registered(&api, &root, &json!({})).await;
    let hers = registered(&api, &alice, &json!({})).await;
    let event = api.publish(&root, report_event()).await;
    for (id, body) in
        [(&hers, json!({ "eventId": event })), (&own, json!({ "event": report_event() }))]
    {
        let hidden = explain(&api, &alice, id, &body).await;
        assert_eq!(hidden.status, StatusCode::NOT_FOUND, "{}", hidden.shown());
    }
}

#[tokio::test]
async fn a_condition_that_cannot_be_judged_says_why() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let id = registered(&api, &root, &json!({ "condition": "@.data.pages > 5" })).await;
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let text = json!({ "event": report_event() }).to_string();
    let text = text.replace(r#"{"pages":7}"#, &deep);
    let path = format!("{PATH}/{id}/explain");
    let reply = api.post(&path).bearer(&root.token).text("application/json", text).send().await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.shown());
    let (passed, explanation) = reason(&reply, "condition");
    assert!(!passed);
    assert!(explanation.starts_with("the condition could not be evaluated: "), "{explanation}");
}
