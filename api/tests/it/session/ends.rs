//! What ends a session, and what is noted of sessions.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::me;
use crate::harness::{Api, PASSWORD, Person};

#[tokio::test]
async fn signing_out_ends_the_session_and_clears_its_cookie() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let [here, elsewhere] = [api.browser("alice").await, api.browser("alice").await];
    assert_eq!(me(&api, &here).await.status, StatusCode::OK);
    let sign_out =
        async || api.call("DELETE", "/api/v1/session").session(&here).same_origin().send().await;
    let cleared = Some("postrider_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    // The second time there is no session any more, but still a cookie.
    for _ in 0..2 {
        let reply = sign_out().await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT);
        assert_eq!(reply.header("set-cookie"), cleared);
        assert_eq!(me(&api, &here).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(me(&api, &elsewhere).await.status, StatusCode::OK);
    let token = api.get("/api/v1/me").bearer(&alice.token).send().await;
    assert_eq!(token.status, StatusCode::OK);
}

#[tokio::test]
async fn who_is_not_signed_in_can_sign_out() {
    let api = Api::start().await;
    let reply = api.call("DELETE", "/api/v1/session").send().await;
    assert_eq!((reply.status, reply.text()), (StatusCode::NO_CONTENT, ""));
    assert_eq!(reply.header("set-cookie"), None);
}

#[tokio::test]
async fn the_route_that_ends_a_login_ends_a_session_too() {
    let api = Api::start().await;
    api.user("alice").await;
    let browser = api.browser("alice").await;
    let call = api.call("DELETE", "/api/v1/me/token").session(&browser).same_origin();
    assert_eq!(call.send().await.status, StatusCode::NO_CONTENT);
    assert_eq!(me(&api, &browser).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before() {
    let api = Api::start().await;
    api.user("alice").await;
    let former = api.browser("alice").await;
    let credentials = json!({ "userName": "alice", "password": PASSWORD });
    let call = api.post("/api/v1/session").session(&former).same_origin().json(&credentials);
    assert_eq!(call.send().await.status, StatusCode::OK);
    assert_eq!(me(&api, &former).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_new_password_ends_every_session() {
    let api = Api::start().await;
    api.user("alice").await;
    let [here, elsewhere] = [api.browser("alice").await, api.browser("alice").await];
    let body = json!({ "currentPassword": PASSWORD, "newPassword": "battery staple" });
    let call = api.call("PUT", "/api/v1/me/password").session(&here).same_origin().json(&body);
    assert_eq!(call.send().await.status, StatusCode::NO_CONTENT);
    for browser in [&here, &elsewhere] {
        assert_eq!(me(&api, browser).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(api.sign_in("alice", "battery staple").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_administrator_ends_the_sessions_of_others() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let ends: [(&str, &str, Option<Value>); 4] = [
        ("PATCH", "", Some(json!({ "disabled": true }))),
        ("PUT", "/password", Some(json!({ "password": "battery staple" }))),
        ("DELETE", "/tokens", None),
        ("DELETE", "", None),
    ];
    for (number, (method, below, body)) in ends.into_iter().enumerate() {
        let Person { user, .. } = api.user(&format!("user {number}")).await;
        let browser = api.browser(user.name.as_str()).await;
        assert_eq!(me(&api, &browser).await.status, StatusCode::OK);
        let path = format!("/api/v1/users/{}{below}", user.id);
        let call = api.call(method, &path).bearer(&root.token);
        let call = if let Some(body) = &body { call.json(body) } else { call };
        let reply = call.send().await;
        assert!(reply.status.is_success(), "{method} {path}: {}", reply.shown());
        assert_eq!(me(&api, &browser).await.status, StatusCode::UNAUTHORIZED, "{method} {path}");
    }
}

#[tokio::test]
async fn what_is_done_with_sessions_is_noted() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let before = api.get("/api/v1/audit").bearer(&root.token).send().await.json();
    let before = before["items"].as_array().unwrap().len();
    // The list is by time.
    let pause = || api.clock.advance(Duration::from_secs(1));
    pause();
    assert_eq!(api.sign_in("mallory", "wrong horse").await.status, StatusCode::UNAUTHORIZED);
    pause();
    let browser = api.browser("root").await;
    pause();
    let forged = api.call("PUT", "/api/v1/me/password").session(&browser);
    let forged = forged.header("sec-fetch-site", "cross-site").json(&json!({})).send().await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    pause();
    api.call("DELETE", "/api/v1/session").session(&browser).same_origin().send().await;

    let listed = api.get("/api/v1/audit").bearer(&root.token).send().await.json();
    let entries = listed["items"].as_array().unwrap();
    let noted: Vec<_> = entries[..entries.len() - before]
        .iter()
        .map(|entry| {
            let texts = ["action", "actorName", "outcome"].map(|name| entry[name].as_str());
            (texts.map(Option::unwrap), entry["status"].as_u64())
        })
        .collect();
    let expected = [
        (["DELETE /api/v1/session", "root", "done"], Some(204)),
        (["PUT /api/v1/me/password", "root", "denied"], Some(403)),
        (["POST /api/v1/session", "root", "done"], Some(200)),
        (["POST /api/v1/session", "mallory", "denied"], Some(401)),
    ];
    assert_eq!(noted, expected);
    // Nothing of the cookie or the password is in there.
    let text = listed.to_string();
    assert!(!text.contains("prs_") && !text.contains("horse"), "{text}");
}
