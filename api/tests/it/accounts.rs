use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::harness::{Api, PASSWORD, Person, Reply};

async fn post(api: &Api, caller: &Person, path: &str, body: &Value) -> Reply {
    api.post(path).bearer(&caller.token).json(body).send().await
}

#[tokio::test]
async fn an_administrator_adds_and_lists_users() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let body = json!({ "name": "Alice", "password": PASSWORD });
    api.clock.advance(Duration::from_secs(1));
    assert_snapshot!(post(&api, &admin, "/api/v1/users", &body).await.shown(), @r#"
    201 Created
    content-type: application/json
    location: /api/v1/users/usr_…
    {
      "administrator": false,
      "createdAt": "2026-11-21T08:00:01.000000Z",
      "disabled": false,
      "id": "usr_…",
      "name": "Alice",
      "roles": [],
      "updatedAt": "2026-11-21T08:00:01.000000Z"
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
    let short = json!({ "name": "bob", "password": "12345678901" });
    assert_snapshot!(post(&api, &admin, "/api/v1/users", &short).await.shown(), @r#"
    422 Unprocessable Entity
    content-type: application/problem+json
    {
      "code": "validation_failed",
      "errors": [
        {
          "detail": "a password has 12 to 256 characters",
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
    // What was ended stays so: they log in anew.
    assert_eq!(me().await, StatusCode::UNAUTHORIZED);
    assert_eq!(api.login("alice", PASSWORD).await.status, StatusCode::OK);
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

#[tokio::test]
async fn there_is_no_way_to_set_the_product_up_over_http() {
    let api = Api::start().await;
    let body = json!({ "name": "mallory", "password": "mallory's password" });
    for path in ["/setup", "/api/v1/setup", "/api/v1/install", "/api/setup", "/api/v1/register"] {
        let reply = api.post(path).json(&body).send().await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
    }
    // Adding users takes a login, also where there is no user who could log in.
    let reply = api.post("/api/v1/users").json(&body).send().await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(api.login("mallory", "mallory's password").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_password_that_is_tried_first_is_refused() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    for (name, password) in
        [("alice in wonderland", "Alice in Wonderland"), ("alice", "PasswordPassword")]
    {
        let body = json!({ "name": name, "password": password });
        let refused = post(&api, &admin, "/api/v1/users", &body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{password}");
        assert_eq!(refused.json()["errors"][0]["pointer"], json!("/password"));
    }
}

#[tokio::test]
async fn users_are_found_by_a_part_of_their_name_page_by_page() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    for name in ["Alice", "Malice", "Bob"] {
        api.clock.advance(Duration::from_secs(1));
        api.user(name).await;
    }
    let page = async |query: &str| {
        let path = format!("/api/v1/users?{query}");
        api.get(&path).bearer(&admin.token).send().await.json()
    };
    let first = page("search=LIC&limit=1").await;
    assert_eq!(first["items"][0]["name"], json!("Malice"));
    let cursor = first["next"].as_str().unwrap();
    let second = page(&format!("search=LIC&limit=1&cursor={cursor}")).await;
    assert_eq!(second["items"][0]["name"], json!("Alice"));
    assert_eq!(second["next"], json!(null));
    for unfit in ["search=%00", &format!("search={}", "x".repeat(201)), "sort=name"] {
        let path = format!("/api/v1/users?{unfit}");
        let refused = api.get(&path).bearer(&admin.token).send().await;
        assert_eq!(refused.json()["code"], json!("invalid_query"), "{unfit}");
    }
}

#[tokio::test]
async fn a_user_who_is_deleted_is_out_at_once() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    let registration = api.register(&alice, "https://h9.example/").await;
    let path = format!("/api/v1/users/{}", alice.user.id);
    for token in [&alice.token, &alice.key] {
        assert_eq!(api.get("/api/v1/me").bearer(token).send().await.status, StatusCode::OK);
    }
    let deleted = api.call("DELETE", &path).bearer(&admin.token).send().await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    for token in [&alice.token, &alice.key] {
        let me = api.get("/api/v1/me").bearer(token).send().await;
        assert_eq!(me.status, StatusCode::UNAUTHORIZED);
    }
    let registration = format!("/api/v1/registrations/{registration}");
    for path in [&path, &registration] {
        let gone = api.get(path).bearer(&admin.token).send().await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let api = Api::start().await;
    let (root, second) = (api.administrator("root").await, api.administrator("second").await);
    let path = |person: &Person| format!("/api/v1/users/{}", person.user.id);
    let own = api.call("DELETE", &path(&root)).bearer(&root.token).send().await;
    assert_eq!(own.json()["code"], json!("own_account"));

    let members = "/api/v1/roles/rol_00000000000070008000000000000001/members";
    let member = |person: &Person| format!("{members}/{}", person.user.id);
    let removed = api.call("DELETE", &member(&second)).bearer(&root.token).send().await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    let last = api.call("DELETE", &member(&root)).bearer(&root.token).send().await;
    assert_snapshot!(last.shown(), @r#"
    409 Conflict
    content-type: application/problem+json
    {
      "code": "last_administrator",
      "detail": "nobody else who can manage anything would be left",
      "requestId": "…",
      "status": 409,
      "title": "Last administrator",
      "type": "about:blank"
    }
    "#);
    // Who is none any more is denied at once.
    let denied = api.get("/api/v1/users").bearer(&second.token).send().await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_user_can_be_added_with_roles() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let reader = "rol_00000000000070008000000000000003";
    let body = json!({ "name": "alice", "password": PASSWORD, "roles": [reader] });
    let added = post(&api, &admin, "/api/v1/users", &body).await.json();
    assert_eq!(added["roles"], json!([{ "id": reader, "name": "Report Reader" }]));
    assert_eq!(added["administrator"], json!(false));

    let administrators = "rol_00000000000070008000000000000001";
    let body = json!({ "name": "bob", "password": PASSWORD, "roles": [administrators] });
    let added = post(&api, &admin, "/api/v1/users", &body).await.json();
    assert_eq!(added["administrator"], json!(true));
    assert_eq!(added["roles"][0]["id"], json!(administrators));

    let nobody = "rol_00000000000000000000000000000000";
    let body = json!({ "name": "eve", "password": PASSWORD, "roles": [reader, nobody] });
    let refused = post(&api, &admin, "/api/v1/users", &body).await.json();
    assert_eq!(refused["errors"][0]["pointer"], json!("/roles/1"));
    assert_eq!(api.login("eve", PASSWORD).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_new_password_ends_every_login_at_once() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    let me = async || api.get("/api/v1/me").bearer(&alice.token).send().await.status;
    assert_eq!(me().await, StatusCode::OK);
    let path = format!("/api/v1/users/{}/password", alice.user.id);
    let body = json!({ "password": "battery staple" });
    let set = api.call("PUT", &path).bearer(&admin.token).json(&body).send().await;
    assert_eq!(set.status, StatusCode::NO_CONTENT);
    assert_eq!(me().await, StatusCode::UNAUTHORIZED);
    assert_eq!(api.login("alice", PASSWORD).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(api.login("alice", "battery staple").await.status, StatusCode::OK);

    // An administrator's own is changed by proving the present one.
    let own = format!("/api/v1/users/{}/password", admin.user.id);
    let own = api.call("PUT", &own).bearer(&admin.token).json(&body).send().await;
    assert_eq!(own.json()["code"], json!("own_account"));
}

#[tokio::test]
async fn an_administrator_ends_the_logins_of_a_user_and_leaves_the_keys() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    let me = async |token: &str| api.get("/api/v1/me").bearer(token).send().await.status;
    assert_eq!(me(&alice.token).await, StatusCode::OK);
    let path = format!("/api/v1/users/{}/tokens", alice.user.id);
    let ended = api.call("DELETE", &path).bearer(&admin.token).send().await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    assert_eq!(me(&alice.token).await, StatusCode::UNAUTHORIZED);
    assert_eq!(me(&alice.key).await, StatusCode::OK);
}
