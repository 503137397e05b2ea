use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use futures_util::stream;
use http::StatusCode;
use insta::assert_snapshot;
use postrider_domain::KeyScopes;
use serde_json::json;

use crate::harness::{Api, PASSWORD, report_event};

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read() {
    let api = Api::start_with(|config| {
        config.max_body_bytes = 1_024;
        config.max_event_bytes = 512;
    })
    .await;
    let admin = api.administrator("root").await;
    let mut event = report_event();
    event["data"] = json!("x".repeat(2_000));
    let reply = api.post("/api/v1/events").bearer(&admin.key).json(&event).send().await;
    assert_snapshot!(reply.shown(), @r#"
    413 Payload Too Large
    content-type: application/problem+json
    {
      "code": "too_large",
      "detail": "the body is larger than is read here",
      "requestId": "…",
      "status": 413,
      "title": "Too large",
      "type": "about:blank"
    }
    "#);
}

#[tokio::test]
async fn the_data_of_an_event_that_is_too_large_is_named() {
    let api = Api::start_with(|config| config.max_event_bytes = 100).await;
    let admin = api.administrator("root").await;
    let (mut fits, mut too_large) = (report_event(), report_event());
    fits["data"] = json!("x".repeat(98));
    too_large["data"] = json!("x".repeat(99));
    let events = json!([fits, too_large]);
    let reply = api.post("/api/v1/events").bearer(&admin.key).json(&events).send().await;
    assert_snapshot!(reply.shown(), @r#"
    413 Payload Too Large
    content-type: application/problem+json
    {
      "code": "too_large",
      "detail": "the `data` of event 1 has 101 bytes; 100 are allowed",
      "requestId": "…",
      "status": 413,
      "title": "Too large",
      "type": "about:blank"
    }
    "#);
    api.publish(&admin, fits).await;
}

#[tokio::test]
async fn a_request_has_1_to_1000_events() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    for count in [0, 1_001] {
        let events = json!(vec![report_event(); count]);
        let reply = api.post("/api/v1/events").bearer(&admin.key).json(&events).send().await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        let errors = json!([{ "pointer": "", "detail": "a request has 1 to 1000 events" }]);
        assert_eq!(reply.json()["errors"], errors);
    }
}

#[tokio::test]
async fn a_request_whose_body_never_ends_is_given_up() {
    let api = Api::start_with(|config| config.request_timeout = Duration::from_millis(50)).await;
    // No login: hashing a password may take longer than this api waits for anything.
    let user = api.accounts.create_user("alice", &PASSWORD.into(), false).await.unwrap();
    let key = api.key(&user, KeyScopes::PUBLISH).await;
    let endless = Body::from_stream(stream::pending::<Result<&'static str, Infallible>>());
    let call = api.post("/api/v1/events").bearer(&key);
    let reply = call.header("content-type", "application/json").body(endless).send().await;
    assert_snapshot!(reply.shown(), @r#"
    503 Service Unavailable
    content-type: application/problem+json
    retry-after: 2
    {
      "code": "timed_out",
      "detail": "whether the request took effect is unknown",
      "requestId": "…",
      "status": 503,
      "title": "Took too long",
      "type": "about:blank"
    }
    "#);
}
