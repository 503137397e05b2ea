//! Removing what is too old, and keeping what is needed however old it is.

use std::time::Duration;

use anyhow::Context;
use futures_util::future::try_join_all;
use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::Store;
use postrider_domain::{
    DeliveryId, DeliveryState, EventId, Registration, Removed, RetentionPolicy, Settlement,
    Timestamp, Visibility,
};

use super::CaseResult;
use super::given::{self, NOW, id, seconds};

const ALL: Visibility = Visibility::All;
const DEAD: Settlement = Settlement::Dead { reason: DeadReason::Exhausted };

/// Days after [`NOW`].
pub(super) fn day(days: u64) -> Timestamp {
    NOW + seconds(days * 86_400)
}

/// Removes in steps of `limit` until there is no more; what was removed.
pub(super) async fn remove_all(
    store: &dyn Store,
    now: Timestamp,
    limit: u32,
) -> anyhow::Result<Removed> {
    let policy = RetentionPolicy::default();
    let mut total = Removed::default();
    for _ in 0..200 {
        let removed = store.remove_expired(&policy, now, limit).await?;
        total.deliveries += removed.deliveries;
        total.events += removed.events;
        total.attempts += removed.attempts;
        total.keys += removed.keys;
        total.audit += removed.audit;
        total.partitions += removed.partitions;
        if !removed.more {
            return Ok(total);
        }
    }
    anyhow::bail!("it does not come to an end: {total:?}")
}

pub(super) async fn lag(store: &dyn Store, now: Timestamp) -> anyhow::Result<Duration> {
    Ok(store.retention_lag(&RetentionPolicy::default(), now).await?)
}

/// A delivery with its event, and the attempts that were made.
pub(super) struct Kept {
    delivery: DeliveryId,
    event: EventId,
    pub(super) attempts: usize,
}

impl Kept {
    pub(super) async fn of(store: &dyn Store, delivery: DeliveryId) -> anyhow::Result<Self> {
        let report = given::report(store, delivery).await?;
        Ok(Self { delivery, event: report.delivery.event, attempts: report.attempts.len() })
    }

    /// Whether delivery, event and attempts are there, or none of them is.
    pub(super) async fn is_there(&self, store: &dyn Store) -> anyhow::Result<bool> {
        let event = store.find_event(ALL, self.event).await?;
        let Some(report) = store.find_delivery(ALL, self.delivery).await? else {
            anyhow::ensure!(event.is_none(), "the event went with its delivery");
            return Ok(false);
        };
        let event = event.context("the event is needed")?;
        anyhow::ensure!(event.event.data.is_some(), "with its data");
        anyhow::ensure!(report.attempts.len() == self.attempts, "every attempt is kept");
        Ok(true)
    }
}

/// One delivery in each state, all of [`NOW`] and all but the one that is held with an attempt:
/// delivered, dead, pending and held.
async fn one_of_each(store: &dyn Store) -> anyhow::Result<[Kept; 4]> {
    let given::Pending { registration, deliveries } = given::pending_of(store, 4).await?;
    let retry = Settlement::Retry { at: day(200) };
    for (delivery, settlement) in deliveries.iter().zip([Settlement::Delivered, DEAD, retry]) {
        given::settle(store, *delivery, settlement, NOW).await?;
    }
    given::pause(store, &registration).await?;
    given::hold_all(store, &deliveries[3..], NOW).await?;
    Ok([
        Kept::of(store, deliveries[0]).await?,
        Kept::of(store, deliveries[1]).await?,
        Kept::of(store, deliveries[2]).await?,
        Kept::of(store, deliveries[3]).await?,
    ])
}

async fn are_there(store: &dyn Store, all: &[Kept; 4]) -> anyhow::Result<[bool; 4]> {
    let mut there = [false; 4];
    for (there, kept) in there.iter_mut().zip(all) {
        *there = kept.is_there(store).await?;
    }
    Ok(there)
}

