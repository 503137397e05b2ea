//! Looking at what was accepted and sent, and sending it again.

use anyhow::Context;
use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{DeliveryFilter, EventReport, ReplayOutcome, Store};
use postrider_domain::{
    Delivery, DeliveryId, DeliveryState, Event, PageRequest, Settlement, Visibility,
};
use uuid::Uuid;

use super::CaseResult;
use super::given::{self, LATER, NOW, RESCUE_AT, failure, id, seconds, success};

/// Reads a list page by page, and checks that no page is longer than asked for.
async fn pages(
    store: &dyn Store,
    visibility: Visibility,
    filter: &DeliveryFilter,
    limit: u32,
) -> anyhow::Result<Vec<Delivery>> {
    let mut all = Vec::new();
    let mut before: Option<Uuid> = None;
    loop {
        let page = PageRequest { before, limit };
        let page = store.list_deliveries(visibility, filter, page).await?;
        anyhow::ensure!(page.items.len() <= limit as usize, "a page keeps to its limit");
        all.extend(page.items.into_iter().map(|listed| listed.delivery));
        match page.next {
            Some(next) => before = Some(next),
            None => return Ok(all),
        }
    }
}

fn ids(deliveries: &[Delivery]) -> Vec<DeliveryId> {
    deliveries.iter().map(|delivery| delivery.id).collect()
}

fn newest_first(deliveries: &[DeliveryId]) -> Vec<DeliveryId> {
    let mut sorted = deliveries.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    sorted
}

pub async fn an_event_shows_its_deliveries(store: &dyn Store) -> CaseResult {
    let owner = given::reader(store, "ada").await?;
    given::registration(store, owner).await?;
    given::registration(store, owner).await?;
    let event = given::new_event()?;
    given::accept(store, std::slice::from_ref(&event)).await?;
    let report = store.find_event(Visibility::All, event.id).await?.context("it was accepted")?;
    assert_eq!((&report.event, report.dispatched, report.deliveries.len()), (&event, false, 0));

    let created = given::dispatch(store, &[event.id]).await?;
    given::dispatch(store, &[given::event(store).await?]).await?;
    let report = store.find_event(Visibility::All, event.id).await?.context("it was accepted")?;
    assert!(report.dispatched && !report.more);
    assert_eq!(ids(&report.deliveries), newest_first(&created));
    assert_eq!(store.find_event(Visibility::All, id()).await?, None);
    Ok(())
}

pub async fn of_many_deliveries_an_event_shows_the_newest(store: &dyn Store) -> CaseResult {
    let [ada, bob] = [given::reader(store, "ada").await?, given::reader(store, "bob").await?];
    let most = EventReport::MAX_DELIVERIES as usize;
    for _ in 0..most {
        given::registration(store, ada).await?;
    }
    let [early, late] = [given::event(store).await?, given::event(store).await?];
    let mut created = Vec::new();
    for (event, more) in [(early, false), (late, true)] {
        if more {
            given::registration(store, bob).await?;
        }
        created = newest_first(&given::dispatch(store, &[event]).await?);
        assert_eq!(created.len(), most + usize::from(more));
        let report = store.find_event(Visibility::All, event).await?.context("it was accepted")?;
        assert_eq!((ids(&report.deliveries), report.more), (created[..most].to_vec(), more));
    }
    let filter = DeliveryFilter { event: Some(late), ..DeliveryFilter::default() };
    assert_eq!(ids(&pages(store, Visibility::All, &filter, 100).await?), created);
    for (owner, count) in [(ada, most), (bob, 1)] {
        let report = store.find_event(Visibility::Own(owner), late).await?;
        let report = report.context("some of its deliveries are theirs")?;
        assert_eq!((report.deliveries.len(), report.more), (count, false));
    }
    Ok(())
}

pub async fn an_owner_sees_an_event_only_with_deliveries_of_theirs(
    store: &dyn Store,
) -> CaseResult {
    let [ada, bob, eve] = [
        given::reader(store, "ada").await?,
        given::reader(store, "bob").await?,
        given::reader(store, "eve").await?,
    ];
    let hers = given::registration(store, ada).await?;
    given::registration(store, bob).await?;
    let event = given::event(store).await?;
    assert_eq!(store.find_event(Visibility::Own(ada), event).await?, None, "not dispatched yet");

    given::dispatch(store, &[event]).await?;
    let report = store.find_event(Visibility::Own(ada), event).await?.context("one is hers")?;
    assert_eq!(ids(&report.deliveries), [DeliveryId::derive(event, hers.id)]);
    assert_eq!(store.find_event(Visibility::Own(eve), event).await?, None);
    Ok(())
}

