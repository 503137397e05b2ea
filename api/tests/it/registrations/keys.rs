//! Asymmetric keys: whose public half alone is shown.

use std::time::Duration;

use http::StatusCode;
use postrider_domain::{Clock, Visibility};
use postrider_wire::standard::{PublicKey, SigningKey};
use serde_json::{Value, json};

use super::PATH;
use crate::harness::{Api, Person, Reply};

async fn rotate(api: &Api, caller: &Person, id: &str, body: &Value) -> Reply {
    api.post(&format!("{PATH}/{id}/signing-key")).bearer(&caller.token).json(body).send().await
}

async fn remove(api: &Api, caller: &Person, id: &str) -> Reply {
    api.call("DELETE", &format!("{PATH}/{id}/signing-key")).bearer(&caller.token).send().await
}

async fn shown(api: &Api, caller: &Person, id: &str) -> Value {
    api.get(&format!("{PATH}/{id}")).bearer(&caller.token).send().await.json()
}

#[tokio::test]
async fn a_key_is_made_rotated_with_an_overlap_and_removed_and_only_its_public_half_is_shown() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let id = api.register(&alice, "https://h9.example/").await;
    assert_eq!(shown(&api, &alice, &id).await["signing"], Value::Null);

    let made = rotate(&api, &alice, &id, &json!({})).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.shown());
    let first = made.json()["publicKey"].as_str().unwrap().to_owned();
    first.parse::<PublicKey>().unwrap();
    assert_eq!(made.json()["previous"], Value::Null);
    assert_eq!(shown(&api, &alice, &id).await["signing"], json!({ "publicKey": first }));

    let rotated = rotate(&api, &alice, &id, &json!({ "overlapSeconds": 60 })).await.json();
    let ends_at = api.clock.now() + Duration::from_mins(1);
    assert_eq!(rotated["previous"], json!({ "publicKey": first, "endsAt": ends_at }));
    assert_ne!(rotated["publicKey"], json!(first));

    let stored = api.store.find_registration(Visibility::All, id.parse().unwrap()).await.unwrap();
    let credentials = stored.unwrap().credentials;
    let key = SigningKey::parse(credentials.signing_key.as_ref().unwrap().expose()).unwrap();
    assert_eq!(rotated["publicKey"], json!(key.public_key().to_string()));
    for text in [made.text(), &rotated.to_string(), &shown(&api, &alice, &id).await.to_string()] {
        assert!(!text.contains("whsk_"), "{text}");
    }

    let at_once = rotate(&api, &alice, &id, &json!({ "overlapSeconds": 0 })).await.json();
    assert_eq!(at_once["previous"], Value::Null);
    assert_eq!(remove(&api, &alice, &id).await.status, StatusCode::NO_CONTENT);
    assert_eq!(shown(&api, &alice, &id).await["signing"], Value::Null);
    assert_eq!(remove(&api, &alice, &id).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_change_of_something_else_keeps_the_key() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let id = api.register(&alice, "https://h9.example/").await;
    let made = rotate(&api, &alice, &id, &json!({})).await.json();
    let path = format!("{PATH}/{id}");
    let body = json!({ "uri": "https://h10.example/" });
    for method in ["PATCH", "PUT"] {
        let changed = api.call(method, &path).bearer(&alice.token).json(&body).send().await.json();
        assert_eq!(changed["signing"], json!({ "publicKey": made["publicKey"] }), "{method}");
    }
}

#[tokio::test]
async fn only_its_owner_changes_the_key_of_a_registration() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let (alice, bob) = (api.user("alice").await, api.user("bob").await);
    let id = api.register(&alice, "https://h9.example/").await;
    for (caller, status) in [(&root, StatusCode::FORBIDDEN), (&bob, StatusCode::NOT_FOUND)] {
        assert_eq!(rotate(&api, caller, &id, &json!({})).await.status, status);
        assert_eq!(remove(&api, caller, &id).await.status, status);
    }
    let refused = rotate(&api, &alice, &id, &json!({ "overlapSeconds": 2_592_001 })).await;
    assert_eq!(refused.json()["errors"][0]["pointer"], json!("/overlapSeconds"));
}
