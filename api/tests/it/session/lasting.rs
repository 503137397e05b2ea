//! How long a session lasts.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use postrider_domain::ports::TokenHash;
use postrider_domain::{Clock, Credential, Session};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::me;
use crate::harness::{Api, Browser, Reply};

const MINUTE: Duration = Duration::from_mins(1);
/// As long as a session may be unused, by a microsecond.
const ALMOST_IDLE: Duration = Duration::from_micros(30 * 60 * 1_000_000 - 1);

async fn in_background(api: &Api, browser: &Browser) -> Reply {
    let call = api.get("/api/v1/me").session(browser).header("postrider-background", "true");
    call.send().await
}

fn expires_at(reply: &Reply) -> String {
    reply.json()["session"]["expiresAt"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_session_that_is_not_used_ends_and_its_cookie_is_cleared() {
    let api = Api::start().await;
    api.user("alice").await;
    let browser = api.browser("alice").await;
    api.clock.advance(ALMOST_IDLE);
    assert_eq!(me(&api, &browser).await.status, StatusCode::OK);
    // That was a use of it.
    api.clock.advance(ALMOST_IDLE);
    assert_eq!(me(&api, &browser).await.status, StatusCode::OK);
    api.clock.advance(30 * MINUTE);
    let ended = me(&api, &browser).await;
    assert_eq!(ended.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ended.json()["code"], json!("unauthenticated"));
    assert_eq!(ended.json()["detail"], json!("the session is not known, or has ended"));
    let cleared = "postrider_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0";
    assert_eq!(ended.header("set-cookie"), Some(cleared));
    assert_eq!(ended.header("www-authenticate"), Some("Bearer"));
}

#[tokio::test]
async fn what_nobody_asked_for_is_no_use_of_a_session() {
    let api = Api::start().await;
    api.user("alice").await;
    let browser = api.browser("alice").await;
    for _ in 0..2 {
        api.clock.advance(10 * MINUTE);
        let reply = in_background(&api, &browser).await;
        assert_eq!(expires_at(&reply), "2026-11-21T08:30:00.000000Z");
    }
    api.clock.advance(10 * MINUTE);
    assert_eq!(in_background(&api, &browser).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn however_much_it_is_used_a_session_ends() {
    let api = Api::start().await;
    api.user("alice").await;
    let browser = api.browser("alice").await;
    for _ in 0..35 {
        api.clock.advance(20 * MINUTE);
        assert_eq!(me(&api, &browser).await.status, StatusCode::OK);
    }
    assert_eq!(expires_at(&me(&api, &browser).await), "2026-11-21T20:00:00.000000Z");
    api.clock.advance(20 * MINUTE);
    assert_eq!(me(&api, &browser).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_use_is_written_down_once_a_minute() {
    let api = Api::start().await;
    api.user("alice").await;
    let browser = api.browser("alice").await;
    for (advance, expected) in [
        (0, "2026-11-21T08:30:00.000000Z"),
        (59, "2026-11-21T08:30:00.000000Z"),
        (1, "2026-11-21T08:31:00.000000Z"),
        (59, "2026-11-21T08:31:00.000000Z"),
        (1, "2026-11-21T08:32:00.000000Z"),
    ] {
        api.clock.advance(Duration::from_secs(advance));
        assert_eq!(expires_at(&me(&api, &browser).await), expected);
    }
}

#[tokio::test]
async fn a_short_session_is_prolonged_more_often() {
    let api = Api::start_with(|config| {
        config.session_idle = MINUTE;
        config.session_lifetime = 5 * MINUTE;
    })
    .await;
    api.user("alice").await;
    let browser = api.browser("alice").await;
    for _ in 0..29 {
        api.clock.advance(Duration::from_secs(10));
        assert_eq!(me(&api, &browser).await.status, StatusCode::OK);
    }
    api.clock.advance(Duration::from_secs(10));
    assert_eq!(me(&api, &browser).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_another_process_has_prolonged_goes_on() {
    let api = Api::start_with(|config| config.principal_cache = Duration::from_hours(1)).await;
    api.user("alice").await;
    let browser = api.browser("alice").await;
    let hash = TokenHash(Sha256::digest(browser.token()).into());
    let store = Arc::clone(&api.store);
    // This process believes what it has seen now.
    me(&api, &browser).await;
    api.clock.advance(10 * MINUTE);
    let found = store.find_principal(hash, api.clock.now()).await.unwrap().unwrap();
    let Credential::Session(session) = found.credential else { panic!("{found:?}") };
    let now = api.clock.now();
    assert!(store.prolong_session(hash, session, now, now + 30 * MINUTE).await.unwrap());

    assert_eq!(me(&api, &browser).await.status, StatusCode::OK);
    assert_eq!(expires_at(&me(&api, &browser).await), "2026-11-21T08:40:00.000000Z");
    // And what it does not know of is found out when it counts.
    api.clock.advance(29 * MINUTE);
    let session = Session { expires_at: now + 30 * MINUTE, ..session };
    let now = api.clock.now();
    assert!(store.prolong_session(hash, session, now, now + 30 * MINUTE).await.unwrap());
    api.clock.advance(2 * MINUTE);
    assert_eq!(in_background(&api, &browser).await.status, StatusCode::OK);
}
