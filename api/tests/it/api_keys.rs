use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use postrider_domain::KeyScopes;
use serde_json::{Value, json};

use crate::harness::{Api, Reply, report_event};

const PATH: &str = "/api/v1/api-keys";

async fn create(api: &Api, token: &str, body: &Value) -> Reply {
    api.post(PATH).bearer(token).json(body).send().await
}

#[tokio::test]
async fn an_api_key_is_shown_once_and_acts_for_its_user() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    api.clock.advance(Duration::from_secs(1));
    let created = create(&api, &alice.token, &json!({ "name": "importer" })).await;
    assert_eq!(created.status, StatusCode::CREATED);
    let key = created.json()["key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("prk_"), "{key}");
    assert_eq!(created.json()["scopes"], json!(["read"]));
    let me = api.get("/api/v1/me").bearer(&key).send().await.json();
    assert_eq!(me["id"], json!(alice.user.id));

    let list = api.get(PATH).bearer(&alice.token).send().await;
    assert!(!list.text().contains(&key));
    let item = &list.json()["items"].as_array().unwrap().clone()[0];
    assert_eq!((&item["name"], &item["expiresAt"]), (&json!("importer"), &json!(null)));

    let unnamed = create(&api, &alice.token, &json!({ "name": "" })).await;
    assert_eq!(unnamed.json()["errors"][0]["pointer"], json!("/name"));
    let useless = create(&api, &alice.token, &json!({ "name": "x", "scopes": [] })).await;
    assert_eq!(useless.json()["errors"][0]["pointer"], json!("/scopes"));
}

#[tokio::test]
async fn only_administrators_make_and_see_the_keys_of_others() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    let bob = api.user("bob").await;
    let body = json!({ "name": "importer", "userId": alice.user.id });
    assert_eq!(create(&api, &bob.token, &body).await.status, StatusCode::FORBIDDEN);
    let created = create(&api, &admin.token, &body).await.json();
    assert_eq!(created["userId"], json!(alice.user.id));
    let nobody = json!({ "name": "x", "userId": "usr_00000000000000000000000000000000" });
    let refused = create(&api, &admin.token, &nobody).await;
    assert_eq!(refused.json()["errors"][0]["pointer"], json!("/userId"));

    let keys = async |token: &str, query: &str| {
        let reply = api.get(&format!("{PATH}{query}")).bearer(token).send().await;
        let items = reply.json()["items"].as_array().map(Vec::len);
        (reply.status, items)
    };
    let of_alice = format!("?user={}", alice.user.id);
    assert_eq!(keys(&bob.token, "").await, (StatusCode::OK, Some(1)));
    assert_eq!(keys(&bob.token, &of_alice).await, (StatusCode::FORBIDDEN, None));
    assert_eq!(keys(&alice.token, &of_alice).await, (StatusCode::OK, Some(2)));
    assert_eq!(keys(&admin.token, &of_alice).await, (StatusCode::OK, Some(2)));
    assert_eq!(keys(&admin.token, "").await, (StatusCode::OK, Some(4)));

    // Somebody else's key cannot be ended, and is not found.
    let path = format!("{PATH}/{}", created["id"].as_str().unwrap());
    for (token, expected) in [
        (&bob.token, StatusCode::NOT_FOUND),
        (&alice.token, StatusCode::NO_CONTENT),
        (&admin.token, StatusCode::NOT_FOUND),
    ] {
        assert_eq!(api.call("DELETE", &path).bearer(token).send().await.status, expected);
    }
}

#[tokio::test]
async fn a_key_that_is_ended_is_out_at_once() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let created = create(&api, &alice.token, &json!({ "name": "importer" })).await.json();
    let key = created["key"].as_str().unwrap();
    let me = async || api.get("/api/v1/me").bearer(key).send().await.status;
    assert_eq!(me().await, StatusCode::OK);
    let path = format!("{PATH}/{}", created["id"].as_str().unwrap());
    api.call("DELETE", &path).bearer(&alice.token).send().await;
    assert_eq!(me().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_key_ends_when_it_is_said_to() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let body = json!({ "name": "for a day", "expiresAt": "2026-11-22T08:00:00Z" });
    let created = create(&api, &alice.token, &body).await.json();
    assert_eq!(created["expiresAt"], json!("2026-11-22T08:00:00.000000Z"));
    let key = created["key"].as_str().unwrap();
    let me = async || api.get("/api/v1/me").bearer(key).send().await.status;
    api.clock.advance(Duration::from_secs(24 * 3_600 - 1));
    assert_eq!(me().await, StatusCode::OK);
    // Not a moment longer than the time that a look-up is believed.
    api.clock.advance(Duration::from_secs(6));
    assert_eq!(me().await, StatusCode::UNAUTHORIZED);

    let login = api.login("alice", crate::harness::PASSWORD).await.json();
    let past = json!({ "name": "x", "expiresAt": "2026-11-20T08:00:00Z" });
    let refused = create(&api, login["access_token"].as_str().unwrap(), &past).await;
    assert_eq!(refused.json()["errors"][0]["pointer"], json!("/expiresAt"));
}

