//! Signing in and out with a browser.

use http::StatusCode;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Api, Browser, PASSWORD, Reply};

mod cross_site;
mod ends;
mod lasting;

async fn me(api: &Api, browser: &Browser) -> Reply {
    api.get("/api/v1/me").session(browser).send().await
}

#[tokio::test]
async fn signing_in_gives_a_cookie_that_neither_scripts_nor_other_sites_get() {
    let api = Api::start().await;
    api.user("alice").await;
    let reply = api.sign_in("Alice", PASSWORD).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.shown());
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let browser = Browser::of(&reply);
    assert_eq!((browser.token().len(), &browser.token()[..4]), (47, "prs_"));
    let expected =
        format!("postrider_session={}; Path=/; HttpOnly; SameSite=Strict", browser.token());
    assert_eq!(reply.header("set-cookie"), Some(expected.as_str()));

    let shown = me(&api, &browser).await;
    assert_eq!(shown.json(), reply.json());
    assert_snapshot!(shown.shown(), @r#"
    200 OK
    content-type: application/json
    {
      "administrator": false,
      "credential": {
        "id": null,
        "kind": "session",
        "scopes": [
          "read",
          "manage"
        ]
      },
      "id": "usr_…",
      "name": "alice",
      "roles": [],
      "session": {
        "endsAt": "2026-11-21T20:00:00.000000Z",
        "expiresAt": "2026-11-21T08:30:00.000000Z"
      }
    }
    "#);
    assert_eq!(shown.header("set-cookie"), None);
}

#[tokio::test]
async fn whoever_has_no_session_is_told_of_none() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    for credential in [&alice.token, &alice.key] {
        let shown = api.get("/api/v1/me").bearer(credential).send().await;
        assert_eq!(shown.json()["session"], Value::Null);
    }
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_its_host() {
    let api = Api::start_with(|config| {
        config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    })
    .await;
    api.user("alice").await;
    let body = json!({ "userName": "alice", "password": PASSWORD });
    let sign_in_through = async |peer: &str| {
        let call = api.post("/api/v1/session").coming_from(peer).same_origin();
        let call = call.header("host", "hooks.example").header("x-forwarded-proto", "https");
        call.json(&body).send().await
    };
    // Only who is believed can make it https.
    let direct = sign_in_through("203.0.113.9").await;
    assert!(direct.header("set-cookie").unwrap().starts_with("postrider_session=prs_"));
    let proxied = sign_in_through("10.0.0.1").await;
    let browser = Browser::of(&proxied);
    let expected = format!(
        "__Host-postrider_session={}; Path=/; HttpOnly; SameSite=Strict; Secure",
        browser.token()
    );
    assert_eq!(proxied.header("set-cookie"), Some(expected.as_str()));

    let show = async |name: &str| {
        let call = api.get("/api/v1/me").coming_from("10.0.0.1").header("host", "hooks.example");
        let call = call.header("x-forwarded-proto", "https");
        call.header("cookie", &format!("{name}={}", browser.token())).send().await.status
    };
    assert_eq!(show("__Host-postrider_session").await, StatusCode::OK);
    // What anybody in the domain could have set is not heard.
    assert_eq!(show("postrider_session").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_public_https_address_makes_the_cookie_secure() {
    let api = Api::start_with(|config| {
        config.public_url = Some("https://hooks.example/".parse().unwrap());
    })
    .await;
    api.user("alice").await;
    let reply = api.sign_in("alice", PASSWORD).await;
    let cookie = reply.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-postrider_session=prs_"), "{cookie}");
    assert!(cookie.ends_with("; Secure"), "{cookie}");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_refused_alike() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let off = api.user("off").await;
    let path = format!("/api/v1/users/{}", off.user.id);
    let call = api.call("PATCH", &path).bearer(&root.token).json(&json!({ "disabled": true }));
    assert_eq!(call.send().await.status, StatusCode::OK);

    let wrong = api.sign_in("root", "wrong horse").await;
    assert_snapshot!(wrong.shown(), @r#"
    401 Unauthorized
    content-type: application/problem+json
    www-authenticate: Bearer
    {
      "code": "invalid_credentials",
      "detail": "the user name or password is incorrect",
      "requestId": "…",
      "status": 401,
      "title": "Wrong name or password",
      "type": "about:blank"
    }
    "#);
    for name in ["nobody", " \u{7} ", "off"] {
        let refused = api.sign_in(name, PASSWORD).await;
        assert_eq!(refused.shown(), wrong.shown(), "{name}");
        assert_eq!(refused.header("set-cookie"), None);
    }
}

#[tokio::test]
async fn guessing_is_slowed_down_wherever_it_is_done() {
    let api = Api::start_with(|config| config.login.account_burst = 3).await;
    // Logging her in has used one attempt.
    api.user("alice").await;
    assert_eq!(api.sign_in("alice", "wrong horse").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(api.login("alice", "wrong horse").await.status, StatusCode::BAD_REQUEST);
    let slowed = api.sign_in("alice", PASSWORD).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(slowed.json()["code"], json!("too_many_attempts"));
    assert_eq!(slowed.header("retry-after"), Some("10"));
    assert_eq!(api.login("alice", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_session_is_no_token_and_a_token_is_no_session() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let browser = api.browser("alice").await;
    let as_bearer = api.get("/api/v1/me").bearer(browser.token()).send().await;
    assert_eq!(as_bearer.status, StatusCode::UNAUTHORIZED);
    for credential in [&alice.token, &alice.key] {
        let cookie = format!("postrider_session={credential}");
        let as_cookie = api.get("/api/v1/me").header("cookie", &cookie).send().await;
        assert_eq!(as_cookie.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(me(&api, &browser).await.status, StatusCode::OK);
}

#[tokio::test]
async fn who_sends_a_token_is_who_it_says_and_not_who_the_cookie_says() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    api.user("alice").await;
    let browser = api.browser("alice").await;
    let both =
        async |token: &str| api.get("/api/v1/me").session(&browser).bearer(token).send().await;
    assert_eq!(both(&root.token).await.json()["name"], json!("root"));
    assert_eq!(both("garbage").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn two_cookies_are_none() {
    let api = Api::start().await;
    api.user("alice").await;
    let browser = api.browser("alice").await;
    let twice = api.get("/api/v1/me").session(&browser).session(&browser).send().await;
    assert_eq!(twice.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_body_that_is_no_sign_in_is_told_where() {
    let api = Api::start().await;
    let send =
        async |body: Value| api.post("/api/v1/session").same_origin().json(&body).send().await;
    let unknown = send(json!({ "userName": "a", "password": "b", "remember": true })).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(unknown.json()["errors"][0]["pointer"], json!("/remember"));
    assert_eq!(send(json!({ "userName": "a" })).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let long = send(json!({ "userName": "a", "password": "b".repeat(20_000) })).await;
    assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE);
}
