//! Logins, looks at secrets, and what is read or tried over and over.

use std::time::Duration;

use http::StatusCode;
use postrider_domain::KeyScopes;
use serde_json::{Value, json};

use super::{entries, shown};
use crate::harness::{Api, PASSWORD, Person, SECRET, report_event};

/// Counts what was left out of the log.
const UNNOTED: &str = "postrider_audit_unnoted_total";

#[tokio::test]
async fn a_login_is_noted_with_who_it_was() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    api.clock.advance(Duration::from_secs(1));
    let form = [("grant_type", "password"), ("username", "ROOT"), ("password", PASSWORD)];
    api.post("/token").coming_from("192.0.2.7").form(&form).send().await;
    let log = entries(&api, &admin, "outcome=done").await;
    assert_eq!(shown(&log), [("POST /token", "done", Some(200))]);
    assert_eq!((&log[0]["actorId"], &log[0]["actorName"]), (&json!(admin.user.id), &json!("root")));
    assert_eq!(log[0]["address"], json!("192.0.2.7"));
}

#[tokio::test]
async fn a_look_at_a_secret_is_noted_before_anybody_has_it() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    let id = api.register(&alice, "https://h9.example/").await;
    let path = format!("/api/v1/registrations/{id}/secret");
    let look = async |token: &str| {
        api.clock.advance(Duration::from_secs(1));
        api.get(&path).bearer(token).send().await.status
    };
    let reader = api.key(&alice.user, KeyScopes::READ).await;
    for (token, status) in [
        (&alice.token, StatusCode::OK),
        (&alice.key, StatusCode::OK),
        (&admin.token, StatusCode::FORBIDDEN),
        (&reader, StatusCode::FORBIDDEN),
    ] {
        assert_eq!(look(token).await, status);
    }
    let log = entries(&api, &admin, "").await;
    let action = "GET /api/v1/registrations/{id}/secret";
    assert_eq!(
        shown(&log)[1..],
        [
            (action, "done", Some(200)),
            (action, "done", Some(200)),
            (action, "denied", Some(403)),
            (action, "denied", Some(403)),
        ]
    );
    assert_eq!((&log[0]["target"], &log[3]["apiKeyId"]), (&json!(path), &json!(null)));
    assert!(log[2]["apiKeyId"].is_string());

    let broken =
        "CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END";
    api.database.execute(broken).await;
    let unseen = api.get(&path).bearer(&alice.token).send().await;
    assert_eq!(unseen.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!unseen.text().contains(SECRET));
}

#[tokio::test]
async fn denied_reads_are_noted_once_a_minute_per_actor_and_route_and_counted() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let (alice, bob) = (api.user("alice").await, api.user("bob").await);
    let publisher = api.key(&alice.user, KeyScopes::PUBLISH).await;
    let get = async |path: &str, token: &str| {
        let reply = api.get(path).bearer(token).send().await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.shown());
    };
    for _ in 0..5 {
        get("/api/v1/users", &alice.token).await;
        get("/api/v1/users", &bob.token).await;
        get("/api/v1/me", &publisher).await;
    }
    get("/api/v1/roles", &alice.token).await;
    assert_eq!(entries(&api, &admin, "outcome=denied").await.len(), 4);
    assert!((api.counted(UNNOTED) - 12.0).abs() < f64::EPSILON);

    api.clock.advance(Duration::from_mins(1));
    get("/api/v1/users", &alice.token).await;
    assert_eq!(entries(&api, &admin, "outcome=denied").await.len(), 5);
    // What would have changed something is noted each time.
    for _ in 0..3 {
        api.post("/api/v1/users").bearer(&alice.token).json(&json!({})).send().await;
    }
    assert_eq!(entries(&api, &admin, "outcome=denied").await.len(), 8);
}

#[tokio::test]
async fn a_login_that_is_slowed_down_is_noted_once_a_minute_for_who_is_out_of_attempts() {
    let api = Api::start_with(|config| {
        config.login.account_burst = 2;
        config.login.account_refill = Duration::from_hours(1);
        config.login.address_burst = 1;
        config.login.address_refill = Duration::from_hours(1);
    })
    .await;
    let admin = api.administrator("root").await;
    api.login("root", "wrong horse").await;
    let slowed = async || {
        let log = entries(&api, &admin, "outcome=denied").await;
        log.into_iter().filter(|entry| entry["status"] == 429).collect::<Vec<_>>()
    };
    for _ in 0..3 {
        let reply = api.login("Root", PASSWORD).await;
        assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    }
    let log = slowed().await;
    assert_eq!(shown(&log), [("POST /Token", "denied", Some(429))]);
    assert_eq!((&log[0]["actorName"], &log[0]["actorId"]), (&json!("Root"), &json!(null)));
    assert!((api.counted(UNNOTED) - 2.0).abs() < f64::EPSILON);

    // An address that goes through names does not fill the log either.
    for name in ["a", "b", "c", "d"] {
        let form = [("grant_type", "password"), ("username", name), ("password", PASSWORD)];
        api.post("/Token").coming_from("192.0.2.7").form(&form).send().await;
    }
    assert_eq!(slowed().await.len(), 2);
    api.clock.advance(Duration::from_mins(1));
    api.login("root", PASSWORD).await;
    assert_eq!(slowed().await.len(), 3);
}

#[tokio::test]
async fn sending_again_what_is_anothers_is_noted_with_its_owner() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    api.may_read_reports(&root, &alice).await;
    let registration = api.register(&alice, "https://h9.example/").await;
    let event = api.publish(&root, report_event()).await;
    let delivery = api.dispatch(event).await[0];
    api.attempt(delivery, 200).await;
    let replays = format!("/api/v1/registrations/{registration}/replays");
    let post = async |caller: &Person, path: &str, body: Value| {
        // Entries of one millisecond are in no particular order.
        api.clock.advance(Duration::from_millis(1));
        let reply = api.post(path).bearer(&caller.token).json(&body).send().await;
        assert!(reply.status.is_success(), "{}", reply.shown());
        reply
    };
    for caller in [&root, &alice] {
        let started = post(caller, &replays, json!({ "states": ["delivered"] })).await;
        let replay = started.header("location").unwrap().to_owned();
        post(caller, &format!("{replay}/cancel"), json!({})).await;
        post(caller, &format!("/api/v1/deliveries/{delivery}/replay"), json!({})).await;
        api.attempt(delivery, 200).await;
    }

    let log = entries(&api, &root, "").await;
    let told = log.iter().filter(|entry| entry["action"].as_str().unwrap().contains("repl"));
    let told: Vec<_> = told.rev().map(|entry| entry["detail"].clone()).collect();
    let note = json!(format!("a registration of {}", alice.user.id));
    assert_eq!(told, [[note.clone(), note.clone(), note], [(); 3].map(|()| Value::Null)].concat());
}

#[tokio::test]
async fn what_an_administrator_reads_of_others_is_not_noted_and_what_they_change_is() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    let id = api.register(&alice, "https://h9.example/").await;
    let path = format!("/api/v1/registrations/{id}");
    for path in ["/api/v1/registrations", &path] {
        assert_eq!(api.get(path).bearer(&admin.token).send().await.status, StatusCode::OK);
    }
    api.call("DELETE", &path).bearer(&admin.token).send().await;
    let log = entries(&api, &admin, &format!("actor={}", admin.user.id)).await;
    assert_eq!(shown(&log), [("DELETE /api/v1/registrations/{id}", "done", Some(204))]);
    assert_eq!(log[0]["detail"], json!(format!("a registration of {}", alice.user.id)));
}
