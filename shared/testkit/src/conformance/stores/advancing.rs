//! Replays that advance: past stretches that do not match, in turns with each other, and through
//! bundles.

use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::Store;
use postrider_domain::{
    DeliveryId, DeliveryState, Event, EventId, Replay, ReplayQuery, ReplayState, Settlement,
    Timestamp, Visibility,
};

use super::CaseResult;
use super::given::{
    self, LATER, NOW, Pending, advance_all, bundled, claim_bundle, everything, new_replay,
    replayed, seconds,
};
use crate::databases::Database;

const ALL: Visibility = Visibility::All;
const DEAD: Settlement = Settlement::Dead { reason: DeadReason::Exhausted };

/// When replays of these cases are made.
const AT: Timestamp = Timestamp::from_micros(NOW.as_micros() + 60_000_000);

fn only_dead() -> ReplayQuery {
    ReplayQuery { dead: true, ..ReplayQuery::default() }
}

async fn add(store: &dyn Store, replay: &Replay) -> CaseResult {
    anyhow::ensure!(store.add_replay(ALL, replay).await?, "it is visible");
    Ok(())
}

async fn find(store: &dyn Store, replay: &Replay) -> anyhow::Result<Replay> {
    Ok(store.find_replay(ALL, replay.id).await?.expect("it is there"))
}

/// `count` more deliveries that were given up, every fiftieth of an event of another type.
async fn mostly_of_one_type(store: &dyn Store, pending: &Pending, count: usize) -> CaseResult {
    let resource = given::next_number().to_string();
    let scope = postrider_domain::ResourceScope::One(resource.clone());
    let owner = pending.registration.owner;
    given::grant(store, owner, "reports", scope, postrider_domain::Access::READ).await?;
    let events: Vec<Event> = (0..count)
        .map(|place| {
            let event = given::event_at(NOW, "reports", &resource)?;
            let event_type = if place % 50 == 49 { "Edited" } else { "Executed" };
            Ok(Event { event_type: event_type.parse()?, ..event })
        })
        .collect::<anyhow::Result<_>>()?;
    for events in events.chunks(500) {
        let events = given::accept(store, events).await?;
        let deliveries = store.dispatch_events(&events, NOW, NOW + seconds(60)).await?.created;
        anyhow::ensure!(deliveries.len() == events.len(), "it gets them");
        let lease = given::lease(NOW);
        store.claim_deliveries(&deliveries, &[], lease, NOW).await?;
        let batch: Vec<_> = (deliveries.iter())
            .map(|delivery| given::failure(*delivery, 1, lease.token, DEAD))
            .collect();
        store.record_attempts(&batch, NOW).await?;
    }
    Ok(())
}

/// What is sent again is not dead any more, and must not count where the next look begins.
pub async fn among_very_many_dead_that_do_not_match_none_that_does_is_passed_over(
    store: &dyn Store,
) -> CaseResult {
    let pending = given::pending_of(store, 1).await?;
    mostly_of_one_type(store, &pending, 10_500).await?;
    let query = ReplayQuery { event_type: Some("Edited".parse()?), ..only_dead() };
    let replay = new_replay(&pending.registration, query, Replay::MAX_PACE, AT);
    add(store, &replay).await?;
    for turn in 1..=3 {
        store.advance_replays(AT + seconds(turn), 100_000).await?;
    }
    let found = find(store, &replay).await?;
    assert_eq!((found.replayed, found.state), (210, ReplayState::Done));
    Ok(())
}

/// `count` deliveries that were given up, as if no request had been made.
async fn dead(store: &dyn Store, count: usize) -> anyhow::Result<Pending> {
    let pending = given::pending_of(store, count).await?;
    for delivery in &pending.deliveries {
        given::settle(store, *delivery, DEAD, NOW).await?;
    }
    Ok(pending)
}

pub async fn a_fast_replay_with_very_many_left_keeps_no_other_waiting(
    store: &dyn Store,
) -> CaseResult {
    let (fast, slow) = (dead(store, 40).await?, dead(store, 10).await?);
    given::replay(store, &fast.registration, Replay::MAX_PACE, AT).await?;
    given::replay(store, &slow.registration, 10, AT).await?;
    assert_eq!(store.advance_replays(AT + seconds(1), 20).await?, 20);
    assert_eq!(replayed(store, &slow.deliveries, 1).await?, slow.deliveries);
    assert_eq!(replayed(store, &fast.deliveries, 1).await?, fast.deliveries[..10]);
    // What one leaves is for the others.
    assert_eq!(store.advance_replays(AT + seconds(2), 20).await?, 20);
    assert_eq!(replayed(store, &fast.deliveries, 1).await?, fast.deliveries[..30]);
    Ok(())
}

