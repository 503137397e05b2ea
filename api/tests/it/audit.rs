use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Api, PASSWORD, Person, SECRET, report_event};

mod looking;

/// What the log has but logins that succeeded, the newest first: each person of a test has one.
async fn entries(api: &Api, administrator: &Person, query: &str) -> Vec<Value> {
    let path = format!("/api/v1/audit?{query}");
    let list = api.get(&path).bearer(&administrator.token).send().await;
    assert_eq!(list.status, StatusCode::OK, "{}", list.shown());
    let mut items = list.json()["items"].as_array().unwrap().clone();
    items.retain(|item| item["action"] != "POST /Token" || item["outcome"] != "done");
    items
}

/// Action, outcome and status of each entry, the oldest first.
fn shown(entries: &[Value]) -> Vec<(&str, &str, Option<u64>)> {
    entries
        .iter()
        .rev()
        .map(|entry| {
            let text = |member: &str| entry[member].as_str().unwrap();
            (text("action"), text("outcome"), entry["status"].as_u64())
        })
        .collect()
}

#[tokio::test]
async fn what_is_changed_is_noted_with_who_did_it_and_what_came_of_it() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    api.clock.advance(Duration::from_secs(1));
    let body = json!({ "name": "Alice", "password": PASSWORD });
    let call = api.post("/api/v1/users?x=y").bearer(&admin.token).coming_from("192.0.2.7");
    let added = call.header("x-request-id", "from-the-gateway").json(&body).send().await;
    let log = api.get("/api/v1/audit?limit=1").bearer(&admin.token).send().await;
    assert_snapshot!(log.shown().split_once("\n  \"next\"").unwrap().0, @r#"
    200 OK
    content-type: application/json
    {
      "items": [
        {
          "action": "POST /api/v1/users",
          "actorId": "usr_…",
          "actorName": "root",
          "address": "192.0.2.7",
          "apiKeyId": null,
          "at": "2026-11-21T08:00:01.000000Z",
          "detail": null,
          "id": "aud_…",
          "outcome": "done",
          "requestId": "from-the-gateway",
          "status": 201,
          "target": "/api/v1/users/usr_…"
        }
      ],
    "#);
    let log = log.json();
    assert_eq!(log["items"][0]["target"], json!(added.header("location").unwrap()));
    assert_eq!(log["items"][0]["actorId"], json!(admin.user.id));
}

#[tokio::test]
async fn what_is_refused_and_denied_is_noted_and_what_is_read_or_published_is_not() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    api.publish(&admin, report_event()).await;
    api.get("/api/v1/users").bearer(&admin.token).send().await;
    api.get("/api/v1/users/x").bearer(&admin.token).send().await;

    let nobody = "/api/v1/users/usr_00000000000000000000000000000000";
    for call in [
        api.call("DELETE", nobody).bearer(&admin.token),
        api.post("/api/v1/users").bearer(&admin.token).json(&json!({})),
        api.call("DELETE", nobody).bearer(&alice.key),
        api.get("/api/v1/users").bearer(&alice.token),
        api.post("/api/v1/events").bearer(&alice.token).json(&report_event()),
        // No route has it, so that it can do nothing.
        api.call("DELETE", "/api/v1/users").bearer(&admin.token),
    ] {
        api.clock.advance(Duration::from_secs(1));
        call.send().await;
    }

    let log = entries(&api, &admin, "").await;
    assert_eq!(
        shown(&log),
        [
            ("DELETE /api/v1/users/{id}", "refused", Some(404)),
            ("POST /api/v1/users", "refused", Some(422)),
            ("DELETE /api/v1/users/{id}", "denied", Some(403)),
            ("GET /api/v1/users", "denied", Some(403)),
            ("POST /api/v1/events", "denied", Some(403)),
        ]
    );
    assert_eq!(log[4]["target"], json!(nobody));
    assert!(log[2]["apiKeyId"].as_str().unwrap().starts_with("key_"));

    let denied = entries(&api, &admin, &format!("actor={}&outcome=denied", alice.user.id)).await;
    assert_eq!(denied.len(), 3);
    assert_eq!(entries(&api, &admin, &format!("actor={}", admin.user.id)).await.len(), 2);
    assert_eq!(entries(&api, &admin, "outcome=failed").await.len(), 0);
    for query in ["actor=x", "outcome=x", "who=x"] {
        let refused = api.get(&format!("/api/v1/audit?{query}")).bearer(&admin.token).send().await;
        assert_eq!(refused.json()["code"], json!("invalid_query"), "{query}");
    }
}

