//! Giving up what is held for too long, or with too many others.

use futures_util::future::try_join_all;
use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{Overflow, OverflowProgress, Store};
use postrider_domain::{
    DeliveryId, DeliveryState, HoldPolicy, NoticeKind, Registration, Report, Settlement, Timestamp,
};

use super::CaseResult;
use super::given::{self, LATER, NOW, Pending, Told, ids, report_of, seconds};

/// Everything may be held for a day, and no number is too many.
fn for_a_day() -> HoldPolicy {
    HoldPolicy { max_age: seconds(86_400), max_count: 1000, ..HoldPolicy::default() }
}

/// So many may be held for a year.
fn no_more_than(max_count: u32) -> HoldPolicy {
    HoldPolicy { max_age: seconds(365 * 86_400), max_count, ..HoldPolicy::default() }
}

fn overflow(registration: &Registration, deliveries: u64) -> Overflow {
    Overflow { registration: registration.id, deliveries }
}

/// Checks that the first `dead` of `deliveries` were given up at `now`, and the others are held.
async fn assert_given_up(
    store: &dyn Store,
    deliveries: &[DeliveryId],
    dead: usize,
    now: Timestamp,
) -> anyhow::Result<()> {
    for (place, delivery) in deliveries.iter().enumerate() {
        let found = given::look(store, *delivery).await?;
        if place < dead {
            assert_eq!(found.dead_reason, Some(DeadReason::HoldOverflow), "{place}");
            assert_eq!((found.state, found.hold_reason), (DeliveryState::Dead, None));
            assert_eq!(found.settled_at, Some(now));
        } else {
            assert_eq!(found.state, DeliveryState::Held, "{place}");
        }
    }
    Ok(())
}

pub async fn what_is_held_for_too_long_is_given_up(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = given::held_of(store, 2).await?;
    let noon = NOW + seconds(43_200);
    let late = given::more_at(store, &registration, 1, noon).await?;
    given::hold_all(store, &late, noon).await?;
    let all = [deliveries, late].concat();
    let policy = for_a_day();
    assert_eq!(given::give_up(store, &policy, NOW + seconds(86_390)).await?, []);
    for (now, more, dead) in [
        (NOW + seconds(86_410), 2, 2),
        (noon + seconds(86_390), 0, 2),
        (noon + seconds(86_410), 1, 3),
    ] {
        let expected: Vec<_> =
            (more > 0).then(|| overflow(&registration, more)).into_iter().collect();
        assert_eq!(given::give_up(store, &policy, now).await?, expected);
        let states = given::states(store, &all).await?;
        let gone = states.iter().take_while(|state| **state == DeliveryState::Dead).count();
        assert_eq!(gone, dead);
    }
    Ok(())
}

pub async fn of_too_many_the_oldest_are_given_up(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = given::held_of(store, 6).await?;
    let few = given::held_of(store, 4).await?;
    assert_eq!(given::give_up(store, &no_more_than(6), LATER).await?, []);
    let given_up = given::give_up(store, &no_more_than(4), LATER).await?;
    assert_eq!(given_up, [overflow(&registration, 2)]);
    assert_given_up(store, &deliveries, 2, LATER).await?;
    assert_given_up(store, &few.deliveries, 0, LATER).await?;
    assert_eq!(given::give_up(store, &no_more_than(4), LATER).await?, []);
    Ok(())
}

pub async fn several_registrations_overflow_in_one_call(store: &dyn Store) -> CaseResult {
    let mut all = Vec::new();
    for count in [3, 1, 5] {
        all.push(given::held_of(store, count).await?);
    }
    let mut given_up = given::give_up(store, &no_more_than(1), LATER).await?;
    given_up.sort_unstable_by_key(|overflow| overflow.registration);
    let expected = [overflow(&all[0].registration, 2), overflow(&all[2].registration, 4)];
    assert_eq!(given_up, expected);
    for (held, dead) in all.iter().zip([2, 0, 4]) {
        assert_given_up(store, &held.deliveries, dead, LATER).await?;
    }
    Ok(())
}

pub async fn a_call_gives_up_no_more_than_its_limit(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = given::held_of(store, 8).await?;
    let few = given::held_of(store, 2).await?;
    let calls = given::give_up_all(store, &no_more_than(1), LATER, 3).await?;
    for call in &calls {
        let deliveries: u64 = call.iter().map(|overflow| overflow.deliveries).sum();
        assert!(deliveries <= 3, "{calls:?}");
    }
    let all = calls.iter().flatten();
    let of_first = all.clone().filter(|overflow| overflow.registration == registration.id);
    assert_eq!(of_first.map(|overflow| overflow.deliveries).sum::<u64>(), 7);
    assert_eq!(all.map(|overflow| overflow.deliveries).sum::<u64>(), 8);
    assert_given_up(store, &deliveries, 7, LATER).await?;
    assert_given_up(store, &few.deliveries, 1, LATER).await?;
    assert_eq!(store.find_overflow(&no_more_than(1), LATER).await?, []);
    Ok(())
}

pub async fn what_somebody_lets_go_meanwhile_is_not_given_up(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = given::held_of(store, 3).await?;
    let overfull = store.find_overflow(&no_more_than(1), LATER).await?;
    assert_eq!(overfull.len(), 1);
    given::resume(store, &registration).await?;
    given::release(store, LATER, 100).await?;
    let given_up =
        store.give_up_overflow(&overfull, &no_more_than(1), &ids(LATER), LATER, 100).await?;
    assert_eq!(given_up, OverflowProgress::default());
    assert_eq!(given::states(store, &deliveries).await?, [DeliveryState::Pending; 3]);
    Ok(())
}

