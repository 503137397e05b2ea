use std::time::Duration;

use http::StatusCode;

use crate::harness::{Api, PASSWORD};

/// A login through a proxy at `peer` that says it is for `client`.
async fn login_through(api: &Api, peer: &str, client: &str) -> StatusCode {
    let form = [("grant_type", "password"), ("username", "nobody"), ("password", PASSWORD)];
    let call = api.post("/Token").coming_from(peer).header("x-forwarded-for", client);
    call.form(&form).send().await.status
}

async fn slow_api() -> Api {
    Api::start_with(|config| {
        config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        config.login.address_burst = 1;
        config.login.address_refill = Duration::from_secs(10);
    })
    .await
}

#[tokio::test]
async fn clients_behind_a_trusted_proxy_are_told_apart() {
    let api = slow_api().await;
    let (slowed, heard) = (StatusCode::TOO_MANY_REQUESTS, StatusCode::BAD_REQUEST);
    assert_eq!(login_through(&api, "10.0.0.1", "192.0.2.1").await, heard);
    assert_eq!(login_through(&api, "10.0.0.1", "192.0.2.1").await, slowed);
    assert_eq!(login_through(&api, "10.0.0.1", "192.0.2.2").await, heard);
    // What a client put there itself stands to the left of what the proxy added.
    assert_eq!(login_through(&api, "10.0.0.1", "192.0.2.9, 192.0.2.1").await, slowed);
}

#[tokio::test]
async fn who_is_no_trusted_proxy_cannot_hide_behind_another_address() {
    let api = slow_api().await;
    assert_eq!(login_through(&api, "203.0.113.9", "192.0.2.1").await, StatusCode::BAD_REQUEST);
    let again = login_through(&api, "203.0.113.9", "192.0.2.2").await;
    assert_eq!(again, StatusCode::TOO_MANY_REQUESTS);
    // And could not use up what others have.
    assert_eq!(login_through(&api, "10.0.0.1", "192.0.2.1").await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn pages_of_other_origins_are_let_in_where_they_are_named() {
    let api = Api::start_with(|config| {
        config.cors_origins = vec!["https://app.example".into()];
    })
    .await;
    let preflight = async |origin: &str| {
        let call = api.call("OPTIONS", "/api/v1/registrations").header("origin", origin);
        let call = call.header("access-control-request-method", "POST");
        call.header("access-control-request-headers", "authorization,content-type").send().await
    };
    let allowed = preflight("https://app.example").await;
    assert_eq!(allowed.status, StatusCode::OK);
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://app.example"));
    assert!(allowed.header("access-control-allow-headers").unwrap().contains("authorization"));
    assert_eq!(allowed.header("access-control-allow-credentials"), None);
    let stranger = preflight("https://evil.example").await;
    assert_eq!(stranger.header("access-control-allow-origin"), None);

    // And a page may read the headers that an answer is of no use without.
    let docs = api.get("/openapi.json").header("origin", "https://app.example").send().await;
    let exposed = docs.header("access-control-expose-headers").unwrap();
    for name in ["etag", "location", "retry-after", "x-request-id", "postrider-event-id"] {
        assert!(exposed.split(',').any(|exposed| exposed.trim() == name), "{name}: {exposed}");
    }

    // Errors, too, can be read by the page.
    let denied = api.get("/api/v1/me").header("origin", "https://app.example").send().await;
    assert_eq!(denied.status, StatusCode::UNAUTHORIZED);
    assert_eq!(denied.header("access-control-allow-origin"), Some("https://app.example"));
}

#[tokio::test]
async fn every_origin_is_let_in_only_where_that_is_said() {
    let open = Api::start_with(|config| config.cors_origins = vec!["*".into()]).await;
    let shown = open.get("/openapi.json").header("origin", "https://any.example").send().await;
    assert_eq!(shown.header("access-control-allow-origin"), Some("*"));
    let closed = Api::start().await;
    let shown = closed.get("/openapi.json").header("origin", "https://any.example").send().await;
    assert_eq!((shown.status, shown.header("access-control-allow-origin")), (StatusCode::OK, None));
}
