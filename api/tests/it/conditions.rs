use http::StatusCode;
use insta::assert_snapshot;

use crate::harness::Api;

const PATH: &str = "/api/v1/conditions/check";

#[tokio::test]
async fn a_condition_that_can_be_read_has_no_mistake() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let path = format!("{PATH}?condition=%40.data.pages%20%3E%205");
    let checked = api.get(&path).bearer(&alice.token).send().await;
    assert_eq!(checked.status, StatusCode::OK);
    assert!(checked.json()["mistake"].is_null(), "{}", checked.text());
}

#[tokio::test]
async fn a_condition_that_is_wrong_is_answered_with_its_mistake() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let path = format!("{PATH}?condition=%40.data.pages%20%3E");
    let checked = api.get(&path).bearer(&alice.token).send().await;
    assert_eq!(checked.status, StatusCode::OK);
    let body = checked.json();
    assert_snapshot!(body["mistake"].as_str().unwrap(), @"the condition is wrong at its end: expected a value such as `@.data.pages`, `5` or `'text'`");
}

#[tokio::test]
async fn who_is_nobody_has_no_condition_read() {
    let api = Api::start().await;
    let checked = api.get(&format!("{PATH}?condition=x")).send().await;
    assert_eq!(checked.status, StatusCode::UNAUTHORIZED);
}
