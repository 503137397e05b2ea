use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Api, Person, Reply, report_event};

const PATH: &str = "/api/v1/roles";

async fn add(api: &Api, administrator: &Person, body: &Value) -> Reply {
    api.post(PATH).bearer(&administrator.token).json(body).send().await
}

#[tokio::test]
async fn the_built_in_roles_are_there_and_stay_as_they_are() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let list = api.get(PATH).bearer(&admin.token).send().await.json();
    let items = list["items"].as_array().unwrap();
    let names: Vec<_> = items.iter().map(|role| role["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["Data Administrator", "Report Creator", "Report Reader", "System Administrator"]
    );
    for role in items {
        let path = format!("{PATH}/{}", role["id"].as_str().unwrap());
        let renamed = api.call("PUT", &path).bearer(&admin.token);
        let renamed = renamed.json(&json!({ "name": "Mine" })).send().await;
        let deleted = api.call("DELETE", &path).bearer(&admin.token).send().await;
        for refused in [renamed, deleted] {
            assert_eq!(refused.json()["code"], json!("built_in"), "{}", refused.shown());
        }
    }
}

#[tokio::test]
async fn a_role_is_added_renamed_and_deleted() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let added = add(&api, &admin, &json!({ "name": "Auditors", "description": "See all" })).await;
    assert_snapshot!(added.shown(), @r#"
    201 Created
    content-type: application/json
    location: /api/v1/roles/rol_…
    {
      "builtIn": false,
      "createdAt": "2026-11-21T08:00:00.000000Z",
      "description": "See all",
      "id": "rol_…",
      "name": "Auditors",
      "updatedAt": "2026-11-21T08:00:00.000000Z"
    }
    "#);
    let path = added.header("location").unwrap().to_owned();
    assert_eq!(
        add(&api, &admin, &json!({ "name": "aUDITORS" })).await.json()["code"],
        "name_taken"
    );
    for (body, pointer) in [
        (json!({ "name": " Auditors" }), "/name"),
        (json!({ "name": "x".repeat(101) }), "/name"),
        (json!({ "name": "x", "description": "x".repeat(1025) }), "/description"),
        (json!({ "name": "x", "description": "\u{0}" }), "/description"),
    ] {
        let refused = add(&api, &admin, &body).await;
        assert_eq!(refused.json()["errors"][0]["pointer"], json!(pointer), "{body}");
    }

    api.clock.advance(Duration::from_secs(1));
    let replaced = api.call("PUT", &path).bearer(&admin.token);
    let replaced = replaced.json(&json!({ "name": "Revisors" })).send().await.json();
    assert_eq!((&replaced["name"], &replaced["description"]), (&json!("Revisors"), &json!(null)));
    assert_eq!(replaced["updatedAt"], json!("2026-11-21T08:00:01.000000Z"));
    let taken = api.call("PUT", &path).bearer(&admin.token);
    let taken = taken.json(&json!({ "name": "report reader" })).send().await;
    assert_eq!(taken.json()["code"], json!("name_taken"));

    for expected in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND] {
        let deleted = api.call("DELETE", &path).bearer(&admin.token).send().await;
        assert_eq!(deleted.status, expected);
    }
}

#[tokio::test]
async fn who_is_put_into_a_role_is_told_of_what_it_may_read_until_taken_out() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    api.register(&alice, "https://h9.example/").await;
    let role = add(&api, &admin, &json!({ "name": "Readers" })).await;
    let role = role.header("location").unwrap().to_owned();
    let body = json!({
        "kind": "reports", "scope": "category", "target": "finance", "access": ["read"],
    });
    let granted = api.post(&format!("{role}/permissions")).bearer(&admin.token).json(&body);
    assert_eq!(granted.send().await.status, StatusCode::CREATED);
    let member = format!("{role}/members/{}", alice.user.id);
    let deliveries = async || {
        let event = api.publish(&admin, report_event()).await;
        api.dispatch(event).await.len()
    };

    assert_eq!(deliveries().await, 0);
    let added = api.call("PUT", &member).bearer(&admin.token).send().await;
    assert_eq!(added.status, StatusCode::NO_CONTENT);
    assert_eq!(deliveries().await, 1);
    let members = api.get(&format!("{role}/members")).bearer(&admin.token).send().await.json();
    assert_eq!(members["items"][0]["name"], json!("alice"));

    for expected in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND] {
        let removed = api.call("DELETE", &member).bearer(&admin.token).send().await;
        assert_eq!(removed.status, expected);
    }
    assert_eq!(deliveries().await, 0);
    let members = api.get(&format!("{role}/members")).bearer(&admin.token).send().await.json();
    assert_eq!(members["items"], json!([]));
}

#[tokio::test]
async fn who_becomes_an_administrator_is_one_at_once() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    let users = async || api.get("/api/v1/users").bearer(&alice.token).send().await.status;
    assert_eq!(users().await, StatusCode::FORBIDDEN);
    let member = format!("{PATH}/rol_00000000000070008000000000000001/members/{}", alice.user.id);
    let added = api.call("PUT", &member).bearer(&admin.token).send().await;
    assert_eq!(added.status, StatusCode::NO_CONTENT);
    assert_eq!(users().await, StatusCode::OK);
    let shown = api.get(&format!("/api/v1/users/{}", alice.user.id)).bearer(&admin.token);
    assert_eq!(shown.send().await.json()["administrator"], json!(true));
}

#[tokio::test]
async fn nobody_and_no_role_are_not_found() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    let nothing = "00000000000000000000000000000000";
    let readers = "rol_00000000000070008000000000000003";
    for (method, path) in [
        ("GET", format!("{PATH}/rol_{nothing}")),
        ("GET", format!("{PATH}/rol_{nothing}/members")),
        ("PUT", format!("{PATH}/rol_{nothing}/members/{}", alice.user.id)),
        ("PUT", format!("{PATH}/{readers}/members/usr_{nothing}")),
        ("PUT", format!("{PATH}/{readers}/members/x")),
        ("DELETE", format!("{PATH}/{readers}/members/{}", alice.user.id)),
    ] {
        let reply = api.call(method, &path).bearer(&admin.token).send().await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{method} {path}");
    }
}