/// Checks what is there after how many days.
async fn ages(store: &dyn Store) -> CaseResult {
    let all = one_of_each(store).await?;
    for (days, there) in [
        (29, [true, true, true, true]),
        (31, [false, true, true, true]),
        (89, [false, true, true, true]),
        (91, [false, false, true, true]),
        (401, [false, false, true, true]),
    ] {
        let now = day(days);
        remove_all(store, now, 100).await?;
        assert_eq!(are_there(store, &all).await?, there, "after {days} days");
        assert_eq!(lag(store, now).await?, Duration::ZERO, "after {days} days");
    }
    // What was kept is as good as new.
    let now = day(401);
    let held = given::look(store, all[3].delivery).await?;
    let paused = store.find_registration(ALL, held.registration).await?;
    given::resume(store, &paused.context("it is there")?).await?;
    assert_eq!(given::claim(store, &[all[2].delivery], now).await?.len(), 1);
    assert_eq!(given::release(store, now, 10).await?, 1);
    given::settle(store, held.id, Settlement::Delivered, now).await?;
    // Its age begins anew with what became of it.
    let delivered = Kept::of(store, held.id).await?;
    for (days, there) in [(430, true), (432, false)] {
        remove_all(store, day(days), 100).await?;
        assert_eq!(delivered.is_there(store).await?, there, "after {days} days");
        assert!(all[2].is_there(store).await?, "after {days} days");
        assert_eq!(lag(store, day(days)).await?, Duration::ZERO, "after {days} days");
    }
    Ok(())
}

pub async fn everything_is_kept_as_long_as_it_is_to_be(store: &dyn Store) -> CaseResult {
    ages(store).await
}

pub async fn prepared_storage_keeps_everything_as_long(store: &dyn Store) -> CaseResult {
    store.prepare_storage(NOW, seconds(2 * 86_400)).await?;
    ages(store).await
}

pub async fn what_is_too_old_shows_until_it_is_gone(store: &dyn Store) -> CaseResult {
    assert_eq!(lag(store, day(99)).await?, Duration::ZERO, "there is nothing");
    one_of_each(store).await?;
    given::delivered(store).await?;
    for (now, least, most) in [
        (day(30) - seconds(60), 0, 0),
        (day(31), 86_340, 86_400),
        (day(40), 10 * 86_400 - 60, 10 * 86_400),
    ] {
        let lag = lag(store, now).await?;
        assert!((seconds(least)..=seconds(most)).contains(&lag), "{lag:?} at {now}");
    }
    let removed = remove_all(store, day(40), 100).await?;
    assert_eq!(removed.deliveries, 2);
    assert_eq!(lag(store, day(40)).await?, Duration::ZERO);
    assert_eq!(remove_all(store, day(40), 100).await?, Removed::default());
    Ok(())
}

pub async fn an_event_is_kept_as_long_as_one_of_its_deliveries(store: &dyn Store) -> CaseResult {
    let given::Pending { registration, .. } = given::pending_of(store, 0).await?;
    let second = Registration { id: id(), ..registration.clone() };
    given::add(store, &second).await?;
    let delivered = given::more(store, &registration, 1).await?[0];
    given::settle(store, delivered, Settlement::Delivered, NOW).await?;
    let event = given::look(store, delivered).await?.event;
    let pending = DeliveryId::derive(event, second.id);

    remove_all(store, day(31), 100).await?;
    assert_eq!(store.find_delivery(ALL, delivered).await?, None);
    let claimed = given::claim(store, &[pending], day(31)).await?;
    assert_eq!(claimed[0].events[0].id, event);
    let success = given::success(pending, 1, id());
    store.record_attempts(&[success], day(31)).await?;
    remove_all(store, day(60), 100).await?;
    assert!(store.find_event(ALL, event).await?.is_some());
    remove_all(store, day(62), 100).await?;
    assert_eq!(store.find_delivery(ALL, pending).await?, None);
    assert_eq!(store.find_event(ALL, event).await?, None);
    Ok(())
}

