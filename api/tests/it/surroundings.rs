use http::StatusCode;
use insta::assert_snapshot;
use serde_json::json;

use crate::harness::Api;

#[tokio::test]
async fn an_unknown_path_and_a_wrong_method_are_problems() {
    let api = Api::start().await;
    assert_snapshot!(api.get("/nowhere").send().await.shown(), @r#"
    404 Not Found
    content-type: application/problem+json
    {
      "code": "not_found",
      "requestId": "…",
      "status": 404,
      "title": "Not found",
      "type": "about:blank"
    }
    "#);
    assert_snapshot!(api.call("DELETE", "/api/v1/registrations").send().await.shown(), @r#"
    405 Method Not Allowed
    content-type: application/problem+json
    allow: GET,HEAD,POST
    {
      "code": "method_not_allowed",
      "requestId": "…",
      "status": 405,
      "title": "Method not allowed",
      "type": "about:blank"
    }
    "#);
}

#[tokio::test]
async fn a_request_keeps_its_id_in_the_answer_and_in_problems() {
    let api = Api::start().await;
    let reply = api.get("/nowhere").header("x-request-id", "from-the-gateway-1").send().await;
    assert_eq!(reply.header("x-request-id"), Some("from-the-gateway-1"));
    assert_eq!(reply.json()["requestId"], json!("from-the-gateway-1"));

    let own = api.get("/nowhere").send().await;
    let id = own.header("x-request-id").unwrap();
    assert_eq!(id.len(), 24);
    assert_eq!(own.json()["requestId"], json!(id));
}

#[tokio::test]
async fn a_request_id_that_does_not_fit_a_log_line_is_replaced() {
    let api = Api::start().await;
    for unfit in [&"x".repeat(129), "two words"] {
        let reply = api.get("/nowhere").header("x-request-id", unfit).send().await;
        assert_eq!(reply.header("x-request-id").unwrap().len(), 24);
    }
}

#[tokio::test]
async fn a_body_that_is_not_json_is_told_where() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let send = async |content_type: &str, body: &str| {
        let call = api.post("/api/v1/registrations").bearer(&admin.token);
        call.text(content_type, body).send().await
    };
    assert_snapshot!(send("application/json", "{\n  \"uri\": ,").await.shown(), @r#"
    400 Bad Request
    content-type: application/problem+json
    {
      "code": "malformed_json",
      "detail": "expected value at line 2 column 10",
      "requestId": "…",
      "status": 400,
      "title": "Malformed JSON",
      "type": "about:blank"
    }
    "#);
    assert_snapshot!(send("text/plain", "{}").await.shown(), @r#"
    415 Unsupported Media Type
    content-type: application/problem+json
    {
      "code": "unsupported_media_type",
      "detail": "the body must be sent as `application/json`",
      "requestId": "…",
      "status": 415,
      "title": "Unsupported media type",
      "type": "about:blank"
    }
    "#);
}

#[tokio::test]
async fn answers_are_not_sniffed_and_not_cached() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    for reply in
        [api.get("/nowhere").send().await, api.get("/api/v1/me").bearer(&admin.token).send().await]
    {
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn the_scheme_is_read_in_any_case_and_two_authorizations_are_none() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let once = api.get("/api/v1/me").header("authorization", &format!("bearer {}", admin.token));
    assert_eq!(once.send().await.status, StatusCode::OK);
    let twice = api.get("/api/v1/me").bearer(&admin.token).bearer(&admin.token);
    assert_eq!(twice.send().await.status, StatusCode::UNAUTHORIZED);
}
