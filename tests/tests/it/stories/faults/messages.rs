//! Messages are hints: doubled, unreadable or about what is gone, they harm nothing.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use bytes::Bytes;
use postrider_domain::ports::{Outgoing, QueueName};
use postrider_domain::{DeliveryId, Event, EventId, NewEvent, RegistrationId, Resource};
use postrider_testkit::brokers::Broker;
use postrider_tests::wait::until;
use postrider_tests::world::{Pair, World};
use postrider_wire::cloudevents;
use postrider_wire::queue::DeliveryBatch;
use serde_json::json;

postrider_tests::on_both_pairs! {
    messages_that_cannot_be_read_end_where_they_can_be_seen_and_hold_up_nobody,
    the_same_message_twice_in_one_batch_is_dispatched_once,
    the_same_delivery_twice_in_one_message_is_sent_once,
    messages_about_what_is_settled_or_unknown_do_nothing,
    an_event_that_nobody_asked_for_is_shown_with_none_matched,
}

/// Puts messages into a queue behind the roles' backs.
async fn send(world: &World, queue: QueueName, bodies: impl IntoIterator<Item = Bytes>) {
    let routing_key = if queue == QueueName::Events { "reports.Added" } else { "" };
    let content_type = "application/json";
    let message = |body| Outgoing { routing_key: routing_key.into(), content_type, body };
    let messages = bodies.into_iter().map(message).collect();
    world.queue.publisher().publish(queue, messages).await.unwrap();
}

/// Waits until so many messages are dead, and returns their bodies in order.
async fn dead(world: &World, count: usize) -> Vec<Bytes> {
    let mut bodies = match world.pair() {
        Pair::Services { broker, .. } => broker.dead(count).await,
        Pair::Embedded { queue, .. } => {
            until("the messages are dead", || async {
                let dead = queue.dead();
                (dead.len() >= count).then(|| dead.into_iter().map(|dead| dead.body).collect())
            })
            .await
        }
    };
    bodies.sort_unstable();
    bodies
}

/// Accepts events without a message about them, as an api does that dies before publishing.
async fn accept(world: &World, count: usize) -> Vec<Event> {
    let now = world.now();
    let events: Vec<Event> = (0..count)
        .map(|number| Event {
            id: world.ids.next(),
            filter: "reports".parse().unwrap(),
            event_type: "Added".parse().unwrap(),
            resource: Resource { id: number.to_string(), name: None, category: None },
            actor: None,
            occurred_at: now,
            accepted_at: now,
            data: None,
            publisher: None,
            audience: None,
        })
        .collect();
    let submission = events.iter().map(|event| NewEvent { event: event.clone(), key: None });
    let rescue_at = now + Duration::from_mins(10);
    world.store.accept_events(&[submission.collect()], rescue_at).await.unwrap();
    events
}

/// Publishes an event as usual, and waits until everything there was is done. Queues keep their
/// order, so that whatever was sent before has been taken by then.
async fn after_all_that(world: &World) -> EventId {
    let event = world.publish("reports", "Added", "last").await;
    world.run_until_idle().await;
    event
}

async fn attempts(world: &World, event: EventId, registration: RegistrationId) -> usize {
    world.delivery(event, registration).await.attempts.len()
}

async fn messages_that_cannot_be_read_end_where_they_can_be_seen_and_hold_up_nobody(world: &World) {
    let sink = world.endpoint().await;
    world.register(&world.administrator, &sink.url("/"), &["reports"]).await;
    let (no_event, no_batch) = (Bytes::from("{\"id\":7}"), Bytes::from("{\"v\":99,\"ids\":[]}"));
    send(world, QueueName::Events, [no_event.clone()]).await;
    send(world, QueueName::Deliveries, [no_batch.clone()]).await;
    send(world, QueueName::Retries, [Bytes::from("~")]).await;

    world.publish("reports", "Added", "1").await;
    sink.wait_for(1).await;
    world.run_until_idle().await;
    assert_eq!(dead(world, 3).await, [no_event, no_batch, Bytes::from("~")]);
    assert_eq!(sink.told(), ["reports Added 1"]);
}

async fn the_same_message_twice_in_one_batch_is_dispatched_once(world: &World) {
    let sink = world.endpoint().await;
    let admin = &world.administrator;
    let registration = world.register(admin, &sink.url("/"), &["reports"]).await;
    let events = accept(world, 20).await;
    let twice = events.iter().chain(&events).chain(events.iter().rev());
    send(world, QueueName::Events, twice.map(cloudevents::encode_event)).await;
    sink.wait_for(20).await;

    after_all_that(world).await;
    assert_eq!(sink.requests().len(), 21);
    for event in events {
        assert_eq!(attempts(world, event.id, registration).await, 1);
    }
}

async fn the_same_delivery_twice_in_one_message_is_sent_once(world: &World) {
    let sink = world.endpoint().await;
    let admin = &world.administrator;
    let registration = world.register(admin, &sink.url("/"), &["reports"]).await;
    let events: Vec<EventId> = accept(world, 20).await.iter().map(|event| event.id).collect();
    let (now, rescue_at) = (world.now(), world.now() + Duration::from_mins(10));
    let created = world.store.dispatch_events(&events, now, rescue_at).await.unwrap().created;
    assert_eq!(created.len(), 20);

    let twice = DeliveryBatch { ids: [created.clone(), created.clone()].concat() }.encode();
    send(world, QueueName::Deliveries, [twice.clone(), twice]).await;
    sink.wait_for(20).await;
    after_all_that(world).await;
    assert_eq!(sink.requests().len(), 21);
    for event in events {
        assert_eq!(attempts(world, event, registration).await, 1);
    }
}

async fn messages_about_what_is_settled_or_unknown_do_nothing(world: &World) {
    let sink = world.endpoint().await;
    let admin = &world.administrator;
    let registration = world.register(admin, &sink.url("/"), &["reports"]).await;
    let event = world.publish("reports", "Added", "1").await;
    sink.wait_for(1).await;
    world.run_until_idle().await;

    let settled = world.delivery(event, registration).await.delivery.id;
    let unknown: DeliveryId = DeliveryId::derive(world.ids.next(), registration);
    let batch = DeliveryBatch { ids: vec![unknown, settled, unknown] }.encode();
    send(world, QueueName::Deliveries, [batch.clone()]).await;
    send(world, QueueName::Retries, [batch]).await;
    let last = after_all_that(world).await;

    assert_eq!(sink.told(), ["reports Added 1", "reports Added last"]);
    for event in [event, last] {
        assert_eq!(attempts(world, event, registration).await, 1);
    }
}

async fn an_event_that_nobody_asked_for_is_shown_with_none_matched(world: &World) {
    let sink = world.endpoint().await;
    // One asks for something else, and one may not read it.
    let ada = world.user("ada").await;
    world.register(&world.administrator, &sink.url("/"), &["tasks"]).await;
    world.register(&ada, &sink.url("/"), &["reports"]).await;
    let event = world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;

    let path = format!("/api/v1/events/{event}");
    let (status, shown) = world.request(&world.administrator, Method::GET, &path, None).await;
    assert_eq!(status, StatusCode::OK, "{shown}");
    assert_eq!((&shown["dispatched"], &shown["matched"]), (&json!(true), &json!(0)), "{shown}");
    assert_eq!(shown["deliveries"], json!([]));
    // Nobody has to look at it again.
    world.advance(Duration::from_hours(1)).await;
    assert_eq!(sink.requests().len(), 0);
}
