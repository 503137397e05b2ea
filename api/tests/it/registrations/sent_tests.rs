//! Test events: for one registration alone.

use std::time::Duration;

use http::StatusCode;
use postrider_domain::ports::{Queue, QueueName};
use postrider_domain::{Clock, DeliveryId};
use postrider_wire::queue::DeliveryBatch;
use serde_json::{Value, json};

use super::{PATH, create};
use crate::harness::{Api, Person, Reply};

async fn test(api: &Api, caller: &Person, id: &str, body: &Value) -> Reply {
    api.post(&format!("{PATH}/{id}/test")).bearer(&caller.token).json(body).send().await
}

async fn registered(api: &Api, owner: &Person, filters: &Value) -> String {
    let body = json!({ "uri": "https://h9.example/", "filters": filters });
    create(api, owner, &body).await.json()["id"].as_str().unwrap().to_owned()
}

async fn event(api: &Api, caller: &Person, tested: &Reply) -> Value {
    let path = format!("/api/v1/events/{}", tested.json()["eventId"].as_str().unwrap());
    api.get(&path).bearer(&caller.token).send().await.json()
}

#[tokio::test]
async fn a_test_is_one_delivery_to_one_registration_that_workers_are_told_of() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    // Who asks for everything gets everything but this.
    registered(&api, &root, &json!([])).await;
    let id = registered(&api, &alice, &json!(["tasks", "*"])).await;
    let body = json!({ "data": { "n": 1.50 } });
    let tested = test(&api, &alice, &id, &body).await;
    assert_eq!(tested.status, StatusCode::ACCEPTED, "{}", tested.shown());
    let shown = event(&api, &alice, &tested).await;
    assert_eq!((&shown["filter"], &shown["type"]), (&json!("tasks"), &json!("Test")));
    assert_eq!(shown["resource"]["id"], json!("test"));
    assert_eq!(shown["data"], json!({ "n": 1.5 }));
    assert_eq!(shown["actor"], json!("alice"));
    let deliveries = shown["deliveries"].as_array().unwrap();
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0]["id"], tested.json()["deliveryId"]);
    assert_eq!(deliveries[0]["registrationId"], json!(id));
    assert_eq!(deliveries[0]["state"], json!("pending"));
    // Nobody else is looked for.
    assert_eq!(api.store.backlog(api.clock.now()).await.unwrap().undispatched, 0);

    let mut workers = api.queue.consume(QueueName::Deliveries, 10).await.unwrap();
    let message = workers.next(1).await.unwrap().pop().unwrap();
    let told = DeliveryBatch::decode(&message.body).unwrap();
    let delivery: DeliveryId = tested.json()["deliveryId"].as_str().unwrap().parse().unwrap();
    assert_eq!(told.ids, [delivery]);
    message.ack();
    api.attempt(delivery, 200).await;
}

#[tokio::test]
async fn a_test_says_what_it_is_about() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let id = registered(&api, &alice, &json!(["*"])).await;
    let tested = test(&api, &alice, &id, &json!({})).await;
    assert_eq!(event(&api, &alice, &tested).await["filter"], json!("reports"));

    let body = json!({
        "filter": "ALERTS", "type": "Executed", "resource": { "id": "7", "name": "Losses" },
    });
    let tested = test(&api, &alice, &id, &body).await;
    let shown = event(&api, &alice, &tested).await;
    assert_eq!((&shown["filter"], &shown["type"]), (&json!("alerts"), &json!("Executed")));
    assert_eq!(shown["resource"]["name"], json!("Losses"));
}

#[tokio::test]
async fn a_test_of_notices_does_not_claim_that_something_happened() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let id = registered(&api, &alice, &json!(["postrider"])).await;
    let tested = test(&api, &alice, &id, &json!({})).await;
    assert_eq!(event(&api, &alice, &tested).await["filter"], json!("postrider"));
    let forged = test(&api, &alice, &id, &json!({ "type": "BreakerOpened" })).await;
    assert_eq!(forged.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(forged.json()["errors"][0]["pointer"], json!("/type"));
}

#[tokio::test]
async fn a_test_that_makes_no_sense_is_refused() {
    let api = Api::start_with(|config| config.max_event_bytes = 20).await;
    let (alice, bob) = (api.user("alice").await, api.user("bob").await);
    let id = registered(&api, &alice, &json!([])).await;
    for (body, pointer) in [
        (json!({ "filter": "nope" }), "/filter"),
        (json!({ "type": "two words" }), "/type"),
        (json!({ "resource": { "id": "" } }), "/resource"),
    ] {
        let refused = test(&api, &alice, &id, &body).await;
        assert_eq!(refused.json()["errors"][0]["pointer"], json!(pointer), "{}", refused.shown());
    }
    let large = test(&api, &alice, &id, &json!({ "data": "x".repeat(20) })).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", large.shown());
    assert_eq!(test(&api, &bob, &id, &json!({})).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_registration_is_tested_ten_times_in_a_row_and_then_once_in_six_seconds() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let id = registered(&api, &alice, &json!([])).await;
    let other = registered(&api, &alice, &json!([])).await;
    // What is refused does not count.
    test(&api, &alice, &id, &json!({ "filter": "nope" })).await;
    for _ in 0..10 {
        assert_eq!(test(&api, &alice, &id, &json!({})).await.status, StatusCode::ACCEPTED);
    }
    let slowed = test(&api, &alice, &id, &json!({})).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS, "{}", slowed.shown());
    assert_eq!(slowed.header("retry-after"), Some("6"));
    assert_eq!(slowed.json()["code"], json!("too_many_attempts"));
    assert_eq!(test(&api, &alice, &other, &json!({})).await.status, StatusCode::ACCEPTED);

    for _ in 0..2 {
        for (seconds, expected) in [(5, StatusCode::TOO_MANY_REQUESTS), (1, StatusCode::ACCEPTED)] {
            api.clock.advance(Duration::from_secs(seconds));
            assert_eq!(test(&api, &alice, &id, &json!({})).await.status, expected);
        }
    }
}