pub async fn an_event_that_was_not_dispatched_yet_is_kept(store: &dyn Store) -> CaseResult {
    let ada = given::reader(store, "ada").await?;
    let [of_nobody, waiting] = [given::event(store).await?, given::event(store).await?];
    assert_eq!(given::dispatch(store, &[of_nobody]).await?, []);
    given::registration(store, ada).await?;
    remove_all(store, day(31), 100).await?;
    assert_eq!(store.find_event(ALL, of_nobody).await?, None);
    let created = given::dispatch(store, &[waiting]).await?;
    assert_eq!(given::claim(store, &created, day(31)).await?.len(), 1);
    Ok(())
}

pub async fn removing_in_small_steps_comes_to_an_end(store: &dyn Store) -> CaseResult {
    let kept = one_of_each(store).await?;
    let given::Pending { deliveries, .. } = given::pending_of(store, 20).await?;
    for delivery in &deliveries {
        given::settle(store, *delivery, Settlement::Delivered, NOW).await?;
    }
    let policy = RetentionPolicy::default();
    let first = store.remove_expired(&policy, day(31), 3).await?;
    assert!(first.more && first.deliveries <= 3, "{first:?}");
    let rest = remove_all(store, day(31), 3).await?;
    assert_eq!(first.deliveries + rest.deliveries, 21);
    for delivery in &deliveries {
        assert_eq!(store.find_delivery(ALL, *delivery).await?, None);
    }
    assert_eq!(are_there(store, &kept).await?, [false, true, true, true]);
    assert_eq!(lag(store, day(31)).await?, Duration::ZERO);
    Ok(())
}

pub async fn schedulers_who_remove_at_once_remove_all_and_no_more(store: &dyn Store) -> CaseResult {
    store.prepare_storage(NOW, seconds(86_400)).await?;
    let kept = one_of_each(store).await?;
    let given::Pending { deliveries, .. } = given::pending_of(store, 12).await?;
    for delivery in &deliveries {
        given::settle(store, *delivery, Settlement::Delivered, NOW).await?;
    }
    let policy = RetentionPolicy::default();
    let calls = (0..4).map(|_| store.remove_expired(&policy, day(31), 5));
    let at_once = try_join_all(calls).await?;
    let rest = remove_all(store, day(31), 5).await?;
    let removed: u64 = at_once.iter().map(|removed| removed.deliveries).sum();
    assert_eq!(removed + rest.deliveries, 13);
    assert_eq!(are_there(store, &kept).await?, [false, true, true, true]);
    assert_eq!(lag(store, day(31)).await?, Duration::ZERO);
    Ok(())
}

pub async fn what_is_new_is_not_removed_with_what_is_old(store: &dyn Store) -> CaseResult {
    store.prepare_storage(NOW, seconds(86_400)).await?;
    let old = given::delivered(store).await?;
    let new = given::more_at(store, &old.registration, 1, day(20)).await?;
    given::settle(store, new[0], Settlement::Delivered, day(20)).await?;
    let kept = Kept::of(store, new[0]).await?;
    remove_all(store, day(31), 100).await?;
    assert_eq!(store.find_delivery(ALL, old.delivery()).await?, None);
    assert!(kept.is_there(store).await?);
    remove_all(store, day(51), 100).await?;
    assert!(!kept.is_there(store).await?);
    Ok(())
}

pub async fn a_bundle_is_removed_as_one(store: &dyn Store) -> CaseResult {
    let given::Pending { deliveries, .. } = given::bundled(store, 3).await?;
    remove_all(store, day(91), 100).await?;
    let now = day(91);
    given::claim_bundle(store, &deliveries, &deliveries, now).await?;
    let success = given::success(deliveries[0], 1, id());
    store.record_attempts(&[success], now).await?;
    let states = given::states(store, &deliveries).await?;
    assert_eq!(states, [DeliveryState::Delivered; 3]);
    remove_all(store, day(122), 100).await?;
    for delivery in deliveries {
        assert_eq!(store.find_delivery(ALL, delivery).await?, None);
    }
    Ok(())
}