pub async fn what_is_not_held_is_not_given_up(store: &dyn Store) -> CaseResult {
    let pending = given::pending_of(store, 3).await?;
    given::settle(store, pending.deliveries[0], Settlement::Delivered, NOW).await?;
    given::take(store, pending.deliveries[1], NOW).await?;
    let policy = HoldPolicy { max_age: seconds(1), max_count: 1, ..HoldPolicy::default() };
    assert_eq!(given::give_up(store, &policy, NOW + seconds(86_400)).await?, []);
    let expected = [DeliveryState::Delivered, DeliveryState::Pending, DeliveryState::Pending];
    assert_eq!(given::states(store, &pending.deliveries).await?, expected);
    Ok(())
}

pub async fn an_owner_is_told_what_was_given_up(store: &dyn Store) -> CaseResult {
    let ada = given::reader(store, "Ada").await?;
    let registration = given::registration(store, ada).await?;
    let asking = given::registration_for(store, ada, &["postrider"]).await?;
    let deliveries = given::more(store, &registration, 5).await?;
    given::pause(store, &registration).await?;
    given::hold_all(store, &deliveries, NOW).await?;
    // The first is told at once, the others not before an hour has gone.
    let hour = LATER + seconds(3600);
    for (left, at, expected) in
        [(3, LATER, Some(2)), (3, LATER, None), (2, hour - seconds(1), None), (1, hour, Some(1))]
    {
        given::give_up(store, &no_more_than(left), at).await?;
        let told = given::notices(store, at).await?;
        let counts: Vec<_> = told.iter().map(|told| told.data["deliveries"].as_u64()).collect();
        let expected: Vec<_> = expected.map(Some).into_iter().collect();
        assert_eq!(counts, expected, "at {at}");
        assert_told(store, &told, &registration, &asking, at).await?;
    }
    Ok(())
}

/// Checks what is told of a registration, and that its owner gets it.
async fn assert_told(
    store: &dyn Store,
    told: &[Told],
    registration: &Registration,
    asking: &Registration,
    at: Timestamp,
) -> anyhow::Result<()> {
    for told in told {
        assert_eq!(told.kind, NoticeKind::HoldOverflowed);
        assert_eq!(told.registration, registration.id.to_string());
        assert_eq!(told.data["target"], "https://receiver.example");
        assert_eq!((told.event.occurred_at, told.event.accepted_at), (at, at));
        let created = given::dispatch(store, &[told.event.id]).await?;
        assert_eq!(created, [DeliveryId::derive(told.event.id, asking.id)]);
    }
    Ok(())
}

pub async fn that_notices_were_given_up_is_not_told(store: &dyn Store) -> CaseResult {
    let ada = given::reader(store, "Ada").await?;
    let registration = given::registration(store, ada).await?;
    let asking = given::registration_for(store, ada, &["postrider"]).await?;
    given::pause(store, &asking).await?;
    report_of(store, registration.id, Report::Died, NOW).await?;
    let notice = given::notices(store, NOW).await?[0].event.id;
    let held = given::dispatch(store, &[notice]).await?;
    given::hold_all(store, &held, NOW).await?;
    let given_up = given::give_up(store, &no_more_than(0), LATER).await?;
    assert_eq!(given_up, [overflow(&asking, 1)]);
    assert_eq!(given::notices(store, LATER).await?, []);
    assert_eq!(store.backlog(LATER).await?.undispatched, 0);
    Ok(())
}

pub async fn a_registration_that_asks_for_notices_as_well_is_told_of(
    store: &dyn Store,
) -> CaseResult {
    let ada = given::reader(store, "Ada").await?;
    let asking = given::registration_for(store, ada, &["reports", "postrider"]).await?;
    let reports = given::more(store, &asking, 2).await?;
    report_of(store, asking.id, Report::Died, NOW).await?;
    given::pause(store, &asking).await?;
    let notice = given::notices(store, NOW).await?[0].event.id;
    let held = [reports, given::dispatch(store, &[notice]).await?].concat();
    given::hold_all(store, &held, NOW).await?;
    assert_eq!(given::give_up(store, &no_more_than(0), LATER).await?, [overflow(&asking, 3)]);
    let told = given::notices(store, LATER).await?;
    assert_eq!(told.len(), 1);
    // What tells of it is held as well, and given up: that is the end of it.
    let held = given::dispatch(store, &[told[0].event.id]).await?;
    let later = LATER + seconds(2 * 3600);
    given::hold_all(store, &held, later).await?;
    assert_eq!(given::give_up(store, &no_more_than(0), later).await?, [overflow(&asking, 1)]);
    assert_eq!(given::notices(store, later).await?, []);
    Ok(())
}

pub async fn schedulers_at_once_give_up_nothing_twice(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = given::held_of(store, 30).await?;
    let policy = no_more_than(10);
    let overfull = store.find_overflow(&policy, LATER).await?;
    let makers: Vec<_> = (0..5).map(|_| ids(LATER)).collect();
    let calls =
        makers.iter().map(|ids| store.give_up_overflow(&overfull, &policy, ids, LATER, 100));
    let at_once = try_join_all(calls).await?;
    let rest = given::give_up(store, &policy, LATER).await?;
    let all = at_once.iter().flat_map(|progress| &progress.given_up).chain(&rest);
    assert!(all.clone().all(|overflow| overflow.registration == registration.id));
    assert_eq!(all.map(|overflow| overflow.deliveries).sum::<u64>(), 20);
    assert_given_up(store, &deliveries, 20, LATER).await?;
    assert_eq!(given::notices(store, LATER).await?.len(), 1, "it is told once");
    Ok(())
}
