//! How a registration wants its deliveries.

use http::StatusCode;
use insta::assert_snapshot;
use postrider_domain::{Registration, Visibility};
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};

use super::{PATH, create, patch};
use crate::harness::{Api, Person, SECRET};

pub(super) const MASK: &str = "********";

/// A certificate that signs itself, and its key.
pub(super) fn certificate() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["h9.example".to_owned()]).unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

pub(super) async fn stored(api: &Api, id: &str) -> Registration {
    let found = api.store.find_registration(Visibility::All, id.parse().unwrap()).await.unwrap();
    found.unwrap()
}

async fn put(api: &Api, caller: &Person, id: &str, body: &Value) -> crate::harness::Reply {
    api.call("PUT", &format!("{PATH}/{id}")).bearer(&caller.token).json(body).send().await
}

/// Every member that only the native dialect knows.
fn members() -> Value {
    let (certificate, key) = certificate();
    json!({
        "format": "standard",
        "timeoutSeconds": 12.5,
        "retryDelaysSeconds": [1, 0.25, 3600],
        "rateLimit": { "requests": 10, "perSeconds": 1 },
        "maxInFlight": 4,
        "batch": { "maxEvents": 100, "maxWaitSeconds": 2.5 },
        "whilePaused": "discard",
        "condition": "@.data.pages > 5",
        "secretExpiresAt": "2027-01-01T00:00:00.000000Z",
        "authentication": {
            "kind": "oauth2",
            "tokenUri": "https://login.example/token",
            "clientId": "postrider",
            "clientSecret": "s3cr3t",
            "scopes": ["hooks"],
            "audience": null,
        },
        "tls": { "authorities": certificate, "certificate": certificate, "key": key },
    })
}

pub(super) fn with(mut body: Value, more: &Value) -> Value {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// What is shown of `members`.
fn masked(members: &Value) -> Value {
    let mut shown = members.clone();
    shown["authentication"]["clientSecret"] = json!(MASK);
    shown["tls"]["key"] = json!(MASK);
    shown
}

fn assert_shows(shown: &Value, members: &Value) {
    for (name, value) in members.as_object().unwrap() {
        assert_eq!(&shown[name], value, "{name}");
    }
}

#[tokio::test]
async fn every_member_is_shown_as_it_was_written_and_its_secrets_are_not() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let members = members();
    let body = with(json!({ "uri": "https://h9.example/", "secret": SECRET }), &members);
    let created = create(&api, &alice, &body).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.shown());
    let id = created.json()["id"].as_str().unwrap().to_owned();
    let path = format!("{PATH}/{id}");
    for call in [api.get(&path), api.get(PATH)] {
        let reply = call.bearer(&alice.token).send().await;
        assert!(!reply.text().contains("s3cr3t"), "{}", reply.text());
        assert!(!reply.text().contains("PRIVATE KEY"), "{}", reply.text());
        let shown = reply.json();
        let shown = shown["items"].get(0).unwrap_or(&shown);
        assert_shows(shown, &masked(&members));
    }

    // What was read can be written back, in either way, and keeps what was masked.
    let kept = stored(&api, &id).await;
    let mut shown = api.get(&path).bearer(&alice.token).send().await.json();
    let object = shown.as_object_mut().unwrap();
    for name in ["id", "ownerId", "signing", "disabled", "createdAt", "updatedAt", "flow"] {
        object.remove(name);
    }
    for reply in [patch(&api, &alice, &id, &shown).await, put(&api, &alice, &id, &shown).await] {
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.shown());
        let written = stored(&api, &id).await;
        assert_eq!(written.credentials, kept.credentials);
        assert_eq!(written, Registration { updated_at: written.updated_at, ..kept.clone() });
    }
}

#[tokio::test]
async fn what_a_change_does_not_mention_stays_and_null_takes_it_away() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let members = members();
    let body = with(json!({ "uri": "https://h9.example/" }), &members);
    let id = create(&api, &alice, &body).await.json()["id"].as_str().unwrap().to_owned();
    let changed = patch(&api, &alice, &id, &json!({ "description": "x" })).await.json();
    assert_shows(&changed, &masked(&members));

    let nothing: serde_json::Map<String, Value> =
        members.as_object().unwrap().keys().map(|name| (name.clone(), Value::Null)).collect();
    let defaults =
        with(Value::Object(nothing.clone()), &json!({ "format": "aspnet", "whilePaused": "hold" }));
    let changed = patch(&api, &alice, &id, &Value::Object(nothing)).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.shown());
    assert_shows(&changed.json(), &defaults);

    patch(&api, &alice, &id, &members).await;
    let replaced = put(&api, &alice, &id, &json!({ "uri": "https://h9.example/" })).await;
    assert_shows(&replaced.json(), &defaults);
}

#[tokio::test]
async fn the_classic_dialect_keeps_what_it_does_not_know() {
    let api = Api::start_with(|config| config.aspnet_echo = false).await;
    let alice = api.user("alice").await;
    let body = with(json!({ "uri": "https://h9.example/" }), &members());
    let id = create(&api, &alice, &body).await.json()["id"].as_str().unwrap().to_owned();
    let before = stored(&api, &id).await;

    let path = format!("/api/webhooks/registrations/{}", &id["reg_".len()..]);
    let shown = api.get(&path).bearer(&alice.token).send().await.json();
    let mut names: Vec<_> = shown.as_object().unwrap().keys().cloned().collect();
    names.sort_unstable();
    let classic = [
        "Description",
        "Filters",
        "Headers",
        "Id",
        "IsPaused",
        "Properties",
        "Secret",
        "WebHookUri",
    ];
    assert_eq!(names, classic);
    let body = with(shown, &json!({ "Description": "new" }));
    let replaced = api.call("PUT", &path).bearer(&alice.token).json(&body).send().await;
    assert_eq!(replaced.status, StatusCode::OK, "{}", replaced.shown());
    let after = stored(&api, &id).await;
    assert_eq!(after.description.as_deref(), Some("new"));
    assert_eq!(
        after,
        Registration {
            description: after.description.clone(),
            updated_at: after.updated_at,
            ..before
        }
    );
}

