//! Headers that carry credentials are shown masked.

use http::StatusCode;
use serde_json::json;

use super::{PATH, create, patch};
use crate::harness::Api;

const MASK: &str = "********";

#[tokio::test]
async fn a_credential_in_a_header_is_never_shown_again() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let alice = api.user("alice").await;
    let body = json!({
        "uri": "https://h9.example/",
        "headers": { "Authorization": "Bearer s3cr3t", "X-Region": "eu" },
    });
    let created = create(&api, &alice, &body).await;
    let masked = json!({ "authorization": MASK, "x-region": "eu" });
    assert_eq!(created.json()["headers"], masked);
    let path = created.header("location").unwrap();
    for caller in [&alice, &root] {
        let shown = api.get(path).bearer(&caller.token).send().await;
        assert_eq!(shown.json()["headers"], masked);
        let list = api.get(PATH).bearer(&caller.token).send().await;
        assert!(!list.text().contains("s3cr3t"), "{}", list.text());
    }
}

#[tokio::test]
async fn a_mask_that_is_written_back_keeps_the_value() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let body = json!({ "uri": "https://h9.example/", "headers": { "authorization": "Bearer t" } });
    let created = create(&api, &alice, &body).await.json();
    let id = created["id"].as_str().unwrap();
    let stored = async || {
        let own = postrider_domain::Visibility::Own(alice.user.id);
        let found = api.store.find_registration(own, id.parse().unwrap()).await.unwrap().unwrap();
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        found.headers.iter().map(owned).collect::<Vec<_>>()
    };

    let headers = json!({ "headers": { "Authorization": MASK, "x-region": "eu" } });
    let changed = patch(&api, &alice, id, &headers).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.shown());
    let expected = [("authorization", "Bearer t"), ("x-region", "eu")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(stored().await, expected);

    let path = format!("{PATH}/{id}");
    let body = json!({ "uri": "https://h9.example/", "headers": { "authorization": MASK } });
    let replaced = api.call("PUT", &path).bearer(&alice.token).json(&body).send().await;
    assert_eq!(replaced.status, StatusCode::OK, "{}", replaced.shown());
    assert_eq!(stored().await, expected[..1]);
}

#[tokio::test]
async fn an_administrator_cannot_have_anothers_credentials_sent_elsewhere() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    let body =
        json!({ "uri": "https://h9.example/one", "headers": { "authorization": "Bearer t" } });
    let created = create(&api, &alice, &body).await.json();
    let id = created["id"].as_str().unwrap();
    let elsewhere = "https://h10.example/";
    for body in [
        json!({ "uri": elsewhere }),
        json!({ "uri": elsewhere, "headers": { "authorization": MASK } }),
    ] {
        let denied = patch(&api, &root, id, &body).await;
        assert_eq!(denied.status, StatusCode::FORBIDDEN, "{}", denied.shown());
    }
    for body in
        [json!({ "uri": "https://h9.example/two" }), json!({ "uri": elsewhere, "headers": {} })]
    {
        let changed = patch(&api, &root, id, &body).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.shown());
    }
}

#[tokio::test]
async fn a_mask_without_a_value_behind_it_is_refused() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let body = json!({ "uri": "https://h9.example/", "headers": { "x-api-key": MASK } });
    let refused = create(&api, &alice, &body).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.json()["errors"][0]["pointer"], json!("/headers"));

    let id = api.register(&alice, "https://h9.example/").await;
    let refused = patch(&api, &alice, &id, &json!({ "headers": { "x-api-key": MASK } })).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.shown());
    // In a header that carries no credential it is a text like any other.
    let kept = patch(&api, &alice, &id, &json!({ "headers": { "x-rating": MASK } })).await;
    assert_eq!(kept.json()["headers"], json!({ "x-rating": MASK }), "{}", kept.shown());
}
