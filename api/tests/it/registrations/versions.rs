//! Requests that are made twice, or meant for another version.

use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{PATH, patch};
use crate::harness::{Api, Person, Reply};

async fn create_keyed(api: &Api, owner: &Person, key: &str, body: &Value) -> Reply {
    let call = api.post(PATH).bearer(&owner.token).header("idempotency-key", key);
    call.json(body).send().await
}

async fn count(api: &Api, owner: &Person) -> usize {
    let list = api.get(PATH).bearer(&owner.token).send().await.json();
    list["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_repeated_creation_with_its_key_shows_the_registration_as_it_is_by_then() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let body = json!({ "uri": "https://h9.example/" });
    let once = create_keyed(&api, &alice, "k", &body).await;
    let id = once.json()["id"].as_str().unwrap().to_owned();
    patch(&api, &alice, &id, &json!({ "paused": true })).await;

    let again = create_keyed(&api, &alice, "k", &body).await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.shown());
    assert_eq!(again.header("location"), once.header("location"));
    assert_eq!(again.json()["secret"], once.json()["secret"]);
    assert_eq!(again.json()["paused"], json!(true));
    assert_eq!(count(&api, &alice).await, 1);
}

#[tokio::test]
async fn a_key_with_another_body_is_a_conflict_that_stores_nothing() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    create_keyed(&api, &alice, "k", &json!({ "uri": "https://h9.example/" })).await;
    let other = create_keyed(&api, &alice, "k", &json!({ "uri": "https://h10.example/" })).await;
    assert_snapshot!(other.shown(), @r#"
    409 Conflict
    content-type: application/problem+json
    {
      "code": "idempotency_conflict",
      "detail": "the key was used before for another request; nothing was stored",
      "requestId": "…",
      "status": 409,
      "title": "Key used for other content",
      "type": "about:blank"
    }
    "#);
    assert_eq!(count(&api, &alice).await, 1);
}

#[tokio::test]
async fn a_key_whose_registration_is_deleted_does_not_bring_it_back() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let body = json!({ "uri": "https://h9.example/" });
    let once = create_keyed(&api, &alice, "k", &body).await;
    api.call("DELETE", once.header("location").unwrap()).bearer(&alice.token).send().await;
    let again = create_keyed(&api, &alice, "k", &body).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.shown());
    assert_eq!(count(&api, &alice).await, 0);
}

#[tokio::test]
async fn many_repeats_at_once_are_one_registration() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let body = json!({ "uri": "https://h9.example/" });
    let mut repeats = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let call = api.post(PATH).bearer(&alice.token).header("idempotency-key", "k");
        repeats.spawn(call.json(&body).send());
    }
    let replies = repeats.join_all().await;
    assert!(replies.iter().all(|reply| reply.status == StatusCode::CREATED));
    let ids: std::collections::BTreeSet<_> =
        replies.iter().map(|reply| reply.json()["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(count(&api, &alice).await, 1);
}

#[tokio::test]
async fn two_owners_may_use_the_same_key() {
    let api = Api::start().await;
    let (alice, bob) = (api.user("alice").await, api.user("bob").await);
    let body = json!({ "uri": "https://h9.example/" });
    let one = create_keyed(&api, &alice, "k", &body).await.json();
    let two = create_keyed(&api, &bob, "k", &body).await.json();
    assert_ne!(one["id"], two["id"]);
    assert_eq!(two["ownerId"], json!(bob.user.id));
}

#[tokio::test]
async fn a_change_that_is_meant_for_another_version_is_refused() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let id = api.register(&alice, "https://h9.example/").await;
    let path = format!("{PATH}/{id}");
    let shown = api.get(&path).bearer(&alice.token).send().await;
    let old = shown.header("etag").unwrap().to_owned();
    let unchanged = api.get(&path).bearer(&alice.token).header("if-none-match", &old).send().await;
    assert_eq!((unchanged.status, unchanged.text()), (StatusCode::NOT_MODIFIED, ""));

    let changed = api.call("PATCH", &path).bearer(&alice.token).header("if-match", &old);
    let changed = changed.json(&json!({ "paused": true })).send().await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.shown());
    let new = changed.header("etag").unwrap().to_owned();
    assert_ne!(new, old);

    let secret = format!("{path}/secret");
    for (method, path, body) in [
        ("PUT", &path, json!({ "uri": "https://h10.example/" })),
        ("PATCH", &path, json!({ "paused": false })),
        ("POST", &secret, json!({})),
        ("DELETE", &path, json!({})),
    ] {
        let call = api.call(method, path).bearer(&alice.token).header("if-match", &old);
        let refused = call.json(&body).send().await;
        assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED, "{method}");
        assert_eq!(refused.json()["code"], json!("precondition_failed"), "{method}");
    }
    let deleted = api.call("DELETE", &path).bearer(&alice.token).header("if-match", &new);
    assert_eq!(deleted.send().await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn an_administrators_change_of_anothers_registration_is_noted_with_its_owner() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    let id = api.register(&alice, "https://h9.example/?code=s3cr3t").await;
    let paused = patch(&api, &root, &id, &json!({ "paused": true })).await;
    assert_eq!(paused.status, StatusCode::OK, "{}", paused.shown());
    // Entries of one millisecond are in no particular order.
    api.clock.advance(Duration::from_millis(1));
    patch(&api, &alice, &id, &json!({ "paused": false })).await;

    let log = api.get("/api/v1/audit").bearer(&root.token).send().await;
    assert!(!log.text().contains("s3cr3t"), "{}", log.text());
    let entries = log.json()["items"].as_array().unwrap().clone();
    let details: Vec<_> = entries
        .iter()
        .filter(|entry| entry["action"] == json!("PATCH /api/v1/registrations/{id}"))
        .map(|entry| entry["detail"].clone())
        .collect();
    let note = format!("a registration of {}", alice.user.id);
    assert_eq!(details, [Value::Null, json!(note)]);
}

#[tokio::test]
async fn a_registration_that_cannot_be_decrypted_can_be_deleted() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    let bodies = ["https://h9.example/1", "https://h9.example/2", "https://h9.example/3"];
    let mut made = Vec::new();
    for uri in bodies {
        let call = api.post(PATH).bearer(&alice.token).json(&json!({ "uri": uri }));
        made.push(call.send().await);
    }
    api.database.execute("UPDATE registrations SET secret = 'broken'").await;
    let [first, second, third] = [0, 1, 2].map(|at: usize| made[at].header("location").unwrap());
    assert!(api.get(first).bearer(&alice.token).send().await.status.is_server_error());

    let delete = async |path: &str, person: &Person, version: Option<&str>| {
        let mut call = api.call("DELETE", path).bearer(&person.token);
        if let Some(version) = version {
            call = call.header("if-match", version);
        }
        call.send().await.status
    };
    let gone = StatusCode::NO_CONTENT;
    assert_eq!(delete(first, &alice, None).await, gone);
    for other in ["\"1\"", "nonsense", "\"1\", \"2\""] {
        let refused = delete(second, &alice, Some(other)).await;
        assert_eq!(refused, StatusCode::PRECONDITION_FAILED, "{other}");
    }
    let version = made[1].header("etag").unwrap();
    assert_eq!(delete(second, &alice, Some(&format!("\"1\", {version}"))).await, gone);
    assert_eq!(delete(second, &alice, Some(version)).await, StatusCode::NOT_FOUND);
    assert_eq!(delete(third, &root, Some("*")).await, gone);
}
