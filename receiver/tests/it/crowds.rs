//! Many webhooks, and several processors.

use std::sync::Arc;
use std::time::Duration;

use postrider_domain::ports::{Outgoing, QueueName};
use postrider_domain::{InboxId, InboxState};
use postrider_wire::queue::InboxBatch;

use crate::on_every_pair;
use crate::probe::{Act, Gate, Probe};
use crate::world::{World, count_in};

on_every_pair! {
    a_slow_handler_holds_nobody_else_up,
    two_processors_never_run_one_webhook_at_once,
    a_webhook_that_the_store_refuses_to_claim_keeps_no_other_waiting,
    a_message_is_settled_when_its_webhooks_are_claimed,
}

async fn a_slow_handler_holds_nobody_else_up(mut world: World) {
    world.config.concurrency = 8;
    world.config.busy_patience = Duration::from_millis(1);
    let gate = Gate::closed();
    let closed = Arc::clone(&gate);
    let first = Probe::new("first", 1, move |context| match context.webhook.address.id.as_str() {
        "slow" => Act::Wait(Arc::clone(&closed)),
        _ => Act::Succeed,
    });
    let (_processor, _scheduler) = (world.processor([&first]).await, world.announcing());
    let inbox = world.inbox();
    for number in 0..20 {
        inbox.accept(&world.webhook("slow", &format!("{number}"))).await.unwrap();
    }
    first.until_runs(4).await;
    for number in 0..5 {
        inbox.accept(&world.webhook("quick", &format!("{number}"))).await.unwrap();
        world.until_processed(number + 1).await;
    }
    let all = world.all().await;
    let quick = |state| {
        all.iter()
            .filter(|report| report.item.address.id == "quick" && report.state == state)
            .count()
    };
    assert_eq!(quick(InboxState::Processed), 5);
    // Four slow ones have half of the slots, and no other one begins.
    assert_eq!(first.runs(), 4 + 5);

    gate.open();
    world.until_over().await;
    assert_eq!(first.runs(), 25);
    assert!(world.counter("postrider_inbox_put_off_total") > 0.0);
}

async fn two_processors_never_run_one_webhook_at_once(world: World) {
    let first = Probe::always("first", 1, Act::Succeed);
    let second = Probe::always("second", 2, Act::Succeed);
    // It tells of nothing, so that all messages are those below.
    let inbox = world.inbox_with(Arc::new(crate::outages::Lost));
    for number in 0..40 {
        let url = ["a", "b", "c", "d"][number % 4];
        inbox.accept(&world.webhook(url, &format!("{number}"))).await.unwrap();
    }
    let ids: Vec<_> = world.all().await.into_iter().map(|report| report.item.id).collect();
    let mut messages = vec![message(ids.clone()), message(ids.clone())];
    messages.extend(ids.chunks(3).map(|ids| message(ids.to_vec())));
    world.queue.publisher().publish(QueueName::Inbox, messages).await.unwrap();

    let one = world.processor([&first, &second]).await;
    let other = world.processor([&first, &second]).await;
    world.until_processed(40).await;
    one.stop();
    other.stop();
    one.ended().await;
    other.ended().await;
    assert_eq!((first.runs(), second.runs()), (40, 40));
    assert!(!first.overlapped() && !second.overlapped());
}

/// A message that names these.
pub(crate) fn message(ids: Vec<InboxId>) -> Outgoing {
    Outgoing {
        routing_key: String::new(),
        content_type: InboxBatch::CONTENT_TYPE,
        body: InboxBatch { ids }.encode(),
    }
}

async fn a_webhook_that_the_store_refuses_to_claim_keeps_no_other_waiting(world: World) {
    let first = Probe::always("first", 1, Act::Succeed);
    let inbox = world.inbox_with(Arc::new(crate::outages::Lost));
    for number in 0..5 {
        inbox.accept(&world.webhook("", &format!("{number}"))).await.unwrap();
    }
    let ids: Vec<_> = world.all().await.into_iter().map(|report| report.item.id).collect();
    *world.store.unclaimable.lock().unwrap() = Some(ids[2]);
    world.queue.publisher().publish(QueueName::Inbox, vec![message(ids.clone())]).await.unwrap();
    let (_processor, _scheduler) = (world.processor([&first]).await, world.announcing());
    let all = world.until_processed(4).await;
    assert_eq!(all[2].state, InboxState::Pending);

    // It is only left for later.
    *world.store.unclaimable.lock().unwrap() = None;
    world.clock.advance(world.config.rescue_after);
    world.until_processed(5).await;
    assert_eq!(first.runs(), 5);
}

async fn a_message_is_settled_when_its_webhooks_are_claimed(world: World) {
    let gate = Gate::closed();
    let first = Probe::always("first", 1, Act::Wait(Arc::clone(&gate)));
    let processor = world.processor([&first]).await;
    let inbox = world.inbox();
    // More messages than are taken at a time without being settled, each of one webhook.
    for number in 0..20 {
        let url = ["a", "b"][number % 2];
        inbox.accept(&world.webhook(url, &format!("{number}"))).await.unwrap();
        first.until_runs(number + 1).await;
    }
    gate.open();
    processor.stop();
    processor.ended().await;
    assert_eq!(count_in(&world.all().await, InboxState::Processed), 20);
}
