//! What requests show beside their signature, and a secret that ends.

use std::time::Duration;

use http::StatusCode;
use postrider_domain::{Authentication, Clock};
use serde_json::{Value, json};

use super::options::{MASK, certificate, stored, with};
use super::{PATH, create, patch};
use crate::harness::{Api, SECRET};

#[tokio::test]
async fn an_administrator_cannot_have_anothers_credentials_shown_to_somebody_else() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    let (certificate, key) = certificate();
    let basic = json!({ "kind": "basic", "user": "ada", "password": "s3cr3t" });
    let oauth2 = |token_uri: &str, secret: &str| json!({ "kind": "oauth2", "tokenUri": token_uri, "clientId": "a", "clientSecret": secret });
    let elsewhere = json!({ "uri": "https://h10.example/" });
    for (members, change, allowed) in [
        (json!({ "authentication": basic }), elsewhere.clone(), false),
        (json!({ "authentication": basic }), json!({ "uri": "https://h9.example/new" }), true),
        (
            json!({ "authentication": basic }),
            with(elsewhere.clone(), &json!({ "authentication": null })),
            true,
        ),
        // Who proves to be the receiver is said by its authority.
        (
            json!({ "authentication": basic }),
            json!({ "tls": { "authorities": certificate } }),
            false,
        ),
        (
            json!({ "authentication": oauth2("https://login.example/token", "s3cr3t") }),
            json!({ "authentication": oauth2("https://evil.example/token", MASK) }),
            false,
        ),
        (
            json!({ "authentication": oauth2("https://login.example/token", "s3cr3t") }),
            json!({ "authentication": oauth2("https://login.example/other", MASK) }),
            true,
        ),
        (json!({ "tls": { "certificate": certificate, "key": key } }), elsewhere, false),
    ] {
        let body = with(json!({ "uri": "https://h9.example/" }), &members);
        let id = create(&api, &alice, &body).await.json()["id"].as_str().unwrap().to_owned();
        let by_root = patch(&api, &root, &id, &change).await;
        let expected = if allowed { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(by_root.status, expected, "{members} {change}: {}", by_root.shown());
        let by_alice = patch(&api, &alice, &id, &change).await;
        assert_eq!(by_alice.status, StatusCode::OK, "{members}: {}", by_alice.shown());
    }
}

#[tokio::test]
async fn a_secret_that_expires_is_followed_by_one_that_does_not() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let soon = api.clock.now() + Duration::from_mins(5);
    let body = json!({ "uri": "https://h9.example/", "secretExpiresAt": soon });
    let created = create(&api, &alice, &body).await.json();
    let id = created["id"].as_str().unwrap();

    // The one before signs no longer than it would have without the rotation.
    let rotated =
        api.post(&format!("{PATH}/{id}/secret")).bearer(&alice.token).json(&json!({})).send().await;
    assert_eq!(rotated.json()["previous"]["endsAt"], json!(soon), "{}", rotated.shown());
    assert_eq!(stored(&api, id).await.secret_expires_at, None);

    patch(&api, &alice, id, &json!({ "secretExpiresAt": soon })).await;
    api.clock.advance(Duration::from_mins(10));
    // What has passed can be written back, and not be set.
    let same = json!({ "secretExpiresAt": soon, "description": "x" });
    assert_eq!(patch(&api, &alice, id, &same).await.status, StatusCode::OK);
    let passed = json!({ "secretExpiresAt": soon + Duration::from_secs(1) });
    assert_eq!(patch(&api, &alice, id, &passed).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    patch(&api, &alice, id, &json!({ "secret": SECRET })).await;
    assert_eq!(stored(&api, id).await.secret_expires_at, None);
}

#[tokio::test]
async fn another_secret_ends_an_expiry_that_is_written_back_with_it() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let soon = api.clock.now() + Duration::from_mins(5);
    let body = |secret: &str| json!({ "uri": "https://h9.example/", "secret": secret, "secretExpiresAt": soon });
    let created = create(&api, &alice, &body(SECRET)).await.json();
    let id = created["id"].as_str().unwrap();
    let path = format!("{PATH}/{id}");
    api.clock.advance(Duration::from_mins(10));

    // The secret that is stored written back changes nothing.
    let same = api.call("PUT", &path).bearer(&alice.token).json(&body(SECRET)).send().await;
    assert_eq!(same.json()["secretExpiresAt"], json!(soon), "{}", same.shown());
    let (one, two) = ("1".repeat(32), "2".repeat(32));
    let replaced = api.call("PUT", &path).bearer(&alice.token).json(&body(&one)).send().await;
    assert_eq!(replaced.json()["secretExpiresAt"], Value::Null, "{}", replaced.shown());

    // One that is yet to come is meant for the secret it comes with, and one that has passed for none.
    let later = api.clock.now() + Duration::from_mins(5);
    for (time, expected) in [(later, StatusCode::OK), (soon, StatusCode::UNPROCESSABLE_ENTITY)] {
        let change = json!({ "secret": two, "secretExpiresAt": time });
        assert_eq!(patch(&api, &alice, id, &change).await.status, expected);
        assert_eq!(stored(&api, id).await.secret_expires_at, Some(later));
    }
}

#[tokio::test]
async fn a_password_can_be_replaced_and_another_kind_has_none_to_keep() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let basic = |password: &str| json!({ "authentication": { "kind": "basic", "user": "ada", "password": password } });
    let body = with(json!({ "uri": "https://h9.example/" }), &basic("one"));
    let id = create(&api, &alice, &body).await.json()["id"].as_str().unwrap().to_owned();
    for (written, expected) in [("two", "two"), (MASK, "two")] {
        let changed = patch(&api, &alice, &id, &basic(written)).await;
        assert_eq!(changed.json()["authentication"]["password"], json!(MASK));
        let Some(Authentication::Basic { password, .. }) =
            stored(&api, &id).await.credentials.authentication
        else {
            panic!("another kind is stored")
        };
        assert_eq!(password.expose(), expected);
    }
    let bearer = json!({ "authentication": { "kind": "bearer", "token": MASK } });
    let refused = patch(&api, &alice, &id, &bearer).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.shown());
}
