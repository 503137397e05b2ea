//! Having it processed again.

use std::time::Duration;

use http::StatusCode;
use insta::{allow_duplicates, assert_snapshot};
use postrider_domain::inbox::Ended;
use postrider_domain::{Clock, InboxId, KeyScopes};
use postrider_testkit::databases::Database;
use serde_json::{Value, json};

use super::{PATH, at, get, ids, on_both_databases, start};
use crate::harness::{Api, Person, Reply};

on_both_databases!(
    a_settled_webhook_is_processed_again,
    the_dead_are_processed_again_the_oldest_first_up_to_a_limit,
    only_the_dead_that_are_asked_for_are_processed_again,
    a_replay_is_noted_with_what_it_was_about,
    a_replay_of_the_dead_that_cannot_be_is_refused,
    a_key_that_reads_cannot_replay_and_only_administrators_do_either,
);

async fn replay(api: &Api, caller: &Person, id: InboxId) -> Reply {
    api.post(&format!("{PATH}/{id}/replay")).bearer(&caller.token).send().await
}

async fn replay_dead(api: &Api, caller: &Person, body: &Value) -> Reply {
    api.post(&format!("{PATH}/replays")).bearer(&caller.token).json(body).send().await
}

/// A webhook that died.
async fn dead(api: &Api, receiver: &str, id: &str) -> InboxId {
    let item = api.receive(&at(api, receiver, id)).await;
    api.handle(item, Ended::Dead).await;
    api.clock.advance(Duration::from_secs(1));
    item
}

