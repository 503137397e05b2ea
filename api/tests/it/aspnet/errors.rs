//! Errors in the form of the framework.

use http::StatusCode;
use insta::assert_snapshot;
use serde_json::json;

use super::{PATH, start};

#[tokio::test]
async fn a_body_that_is_no_registration_is_an_invalid_request() {
    let api = start().await;
    let alice = api.user("alice").await;
    let mut told = Vec::new();
    for body in [
        "{}",
        r#"{"WebHookUri":null}"#,
        r#"{"WebHookUri":""}"#,
        r#"{"WebHookUri":7}"#,
        r#"{"WebHookUri":"https://h9.example/","IsPaused":"maybe"}"#,
        r#"{"WebHookUri":"https://h9.example/","Filters":"reports"}"#,
        "{",
        "[]",
        "7",
    ] {
        let call = api.post(PATH).bearer(&alice.token);
        let reply = call.text("application/json", body).send().await;
        told.push(format!("{body} -> {} {}", reply.status.as_str(), reply.text()));
    }
    assert_snapshot!(told.join("\n"), @r#"
    {} -> 400 {"Message":"The request is invalid.","ModelState":{"webHook.WebHookUri":["The WebHookUri field is required."]}}
    {"WebHookUri":null} -> 400 {"Message":"The request is invalid.","ModelState":{"webHook.WebHookUri":["The WebHookUri field is required."]}}
    {"WebHookUri":""} -> 400 {"Message":"The request is invalid.","ModelState":{"webHook.WebHookUri":["The WebHookUri field is required."]}}
    {"WebHookUri":7} -> 400 {"Message":"The request is invalid.","ModelState":{"webHook.WebHookUri":["The WebHookUri field has a value of the wrong type."]}}
    {"WebHookUri":"https://h9.example/","IsPaused":"maybe"} -> 400 {"Message":"The request is invalid.","ModelState":{"webHook.IsPaused":["The IsPaused field has a value of the wrong type."]}}
    {"WebHookUri":"https://h9.example/","Filters":"reports"} -> 400 {"Message":"The request is invalid.","ModelState":{"webHook.Filters":["The Filters field has a value of the wrong type."]}}
    { -> 400 {"Message":"The request is invalid."}
    [] -> 400 {"Message":"The request is invalid."}
    7 -> 400 {"Message":"The request is invalid."}
    "#);
}

#[tokio::test]
async fn every_route_needs_a_login() {
    let api = start().await;
    let one = format!("{PATH}/00000000000000000000000000000000");
    for (method, path) in [
        ("GET", PATH),
        ("POST", PATH),
        ("DELETE", PATH),
        ("GET", &one),
        ("PUT", &one),
        ("DELETE", &one),
        ("GET", "/api/webhooks/filters"),
    ] {
        let reply = api.call(method, path).json(&json!({})).send().await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(
            reply.text(),
            r#"{"Message":"Authorization has been denied for this request."}"#,
            "{method} {path}"
        );
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
        assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
    }
}

#[tokio::test]
async fn a_method_that_a_route_has_not_is_named() {
    let api = start().await;
    let alice = api.user("alice").await;
    for (method, path) in [("PATCH", PATH), ("PUT", PATH), ("POST", "/api/webhooks/filters")] {
        let reply = api.call(method, path).bearer(&alice.token).send().await;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        let message = format!("The requested resource does not support http method '{method}'.");
        assert_eq!(reply.json(), json!({ "Message": message }));
    }
}

#[tokio::test]
async fn a_body_that_is_not_sent_as_json_is_not_read() {
    let api = start().await;
    let alice = api.user("alice").await;
    let media_type = api.post(PATH).bearer(&alice.token).text("text/plain", "x").send().await;
    assert_snapshot!(media_type.shown(), @r#"
    415 Unsupported Media Type
    content-type: application/json; charset=utf-8
    {
      "Message": "The request entity's media type is not supported for this resource."
    }
    "#);
    let body = r#"{"WebHookUri":"https://h9.example/"}"#;
    let other_json = api.post(PATH).bearer(&alice.token).text("text/json; charset=utf-8", body);
    assert_eq!(other_json.send().await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_path_that_leads_nowhere_is_told_in_the_frameworks_words() {
    let api = start().await;
    assert_snapshot!(api.get("/api/webhooks/nowhere").send().await.shown(), @r#"
    404 Not Found
    content-type: application/json; charset=utf-8
    {
      "Message": "No HTTP resource was found that matches the request URI."
    }
    "#);
}
