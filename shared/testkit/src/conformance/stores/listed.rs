//! What lists of deliveries and of registrations show of each, so that nobody has to ask again.

use anyhow::Context;
use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{
    DeliveryFilter, FlowReport, ListedDelivery, RegistrationHealth, Store,
};
use postrider_domain::{
    Access, DeliveryState, Event, PageRequest, RegistrationId, ResourceScope, Settlement,
    TargetUri, Visibility,
};

use super::CaseResult;
use super::given::{self, LATER, NOW, id, seconds};

const ALL: Visibility = Visibility::All;

/// Deliveries of three kinds of events to two registrations of one owner, and to one of another.
async fn mixed(store: &dyn Store) -> anyhow::Result<Vec<Event>> {
    let [ada, bob] = [given::reader(store, "ada").await?, given::reader(store, "bob").await?];
    for owner in [ada, bob] {
        given::grant(store, owner, "tasks", ResourceScope::Any, Access::READ).await?;
    }
    for owner in [ada, ada, bob] {
        given::registration(store, owner).await?;
    }
    let mut events = Vec::new();
    for (kind, event_type) in [
        ("reports", "Added"),
        ("tasks", "Added"),
        ("reports", "Edited"),
        ("tasks", "Executed"),
        ("reports", "Added"),
    ] {
        let event = Event { event_type: event_type.parse()?, ..given::event_about(kind, "42")? };
        given::accept(store, std::slice::from_ref(&event)).await?;
        given::dispatch(store, &[event.id]).await?;
        events.push(event);
    }
    Ok(events)
}

async fn every(
    store: &dyn Store,
    visibility: Visibility,
    filter: &DeliveryFilter,
) -> anyhow::Result<Vec<ListedDelivery>> {
    given::every_page(2, |page| store.list_deliveries(visibility, filter, page)).await
}

pub async fn a_listed_delivery_names_its_event_and_where_it_goes(store: &dyn Store) -> CaseResult {
    let events = mixed(store).await?;
    let listed = every(store, ALL, &DeliveryFilter::default()).await?;
    assert_eq!(listed.len(), 15);
    for found in &listed {
        let event = events.iter().find(|event| event.id == found.delivery.event).expect("one");
        assert_eq!(found.event, Some((event.filter.clone(), event.event_type.clone())));
        let uri = found.uri.as_ref().map(TargetUri::as_str);
        assert_eq!(uri, Some("https://receiver.example/hook?code=1"));
    }

    let deleted = listed[0].delivery.registration;
    store.delete_registration(ALL, deleted, None, LATER).await?;
    for found in every(store, ALL, &DeliveryFilter::default()).await? {
        assert_eq!(found.uri.is_none(), found.delivery.registration == deleted);
        assert!(found.event.is_some());
    }
    Ok(())
}

pub async fn deliveries_are_listed_by_filter_and_type_of_their_events(
    store: &dyn Store,
) -> CaseResult {
    mixed(store).await?;
    let all = every(store, ALL, &DeliveryFilter::default()).await?;
    let registration = all[0].delivery.registration;
    let found = store.find_registration(ALL, registration).await?.context("it is there")?;
    let owner = found.owner;
    let own = every(store, Visibility::Own(owner), &DeliveryFilter::default()).await?;
    let mut most = 0;
    for (visibility, all) in [(ALL, all), (Visibility::Own(owner), own)] {
        for registration in [None, Some(registration)] {
            for filter in [None, Some("REPORTS"), Some("tasks"), Some("alerts")] {
                for event_type in [None, Some("Added"), Some("Executed"), Some("added")] {
                    for state in [None, Some(DeliveryState::Pending), Some(DeliveryState::Held)] {
                        let filter = DeliveryFilter {
                            registration,
                            state,
                            filter: filter.map(str::parse).transpose()?,
                            event_type: event_type.map(str::parse).transpose()?,
                            ..DeliveryFilter::default()
                        };
                        let expected: Vec<_> =
                            all.iter().filter(|found| is_shown(&filter, found)).cloned().collect();
                        most = most.max(expected.len());
                        assert_eq!(
                            every(store, visibility, &filter).await?,
                            expected,
                            "{filter:?}"
                        );
                    }
                }
            }
        }
    }
    assert_eq!(most, 15);
    Ok(())
}

fn is_shown(filter: &DeliveryFilter, found: &ListedDelivery) -> bool {
    let (name, event_type) = found.event.as_ref().expect("it is kept");
    filter.registration.is_none_or(|of| of == found.delivery.registration)
        && filter.state.is_none_or(|state| state == found.delivery.state)
        && filter.filter.as_ref().is_none_or(|filter| filter == name)
        && filter.event_type.as_ref().is_none_or(|filter| filter == event_type)
}

