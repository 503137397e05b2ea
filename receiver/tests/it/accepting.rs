//! What the sender of a webhook sees.

use std::sync::atomic::Ordering;
use std::time::Duration;

use postrider_domain::ports::Accepted;
use postrider_receiver::inbox::AcceptError;
use postrider_receiver::routes::Enqueue;
use tokio::task::JoinSet;

use crate::on_every_pair;
use crate::probe::{Act, Probe};
use crate::world::World;

on_every_pair! {
    the_same_webhook_sent_again_is_dropped_and_counted,
    a_sender_is_told_to_send_again_when_the_store_hangs,
    many_webhooks_at_once_are_all_stored_and_processed,
}

async fn the_same_webhook_sent_again_is_dropped_and_counted(world: World) {
    let first = Probe::always("first", 1, Act::Succeed);
    let _processor = world.processor([&first]).await;
    let inbox = world.inbox();
    assert_eq!(inbox.accept(&world.webhook("", "a")).await.unwrap(), Accepted::Stored);
    let all = world.until_processed(1).await;
    let again = inbox.accept(&world.webhook("", "a")).await.unwrap();
    assert_eq!(again, Accepted::Duplicate(all[0].item.id));
    // A name is one of its URL.
    assert_eq!(inbox.accept(&world.webhook("other", "a")).await.unwrap(), Accepted::Stored);

    let all = world.until_processed(2).await;
    assert_eq!((all[0].duplicates, all[1].duplicates), (1, 0));
    assert_eq!(first.runs(), 2);
    assert!((world.counter("postrider_inbox_accepted_total") - 2.0).abs() < f64::EPSILON);
    assert!((world.counter("postrider_inbox_duplicates_total") - 1.0).abs() < f64::EPSILON);
}

async fn a_sender_is_told_to_send_again_when_the_store_hangs(mut world: World) {
    world.config.accept_timeout = Duration::from_millis(10);
    world.store.accepting_hangs.store(true, Ordering::SeqCst);
    let inbox = world.inbox();
    let refused = inbox.accept(&world.webhook("", "a")).await.unwrap_err();
    assert!(matches!(refused, AcceptError::Overdue(_)), "{refused}");
    let refused = inbox.enqueue(&world.webhook("", "a")).await.unwrap_err();
    assert_eq!(refused.0, "the store did not answer within 0.01 s");
    let failures = world.counter("postrider_inbox_accept_failures_total");
    assert!((failures - 2.0).abs() < f64::EPSILON);
}

async fn many_webhooks_at_once_are_all_stored_and_processed(mut world: World) {
    // Less than all of them take, so that some wait for room.
    world.config.accept_bytes = 20 * 4_096;
    let first = Probe::always("first", 1, Act::Succeed);
    let _processor = world.processor([&first]).await;
    let inbox = std::sync::Arc::new(world.inbox());
    let mut senders = JoinSet::new();
    for number in 0..100 {
        let (inbox, webhook) =
            (std::sync::Arc::clone(&inbox), world.webhook("", &format!("{number}")));
        senders.spawn(async move { inbox.accept(&webhook).await.unwrap() });
    }
    assert_eq!(senders.join_all().await, vec![Accepted::Stored; 100]);
    // More than one URL may have at a time were put off.
    let _scheduler = world.announcing();
    world.until_over().await;
    assert_eq!(first.runs(), 100);
}
