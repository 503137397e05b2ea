//! Who sees a secret, and how it is replaced.

use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{PATH, create, patch};
use crate::harness::{Api, Person, Reply, SECRET};

const OTHER: &str = "abcdefghijklmnopqrstuvwxyz012345";

async fn secret(api: &Api, token: &str, id: &str) -> Reply {
    api.get(&format!("{PATH}/{id}/secret")).bearer(token).send().await
}

async fn rotate(api: &Api, caller: &Person, id: &str, body: &Value) -> Reply {
    api.post(&format!("{PATH}/{id}/secret")).bearer(&caller.token).json(body).send().await
}

#[tokio::test]
async fn a_registration_without_a_secret_gets_one_that_its_owner_can_read() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let created = create(&api, &alice, &json!({ "uri": "https://h9.example/" })).await.json();
    let generated = created["secret"].as_str().unwrap();
    assert_eq!(generated.len(), 64);
    let shown = secret(&api, &alice.token, created["id"].as_str().unwrap()).await;
    assert_eq!(shown.json(), json!({ "secret": generated, "previous": null }));
}

#[tokio::test]
async fn nothing_but_creation_and_the_secret_itself_shows_a_secret() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let id = api.register(&alice, "https://h9.example/").await;
    let path = format!("{PATH}/{id}");
    let body = json!({ "uri": "https://h10.example/", "secret": OTHER });
    for call in [
        api.get(PATH),
        api.get(&path),
        api.call("PATCH", &path).json(&json!({ "paused": true })),
        api.call("PUT", &path).json(&body),
    ] {
        let reply = call.bearer(&alice.token).send().await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.shown());
        assert!(!reply.text().contains("\"secret\""), "{}", reply.text());
        assert!(!reply.text().contains(SECRET), "{}", reply.text());
        assert!(!reply.text().contains(OTHER), "{}", reply.text());
    }
}

#[tokio::test]
async fn nobody_but_its_owner_sees_or_changes_a_secret() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let (alice, bob) = (api.user("alice").await, api.user("bob").await);
    let id = api.register(&alice, "https://h9.example/").await;
    for (caller, status) in [(&root, StatusCode::FORBIDDEN), (&bob, StatusCode::NOT_FOUND)] {
        assert_eq!(secret(&api, &caller.token, &id).await.status, status);
        assert_eq!(rotate(&api, caller, &id, &json!({})).await.status, status);
        let changed = patch(&api, caller, &id, &json!({ "secret": OTHER })).await;
        assert_eq!(changed.status, status);
    }
    assert_eq!(secret(&api, &alice.token, &id).await.json()["secret"], json!(SECRET));
}

#[tokio::test]
async fn a_key_that_may_only_read_is_not_good_for_secrets() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let id = api.register(&alice, "https://h9.example/").await;
    for (scopes, status) in
        [(json!(["read"]), StatusCode::FORBIDDEN), (json!(["manage"]), StatusCode::OK)]
    {
        let body = json!({ "name": "tests", "scopes": scopes });
        let key = api.post("/api/v1/api-keys").bearer(&alice.token).json(&body).send().await;
        let key = key.json()["key"].as_str().unwrap().to_owned();
        let shown = secret(&api, &key, &id).await;
        assert_eq!(shown.status, status, "{scopes}: {}", shown.shown());
    }
}

#[tokio::test]
async fn a_rotated_secret_leaves_the_old_one_in_force_for_the_overlap() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let id = api.register(&alice, "https://h9.example/").await;
    let body = json!({ "secret": OTHER, "overlapSeconds": 600 });
    let rotated = rotate(&api, &alice, &id, &body).await;
    assert_eq!(rotated.status, StatusCode::OK, "{}", rotated.shown());
    assert_eq!(
        rotated.json(),
        json!({
            "secret": OTHER,
            "previous": { "secret": SECRET, "endsAt": "2026-11-21T08:10:00.000000Z" },
        })
    );
    assert_eq!(secret(&api, &alice.token, &id).await.json(), rotated.json());
    api.clock.advance(Duration::from_mins(10));
    let after = secret(&api, &alice.token, &id).await.json();
    assert_eq!(after, json!({ "secret": OTHER, "previous": null }));
}

#[tokio::test]
async fn a_rotation_without_further_words_generates_a_secret_and_overlaps_for_a_day() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let id = api.register(&alice, "https://h9.example/").await;
    let rotated = rotate(&api, &alice, &id, &json!({})).await.json();
    assert_eq!(rotated["secret"].as_str().unwrap().len(), 64);
    assert_eq!(rotated["previous"]["endsAt"], json!("2026-11-22T08:00:00.000000Z"));
}

#[tokio::test]
async fn a_rotation_without_overlap_and_a_changed_secret_end_the_old_one_at_once() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let id = api.register(&alice, "https://h9.example/").await;
    rotate(&api, &alice, &id, &json!({})).await;
    let rotated = rotate(&api, &alice, &id, &json!({ "overlapSeconds": 0 })).await.json();
    assert_eq!(rotated["previous"], Value::Null);

    rotate(&api, &alice, &id, &json!({})).await;
    patch(&api, &alice, &id, &json!({ "secret": OTHER })).await;
    let changed = secret(&api, &alice.token, &id).await.json();
    assert_eq!(changed, json!({ "secret": OTHER, "previous": null }));
}

#[tokio::test]
async fn a_rotation_that_makes_no_sense_is_refused() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let id = api.register(&alice, "https://h9.example/").await;
    let mut told = Vec::new();
    for body in [
        json!({ "secret": "short" }),
        json!({ "secret": SECRET }),
        json!({ "overlapSeconds": 30 * 24 * 3600 + 1 }),
    ] {
        let refused = rotate(&api, &alice, &id, &body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        told.push(refused.json()["errors"][0].to_string());
    }
    assert_snapshot!(told.join("\n"), @r#"
    {"detail":"The WebHook secret key parameter must be between 32 and 128 characters long.","pointer":"/secret"}
    {"detail":"the secret is the one that is in force already","pointer":"/secret"}
    {"detail":"the overlap is longer than 2592000 seconds","pointer":"/overlapSeconds"}
    "#);
}