pub async fn a_publisher_sees_what_they_published_and_no_delivery_of_others(
    store: &dyn Store,
) -> CaseResult {
    let [ada, bob, eve] = [
        given::user(store, "ada").await?,
        given::reader(store, "bob").await?,
        given::user(store, "eve").await?,
    ];
    given::registration(store, bob).await?;
    let event = Event { publisher: Some(ada), ..given::new_event()? };
    given::accept(store, std::slice::from_ref(&event)).await?;
    for dispatched in [false, true] {
        if dispatched {
            given::dispatch(store, &[event.id]).await?;
        }
        let report = store.find_event(Visibility::Own(ada), event.id).await?;
        let report = report.context("she published it")?;
        assert_eq!((&report.event, report.dispatched), (&event, dispatched));
        assert_eq!(report.deliveries, [], "none is hers");
        assert_eq!(store.find_event(Visibility::Own(eve), event.id).await?, None);
        let bobs = store.find_event(Visibility::Own(bob), event.id).await?;
        assert_eq!(bobs.map(|report| report.deliveries.len()), dispatched.then_some(1));
    }
    Ok(())
}

pub async fn deliveries_are_listed_newest_first_and_page_by_page(store: &dyn Store) -> CaseResult {
    let first = given::pending_of(store, 4).await?;
    let second = given::pending_of(store, 3).await?;
    let owner = second.registration.owner;
    let all: Vec<_> = ids(&given::all_deliveries(store).await?);
    assert_eq!(all, newest_first(&all));
    assert_eq!(all.len(), first.deliveries.len() + second.deliveries.len());

    for limit in [1, 2, 3, 10, 100] {
        let listed = pages(store, Visibility::All, &DeliveryFilter::default(), limit).await?;
        assert_eq!(ids(&listed), all, "{limit}");
        let own = pages(store, Visibility::Own(owner), &DeliveryFilter::default(), limit).await?;
        assert_eq!(ids(&own), newest_first(&second.deliveries), "{limit}");
    }
    assert_eq!(
        pages(store, Visibility::Own(id()), &DeliveryFilter::default(), 10).await?,
        Vec::<Delivery>::new()
    );
    Ok(())
}

pub async fn the_deliveries_of_all_registrations_of_an_owner_are_merged(
    store: &dyn Store,
) -> CaseResult {
    let owner = given::reader(store, "ada").await?;
    for _ in 0..3 {
        given::registration(store, owner).await?;
    }
    for _ in 0..4 {
        let event = given::event(store).await?;
        given::dispatch(store, &[event]).await?;
    }
    let all = ids(&given::all_deliveries(store).await?);
    assert_eq!(all.len(), 12);
    for limit in [1, 5, 12] {
        let own = pages(store, Visibility::Own(owner), &DeliveryFilter::default(), limit).await?;
        assert_eq!(ids(&own), all, "{limit}");
    }
    Ok(())
}

pub async fn a_list_shows_only_what_its_filter_asks_for(store: &dyn Store) -> CaseResult {
    let delivered = given::delivered(store).await?;
    let held = given::held_of(store, 2).await?;
    let dead = given::pending(store).await?;
    store.delete_registration(Visibility::All, dead.registration.id, None, NOW).await?;
    let all = given::all_deliveries(store).await?;

    for visibility in [Visibility::All, Visibility::Own(held.registration.owner)] {
        let visible = |delivery: &&Delivery| {
            visibility == Visibility::All || delivery.registration == held.registration.id
        };
        for registration in [None, Some(held.registration.id), Some(delivered.registration.id)] {
            for event in [None, Some(all[0].event), Some(all[all.len() - 1].event)] {
                for state in [None].into_iter().chain(DeliveryState::ALL.iter().copied().map(Some))
                {
                    let filter =
                        DeliveryFilter { registration, event, state, ..DeliveryFilter::default() };
                    let expected: Vec<_> = all
                        .iter()
                        .filter(visible)
                        .filter(|found| registration.is_none_or(|id| id == found.registration))
                        .filter(|found| event.is_none_or(|id| id == found.event))
                        .filter(|found| state.is_none_or(|state| state == found.state))
                        .cloned()
                        .collect();
                    assert_eq!(pages(store, visibility, &filter, 2).await?, expected, "{filter:?}");
                }
            }
        }
    }
    for state in [DeliveryState::Delivered, DeliveryState::Held, DeliveryState::Dead] {
        assert!(all.iter().any(|found| found.state == state), "{state}");
    }
    Ok(())
}

