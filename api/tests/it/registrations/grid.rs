//! The list as the grid needs it: searched, filtered, sorted, page by page.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::{PATH, create, patch};
use crate::harness::{Api, Person};

async fn page(api: &Api, caller: &Person, query: &str) -> Value {
    let reply = api.get(&format!("{PATH}?{query}")).bearer(&caller.token).send().await;
    assert_eq!(reply.status, StatusCode::OK, "{query}: {}", reply.shown());
    reply.json()
}

fn texts(page: &Value, member: &str) -> Vec<String> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item[member].as_str().unwrap().to_owned()).collect()
}

/// Everything a query finds, in pages of two.
async fn everything(api: &Api, caller: &Person, query: &str, member: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = page(api, caller, &format!("{query}&limit=2{cursor}")).await;
        assert!(page["items"].as_array().unwrap().len() <= 2);
        found.extend(texts(&page, member));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn a_list_is_sorted_by_uri_and_read_page_by_page() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    for n in [3, 1, 5, 2, 4] {
        api.register(&alice, &format!("https://h{n}.example/")).await;
    }
    let found = everything(&api, &alice, "", "uri").await;
    assert_eq!(found, [1, 2, 3, 4, 5].map(|n| format!("https://h{n}.example/")));
}

#[tokio::test]
async fn a_list_is_sorted_by_several_columns_in_either_direction() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    for (n, paused) in [(1, true), (2, false), (3, true), (4, false), (5, false)] {
        api.clock.advance(Duration::from_secs(1));
        let id = api.register(&alice, &format!("https://h{n}.example/")).await;
        patch(&api, &alice, &id, &json!({ "paused": paused })).await;
    }
    let uris = |order: [u32; 5]| order.map(|n| format!("https://h{n}.example/")).to_vec();
    for (sort, expected) in [
        ("-createdAt", [5, 4, 3, 2, 1]),
        ("createdAt", [1, 2, 3, 4, 5]),
        ("paused,-createdAt", [5, 4, 2, 3, 1]),
        ("-paused,uri", [1, 3, 2, 4, 5]),
        ("owner,paused,-uri", [5, 4, 2, 3, 1]),
    ] {
        let found = everything(&api, &alice, &format!("sort={sort}"), "uri").await;
        assert_eq!(found, uris(expected), "{sort}");
    }
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_order_only() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    for n in 1..=3 {
        api.register(&alice, &format!("https://h{n}.example/")).await;
    }
    let next = page(&api, &alice, "sort=-createdAt&limit=1").await["next"].clone();
    let path = format!("{PATH}?sort=createdAt&limit=1&cursor={}", next.as_str().unwrap());
    let refused = api.get(&path).bearer(&alice.token).send().await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.shown());
    assert_eq!(refused.json()["code"], json!("invalid_query"));
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_refused() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    for query in [
        "limit=0",
        "limit=101",
        "limit=x",
        "cursor=abc",
        "limti=1",
        "sort=name",
        "sort=uri,owner,paused,createdAt",
        "filter=two%20words",
        "owner=alice",
        "paused=maybe",
        "search=%00",
    ] {
        let reply = api.get(&format!("{PATH}?{query}")).bearer(&alice.token).send().await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(reply.json()["code"], json!("invalid_query"), "{query}");
    }
}

#[tokio::test]
async fn a_list_is_searched_and_filtered() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    for body in [
        json!({ "uri": "https://h1.example/Billing", "filters": ["reports"] }),
        json!({ "uri": "https://h2.example/", "description": "BILLING of the month" }),
        json!({ "uri": "https://h3.example/", "filters": ["tasks"], "paused": true }),
    ] {
        assert_eq!(create(&api, &alice, &body).await.status, StatusCode::CREATED);
    }
    for (query, expected) in [
        ("search=billing", vec!["https://h1.example/Billing", "https://h2.example/"]),
        ("search=task", vec!["https://h3.example/"]),
        (
            "search=alice",
            vec!["https://h1.example/Billing", "https://h2.example/", "https://h3.example/"],
        ),
        ("search=%25", vec![]),
        ("filter=REPORTS", vec!["https://h1.example/Billing"]),
        ("paused=true", vec!["https://h3.example/"]),
        ("paused=false&search=h2", vec!["https://h2.example/"]),
    ] {
        assert_eq!(texts(&page(&api, &alice, query).await, "uri"), expected, "{query}");
    }
}

#[tokio::test]
async fn administrators_see_whose_registrations_they_are_and_others_see_their_own() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let (alice, bob) = (api.user("Alice").await, api.user("bob").await);
    api.register(&bob, "https://h1.example/").await;
    api.register(&alice, "https://h2.example/").await;

    let all = page(&api, &root, "sort=owner").await;
    assert_eq!(texts(&all, "ownerName"), ["Alice", "bob"]);
    assert_eq!(all["items"][0]["ownerId"], json!(alice.user.id));
    let one = page(&api, &root, &format!("owner={}", bob.user.id)).await;
    assert_eq!(texts(&one, "uri"), ["https://h1.example/"]);

    assert_eq!(texts(&page(&api, &alice, "").await, "ownerName"), ["Alice"]);
    let path = format!("{PATH}?owner={}", bob.user.id);
    let denied = api.get(&path).bearer(&alice.token).send().await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
}
