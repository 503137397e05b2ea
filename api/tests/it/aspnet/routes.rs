//! Each route, with what it answers when all is well and when there is nothing.

use http::StatusCode;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{PATH, URI, path_of, registered, start};

const UNKNOWN: [&str; 3] = ["00000000000000000000000000000000", "garbage", "%00"];

#[tokio::test]
async fn a_list_is_an_array_of_the_callers_own() {
    let api = start().await;
    let (alice, bob) = (api.user("alice").await, api.user("bob").await);
    let empty = api.get(PATH).bearer(&alice.token).send().await;
    assert_eq!((empty.status, empty.text()), (StatusCode::OK, "[]"));

    let mut mine = Vec::new();
    for n in 0..3 {
        let body = json!({ "WebHookUri": format!("https://h{n}.example/") });
        mine.push(registered(&api, &alice, &body).await);
    }
    registered(&api, &bob, &json!({ "WebHookUri": URI })).await;
    let list = api.get(PATH).bearer(&alice.token).send().await;
    let mut shown = list.json().as_array().unwrap().clone();
    let by_id = |hook: &Value| hook["Id"].as_str().unwrap().to_owned();
    shown.sort_by_key(by_id);
    mine.sort_by_key(by_id);
    assert_eq!(shown, mine);
}

#[tokio::test]
async fn a_list_of_more_than_a_hundred_is_complete() {
    let api = start().await;
    let alice = api.user("alice").await;
    for n in 0..105 {
        api.register(&alice, &format!("https://h{n}.example/")).await;
    }
    let list = api.get(PATH).bearer(&alice.token).send().await;
    assert_eq!(list.json().as_array().unwrap().len(), 105);
}

#[tokio::test]
async fn one_registration_is_shown_with_every_member_in_the_librarys_order() {
    let api = start().await;
    let alice = api.user("alice").await;
    let body = json!({
        "Id": "1234567890", "WebHookUri": "http://localhost.example/path", "Secret": "世".repeat(32),
        "Description": "你好", "IsPaused": true, "Filters": ["*"], "Headers": { "k1": "v1" },
        "Properties": { "p1": 1234 },
    });
    let created = registered(&api, &alice, &body).await;
    let shown = api.get(&path_of(&created)).bearer(&alice.token).send().await;
    assert_eq!(shown.header("content-type"), Some("application/json; charset=utf-8"));
    let id = created["Id"].as_str().unwrap();
    assert_eq!(id.len(), 32);
    let secret = "世".repeat(32);
    assert_eq!(
        shown.text(),
        format!(
            r#"{{"Id":"{id}","WebHookUri":"http://localhost.example/path","Secret":"{secret}","Description":"你好","IsPaused":true,"Filters":["*"],"Headers":{{"k1":"v1"}},"Properties":{{"p1":1234}}}}"#
        )
    );
}

#[tokio::test]
async fn what_is_not_there_is_not_found_with_an_empty_body() {
    let api = start().await;
    let alice = api.user("alice").await;
    for id in UNKNOWN {
        for (method, body) in
            [("GET", Value::Null), ("PUT", json!({ "WebHookUri": URI })), ("DELETE", Value::Null)]
        {
            let call = api.call(method, &format!("{PATH}/{id}")).bearer(&alice.token);
            let reply = call.json(&body).send().await;
            assert_eq!((reply.status, reply.text()), (StatusCode::NOT_FOUND, ""), "{method} {id}");
        }
    }
}

#[tokio::test]
async fn one_registration_is_deleted_with_an_empty_answer() {
    let api = start().await;
    let alice = api.user("alice").await;
    let created = registered(&api, &alice, &json!({ "WebHookUri": URI })).await;
    let kept = registered(&api, &alice, &json!({ "WebHookUri": URI })).await;
    let path = path_of(&created).to_uppercase().replace(&PATH.to_uppercase(), PATH);
    let deleted = api.call("DELETE", &path).bearer(&alice.token).send().await;
    assert_eq!((deleted.status, deleted.text()), (StatusCode::OK, ""));
    let list = api.get(PATH).bearer(&alice.token).send().await;
    assert_eq!(list.json(), json!([kept]));
}

#[tokio::test]
async fn every_registration_of_the_caller_is_deleted_and_none_at_all_is_fine() {
    let api = start().await;
    let (alice, bob) = (api.user("alice").await, api.user("bob").await);
    for _ in 0..2 {
        registered(&api, &alice, &json!({ "WebHookUri": URI })).await;
    }
    let others = registered(&api, &bob, &json!({ "WebHookUri": URI })).await;
    for _ in 0..2 {
        let deleted = api.call("DELETE", PATH).bearer(&alice.token).send().await;
        assert_eq!((deleted.status, deleted.text()), (StatusCode::OK, ""));
        let list = api.get(PATH).bearer(&alice.token).send().await;
        assert_eq!(list.json(), json!([]));
    }
    let list = api.get(PATH).bearer(&bob.token).send().await;
    assert_eq!(list.json(), json!([others]));
}

#[tokio::test]
async fn the_filters_are_listed_with_the_wildcard_and_the_custom_ones() {
    let api = start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    let body = json!({ "name": "OrderPlaced", "description": "Orders" });
    api.post("/api/v1/filters").bearer(&root.token).json(&body).send().await;
    let list = api.get("/api/webhooks/filters").bearer(&alice.token).send().await;
    assert_snapshot!(list.shown(), @r#"
    200 OK
    content-type: application/json; charset=utf-8
    [
      {
        "Description": "Listen in on all events.",
        "Name": "*"
      },
      {
        "Description": "Data alerts: added, edited, deleted, executed",
        "Name": "alerts"
      },
      {
        "Description": "Categories: added, edited, deleted",
        "Name": "categories"
      },
      {
        "Description": "Data connections: added, edited, deleted",
        "Name": "connections"
      },
      {
        "Description": "Orders",
        "Name": "OrderPlaced"
      },
      {
        "Description": "Reports: added, edited, deleted",
        "Name": "reports"
      },
      {
        "Description": "Scheduled tasks: added, edited, deleted, executed",
        "Name": "tasks"
      }
    ]
    "#);
}