pub async fn a_delivery_is_shown_to_its_owner_and_to_nobody_else(store: &dyn Store) -> CaseResult {
    let pending = given::pending(store).await?;
    let delivery = pending.delivery();
    let owner = Visibility::Own(pending.registration.owner);
    let other = Visibility::Own(given::reader(store, "eve").await?);
    assert!(store.find_delivery(owner, delivery).await?.is_some());
    assert!(store.find_delivery(Visibility::All, delivery).await?.is_some());
    assert_eq!(store.find_delivery(other, delivery).await?, None);
    assert_eq!(store.find_delivery(Visibility::All, id()).await?, None);
    assert_eq!(store.replay_delivery(other, delivery, NOW).await?, None);
    assert_eq!(store.replay_delivery(Visibility::All, id(), NOW).await?, None);
    Ok(())
}

pub async fn history_outlives_its_registration(store: &dyn Store) -> CaseResult {
    let delivered = given::delivered(store).await?;
    let owner = Visibility::Own(delivered.registration.owner);
    let before = given::report(store, delivered.delivery()).await?;
    store.delete_registration(owner, delivered.registration.id, None, NOW).await?;
    assert_eq!(given::report(store, delivered.delivery()).await?, before);
    assert_eq!(store.find_delivery(owner, delivered.delivery()).await?, None);
    Ok(())
}

pub async fn a_replay_begins_a_new_round(store: &dyn Store) -> CaseResult {
    let delivery = given::pending(store).await?.delivery();
    let token = given::take(store, delivery, NOW).await?;
    let retry = Settlement::Retry { at: NOW };
    let dead = Settlement::Dead { reason: DeadReason::Exhausted };
    store.record_attempts(&[failure(delivery, 1, token, retry)], NOW).await?;
    let token = given::take(store, delivery, NOW).await?;
    store.record_attempts(&[failure(delivery, 2, token, dead)], NOW).await?;

    let later = NOW + seconds(3600);
    let outcome = store.replay_delivery(Visibility::All, delivery, later).await?;
    assert_eq!(outcome, Some(ReplayOutcome::Replayed));
    let found = given::look(store, delivery).await?;
    assert_eq!((found.state, found.attempts), (DeliveryState::Pending, 2));
    assert_eq!(found.next_attempt_at, Some(later));
    assert_eq!((found.settled_at, found.dead_reason), (None, None));

    assert_eq!(store.take_due_deliveries(later, seconds(60), 10).await?, [delivery]);
    let claimed = given::claim(store, &[delivery], later).await?;
    assert_eq!((claimed[0].attempts, claimed[0].earlier_rounds), (2, 2));
    Ok(())
}

pub async fn a_replay_is_for_the_owner_too(store: &dyn Store) -> CaseResult {
    let delivered = given::delivered(store).await?;
    let owner = Visibility::Own(delivered.registration.owner);
    let outcome = store.replay_delivery(owner, delivered.delivery(), NOW).await?;
    assert_eq!(outcome, Some(ReplayOutcome::Replayed));
    let token = given::take(store, delivered.delivery(), NOW).await?;
    store.record_attempts(&[success(delivered.delivery(), 2, token)], NOW + seconds(1)).await?;
    let found = given::look(store, delivered.delivery()).await?;
    assert_eq!((found.state, found.attempts), (DeliveryState::Delivered, 2));
    assert_eq!(found.settled_at, Some(NOW + seconds(1)));
    Ok(())
}

pub async fn what_is_on_its_way_anyway_is_not_replayed(store: &dyn Store) -> CaseResult {
    let pending = given::pending(store).await?.delivery();
    let held = given::held(store).await?.delivery();
    for (delivery, state) in [(pending, DeliveryState::Pending), (held, DeliveryState::Held)] {
        let before = given::look(store, delivery).await?;
        let outcome = store.replay_delivery(Visibility::All, delivery, RESCUE_AT).await?;
        assert_eq!(outcome, Some(ReplayOutcome::NotSettled(state)));
        assert_eq!(given::look(store, delivery).await?, before);
    }
    Ok(())
}

pub async fn what_was_for_a_deleted_registration_is_not_replayed(store: &dyn Store) -> CaseResult {
    let given::Pending { registration, deliveries } = given::delivered(store).await?;
    store.delete_registration(Visibility::All, registration.id, None, LATER).await?;
    let outcome = store.replay_delivery(Visibility::All, deliveries[0], LATER).await?;
    assert_eq!(outcome, Some(ReplayOutcome::RegistrationDeleted));
    let found = given::look(store, deliveries[0]).await?;
    assert_eq!((found.state, found.replays), (DeliveryState::Delivered, 0));
    assert_eq!(found.settled_at, Some(NOW));
    Ok(())
}
