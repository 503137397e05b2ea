use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use serde_json::json;

use crate::harness::{Api, Person, report_event};

const ROLES: &str = "/api/v1/roles";

async fn role(api: &Api, administrator: &Person) -> (String, String) {
    let body = json!({ "name": "Auditors" });
    let added = api.post(ROLES).bearer(&administrator.token).json(&body).send().await;
    (added.header("location").unwrap().to_owned(), added.header("etag").unwrap().to_owned())
}

#[tokio::test]
async fn what_is_shown_has_a_version_that_a_change_can_be_meant_for() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let (path, first) = role(&api, &admin).await;
    let shown = api.get(&path).bearer(&admin.token).send().await;
    assert_eq!(shown.header("etag"), Some(first.as_str()));

    let rename = async |version: &str, name: &str| {
        let call = api.call("PUT", &path).bearer(&admin.token).header("if-match", version);
        call.json(&json!({ "name": name })).send().await
    };
    let renamed = rename(&first, "Revisors").await;
    assert_eq!(renamed.status, StatusCode::OK);
    let second = renamed.header("etag").unwrap().to_owned();
    assert_ne!(first, second, "two versions of one moment look alike");
    assert_snapshot!(rename(&first, "Controllers").await.shown(), @r#"
    412 Precondition Failed
    content-type: application/problem+json
    {
      "code": "precondition_failed",
      "detail": "it was changed after the version that `If-Match` names; read it again",
      "requestId": "…",
      "status": 412,
      "title": "Another version",
      "type": "about:blank"
    }
    "#);
    assert_eq!(rename(&format!("W/{second}"), "x").await.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(rename("nonsense", "x").await.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(rename("*", "Controllers").await.status, StatusCode::OK);

    let delete = async |version: &str| {
        let call = api.call("DELETE", &path).bearer(&admin.token).header("if-match", version);
        call.send().await.status
    };
    assert_eq!(delete(&second).await, StatusCode::PRECONDITION_FAILED);
    assert_eq!(delete("*").await, StatusCode::NO_CONTENT);
    // What is not there has no version at all.
    assert_eq!(delete("*").await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_version_that_the_client_has_is_not_sent_again() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let (path, version) = role(&api, &admin).await;
    let show = async |header: &str| {
        api.get(&path).bearer(&admin.token).header("if-none-match", header).send().await
    };
    for header in [version.clone(), format!("W/{version}"), format!("\"1\", {version}")] {
        let unchanged = show(&header).await;
        assert_eq!((unchanged.status, unchanged.text()), (StatusCode::NOT_MODIFIED, ""));
        assert_eq!(unchanged.header("etag"), Some(version.as_str()));
    }
    assert_eq!(show("\"1\"").await.status, StatusCode::OK);
}

#[tokio::test]
async fn whatever_is_shown_of_a_user_makes_another_version() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    let path = format!("/api/v1/users/{}", alice.user.id);
    let version = async || {
        api.clock.advance(Duration::from_secs(1));
        let shown = api.get(&path).bearer(&admin.token).send().await;
        shown.header("etag").unwrap().to_owned()
    };
    let reader = "/api/v1/roles/rol_00000000000070008000000000000003";
    let mut versions = vec![version().await];
    for (method, path, body) in [
        ("PATCH", path.clone(), json!({ "disabled": true })),
        ("PATCH", path.clone(), json!({ "disabled": false })),
        ("PUT", format!("{reader}/members/{}", alice.user.id), json!(null)),
        ("DELETE", format!("{reader}/members/{}", alice.user.id), json!(null)),
    ] {
        let call = api.call(method, &path).bearer(&admin.token);
        let done = if body.is_null() { call } else { call.json(&body) }.send().await;
        assert!(done.status.is_success(), "{method} {path}: {}", done.shown());
        let version = version().await;
        assert!(!versions.contains(&version), "{method} {path} {body}");
        versions.push(version);
    }
    let stale = api.call("PATCH", &path).bearer(&admin.token).header("if-match", &versions[0]);
    let stale = stale.json(&json!({ "disabled": true })).send().await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn an_event_has_another_version_once_something_became_of_it() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let event = api.publish(&admin, report_event()).await;
    let path = format!("/api/v1/events/{event}");
    let show = async |version: &str| {
        api.get(&path).bearer(&admin.token).header("if-none-match", version).send().await
    };
    let first = show("\"0\"").await.header("etag").unwrap().to_owned();
    assert_eq!(show(&first).await.status, StatusCode::NOT_MODIFIED);
    api.dispatch(event).await;
    let shown = show(&first).await;
    assert_eq!((shown.status, &shown.json()["dispatched"]), (StatusCode::OK, &json!(true)));
}

#[tokio::test]
async fn what_was_changed_since_it_was_read_is_not_deleted() {
    let api = Api::start().await;
    let (admin, alice) = (api.administrator("root").await, api.user("alice").await);
    let body = json!({ "name": "orders" });
    api.post("/api/v1/filters").bearer(&admin.token).json(&body).send().await;
    let user = format!("/api/v1/users/{}", alice.user.id);
    for (path, method, change) in [
        (user.as_str(), "PATCH", json!({ "disabled": true })),
        ("/api/v1/filters/orders", "PUT", json!({ "description": "Orders" })),
    ] {
        api.clock.advance(Duration::from_secs(1));
        let shown = api.get(path).bearer(&admin.token).send().await;
        let read = shown.header("etag").unwrap().to_owned();
        let call = api.call(method, path).bearer(&admin.token).header("if-match", &read);
        let changed = call.json(&change).send().await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.shown());
        let current = changed.header("etag").unwrap();
        for (version, expected) in
            [(read.as_str(), StatusCode::PRECONDITION_FAILED), (current, StatusCode::NO_CONTENT)]
        {
            let call = api.call("DELETE", path).bearer(&admin.token).header("if-match", version);
            assert_eq!(call.send().await.status, expected, "{path}");
        }
    }
}
