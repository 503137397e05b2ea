use http::StatusCode;
use insta::assert_snapshot;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::harness::{Api, PASSWORD, Person, Reply};

async fn post(api: &Api, caller: &Person, path: &str, body: &Value) -> Reply {
    api.post(path).bearer(&caller.token).json(body).send().await
}

#[tokio::test]
async fn the_caller_learns_whom_they_act_as() {
    let api = Api::start().await;
    let alice = api.user("Alice").await;
    let me = api.get("/api/v1/me").bearer(&alice.token).send().await;
    assert_snapshot!(me.shown(), @r#"
    200 OK
    content-type: application/json
    {
      "apiKeyId": null,
      "id": "usr_…",
      "mayPublish": false,
      "name": "Alice",
      "role": "user"
    }
    "#);
    let me = api.get("/api/v1/me").bearer(&alice.key).send().await.json();
    assert_eq!(me["mayPublish"], json!(true));
    assert!(me["apiKeyId"].as_str().unwrap().starts_with("key_"));
}

#[tokio::test]
async fn an_administrator_adds_and_lists_users() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let body = json!({ "name": "Alice", "password": PASSWORD });
    assert_snapshot!(post(&api, &admin, "/api/v1/users", &body).await.shown(), @r#"
    201 Created
    content-type: application/json
    location: /api/v1/users/usr_…
    {
      "createdAt": "2026-11-21T08:00:00.000000Z",
      "disabled": false,
      "id": "usr_…",
      "name": "Alice",
      "role": "user"
    }
    "#);

    let list = api.get("/api/v1/users").bearer(&admin.token).send().await.json();
    let names: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|u| u["name"].clone()).collect();
    assert_eq!(names, [json!("Alice"), json!("root")]);
    assert_eq!(api.login("ALICE", PASSWORD).await.status, StatusCode::OK);

    let taken = json!({ "name": "aLICE", "password": PASSWORD });
    assert_snapshot!(post(&api, &admin, "/api/v1/users", &taken).await.shown(), @r#"
    409 Conflict
    content-type: application/problem+json
    {
      "code": "name_taken",
      "detail": "there is a user of this name already",
      "requestId": "…",
      "status": 409,
      "title": "Name taken",
      "type": "about:blank"
    }
    "#);
    let short = json!({ "name": "bob", "password": "1234567" });
    assert_snapshot!(post(&api, &admin, "/api/v1/users", &short).await.shown(), @r#"
    422 Unprocessable Entity
    content-type: application/problem+json
    {
      "code": "validation_failed",
      "errors": [
        {
          "detail": "a password has 8 to 256 characters",
          "pointer": "/password"
        }
      ],
      "requestId": "…",
      "status": 422,
      "title": "Validation failed",
      "type": "about:blank"
    }
    "#);
}

#[tokio::test]
async fn a_user_who_is_switched_off_is_out_at_once_and_can_come_back() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    let me = async || api.get("/api/v1/me").bearer(&alice.token).send().await.status;
    assert_eq!(me().await, StatusCode::OK);

    let path = format!("/api/v1/users/{}", alice.user.id);
    let switch = async |disabled: bool| {
        let body = json!({ "disabled": disabled });
        api.call("PATCH", &path).bearer(&admin.token).json(&body).send().await
    };
    assert_eq!(switch(true).await.json()["disabled"], json!(true));
    assert_eq!(me().await, StatusCode::UNAUTHORIZED);
    assert_eq!(api.login("alice", PASSWORD).await.status, StatusCode::BAD_REQUEST);
    switch(false).await;
    assert_eq!(me().await, StatusCode::OK);
}

#[tokio::test]
async fn nobody_switches_themselves_off() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let path = format!("/api/v1/users/{}", admin.user.id);
    let call = api.call("PATCH", &path).bearer(&admin.token);
    assert_snapshot!(call.json(&json!({ "disabled": true })).send().await.shown(), @r#"
    409 Conflict
    content-type: application/problem+json
    {
      "code": "own_account",
      "detail": "you cannot switch yourself off",
      "requestId": "…",
      "status": 409,
      "title": "Own account",
      "type": "about:blank"
    }
    "#);
}

#[tokio::test]
async fn permissions_are_granted_listed_and_revoked() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    let path = format!("/api/v1/users/{}/permissions", alice.user.id);
    let one = json!({ "kind": "reports", "resourceId": "42", "access": ["modify", "read"] });
    let granted = post(&api, &admin, &path, &one).await;
    assert_snapshot!(granted.shown(), @r#"
    201 Created
    content-type: application/json
    {
      "access": [
        "read",
        "modify"
      ],
      "id": "prm_…",
      "kind": "reports",
      "resourceId": "42"
    }
    "#);

    let list = api.get(&path).bearer(&admin.token).send().await.json();
    assert_eq!(list["items"], json!([granted.json()]));

    let permission = format!("{path}/{}", granted.json()["id"].as_str().unwrap());
    for expected in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND] {
        let reply = api.call("DELETE", &permission).bearer(&admin.token).send().await;
        assert_eq!(reply.status, expected);
    }
    let list = api.get(&path).bearer(&admin.token).send().await.json();
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn a_permission_that_makes_no_sense_is_refused() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    let path = format!("/api/v1/users/{}/permissions", alice.user.id);
    for (body, pointer) in [
        (json!({ "kind": "orders", "access": ["read"] }), "/kind"),
        (json!({ "kind": "reports", "access": ["modify"] }), "/access"),
        (json!({ "kind": "reports", "access": [] }), "/access"),
        (json!({ "kind": "reports", "access": ["own"] }), "/access/0"),
        (json!({ "kind": "reports", "resourceId": "1", "access": ["create"] }), ""),
    ] {
        let reply = post(&api, &admin, &path, &body).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(reply.json()["errors"][0]["pointer"], json!(pointer), "{}", reply.shown());
    }
    let nobody = format!("/api/v1/users/{}/permissions", alice.user.id.0.as_u128());
    let body = json!({ "kind": "reports", "access": ["read"] });
    assert_eq!(post(&api, &admin, &nobody, &body).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_api_key_is_shown_once_and_acts_for_its_user() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    let body = json!({ "name": "importer", "userId": alice.user.id });
    let created = post(&api, &admin, "/api/v1/api-keys", &body).await;
    assert_eq!(created.status, StatusCode::CREATED);
    let key = created.json()["key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("prk_"), "{key}");
    let me = api.get("/api/v1/me").bearer(&key).send().await.json();
    assert_eq!(me["id"], json!(alice.user.id));

    let nobody = json!({ "name": "importer", "userId": "usr_00000000000000000000000000000000" });
    let refused = post(&api, &admin, "/api/v1/api-keys", &nobody).await;
    assert_eq!(refused.json()["errors"][0]["pointer"], json!("/userId"));
    let unnamed = post(&api, &admin, "/api/v1/api-keys", &json!({ "name": "" })).await;
    assert_eq!(unnamed.json()["errors"][0]["pointer"], json!("/name"));
}

#[tokio::test]
async fn the_first_administrator_is_added_only_where_there_is_no_user() {
    let api = Api::start().await;
    let first = api.accounts.ensure_first_administrator("admin", None).await.unwrap().unwrap();
    let password = first.generated_password.unwrap();
    let login = api.login("admin", password.expose_secret()).await;
    assert_eq!(login.status, StatusCode::OK);
    // A password that breaks the rule does no harm where it is not needed.
    let again = api.accounts.ensure_first_administrator("other", Some(&"x".into())).await;
    assert!(again.unwrap().is_none());
}
