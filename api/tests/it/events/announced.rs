//! What dispatchers hear of events.

use http::StatusCode;
use postrider_domain::EventId;
use postrider_domain::ports::{Consumer, Queue, QueueName};
use serde_json::json;

use crate::harness::{Api, report_event};

/// The events that are announced until `last` is.
async fn announced_until(consumer: &mut dyn Consumer, last: EventId) -> Vec<EventId> {
    let mut announced = Vec::new();
    while announced.last() != Some(&last) {
        for message in consumer.next(10).await.unwrap() {
            announced.push(postrider_wire::cloudevents::decode_id(&message.body).unwrap());
            message.ack();
        }
    }
    announced
}

#[tokio::test]
async fn an_accepted_event_is_announced_once_as_a_cloud_event() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let mut consumer = api.queue.consume(QueueName::Events, 10).await.unwrap();
    let mut event = report_event();
    event["id"] = json!("order-1");
    let first = api.publish(&admin, event.clone()).await;
    let repeated = api.publish(&admin, event).await;
    let last = api.publish(&admin, report_event()).await;
    assert_eq!(first, repeated);

    assert_eq!(announced_until(&mut *consumer, last).await, [first, last]);
}

#[tokio::test]
async fn an_event_that_could_not_be_stored_is_not_announced() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let mut consumer = api.queue.consume(QueueName::Events, 10).await.unwrap();
    let broken =
        "CREATE TRIGGER broken BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no'); END";
    api.database.execute(broken).await;
    let refused = api.post("/api/v1/events").bearer(&admin.key).json(&report_event()).send().await;
    assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", refused.shown());

    api.database.execute("DROP TRIGGER broken").await;
    let stored = api.publish(&admin, report_event()).await;
    assert_eq!(announced_until(&mut *consumer, stored).await, [stored]);
}
