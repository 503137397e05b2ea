use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Api, PASSWORD, Person, Reply};

const READERS: &str = "/api/v1/roles/rol_00000000000070008000000000000003";

async fn change_password(api: &Api, token: &str, body: &Value) -> Reply {
    api.call("PUT", "/api/v1/me/password").bearer(token).json(body).send().await
}

async fn put_into(api: &Api, administrator: &Person, role: &str, person: &Person) {
    let path = format!("{role}/members/{}", person.user.id);
    let added = api.call("PUT", &path).bearer(&administrator.token).send().await;
    assert_eq!(added.status, StatusCode::NO_CONTENT);
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
      "administrator": false,
      "credential": {
        "id": null,
        "kind": "token",
        "scopes": [
          "read",
          "manage"
        ]
      },
      "id": "usr_…",
      "name": "Alice",
      "roles": [],
      "session": null
    }
    "#);
    let me = api.get("/api/v1/me").bearer(&alice.key).send().await.json();
    assert_eq!(me["credential"]["kind"], json!("key"));
    assert_eq!(me["credential"]["scopes"], json!(["publish", "read", "manage"]));
    assert!(me["credential"]["id"].as_str().unwrap().starts_with("key_"));
}

#[tokio::test]
async fn the_caller_learns_what_they_may_do_and_why() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    api.may_read_reports(&admin, &alice).await;
    put_into(&api, &admin, READERS, &alice).await;
    let list = api.get("/api/v1/me/permissions").bearer(&alice.token).send().await.json();
    let items = list["items"].as_array().unwrap();
    assert_eq!(items[0]["kind"], json!("reports"));
    assert_eq!(items[0]["role"], json!(null));
    // Read on each of the five kinds.
    assert_eq!(items.len(), 6);
    assert!(items[1..].iter().all(|item| item["role"]["name"] == "Report Reader"));
    assert!(items[1..].iter().all(|item| item["access"] == json!(["read"])));

    let me = api.get("/api/v1/me").bearer(&alice.token).send().await.json();
    assert_eq!(me["roles"][0]["name"], json!("Report Reader"));
}

#[tokio::test]
async fn who_knows_the_present_password_changes_it() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let wrong = json!({ "currentPassword": "wrong horse", "newPassword": "battery staple" });
    assert_snapshot!(change_password(&api, &alice.token, &wrong).await.shown(), @r#"
    403 Forbidden
    content-type: application/problem+json
    {
      "code": "wrong_password",
      "detail": "`currentPassword` is not the present password",
      "requestId": "…",
      "status": 403,
      "title": "Wrong password",
      "type": "about:blank"
    }
    "#);
    let short = json!({ "currentPassword": PASSWORD, "newPassword": "short" });
    let refused = change_password(&api, &alice.token, &short).await;
    assert_eq!(refused.json()["errors"][0]["pointer"], json!("/newPassword"));
    assert_eq!(api.login("alice", PASSWORD).await.status, StatusCode::OK);

    let right = json!({ "currentPassword": PASSWORD, "newPassword": "battery staple" });
    // A key may not, since its holder has not shown that they are the user.
    assert_eq!(change_password(&api, &alice.key, &right).await.status, StatusCode::FORBIDDEN);
    let changed = change_password(&api, &alice.token, &right).await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT);
    let me = api.get("/api/v1/me").bearer(&alice.token).send().await;
    assert_eq!(me.status, StatusCode::UNAUTHORIZED);
    assert_eq!(api.login("alice", "battery staple").await.status, StatusCode::OK);
}

#[tokio::test]
async fn guessing_the_present_password_is_slowed_down() {
    let api = Api::start_with(|config| {
        config.login.account_burst = 3;
        config.login.account_refill = Duration::from_secs(10);
    })
    .await;
    // Logging her in has used one attempt.
    let alice = api.user("alice").await;
    let wrong = json!({ "currentPassword": "wrong horse", "newPassword": "battery staple" });
    for _ in 0..2 {
        let refused = change_password(&api, &alice.token, &wrong).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
    let slowed = change_password(&api, &alice.token, &wrong).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(slowed.header("retry-after"), Some("10"));
}

#[tokio::test]
async fn who_signs_out_is_out_at_once_and_elsewhere_stays_in() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let elsewhere = api.login("alice", PASSWORD).await.json();
    let elsewhere = elsewhere["access_token"].as_str().unwrap();
    let me = async |token: &str| api.get("/api/v1/me").bearer(token).send().await.status;
    assert_eq!(me(&alice.token).await, StatusCode::OK);

    let sign_out = async |token: &str| {
        api.call("DELETE", "/api/v1/me/token").bearer(token).send().await.status
    };
    assert_eq!(sign_out(&alice.key).await, StatusCode::FORBIDDEN);
    assert_eq!(sign_out(&alice.token).await, StatusCode::NO_CONTENT);
    assert_eq!(me(&alice.token).await, StatusCode::UNAUTHORIZED);
    assert_eq!(me(elsewhere).await, StatusCode::OK);
    assert_eq!(me(&alice.key).await, StatusCode::OK);
}
