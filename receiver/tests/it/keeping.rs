//! What is counted, and what is removed.

use std::time::Duration;

use postrider_domain::InboxState;
use tokio_util::sync::CancellationToken;

use crate::on_every_pair;
use crate::probe::{Act, Probe};
use crate::world::{World, count_in};

on_every_pair! {
    what_is_over_is_removed_when_its_time_has_come,
    what_waits_is_counted,
}

const DAY: Duration = Duration::from_hours(24);

async fn what_is_over_is_removed_when_its_time_has_come(mut world: World) {
    world.config.retention.interval = Duration::from_millis(5);
    world.config.retention.batch = 2;
    let first = Probe::new("first", 1, |context| match context.webhook.address.id.as_str() {
        "bad" => Act::FailForGood,
        _ => Act::Succeed,
    });
    let processor = world.processor([&first]).await;
    let inbox = world.inbox();
    for number in 0..5 {
        inbox.accept(&world.webhook("good", &format!("{number}"))).await.unwrap();
    }
    inbox.accept(&world.webhook("bad", "a")).await.unwrap();
    world.until(|all| all.iter().all(|report| report.settled_at.is_some())).await;
    processor.stop();
    processor.ended().await;
    inbox.accept(&world.webhook("pending", "a")).await.unwrap();

    let shutdown = CancellationToken::new();
    let look = async {
        world.clock.advance(7 * DAY + Duration::from_secs(1));
        let all = world.until(|all| all.len() == 2).await;
        assert_eq!(count_in(&all, InboxState::Dead), 1);
        world.clock.advance(23 * DAY);
        let all = world.until(|all| all.len() == 1).await;
        assert_eq!(all[0].state, InboxState::Pending);
        shutdown.cancel();
    };
    let (ended, ()) = tokio::join!(world.scheduler().run_retention(shutdown.clone()), look);
    ended.unwrap();
    assert!((world.counter("postrider_inbox_removed_total") - 6.0).abs() < f64::EPSILON);
}

async fn what_waits_is_counted(world: World) {
    let inbox = world.inbox();
    for number in 0..3 {
        inbox.accept(&world.webhook("", &format!("{number}"))).await.unwrap();
    }
    world.clock.advance(Duration::from_secs(9));
    let shutdown = CancellationToken::new();
    let look = async {
        let counted = async {
            while world.gauge("postrider_inbox_wanted") < 3.0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(crate::world::PATIENCE, counted).await.expect("it is counted");
        shutdown.cancel();
    };
    let (ended, ()) = tokio::join!(world.scheduler().run_sampling(shutdown.clone()), look);
    ended.unwrap();
    let age = world.gauge("postrider_inbox_oldest_wanted_age_seconds");
    assert!((age - 9.0).abs() < f64::EPSILON, "{age}");
    assert!(world.gauge("postrider_inbox_dead").abs() < f64::EPSILON);
}
