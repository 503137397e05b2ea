//! Bodies that do not come with a claim, and what cannot be read.

use std::sync::atomic::Ordering;

use postrider_domain::InboxState;
use postrider_domain::ports::ClaimedInbox;
use postrider_receiver::inbox::READING;

use crate::on_every_pair;
use crate::probe::{Act, Probe};
use crate::world::{World, runs};

on_every_pair! {
    a_large_body_is_loaded_for_its_handlers,
    large_bodies_of_one_url_are_worked_on_a_few_at_a_time,
    what_cannot_be_read_is_dead_visibly,
}

async fn a_large_body_is_loaded_for_its_handlers(world: World) {
    let first = Probe::new("first", 1, |context| match context.webhook.request.body.len() {
        0..=ClaimedInbox::BODY_LIMIT => Act::Fail,
        _ => Act::Succeed,
    });
    let _processor = world.processor([&first]).await;
    let webhook = world.large_webhook("", "a", ClaimedInbox::BODY_LIMIT);
    world.inbox().accept(&webhook).await.unwrap();
    let all = world.until_runs(1).await;
    assert_eq!(runs(&all[0]), [("first", "done")]);
    assert_eq!(world.store.loaded.load(Ordering::SeqCst), 1);

    world.inbox().accept(&world.webhook("", "b")).await.unwrap();
    world.until_runs(2).await;
    assert_eq!(world.store.loaded.load(Ordering::SeqCst), 1, "a small one comes with its claim");
}

async fn large_bodies_of_one_url_are_worked_on_a_few_at_a_time(mut world: World) {
    // Half of it is for one URL: two of the bodies.
    world.config.work_bytes = 1024 * 1024;
    let gate = crate::probe::Gate::closed();
    let closed = std::sync::Arc::clone(&gate);
    let first = Probe::new("first", 1, move |context| match context.webhook.address.id.as_str() {
        "large" => Act::Wait(std::sync::Arc::clone(&closed)),
        _ => Act::Succeed,
    });
    let (_processor, _scheduler) = (world.processor([&first]).await, world.announcing());
    let inbox = world.inbox();
    for number in 0..5 {
        let webhook = world.large_webhook("large", &format!("{number}"), 200 * 1024);
        inbox.accept(&webhook).await.unwrap();
    }
    world.until(|_| world.counter("postrider_inbox_put_off_total") >= 3.0).await;
    inbox.accept(&world.large_webhook("other", "a", 200 * 1024)).await.unwrap();
    world.until_processed(1).await;
    assert_eq!(first.runs(), 3);
    assert_eq!(world.store.loaded.load(Ordering::SeqCst), 3);
    gate.open();
    world.until_over().await;
    assert_eq!(first.runs(), 6);
}

async fn what_cannot_be_read_is_dead_visibly(world: World) {
    world.store.unreadable.store(true, Ordering::SeqCst);
    let first = Probe::always("first", 1, Act::Succeed);
    let _processor = world.processor([&first]).await;
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    let all = world.until(|all| all[0].state == InboxState::Dead).await;
    assert_eq!(runs(&all[0]), [(READING, "failed")]);
    assert_eq!(all[0].runs[0].outcome.error(), Some("what is stored of it cannot be read"));
    assert_eq!(first.runs(), 0);
}