pub async fn a_replay_that_cannot_be_read_is_cancelled_and_the_others_go_on(
    database: &dyn Database,
) -> CaseResult {
    let store = &*database.store();
    let (spoiled, good) = (dead(store, 1).await?, dead(store, 1).await?);
    let replay = given::replay(store, &spoiled.registration, 10, AT).await?;
    database.spoil_replay(replay).await;
    given::replay(store, &good.registration, 10, AT).await?;
    assert_eq!(store.advance_replays(AT + seconds(1), 100).await?, 1);
    assert_eq!(replayed(store, &good.deliveries, 1).await?, good.deliveries);
    assert_eq!(replayed(store, &spoiled.deliveries, 0).await?, spoiled.deliveries);
    let state = store.cancel_replay(ALL, replay, LATER).await?;
    assert_eq!(state, Some(ReplayState::Cancelled));
    Ok(())
}

/// The events that arrive, while replays advance once a second and what is pending is sent.
async fn arriving(store: &dyn Store, deliveries: &[DeliveryId]) -> anyhow::Result<Vec<EventId>> {
    let mut arrived = Vec::new();
    for turn in 1..=20 {
        let now = AT + seconds(turn);
        store.advance_replays(now, 100).await?;
        // Held for their turn, which is at once since they were made long ago.
        given::claim(store, deliveries, now).await?;
        given::release(store, now, 100).await?;
        let lease = given::lease(now);
        for claimed in store.claim_deliveries(deliveries, &[], lease, now).await? {
            arrived.extend(claimed.events.iter().map(|event| event.id));
            let number = claimed.attempts + 1;
            let success = given::success(claimed.delivery, number, lease.token);
            store.record_attempts(&[success], now).await?;
        }
    }
    arrived.sort_unstable();
    Ok(arrived)
}

pub async fn a_job_sends_each_event_of_a_bundle_once_whatever_its_pace(
    store: &dyn Store,
) -> CaseResult {
    for first in [Settlement::Delivered, DEAD] {
        for pace in [1, 2, 3, 4, 100] {
            let Pending { registration, deliveries } = bundled(store, 6).await?;
            let mut events = Vec::new();
            for delivery in &deliveries {
                events.push(given::look(store, *delivery).await?.event);
            }
            events.sort_unstable();
            given::settle(store, deliveries[0], first, NOW).await?;
            given::settle(store, deliveries[3], first, NOW).await?;
            given::replay(store, &registration, pace, AT).await?;
            let arrived = arriving(store, &deliveries).await?;
            assert_eq!(arrived, events, "{} at a pace of {pace}", first.state());
            let states = given::states(store, &deliveries).await?;
            assert_eq!(states, [DeliveryState::Delivered; 6]);
            assert_eq!(replayed(store, &deliveries, 1).await?, deliveries);
        }
    }
    Ok(())
}

pub async fn a_job_sends_nothing_of_a_bundle_that_does_not_match(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = bundled(store, 3).await?;
    given::settle(store, deliveries[0], Settlement::Delivered, NOW).await?;
    // Sent again as a whole, and given up: the others have arrived all the same.
    store.replay_delivery(ALL, deliveries[0], NOW).await?;
    given::hold_all(store, &deliveries[..1], NOW).await?;
    given::release(store, NOW, 10).await?;
    given::settle(store, deliveries[0], DEAD, NOW).await?;
    add(store, &new_replay(&registration, only_dead(), 10, AT)).await?;
    let now = advance_all(store, AT).await?;
    given::hold_all(store, &deliveries[..1], now).await?;
    given::release(store, now, 10).await?;
    claim_bundle(store, &deliveries, &deliveries[..1], now).await?;
    for other in &deliveries[1..] {
        let found = given::look(store, *other).await?;
        assert_eq!((found.state, found.bundle), (DeliveryState::Delivered, None));
    }
    let found = given::look(store, deliveries[0]).await?;
    assert_eq!((found.bundle_size, found.replays), (1, 2));
    // Each of the others can be replayed by itself.
    given::replay(store, &registration, 10, now).await?;
    advance_all(store, now).await?;
    assert_eq!(replayed(store, &deliveries[1..], 1).await?, deliveries[1..]);
    Ok(())
}

pub async fn what_was_counted_and_whether_there_may_be_more_is_kept(
    store: &dyn Store,
) -> CaseResult {
    let registration = dead(store, 1).await?.registration;
    for more in [false, true] {
        let matched = postrider_domain::BoundedCount { count: 37, more };
        let replay = Replay { matched, ..new_replay(&registration, everything(), 1, AT) };
        add(store, &replay).await?;
        assert_eq!(find(store, &replay).await?, replay);
    }
    Ok(())
}
