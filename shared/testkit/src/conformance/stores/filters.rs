//! Filters that administrators add, and the spelling of their names.

use anyhow::Context;
use futures_util::future::join_all;
use postrider_domain::ports::{FilterRemoval, Store, StoreError};
use postrider_domain::{Access, DeliveryId, Event, Filter, FilterOrigin, Visibility};

use super::CaseResult;
use super::given::{self, NOW, seconds};

fn new_filter(name: &str) -> anyhow::Result<Filter> {
    Ok(Filter {
        name: name.parse()?,
        description: None,
        origin: FilterOrigin::Custom,
        created_at: NOW,
        updated_at: NOW,
    })
}

async fn spellings(store: &dyn Store) -> anyhow::Result<Vec<String>> {
    Ok(store.list_filters().await?.iter().map(|filter| filter.name.to_string()).collect())
}

pub async fn a_filter_reads_back_as_it_was_added(store: &dyn Store) -> CaseResult {
    assert_eq!(store.list_filters().await?, []);
    let filter = Filter {
        description: Some("an order 'was' \"placed\"".into()),
        created_at: NOW + seconds(1),
        updated_at: NOW + seconds(2),
        ..new_filter("OrderPlaced")?
    };
    store.add_filter(&filter).await?;
    assert_eq!(store.list_filters().await?, [filter]);
    assert_eq!(spellings(store).await?, ["OrderPlaced"]);
    Ok(())
}

pub async fn filters_are_listed_by_name(store: &dyn Store) -> CaseResult {
    for name in ["orders", "Invoices", "_x", "order-items", "a1"] {
        store.add_filter(&new_filter(name)?).await?;
    }
    let expected = ["_x", "a1", "Invoices", "order-items", "orders"];
    assert_eq!(spellings(store).await?, expected);
    Ok(())
}

pub async fn the_name_of_a_filter_is_taken_in_any_case(store: &dyn Store) -> CaseResult {
    store.add_filter(&new_filter("OrderPlaced")?).await?;
    let refused = store.add_filter(&new_filter("orderplaced")?).await;
    assert!(matches!(refused, Err(StoreError::Conflict { entity: "filter" })), "{refused:?}");
    assert_eq!(spellings(store).await?, ["OrderPlaced"]);
    Ok(())
}

pub async fn of_filters_that_are_added_at_once_one_gets_the_name(store: &dyn Store) -> CaseResult {
    let filters = [new_filter("orders")?, new_filter("Orders")?, new_filter("ORDERS")?];
    let added = join_all(filters.iter().map(|filter| store.add_filter(filter))).await;
    assert_eq!(added.iter().filter(|added| added.is_ok()).count(), 1);
    assert_eq!(store.list_filters().await?.len(), 1);
    Ok(())
}

pub async fn an_update_replaces_description_spelling_and_time(store: &dyn Store) -> CaseResult {
    store.add_filter(&new_filter("orderplaced")?).await?;
    let changed = Filter {
        description: Some("new".into()),
        created_at: NOW + seconds(7),
        updated_at: NOW + seconds(8),
        ..new_filter("OrderPlaced")?
    };
    assert!(!store.update_filter(&changed, NOW + seconds(1)).await?);
    assert_eq!(spellings(store).await?, ["orderplaced"], "it was changed meanwhile");
    assert!(store.update_filter(&changed, NOW).await?);
    assert!(!store.update_filter(&new_filter("another")?, NOW).await?);
    assert_eq!(store.list_filters().await?, [Filter { created_at: NOW, ..changed }]);
    assert_eq!(spellings(store).await?, ["OrderPlaced"]);
    Ok(())
}

