//! What happened, minute by minute, and what is news.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use postrider_domain::ports::Store;
use postrider_domain::{
    AttemptNews, BacklogSample, BoundedCount, DeadReason, DeliveryState, EventNews, FailureCause,
    Minute, Series, Settlement, Tally, Visibility, first_id,
};
use uuid::Uuid;

use super::CaseResult;
use super::given::{self, NOW, failure, seconds, success};

const MINUTE: Minute = Minute(29_920_800);

fn tally(counted: &[(Series, u64)]) -> Tally {
    counted.iter().copied().collect()
}

fn in_minute(minute: Minute, counted: &[(Series, u64)]) -> BTreeMap<Minute, Tally> {
    BTreeMap::from([(minute, tally(counted))])
}

pub async fn what_several_have_counted_adds_up(store: &dyn Store) -> CaseResult {
    let counted: BTreeMap<_, _> = (0..3)
        .map(|minute| {
            let counted = [(Series::Succeeded, 5), (Series::Failed, 1), (Series::Latency(7), 2)];
            (MINUTE.plus(minute), tally(&counted))
        })
        .collect();
    try_join_all((0..20).map(|_| store.add_activity(&counted))).await?;
    store.add_activity(&in_minute(MINUTE, &[(Series::Events, 7), (Series::Latency(8), 3)])).await?;

    let read = store.read_activity(MINUTE, MINUTE.plus(3), 1).await?;
    let all = [(Series::Succeeded, 100), (Series::Failed, 20), (Series::Latency(7), 40)];
    let mut first = tally(&all);
    first.add(&tally(&[(Series::Events, 7), (Series::Latency(8), 3)]));
    let expected = [(MINUTE, first), (MINUTE.plus(1), tally(&all)), (MINUTE.plus(2), tally(&all))];
    assert_eq!(read, BTreeMap::from(expected));
    Ok(())
}

pub async fn what_nobody_counted_is_missing_and_what_was_nothing_is_zero(
    store: &dyn Store,
) -> CaseResult {
    assert!(store.read_activity(MINUTE, MINUTE.plus(60), 1).await?.is_empty());
    store.add_activity(&BTreeMap::new()).await?;
    store.add_activity(&in_minute(MINUTE.plus(3), &[(Series::Events, 0)])).await?;
    let read = store.read_activity(MINUTE, MINUTE.plus(60), 1).await?;
    assert_eq!(read, in_minute(MINUTE.plus(3), &[(Series::Events, 0)]));
    assert_eq!(read[&MINUTE.plus(3)].of(Series::Succeeded), None);
    Ok(())
}

pub async fn what_was_counted_is_added_up_in_stretches(store: &dyn Store) -> CaseResult {
    for minute in [0, 14, 15, 30] {
        store.add_activity(&in_minute(MINUTE.plus(minute), &[(Series::Events, 1)])).await?;
    }
    assert_eq!(MINUTE.floor(15), MINUTE, "a stretch begins there");
    let read = store.read_activity(MINUTE, MINUTE.plus(30), 15).await?;
    let expected =
        [(MINUTE, tally(&[(Series::Events, 2)])), (MINUTE.plus(15), tally(&[(Series::Events, 1)]))];
    assert_eq!(read, BTreeMap::from(expected));
    Ok(())
}

pub async fn the_newest_of_what_waited_is_found(store: &dyn Store) -> CaseResult {
    assert_eq!(store.find_backlog().await?, None);
    let sample = BacklogSample {
        at: NOW,
        undispatched: Some(BoundedCount { count: 3, more: false }),
        wanted: Some(BoundedCount { count: 10_000, more: true }),
        oldest_due_at: Some(NOW - seconds(9)),
        queues: BTreeMap::from([("events".to_owned(), Some(4)), ("inbox".to_owned(), None)]),
        ..BacklogSample::default()
    };
    store.record_backlog(&sample).await?;
    assert_eq!(store.find_backlog().await?.as_ref(), Some(&sample));

    // Within the same minute it takes the place of the one before, and later it stands beside it.
    for later in [1, 3_600] {
        let sample = BacklogSample { at: NOW + seconds(later), held: None, ..sample.clone() };
        store.record_backlog(&sample).await?;
        assert_eq!(store.find_backlog().await?, Some(sample));
    }
    store.record_backlog(&BacklogSample { at: NOW - seconds(120), ..sample }).await?;
    assert_eq!(store.find_backlog().await?.map(|sample| sample.at), Some(NOW + seconds(3_600)));
    Ok(())
}

