//! The queue is a hint: losing it loses nothing.

use std::time::Duration;

use postrider_domain::{Clock, Event, EventType, FilterName, NewEvent, Resource};
use postrider_tests::world::World;

postrider_tests::on_both_pairs! {
    deliveries_whose_messages_were_lost_are_sent_after_the_rescue_time,
    events_whose_messages_were_lost_are_dispatched_after_the_rescue_time,
}

/// Accepts `count` events behind the roles' backs, as an api does that dies before publishing.
async fn accept(world: &World, count: usize) -> Vec<NewEvent> {
    let now = world.clock.now();
    let events: Vec<NewEvent> = (0..count)
        .map(|n| {
            let event = Event {
                id: world.ids.next(),
                filter: "reports".parse::<FilterName>().unwrap(),
                event_type: "Added".parse::<EventType>().unwrap(),
                resource: Resource { id: n.to_string(), name: None, category: None },
                actor: None,
                occurred_at: now,
                accepted_at: now,
                data: None,
                publisher: None,
                audience: None,
            };
            NewEvent { event, key: None }
        })
        .collect();
    world
        .store
        .accept_events(std::slice::from_ref(&events), now + Duration::from_secs(10))
        .await
        .unwrap();
    events
}

async fn deliveries_whose_messages_were_lost_are_sent_after_the_rescue_time(world: &World) {
    let sink = world.endpoint().await;
    world.register(&world.administrator, &sink.url("/"), &["reports"]).await;
    let events = accept(world, 500).await;
    let ids: Vec<_> = events.iter().map(|new| new.event.id).collect();
    let now = world.clock.now();
    // A dispatcher that dies after its commit and before it publishes leaves the store like this; so
    // does a broker that loses its queues.
    let created =
        world.store.dispatch_events(&ids, now, now + Duration::from_mins(1)).await.unwrap();
    assert_eq!(created.created.len(), 500);

    world.clock.advance(Duration::from_mins(1));
    sink.wait_for(500).await;
    world.run_until_idle().await;
    assert_eq!(sink.requests().len(), 500);
}

async fn events_whose_messages_were_lost_are_dispatched_after_the_rescue_time(world: &World) {
    let sink = world.endpoint().await;
    world.register(&world.administrator, &sink.url("/"), &["reports"]).await;
    accept(world, 50).await;
    world.clock.advance(Duration::from_secs(10));
    sink.wait_for(50).await;
    world.run_until_idle().await;
    assert_eq!(sink.requests().len(), 50);
}