pub async fn a_filter_that_registrations_name_is_not_deleted(store: &dyn Store) -> CaseResult {
    let owner = given::user(store, "ada").await?;
    store.add_filter(&new_filter("OrderPlaced")?).await?;
    store.add_filter(&new_filter("invoices")?).await?;
    given::registration(store, owner).await?;
    let registration = given::registration_for(store, owner, &["tasks", "ORDERplaced"]).await?;
    given::pause(store, &registration).await?;

    let name = "orderPLACED".parse()?;
    assert_eq!(store.delete_filter(&name, None).await?, FilterRemoval::InUse);
    assert_eq!(spellings(store).await?, ["invoices", "OrderPlaced"]);
    // The wildcard names none of them.
    assert_eq!(store.delete_filter(&"Invoices".parse()?, None).await?, FilterRemoval::Done);

    store.delete_registration(Visibility::All, registration.id, None, NOW).await?;
    assert_eq!(store.delete_filter(&name, None).await?, FilterRemoval::Done);
    assert_eq!(store.delete_filter(&name, None).await?, FilterRemoval::NotFound);
    assert_eq!(store.list_filters().await?, []);
    Ok(())
}

pub async fn a_filter_that_has_changed_meanwhile_is_not_deleted(store: &dyn Store) -> CaseResult {
    let filter = new_filter("OrderPlaced")?;
    store.add_filter(&filter).await?;
    let current =
        Filter { description: Some("new".into()), updated_at: NOW + seconds(1), ..filter };
    assert!(store.update_filter(&current, NOW).await?);
    let name = "orderplaced".parse()?;
    assert_eq!(store.delete_filter(&name, Some(NOW)).await?, FilterRemoval::Stale);
    assert_eq!(store.list_filters().await?, std::slice::from_ref(&current));
    let expected = Some(current.updated_at);
    let unknown = store.delete_filter(&"another".parse()?, expected).await?;
    assert_eq!(unknown, FilterRemoval::NotFound);
    assert_eq!(store.delete_filter(&name, expected).await?, FilterRemoval::Done);
    assert_eq!(store.list_filters().await?, []);
    Ok(())
}

pub async fn a_built_in_filter_is_not_in_the_store(store: &dyn Store) -> CaseResult {
    let owner = given::user(store, "ada").await?;
    given::registration_for(store, owner, &["reports"]).await?;
    let removal = store.delete_filter(&"reports".parse()?, None).await?;
    assert_eq!(removal, FilterRemoval::NotFound, "though a registration names it");
    Ok(())
}

pub async fn spelling_makes_no_difference_and_is_kept(store: &dyn Store) -> CaseResult {
    store.add_filter(&new_filter("OrderPlaced")?).await?;
    let root = given::administrator(store, "root").await?;
    let ada = given::user(store, "ada").await?;
    given::grant(store, ada, "oRDERpLACED", given::one("7"), Access::READ).await?;
    let mut registrations = Vec::new();
    for (owner, spelling) in [(root, "orderplaced"), (ada, "OrderPlaced"), (ada, "orderPLACED")] {
        registrations.push(given::registration_for(store, owner, &[spelling]).await?);
    }
    given::registration_for(store, ada, &["OrderPlace"]).await?;

    let event = given::event_about("ORDERPLACED", "7")?;
    given::accept(store, std::slice::from_ref(&event)).await?;
    let due = store.take_due_events(given::RESCUE_AT, seconds(60), 10).await?;
    let found = store.find_event(Visibility::All, event.id).await?.context("it was accepted")?;
    let deliveries = given::dispatch(store, &[event.id]).await?;
    let mut expected: Vec<_> =
        registrations.iter().map(|asking| DeliveryId::derive(event.id, asking.id)).collect();
    expected.sort_unstable();
    assert_eq!(deliveries, expected);

    let claimed = given::claim(store, &deliveries, NOW).await?;
    let events: Vec<&Event> = due
        .iter()
        .chain([&found.event])
        .chain(claimed.iter().flat_map(|claimed| &claimed.events))
        .collect();
    assert_eq!(events.len(), 5);
    assert!(events.iter().all(|event| event.filter.as_str() == "ORDERPLACED"));
    for claimed in &claimed {
        let asking = registrations.iter().find(|asking| asking.id == claimed.registration.id);
        let asked: Vec<_> = asking.context("it asked")?.filters.iter().collect();
        assert_eq!(claimed.registration.filters.iter().collect::<Vec<_>>(), asked);
    }
    Ok(())
}
