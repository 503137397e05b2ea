use postrider_domain::FilterSet;
use postrider_testkit::clock::MockClock;
use postrider_testkit::databases::SqliteDatabase;

use super::*;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.into()).collect()
}

fn configured(names: &[&str]) -> FilterSnapshot {
    let names: Vec<FilterName> = names.iter().map(|name| name.parse().unwrap()).collect();
    FilterSnapshot::without_custom(&names)
}

#[test]
fn every_unknown_filter_is_named_as_it_was_written() {
    let known = configured(&["orders"]);
    let refused =
        known.parse(&names(&["RePorTs", "Nope", "Orders", "two words"]), None).unwrap_err();
    assert_eq!(refused.0, "The following filters are not valid: 'Nope, two words'.");
    assert!(known.parse(&names(&["RePorTs", "ORDERS", "*"]), None).is_ok());
}

#[test]
fn a_filter_in_any_case_becomes_the_one_that_is_registered() {
    let known = configured(&["OrderPlaced"]);
    let set = known.parse(&names(&["orderPLACED", "REPORTS"]), None).unwrap();
    assert_eq!(set.iter().collect::<Vec<_>>(), ["OrderPlaced", "reports"]);
}

#[test]
fn a_filter_that_a_registration_has_already_may_stay() {
    let known = configured(&[]);
    let current = FilterSet::parse(["OrderPlaced"]).unwrap();
    assert!(known.parse(&names(&["orderplaced"]), None).is_err());
    let kept = known.parse(&names(&["orderplaced"]), Some(&current)).unwrap();
    assert_eq!(kept.iter().collect::<Vec<_>>(), ["OrderPlaced"]);
}

#[test]
fn every_built_in_filter_has_a_description() {
    let known = configured(&[]);
    for name in FilterName::BUILT_IN.into_iter().chain([FilterName::NOTICES]) {
        assert!(known.find(name).unwrap().description.is_some(), "{name}");
    }
    assert_eq!(known.iter().count(), FilterName::BUILT_IN.len() + 1);
}

struct World {
    clock: Arc<MockClock>,
    here: KnownFilters,
    elsewhere: KnownFilters,
    _database: SqliteDatabase,
}

/// Two processes on one store.
async fn start() -> World {
    let database = SqliteDatabase::create().await;
    let clock = Arc::new(MockClock::new(Timestamp::from_micros(1_000_000)));
    let filters = || KnownFilters::new(&[], database.store(), clock.clone());
    World { here: filters(), elsewhere: filters(), clock, _database: database }
}

#[tokio::test]
async fn a_filter_that_was_added_elsewhere_is_found_when_it_is_asked_for() {
    let world = start().await;
    assert_eq!(world.here.resolve("orderplaced").await.unwrap(), None);
    world.elsewhere.add("OrderPlaced".parse().unwrap(), None).await.unwrap();

    // Names that nobody has cost a query a second at the most.
    assert_eq!(world.here.resolve("orderplaced").await.unwrap(), None);
    world.clock.advance(MAX_AGE_FOR_UNKNOWN);
    let resolved = world.here.resolve("orderplaced").await.unwrap().unwrap();
    assert_eq!(resolved.as_str(), "OrderPlaced");
}

#[tokio::test]
async fn a_filter_that_was_deleted_elsewhere_is_forgotten_within_seconds() {
    let world = start().await;
    let filter = world.elsewhere.add("OrderPlaced".parse().unwrap(), None).await.unwrap();
    assert!(world.here.current().await.unwrap().contains("orderplaced"));
    world.elsewhere.remove(&filter, None).await.unwrap();
    assert!(!world.elsewhere.current().await.unwrap().contains("orderplaced"));
    world.clock.advance(MAX_AGE);
    assert!(!world.here.current().await.unwrap().contains("orderplaced"));
}

#[tokio::test]
async fn of_two_changes_of_the_same_filter_one_is_told_that_it_lost() {
    let world = start().await;
    let filter = world.here.add("OrderPlaced".parse().unwrap(), None).await.unwrap();
    world.here.describe(filter.clone(), Some("first".into())).await.unwrap();
    let lost = world.elsewhere.describe(filter, Some("second".into())).await.unwrap_err();
    assert!(matches!(lost, FilterError::Changed), "{lost:?}");
}

#[tokio::test]
async fn a_filter_that_was_changed_after_it_was_read_is_not_deleted() {
    let World { clock, here, elsewhere, .. } = &start().await;
    let read = here.add("orders".parse().unwrap(), None).await.unwrap();
    elsewhere.reload().await.unwrap();
    clock.advance(Duration::from_secs(1));
    elsewhere.describe(read.clone(), Some("Orders".into())).await.unwrap();
    let lost = here.remove(&read, Some(read.updated_at)).await.unwrap_err();
    assert!(matches!(lost, FilterError::Changed), "{lost:?}");
    here.remove(&read, None).await.unwrap();
}
