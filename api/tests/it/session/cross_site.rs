//! What pages of other sites can have a browser do.

use http::StatusCode;
use insta::assert_snapshot;
use serde_json::json;

use crate::harness::{Api, PASSWORD};

const HOST: (&str, &str) = ("host", "hooks.example");

#[tokio::test]
async fn with_a_cookie_only_our_own_pages_change_anything() {
    let api = Api::start().await;
    api.user("alice").await;
    let browser = api.browser("alice").await;
    let create = async |headers: &[(&str, &str)]| {
        let mut call = api.post("/api/v1/registrations").session(&browser);
        for (name, value) in headers {
            call = call.header(name, value);
        }
        call.json(&json!({ "uri": "https://alice.example/", "filters": ["reports"] })).send().await
    };
    let refused: [&[(&str, &str)]; 8] = [
        &[],
        &[HOST],
        &[HOST, ("sec-fetch-site", "cross-site")],
        &[HOST, ("sec-fetch-site", "same-site")],
        &[HOST, ("sec-fetch-site", "cross-site"), ("origin", "http://hooks.example")],
        &[HOST, ("origin", "http://evil.example")],
        &[HOST, ("origin", "http://evil.hooks.example")],
        &[HOST, ("origin", "null")],
    ];
    for headers in refused {
        let reply = create(headers).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{headers:?}");
        assert_eq!(reply.json()["code"], json!("cross_site"), "{headers:?}");
    }
    let listed = api.get("/api/v1/registrations").session(&browser).send().await;
    assert_eq!(listed.json()["items"], json!([]));

    let taken: [&[(&str, &str)]; 3] = [
        &[HOST, ("sec-fetch-site", "same-origin")],
        &[HOST, ("sec-fetch-site", "none")],
        &[HOST, ("origin", "http://hooks.example")],
    ];
    for headers in taken {
        assert_eq!(create(headers).await.status, StatusCode::CREATED, "{headers:?}");
    }
}

#[tokio::test]
async fn every_method_that_changes_something_is_guarded() {
    let api = Api::start().await;
    api.user("alice").await;
    let browser = api.browser("alice").await;
    for (method, path) in [
        ("POST", "/api/v1/events"),
        ("PUT", "/api/v1/me/password"),
        ("PATCH", "/api/v1/registrations/reg_00000000000070008000000000000000"),
        ("DELETE", "/api/v1/me/token"),
        ("DELETE", "/api/webhooks/registrations"),
    ] {
        let call = api.call(method, path).session(&browser).header("sec-fetch-site", "cross-site");
        let reply = call.json(&json!({})).send().await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{method} {path}: {}", reply.shown());
    }
    // What a page sends cannot be read by it, so that reading does no harm.
    let call = api.get("/api/v1/me").session(&browser).header("sec-fetch-site", "cross-site");
    assert_eq!(call.send().await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_needs_no_page() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let call = api.post("/api/v1/registrations").bearer(&alice.token);
    let call = call.header("sec-fetch-site", "cross-site").header("origin", "http://evil.example");
    let reply = call.json(&json!({ "uri": "https://alice.example/" })).send().await;
    assert_eq!(reply.status, StatusCode::CREATED);
}

#[tokio::test]
async fn nobody_is_signed_in_or_out_by_another_site() {
    let api = Api::start().await;
    api.user("alice").await;
    let browser = api.browser("alice").await;
    let credentials = json!({ "userName": "alice", "password": PASSWORD });
    for site in [Some("cross-site"), Some("same-site"), None] {
        let call = |method| {
            let call = api.call(method, "/api/v1/session");
            match site {
                Some(site) => call.header("sec-fetch-site", site),
                None => call,
            }
        };
        let sign_in = call("POST").json(&credentials).send().await;
        assert_eq!(sign_in.status, StatusCode::FORBIDDEN, "{site:?}");
        assert_eq!(sign_in.header("set-cookie"), None);
        let sign_out = call("DELETE").session(&browser).send().await;
        assert_eq!(sign_out.status, StatusCode::FORBIDDEN, "{site:?}");
        assert_eq!(sign_out.header("set-cookie"), None);
    }
    let me = api.get("/api/v1/me").session(&browser).send().await;
    assert_eq!(me.status, StatusCode::OK);
    let refused = api.post("/api/v1/session").json(&credentials).send().await;
    assert_snapshot!(refused.shown(), @r#"
    403 Forbidden
    content-type: application/problem+json
    {
      "code": "cross_site",
      "detail": "with a session, what changes something has to come from a page of this origin",
      "requestId": "…",
      "status": 403,
      "title": "From another site",
      "type": "about:blank"
    }
    "#);
}

#[tokio::test]
async fn no_other_origin_ever_uses_the_cookie() {
    for origins in ["*", "https://app.example"] {
        let api = Api::start_with(|config| config.cors_origins = vec![origins.into()]).await;
        api.user("alice").await;
        let browser = api.browser("alice").await;
        let preflight =
            api.call("OPTIONS", "/api/v1/session").header("origin", "https://app.example");
        let preflight = preflight.header("access-control-request-method", "POST").send().await;
        let shown = api.get("/api/v1/me").session(&browser).header("origin", "https://app.example");
        for reply in [preflight, shown.send().await] {
            assert!(reply.header("access-control-allow-origin").is_some());
            assert_eq!(reply.header("access-control-allow-credentials"), None);
        }
        let call = api.post("/api/v1/api-keys").session(&browser);
        let call = call.header("origin", "https://app.example").json(&json!({ "name": "x" }));
        assert_eq!(call.send().await.status, StatusCode::FORBIDDEN);
    }
}