#[tokio::test]
async fn a_key_is_good_for_its_scopes_alone() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let registration = json!({ "uri": "https://h9.example/" });
    for (scopes, publishes, reads, manages) in [
        (KeyScopes::PUBLISH, true, false, false),
        (KeyScopes::READ, false, true, false),
        (KeyScopes::MANAGE, false, true, true),
        (KeyScopes::ALL, true, true, true),
    ] {
        let key = api.key(&root.user, scopes).await;
        let published = api.post("/api/v1/events").bearer(&key).json(&report_event()).send().await;
        let read = api.get("/api/v1/users").bearer(&key).send().await;
        let managed = api.post("/api/v1/registrations").bearer(&key).json(&registration);
        let managed = managed.send().await;
        for (reply, allowed) in [(published, publishes), (read, reads), (managed, manages)] {
            assert_eq!(reply.status != StatusCode::FORBIDDEN, allowed, "{}", reply.shown());
        }
    }
    let key = api.key(&root.user, KeyScopes::READ).await;
    let denied = api.post("/api/v1/registrations").bearer(&key).json(&registration).send().await;
    assert_snapshot!(denied.shown(), @r#"
    403 Forbidden
    content-type: application/problem+json
    {
      "code": "forbidden",
      "detail": "the API key lacks the scope `manage`",
      "requestId": "…",
      "status": 403,
      "title": "Not allowed",
      "type": "about:blank"
    }
    "#);
}

#[tokio::test]
async fn a_key_is_made_by_who_has_logged_in_and_by_no_other_key() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    for scopes in [json!(["read"]), json!(["manage"]), json!(null)] {
        let body = json!({ "name": "x", "scopes": scopes });
        let refused = create(&api, &root.key, &body).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.shown());
        assert!(refused.text().contains("this takes a login"), "{}", refused.text());
        assert_eq!(create(&api, &root.token, &body).await.status, StatusCode::CREATED);
    }
}

#[tokio::test]
async fn only_who_may_publish_makes_a_key_that_publishes() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    for (person, scopes, expected) in [
        (&alice, json!(["publish"]), None),
        (&alice, json!(["read", "publish"]), None),
        (&alice, json!(["read", "manage"]), Some(json!(["read", "manage"]))),
        (&alice, json!(null), Some(json!(["read"]))),
        (&root, json!(["publish", "manage"]), Some(json!(["publish", "read", "manage"]))),
        (&root, json!(null), Some(json!(["publish", "read"]))),
    ] {
        let body = json!({ "name": "x", "scopes": scopes });
        let reply = create(&api, &person.token, &body).await;
        match expected {
            None => assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.shown()),
            Some(scopes) if body["scopes"].is_null() => assert_eq!(reply.json()["scopes"], scopes),
            Some(_) => assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.shown()),
        }
    }
}

#[tokio::test]
async fn a_key_for_somebody_else_shows_nobody_their_secrets() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    let id = api.register(&alice, "https://h9.example/").await;
    let body = |scopes: Value| json!({ "name": "x", "userId": alice.user.id, "scopes": scopes });
    for scopes in [json!(["manage"]), json!(["publish", "read", "manage"])] {
        let refused = create(&api, &root.token, &body(scopes)).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.shown());
    }
    let made = create(&api, &root.token, &body(json!(["publish", "read"]))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.shown());
    let key = made.json()["key"].as_str().unwrap().to_owned();
    let secret = format!("/api/v1/registrations/{id}/secret");
    let denied = api.get(&secret).bearer(&key).send().await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
}
