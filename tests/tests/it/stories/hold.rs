//! A pause holds, it does not drop.

use std::time::Duration;

use postrider_tests::world::World;

postrider_tests::on_both_pairs! {
    what_happens_during_a_pause_is_held_and_sent_after_it,
    a_retry_that_falls_into_a_pause_waits_for_its_end,
}

async fn what_happens_during_a_pause_is_held_and_sent_after_it(world: &World) {
    let sink = world.endpoint().await;
    let admin = &world.administrator;
    let registration = world.register(admin, &sink.url("/"), &["reports"]).await;
    world.clock.advance(Duration::from_secs(1));
    world.pause(admin, registration, true).await;
    let events = [
        world.publish("reports", "Added", "1").await,
        world.publish("reports", "Added", "2").await,
    ];
    world.run_until_idle().await;
    world.advance(Duration::from_hours(1)).await;
    assert_eq!(sink.requests().len(), 0);
    for event in events {
        assert_eq!(world.timeline(event, registration).await, "held");
    }

    world.pause(admin, registration, false).await;
    sink.wait_for(2).await;
    world.run_until_idle().await;
    for event in events {
        assert_eq!(world.delivery(event, registration).await.delivery.state.as_str(), "delivered");
    }
}

async fn a_retry_that_falls_into_a_pause_waits_for_its_end(world: &World) {
    let sink = world.endpoint_that_answers(&[500, 200]).await;
    let admin = &world.administrator;
    let registration = world.register(admin, &sink.url("/"), &["reports"]).await;
    let event = world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;
    world.clock.advance(Duration::from_secs(1));
    world.pause(admin, registration, true).await;
    world.advance(Duration::from_secs(100)).await;
    assert_eq!(sink.requests().len(), 1);

    world.pause(admin, registration, false).await;
    sink.wait_for(2).await;
    world.run_until_idle().await;
    assert_eq!(world.delivery(event, registration).await.delivery.state.as_str(), "delivered");
}
