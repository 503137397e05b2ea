use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use serde_json::json;

use crate::harness::{Api, PASSWORD};

#[tokio::test]
async fn a_login_gives_a_token_that_nobody_may_cache() {
    let api = Api::start().await;
    api.user("alice").await;
    let reply = api
        .post("/Token")
        .text(
            "application/x-www-form-urlencoded; charset=UTF-8",
            "grant_type=password&username=alice&password=correct+horse",
        )
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::OK);
    let body = reply.json();
    let token = body["access_token"].as_str().unwrap();
    assert_eq!((token.len(), &token[..4]), (47, "prt_"));
    assert_eq!(body["token_type"], json!("bearer"));
    assert_eq!(body["expires_in"], json!(1_200));
    assert_eq!(reply.header("content-type"), Some("application/json;charset=UTF-8"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("pragma"), Some("no-cache"));
    let me = api.get("/api/v1/me").bearer(token).send().await;
    assert_eq!(me.json()["name"], json!("alice"));
}

#[tokio::test]
async fn a_token_ends_after_its_lifetime() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let me = async |token: &str| api.get("/api/v1/me").bearer(token).send().await.status;
    api.clock.advance(Duration::from_secs(20 * 60 - 1));
    assert_eq!(me(&alice.token).await, StatusCode::OK);
    // Not a moment longer than its lifetime and the time that a look-up is believed.
    api.clock.advance(Duration::from_secs(6));
    assert_eq!(me(&alice.token).await, StatusCode::UNAUTHORIZED);
    assert_eq!(me(&alice.key).await, StatusCode::OK);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_refused_alike() {
    let api = Api::start().await;
    api.user("alice").await;
    let wrong = api.login("alice", "wrong horse").await;
    let unknown = api.login("nobody", PASSWORD).await;
    let impossible = api.login(" \u{7} ", PASSWORD).await;
    assert_snapshot!(wrong.shown(), @r#"
    400 Bad Request
    content-type: application/json;charset=UTF-8
    {
      "error": "invalid_grant",
      "error_description": "The user name or password is incorrect."
    }
    "#);
    assert_eq!(wrong.shown(), unknown.shown());
    assert_eq!(wrong.shown(), impossible.shown());
}

#[tokio::test]
async fn a_form_that_is_no_password_grant_is_refused_as_the_rfc_says() {
    let api = Api::start().await;
    for (body, error) in [
        ("", "invalid_request"),
        ("username=a&password=b", "invalid_request"),
        ("grant_type=password&username=a", "invalid_request"),
        ("grant_type=password&username=&password=", "invalid_request"),
        ("grant_type=password&username=a&username=b&password=c", "invalid_request"),
        ("grant_type=client_credentials", "unsupported_grant_type"),
    ] {
        let reply = api.post("/Token").text("application/x-www-form-urlencoded", body).send().await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(reply.json()["error"], json!(error), "{body}");
    }
    let json = api.post("/Token").json(&json!({ "grant_type": "password" })).send().await;
    assert_eq!(json.json()["error"], json!("invalid_request"));
    assert_snapshot!(api.get("/Token").send().await.shown(), @r#"
    405 Method Not Allowed
    content-type: application/json;charset=UTF-8
    allow: POST
    {
      "error": "invalid_request",
      "error_description": "Method not allowed"
    }
    "#);
    let large = format!("grant_type=password&username=a&password={}", "x".repeat(20_000));
    let reply = api.post("/Token").text("application/x-www-form-urlencoded", large).send().await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(reply.json()["error"], json!("invalid_request"));
}

#[tokio::test]
async fn guessing_the_password_of_an_account_is_slowed_down() {
    let api = Api::start_with(|config| {
        config.login.account_burst = 3;
        config.login.account_refill = Duration::from_secs(10);
    })
    .await;
    // Adding her has used one attempt.
    api.user("alice").await;
    for _ in 0..2 {
        assert_eq!(api.login("alice", "wrong horse").await.status, StatusCode::BAD_REQUEST);
    }
    // The right password is no way out, or guessing would go on at full speed.
    assert_snapshot!(api.login("ALICE", PASSWORD).await.shown(), @r#"
    429 Too Many Requests
    content-type: application/json;charset=UTF-8
    retry-after: 10
    {
      "error": "slow_down",
      "error_description": "too many attempts to log in"
    }
    "#);
    assert_eq!(api.login("bob", "wrong horse").await.status, StatusCode::BAD_REQUEST);

    api.clock.advance(Duration::from_secs(10));
    assert_eq!(api.login("alice", PASSWORD).await.status, StatusCode::OK);
    assert_eq!(api.login("alice", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn an_address_that_tries_many_names_is_slowed_down_without_harm_to_them() {
    let api = Api::start_with(|config| {
        config.login.address_burst = 2;
        config.login.address_refill = Duration::from_secs(10);
        config.login.account_burst = 2;
    })
    .await;
    api.user("alice").await;
    let login = async |name: &str, address: &str| {
        let form = [("grant_type", "password"), ("username", name), ("password", PASSWORD)];
        api.post("/Token").coming_from(address).form(&form).send().await.status
    };
    assert_eq!(login("one", "192.0.2.1").await, StatusCode::BAD_REQUEST);
    assert_eq!(login("two", "192.0.2.1").await, StatusCode::BAD_REQUEST);
    for _ in 0..5 {
        assert_eq!(login("alice", "192.0.2.1").await, StatusCode::TOO_MANY_REQUESTS);
    }
    // Alice has her second attempt still, and another address is not slowed down.
    assert_eq!(login("alice", "192.0.2.2").await, StatusCode::OK);
    api.clock.advance(Duration::from_secs(10));
    assert_eq!(login("three", "192.0.2.1").await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_password_that_is_changed_while_it_is_checked_gives_no_token() {
    let api = Api::start().await;
    api.user("alice").await;
    // The store finds that the password it was told is no longer the one.
    let changed = "CREATE TRIGGER changed BEFORE INSERT ON tokens \
                   BEGIN SELECT RAISE(IGNORE); END";
    api.database.execute(changed).await;
    let refused = api.login("alice", PASSWORD).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.shown());
    assert_eq!(refused.json()["error"], json!("invalid_grant"));
}