/// What is rare is far behind what is looked at for one page.
pub async fn a_search_for_deliveries_looks_at_so_many_and_leads_on(
    store: &dyn Store,
) -> CaseResult {
    let given::Pending { registration, deliveries } = given::pending(store).await?;
    given::settle(store, deliveries[0], Settlement::Delivered, NOW).await?;
    let mut left = DeliveryFilter::WALK_LIMIT as usize;
    while left > 0 {
        let many = left.min(1_000);
        given::more_at(store, &registration, many, NOW + seconds(60)).await?;
        left -= many;
    }
    let delivered = DeliveryFilter {
        state: Some(DeliveryState::Delivered),
        event_type: Some("Executed".parse()?),
        ..DeliveryFilter::default()
    };
    let of_it = DeliveryFilter { registration: Some(registration.id), ..delivered.clone() };
    let own = Visibility::Own(registration.owner);
    for (visibility, filter) in [(ALL, &delivered), (ALL, &of_it), (own, &delivered), (own, &of_it)]
    {
        let page = store.list_deliveries(visibility, filter, PageRequest::first(10)).await?;
        assert_eq!(page.items, [], "{visibility:?} {filter:?}");
        let before = page.next;
        assert!(before.is_some(), "{visibility:?} {filter:?}");
        let page = store.list_deliveries(visibility, filter, PageRequest { before, limit: 10 });
        let page = page.await?;
        let listed: Vec<_> = page.items.iter().map(|listed| listed.delivery.id).collect();
        assert_eq!((listed, page.next), (deliveries.clone(), None), "{visibility:?} {filter:?}");
    }
    // What an index knows is found at once.
    let before = DeliveryFilter { to: Some(NOW + seconds(30)), ..delivered };
    assert_eq!(every(store, ALL, &before).await?.len(), 1);
    Ok(())
}

async fn health(
    store: &dyn Store,
    visibility: Visibility,
    of: &[RegistrationId],
) -> anyhow::Result<Vec<RegistrationHealth>> {
    Ok(store.health_of(visibility, of).await?)
}

pub async fn how_registrations_do_is_shown_with_their_newest_deliveries(
    store: &dyn Store,
) -> CaseResult {
    let held = given::held_of(store, 3).await?;
    let most = RegistrationHealth::MAX_RECENT as usize;
    let busy = given::pending_of(store, most + 3).await?;
    let dead = Settlement::Dead { reason: DeadReason::Gone };
    given::settle(store, busy.deliveries[most + 1], dead, NOW).await?;
    let quiet = given::registration(store, given::reader(store, "ada").await?).await?;

    let ids = [busy.registration.id, quiet.id, id(), held.registration.id, quiet.id];
    let found = health(store, ALL, &ids).await?;
    let mut expected = [held.registration.id, busy.registration.id, quiet.id];
    expected.sort_unstable();
    assert_eq!(found.iter().map(|found| found.registration).collect::<Vec<_>>(), expected);
    for found in &found {
        assert_eq!(found.flow, given::flow(store, found.registration).await?);
        let filter =
            DeliveryFilter { registration: Some(found.registration), ..DeliveryFilter::default() };
        let page = PageRequest::first(RegistrationHealth::MAX_RECENT);
        let newest = store.list_deliveries(ALL, &filter, page).await?;
        let newest: Vec<_> = newest.items.into_iter().map(|listed| listed.delivery).collect();
        assert_eq!(found.recent, newest);
    }
    let of = |of: RegistrationId| found.iter().find(|found| found.registration == of).expect("it");
    assert_eq!(of(busy.registration.id).recent.len(), most);
    assert_eq!(of(busy.registration.id).flow.dead.count, 1);
    assert_eq!(of(held.registration.id).flow.held.count, 3);
    assert_eq!((&of(quiet.id).flow, of(quiet.id).recent.len()), (&FlowReport::default(), 0));
    assert_eq!(health(store, ALL, &[]).await?, []);
    Ok(())
}

pub async fn how_registrations_do_is_shown_to_their_owners_and_to_nobody_else(
    store: &dyn Store,
) -> CaseResult {
    let [one, other] = [given::held(store).await?, given::held(store).await?];
    let ids = [one.registration.id, other.registration.id];
    let shown = |found: Vec<RegistrationHealth>| {
        found.into_iter().map(|found| found.registration).collect::<Vec<_>>()
    };
    let owner = Visibility::Own(one.registration.owner);
    assert_eq!(shown(health(store, owner, &ids).await?), ids[..1]);
    assert_eq!(shown(health(store, ALL, &ids).await?).len(), 2);
    assert_eq!(shown(health(store, Visibility::Own(id()), &ids).await?), []);
    Ok(())
}

pub async fn of_many_held_a_list_counts_no_more_than_it_may(store: &dyn Store) -> CaseResult {
    let limit = RegistrationHealth::COUNT_LIMIT;
    let held = given::held_of(store, usize::try_from(limit)? + 1).await?;
    let found = health(store, ALL, &[held.registration.id]).await?;
    assert_eq!((found[0].flow.held.count, found[0].flow.held.more), (limit, true));
    Ok(())
}