pub async fn what_happened_long_ago_is_forgotten_bit_by_bit(store: &dyn Store) -> CaseResult {
    for minute in 0..5 {
        let minute = MINUTE.plus(minute);
        store.add_activity(&in_minute(minute, &[(Series::Events, 1)])).await?;
        let at = minute.start();
        store.record_backlog(&BacklogSample { at, ..BacklogSample::default() }).await?;
    }
    let before = MINUTE.plus(3);
    assert!(store.forget_activity(before, 2).await?, "there is more");
    let left = store.read_activity(MINUTE, MINUTE.plus(5), 1).await?;
    assert_eq!(left.into_keys().collect::<Vec<_>>(), [2, 3, 4].map(|minute| MINUTE.plus(minute)));
    assert!(!store.forget_activity(before, 2).await?);
    let left = store.read_activity(MINUTE, MINUTE.plus(5), 1).await?;
    assert_eq!(left.into_keys().collect::<Vec<_>>(), [3, 4].map(|minute| MINUTE.plus(minute)));
    assert!(store.find_backlog().await?.is_some());

    assert!(!store.forget_activity(MINUTE.plus(5), 10).await?);
    assert_eq!(store.find_backlog().await?, None);
    Ok(())
}

pub async fn the_newest_attempts_are_told_with_their_owner_and_state(
    store: &dyn Store,
) -> CaseResult {
    let first = first_id(NOW);
    assert_eq!(store.newest_attempts(first, 10).await?, []);
    let (one, other) = (given::pending(store).await?, given::pending(store).await?);
    let token = given::take(store, one.delivery(), NOW).await?;
    let failed = failure(one.delivery(), 1, token, Settlement::Retry { at: NOW + seconds(9) });
    store.record_attempts(std::slice::from_ref(&failed), NOW).await?;
    let token = given::take(store, other.delivery(), NOW).await?;
    let succeeded = success(other.delivery(), 1, token);
    store.record_attempts(std::slice::from_ref(&succeeded), NOW).await?;

    let told = AttemptNews {
        id: failed.attempt.id,
        delivery: one.delivery(),
        registration: one.registration.id,
        owner: Some(one.registration.owner),
        event: given::look(store, one.delivery()).await?.event,
        state: DeliveryState::Pending,
        at: NOW + failed.attempt.duration,
        status: Some(503),
        cause: Some(FailureCause::HttpStatus),
    };
    let told_of_other = AttemptNews {
        id: succeeded.attempt.id,
        delivery: other.delivery(),
        registration: other.registration.id,
        owner: Some(other.registration.owner),
        event: given::look(store, other.delivery()).await?.event,
        state: DeliveryState::Delivered,
        status: Some(204),
        cause: None,
        ..told.clone()
    };
    assert_eq!(store.newest_attempts(first, 10).await?, [told_of_other.clone(), told.clone()]);
    assert_eq!(store.newest_attempts(first, 1).await?, std::slice::from_ref(&told_of_other));
    assert_eq!(store.newest_attempts(told_of_other.id.0, 10).await?, [told_of_other]);
    Ok(())
}

pub async fn an_attempt_outlives_its_registration_as_nobodys(store: &dyn Store) -> CaseResult {
    let pending = given::pending(store).await?;
    let token = given::take(store, pending.delivery(), NOW).await?;
    let dead = Settlement::Dead { reason: DeadReason::Exhausted };
    store.record_attempts(&[failure(pending.delivery(), 1, token, dead)], NOW).await?;
    let registration = &pending.registration;
    store.delete_registration(Visibility::All, registration.id, None, NOW).await?;
    let told = store.newest_attempts(Uuid::nil(), 10).await?;
    let [told] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((told.owner, told.registration), (None, registration.id));
    assert_eq!(told.state, DeliveryState::Dead);
    Ok(())
}

pub async fn the_newest_events_are_told(store: &dyn Store) -> CaseResult {
    assert_eq!(store.newest_events(Uuid::nil(), 10).await?, []);
    let mut told = Vec::new();
    for _ in 0..3 {
        let event = given::new_event()?;
        given::accept(store, std::slice::from_ref(&event)).await?;
        told.insert(
            0,
            EventNews {
                id: event.id,
                filter: event.filter,
                event_type: event.event_type,
                at: event.accepted_at,
            },
        );
    }
    assert_eq!(store.newest_events(Uuid::nil(), 10).await?, told);
    assert_eq!(store.newest_events(told[1].id.0, 10).await?, told[..2]);
    assert_eq!(store.newest_events(Uuid::nil(), 2).await?, told[..2]);
    Ok(())
}