#[tokio::test]
async fn the_log_is_read_page_by_page() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    for n in 0..3 {
        api.clock.advance(Duration::from_secs(1));
        let path = format!("/api/v1/roles/{n}");
        api.call("DELETE", &path).bearer(&admin.token).send().await;
    }
    let page = api.get("/api/v1/audit?limit=2").bearer(&admin.token).send().await.json();
    assert_eq!(page["items"][0]["target"], json!("/api/v1/roles/2"));
    let cursor = page["next"].as_str().unwrap();
    let last = entries(&api, &admin, &format!("cursor={cursor}")).await;
    assert_eq!((last.len(), &last[0]["target"]), (1, &json!("/api/v1/roles/0")));
}

#[tokio::test]
async fn a_login_that_fails_is_noted_with_the_name_that_was_claimed() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    api.login("root", "wrong horse").await;
    api.clock.advance(Duration::from_secs(1));
    let claimed = "ro\u{0}ot\n".to_owned() + &"x".repeat(10_000);
    let form = [("grant_type", "password"), ("username", &claimed), ("password", "wrong horse")];
    api.post("/token").coming_from("192.0.2.7").form(&form).send().await;
    // What is no attempt to log in is nobody's act.
    api.post("/Token").form(&[("grant_type", "password")]).send().await;

    let log = entries(&api, &admin, "").await;
    assert_eq!(
        shown(&log),
        [("POST /Token", "denied", Some(400)), ("POST /token", "denied", Some(400))]
    );
    assert_eq!((&log[1]["actorName"], &log[1]["actorId"]), (&json!("root"), &json!(null)));
    assert!(log[0]["actorName"].as_str().unwrap().starts_with("ro\u{fffd}ot\u{fffd}xxx"));
    assert_eq!(log[0]["address"], json!("192.0.2.7"));
}

#[tokio::test]
async fn requests_without_a_good_token_are_counted_and_not_noted() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let made_up = format!("prt_{}", "A".repeat(43));
    api.call("DELETE", "/api/v1/users/x").send().await;
    api.get("/api/v1/users").bearer(&made_up).send().await;
    api.login("root", "wrong horse").await;
    assert_eq!(entries(&api, &admin, "").await.len(), 1);
    assert!((api.counted("postrider_http_unauthenticated_total") - 2.0).abs() < f64::EPSILON);
}

#[tokio::test]
async fn what_cannot_be_noted_is_not_done() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let broken =
        "CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END";
    api.database.execute(broken).await;
    let body = json!({ "name": "Alice", "password": PASSWORD });
    let reply = api.post("/api/v1/users").bearer(&admin.token).json(&body).send().await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{}", reply.shown());
    for password in ["wrong horse", PASSWORD] {
        let refused = api.login("root", password).await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.shown());
    }

    api.database.execute("DROP TRIGGER broken").await;
    let users = api.get("/api/v1/users").bearer(&admin.token).send().await.json();
    assert_eq!(users["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_act_that_begins_and_cannot_end_stays_begun() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let broken =
        "CREATE TRIGGER broken BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'no'); END";
    api.database.execute(broken).await;
    let added = api.post("/api/v1/roles").bearer(&admin.token).json(&json!({ "name": "x" }));
    // It was done, and the client is told so.
    assert_eq!(added.send().await.status, StatusCode::CREATED);
    let log = entries(&api, &admin, "outcome=started").await;
    assert_eq!(shown(&log), [("POST /api/v1/roles", "started", None)]);
}

#[tokio::test]
async fn nothing_secret_is_in_the_log() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    api.register(&alice, "https://h9.example/hook?token=s3cr3t").await;
    api.post("/api/v1/api-keys").bearer(&alice.token).json(&json!({ "name": "x" })).send().await;
    let password = format!("/api/v1/users/{}/password", alice.user.id);
    let body = json!({ "password": "battery staple" });
    api.call("PUT", &password).bearer(&admin.token).json(&body).send().await;
    api.login("alice", "wrong horse").await;

    let log = api.get("/api/v1/audit").bearer(&admin.token).send().await;
    // With the two logins that everything began with.
    assert_eq!(log.json()["items"].as_array().unwrap().len(), 6);
    for secret in [SECRET, "s3cr3t", "h9.example", "prk_", "prt_", "battery", "horse"] {
        assert!(!log.text().contains(secret), "{secret}: {}", log.text());
    }
}