async fn a_settled_webhook_is_processed_again(database: &dyn Database) {
    let (api, root) = start(database).await;
    for ended in [Ended::Dead, Ended::Processed] {
        let id = api.receive(&api.webhook()).await;
        api.handle(id, ended).await;
        api.clock.advance(Duration::from_secs(1));
        let replayed = replay(&api, &root, id).await;
        assert_eq!(replayed.status, StatusCode::ACCEPTED, "{}", replayed.shown());
        let replayed = replayed.json();
        assert_eq!((&replayed["state"], &replayed["replays"]), (&json!("pending"), &json!(1)));
        assert_eq!(replayed["settledAt"], Value::Null);
        let now = api.clock.now();
        let due = api.inbox.take_due_inbox(now, now + Duration::from_mins(1), 10).await;
        assert_eq!(due.unwrap(), [id]);

        let refused = replay(&api, &root, id).await.shown();
        allow_duplicates! {
            assert_snapshot!(refused, @r#"
            409 Conflict
            content-type: application/problem+json
            {
              "code": "not_settled",
              "detail": "the webhook is `pending`, so that its handlers run anyway",
              "requestId": "…",
              "status": 409,
              "title": "Under way",
              "type": "about:blank"
            }
            "#);
        }
        api.handle(id, Ended::Processed).await;
        let shown = get(&api, &root, &format!("/{id}")).await.json();
        assert_eq!(
            (&shown["state"], &shown["runs"][1]["number"]),
            (&json!("processed"), &json!(2))
        );
    }
    let unknown = replay(&api, &root, api.webhook().id).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{}", unknown.shown());
}

async fn the_dead_are_processed_again_the_oldest_first_up_to_a_limit(database: &dyn Database) {
    let (api, root) = start(database).await;
    let mut died = Vec::new();
    for _ in 0..5 {
        died.push(dead(&api, "github", "org1").await.to_string());
    }
    let alive = api.receive(&api.webhook()).await;
    api.handle(alive, Ended::Processed).await;
    let first = replay_dead(&api, &root, &json!({ "limit": 2 })).await;
    assert_eq!((first.status, first.json()), (StatusCode::ACCEPTED, json!({ "replayed": 2 })));
    let left = get(&api, &root, "?state=dead").await;
    assert_eq!(ids(&left).into_iter().rev().collect::<Vec<_>>(), died[2..]);
    for count in [3, 0] {
        let next = replay_dead(&api, &root, &json!({})).await;
        assert_eq!(next.json(), json!({ "replayed": count }));
    }
    assert_eq!(ids(&get(&api, &root, "?state=processed").await), [alive.to_string()]);
}

async fn only_the_dead_that_are_asked_for_are_processed_again(database: &dyn Database) {
    let (api, root) = start(database).await;
    let (one, two) = (dead(&api, "github", "org1").await, dead(&api, "github", "").await);
    let three = dead(&api, "stripe", "").await;
    for (body, expected) in [
        (json!({ "receiver": "gitlab" }), vec![]),
        (json!({ "action": "pull" }), vec![]),
        (json!({ "receiver": "GitHub", "receiverId": "Org1" }), vec![one]),
        (json!({ "receiverId": "" }), vec![two, three]),
        (json!({ "action": "push", "receiver": "github" }), vec![one, two]),
        (json!({ "from": "2026-11-21T08:00:01Z" }), vec![two, three]),
        (json!({ "to": "2026-11-21T08:00:01Z" }), vec![one]),
    ] {
        let replayed = replay_dead(&api, &root, &body).await;
        assert_eq!(replayed.json(), json!({ "replayed": expected.len() }), "{body}");
        let mut pending = ids(&get(&api, &root, "?state=pending").await);
        pending.reverse();
        assert_eq!(pending, expected.iter().map(ToString::to_string).collect::<Vec<_>>(), "{body}");
        for id in expected {
            api.handle(id, Ended::Dead).await;
        }
    }
}

async fn a_replay_is_noted_with_what_it_was_about(database: &dyn Database) {
    let (api, root) = start(database).await;
    let id = dead(&api, "github", "org1").await;
    replay(&api, &root, id).await;
    api.handle(id, Ended::Dead).await;
    for body in [
        json!({ "receiver": "github", "action": "push", "to": "2026-11-21T08:00:01Z" }),
        json!({ "receiver": "stripe" }),
    ] {
        // Entries of one millisecond are in no particular order.
        api.clock.advance(Duration::from_secs(1));
        replay_dead(&api, &root, &body).await;
    }
    let log = api.get("/api/v1/audit?outcome=done&limit=3").bearer(&root.token).send().await;
    let told: Vec<_> = log.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|entry| format!("{} {} {}", entry["action"], entry["status"], entry["detail"]))
        .collect();
    allow_duplicates! {
        assert_snapshot!(told.join("\n"), @r#"
        "POST /api/v1/inbox/{id}/replay" 202 "a webhook of github/org1"
        "POST /api/v1/inbox/replays" 202 "dead webhooks: 1, receiver `github`, action `push`, to `2026-11-21T08:00:01.000000Z`"
        "POST /api/v1/inbox/replays" 202 "dead webhooks: 0, receiver `stripe`"
        "#);
    }
}

async fn a_replay_of_the_dead_that_cannot_be_is_refused(database: &dyn Database) {
    let (api, root) = start(database).await;
    let id = dead(&api, "github", "org1").await;
    let mut told = Vec::new();
    for body in [
        json!({ "receiver": "a\0b", "receiverId": "\0", "action": "x".repeat(201) }),
        json!({ "from": "yesterday", "to": "tomorrow" }),
        json!({ "from": "2026-11-21T08:00:00Z", "to": "2026-11-21T08:00:00Z" }),
        json!({ "limit": 0 }),
        json!({ "limit": 10_001 }),
        json!({ "state": "processed" }),
    ] {
        let refused = replay_dead(&api, &root, &body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.shown());
        for error in refused.json()["errors"].as_array().unwrap() {
            told.push(format!("{}: {}", error["pointer"], error["detail"]));
        }
    }
    allow_duplicates! {
        assert_snapshot!(told.join("\n"), @r#"
        "/receiver": "a text to look for has at most 200 characters and no NUL character"
        "/receiverId": "a text to look for has at most 200 characters and no NUL character"
        "/action": "a text to look for has at most 200 characters and no NUL character"
        "/from": "`yesterday` is not an RFC 3339 time"
        "/to": "`tomorrow` is not an RFC 3339 time"
        "": "`from` must be before `to`"
        "/limit": "a limit is 1 to 10000"
        "/limit": "a limit is 1 to 10000"
        "/state": "unknown field `state`, expected one of `receiver`, `receiverId`, `action`, `from`, `to`, `limit` at line 1 column 8"
        "#);
    }
    assert_eq!(ids(&get(&api, &root, "?state=dead").await), [id.to_string()]);
}

async fn a_key_that_reads_cannot_replay_and_only_administrators_do_either(database: &dyn Database) {
    let (api, root) = start(database).await;
    let alice = api.user("alice").await;
    let reader = api.key(&root.user, KeyScopes::READ).await;
    let manager = api.key(&root.user, KeyScopes::MANAGE).await;
    let id = dead(&api, "github", "org1").await;
    for (method, path, manages) in [
        ("GET", PATH.to_owned(), false),
        ("GET", format!("{PATH}/{id}"), false),
        ("GET", format!("{PATH}/{id}/body"), false),
        ("POST", format!("{PATH}/{id}/replay"), true),
        ("POST", format!("{PATH}/replays"), true),
    ] {
        let call = async |token: &str| {
            api.call(method, &path).bearer(token).json(&json!({})).send().await.status
        };
        for token in [&alice.token, &alice.key] {
            assert_eq!(call(token).await, StatusCode::FORBIDDEN, "{method} {path}");
        }
        assert_eq!(call(&reader).await == StatusCode::FORBIDDEN, manages, "{method} {path}");
        assert!(call(&manager).await.is_success(), "{method} {path}");
    }
}