#[tokio::test]
async fn every_mistake_names_its_member() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let (certificate, _) = certificate();
    let (_, other_key) = self::certificate();
    let mut told = Vec::new();
    for wrong in [
        json!({ "timeoutSeconds": 26 }),
        json!({ "timeoutSeconds": -1 }),
        json!({ "retryDelaysSeconds": [1, 2_592_001] }),
        json!({ "rateLimit": { "requests": 0, "perSeconds": 1 } }),
        json!({ "rateLimit": { "requests": 1, "perSeconds": 0.5 } }),
        json!({ "maxInFlight": 0 }),
        json!({ "batch": { "maxEvents": 1, "maxWaitSeconds": 1 } }),
        json!({ "batch": { "maxEvents": 2, "maxWaitSeconds": 1 }, "format": "form" }),
        json!({ "format": "xml" }),
        json!({ "whilePaused": "drop" }),
        json!({ "condition": "@.data.pages >" }),
        json!({ "condition": "" }),
        json!({ "secretExpiresAt": "tomorrow" }),
        json!({ "secretExpiresAt": "2026-11-21T08:00:00Z" }),
        json!({ "authentication": { "kind": "digest" } }),
        json!({ "authentication": { "kind": "basic", "user": "a:b", "password": "x" } }),
        json!({ "authentication": { "kind": "bearer", "token": "two words" } }),
        json!({ "authentication": { "kind": "bearer", "token": MASK } }),
        json!({ "authentication": { "kind": "oauth2", "tokenUri": "/token", "clientId": "a",
            "clientSecret": "b" } }),
        json!({ "authentication": { "kind": "oauth2", "tokenUri": "https://169.254.169.254/",
            "clientId": "a", "clientSecret": "b" } }),
        json!({ "authentication": { "kind": "oauth2", "tokenUri": "https://a.example/",
            "clientId": "a", "clientSecret": "b", "scopes": ["two words"] } }),
        json!({ "tls": { "authorities": "none" } }),
        json!({ "tls": { "certificate": certificate } }),
        json!({ "tls": { "certificate": certificate, "key": other_key } }),
        json!({ "tls": { "certificate": certificate, "key": MASK } }),
    ] {
        let body = with(json!({ "uri": "https://h9.example/" }), &wrong);
        let refused = create(&api, &alice, &body).await;
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        assert_eq!(refused.status, status, "{wrong}: {}", refused.shown());
        let errors = refused.json()["errors"].clone();
        assert_eq!(errors.as_array().unwrap().len(), 1, "{errors}");
        let (pointer, detail) = (&errors[0]["pointer"], &errors[0]["detail"]);
        told.push(format!("{}: {}", pointer.as_str().unwrap(), detail.as_str().unwrap()));
    }
    assert_snapshot!(told.join("\n"), @r#"
    /timeoutSeconds: the time-out must be 1 to 25 seconds
    /timeoutSeconds: -1 is not a number of seconds from now on
    /retryDelaysSeconds: a retry schedule has at most 100 delays of at most 30 days
    /rateLimit: a rate limit has 1 to 10000 requests in 1 second to 1 hour
    /rateLimit: a rate limit has 1 to 10000 requests in 1 second to 1 hour
    /maxInFlight: the requests in flight must be 1 to 1000
    /batch: a batch has 2 to 1000 events and waits 1 second to 1 hour
    /batch: the format `form` carries one event in a delivery, so it cannot be batched
    /format: `xml` is none of: aspnet, standard, cloudevents, cloudevents-binary, form at line 1 column 15
    /whilePaused: `drop` is none of: hold, discard at line 1 column 50
    /condition: the condition is wrong at its end: expected a value such as `@.data.pages`, `5` or `'text'`
    /condition: a condition is empty
    /secretExpiresAt: `tomorrow` is not an RFC 3339 time
    /secretExpiresAt: `2026-11-21T08:00:00Z` has passed
    /authentication/kind: unknown variant `digest`, expected one of `basic`, `bearer`, `oauth2` at line 1 column 34
    /authentication: the user of basic authentication contains a colon
    /authentication: the token is empty or has characters that no token may have
    /authentication: the token has no value yet that could be kept
    /authentication: the token URI must be absolute with the scheme `http` or `https`, of at most 2048 bytes, and without user name, password and fragment
    /authentication/tokenUri: the target is a metadata service address, which is never called
    /authentication: there are at most 50 scopes of 1 to 512 visible ASCII characters without `"` and `\`
    /tls: the CA bundle holds no certificate in PEM
    /tls: the client certificate is given without a private key
    /tls: the private key does not belong to the client certificate
    /tls: the key has no value yet that could be kept
    "#);

    let body = json!({
        "uri": "/relative", "timeoutSeconds": 0, "condition": "]", "maxInFlight": 1001,
    });
    let all = create(&api, &alice, &body).await.json();
    let pointers: Vec<_> =
        all["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
    assert_eq!(pointers, ["/uri", "/timeoutSeconds", "/maxInFlight", "/condition"]);
}
