//! A registration's own pace: rates, and several events in one delivery.

use std::time::Duration;

use postrider_tests::world::World;
use serde_json::json;

postrider_tests::on_both_pairs! {
    a_rate_is_kept_and_nothing_is_lost_by_it,
    a_batch_goes_when_it_is_full_or_its_first_event_has_waited,
    a_batch_that_fails_is_tried_again_as_a_whole_under_the_same_id,
}

async fn a_rate_is_kept_and_nothing_is_lost_by_it(world: &World) {
    let (sink, other) = (world.endpoint().await, world.endpoint().await);
    let admin = &world.administrator;
    let rate = json!({ "rateLimit": { "requests": 2, "perSeconds": 10 } });
    world.register_with(admin, &sink.url("/"), &["reports"], rate).await;
    world.register(admin, &other.url("/"), &["reports"]).await;
    for number in 0..6 {
        world.publish("reports", "Added", &number.to_string()).await;
    }
    other.wait_for(6).await;
    world.run_until_idle().await;

    // One goes at once, and then one every five seconds.
    for expected in 1..=6 {
        assert_eq!(sink.requests().len(), expected);
        world.advance(Duration::from_secs(4)).await;
        assert_eq!(sink.requests().len(), expected, "a second too early");
        world.advance(Duration::from_secs(1)).await;
    }
    assert_eq!(sink.requests().len(), 6);
    assert_eq!(sink.told(), (0..6).map(|n| format!("reports Added {n}")).collect::<Vec<_>>());
}

async fn a_batch_goes_when_it_is_full_or_its_first_event_has_waited(world: &World) {
    let sink = world.endpoint().await;
    let batch = json!({ "batch": { "maxEvents": 3, "maxWaitSeconds": 30 } });
    world.register_with(&world.administrator, &sink.url("/"), &["reports"], batch).await;
    for number in 0..4 {
        world.publish("reports", "Added", &number.to_string()).await;
        // Events of one moment have no order.
        world.tick();
    }
    world.run_until_idle().await;
    world.advance(Duration::from_secs(2)).await;
    let numbers = |request: usize| -> Vec<String> {
        let requests = sink.requests();
        let notifications = requests[request].notifications();
        notifications.iter().map(|n| n["ResourceId"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(sink.requests().len(), 1);
    assert_eq!(numbers(0), ["0", "1", "2"]);

    world.advance(Duration::from_secs(27)).await;
    assert_eq!(sink.requests().len(), 1);
    world.advance(Duration::from_secs(2)).await;
    assert_eq!(sink.requests().len(), 2);
    assert_eq!(numbers(1), ["3"]);
}

async fn a_batch_that_fails_is_tried_again_as_a_whole_under_the_same_id(world: &World) {
    let sink = world.endpoint_that_answers(&[500, 200]).await;
    let batch = json!({ "batch": { "maxEvents": 2, "maxWaitSeconds": 30 } });
    let admin = &world.administrator;
    let registration = world.register_with(admin, &sink.url("/"), &["reports"], batch).await;
    let events = [
        world.publish("reports", "Added", "1").await,
        world.publish("reports", "Added", "2").await,
    ];
    world.run_until_idle().await;
    world.advance(Duration::from_secs(2)).await;
    assert_eq!(sink.requests().len(), 1);
    world.advance(Duration::from_secs(12)).await;
    let requests = sink.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].header("webhook-id"), requests[1].header("webhook-id"));
    assert_eq!(requests[0].notifications().len(), 2);
    assert_eq!(requests[0].notifications(), requests[1].notifications());
    for event in events {
        assert_eq!(world.delivery(event, registration).await.delivery.state.as_str(), "delivered");
    }
}
