//! Turning events into deliveries.

use futures_util::future::try_join_all;
use postrider_domain::ports::Store;
use postrider_domain::{
    Access, DeliveryId, DeliveryState, Holder, ResourceScope, UserId, Visibility,
};

use super::CaseResult;
use super::given::{self, NOW, RESCUE_AT, id, one, seconds};

/// Whether `owner`, who has a registration for everything, is told of an event about `resource`.
async fn is_told(
    store: &dyn Store,
    owner: UserId,
    kind: &str,
    resource: &str,
) -> anyhow::Result<bool> {
    let registration = given::registration(store, owner).await?;
    let event = given::event_about(kind, resource)?;
    let created = given::dispatch(store, &given::accept(store, &[event]).await?).await?;
    store.delete_registration(Visibility::All, registration.id, None, NOW).await?;
    Ok(!created.is_empty())
}

pub async fn a_delivery_is_created_for_each_registration_that_asks(
    store: &dyn Store,
) -> CaseResult {
    let ada = given::reader(store, "ada").await?;
    let bob = given::reader(store, "bob").await?;
    let registrations = [
        given::registration(store, ada).await?.id,
        given::registration(store, ada).await?.id,
        given::registration(store, bob).await?.id,
    ];
    let events = [given::event(store).await?, given::event(store).await?];

    let created = given::dispatch(store, &events).await?;
    let mut expected: Vec<_> = events
        .iter()
        .flat_map(|event| {
            registrations.map(|registration| DeliveryId::derive(*event, registration))
        })
        .collect();
    expected.sort_unstable();
    assert_eq!(created, expected);
    Ok(())
}

pub async fn a_new_delivery_is_pending_and_wanted_at_once(store: &dyn Store) -> CaseResult {
    let owner = given::reader(store, "ada").await?;
    let registration = given::registration(store, owner).await?;
    let event = given::event(store).await?;
    let created = store.dispatch_events(&[event], NOW + seconds(2), RESCUE_AT).await?.created;

    let delivery = given::look(store, created[0]).await?;
    assert_eq!((delivery.event, delivery.registration), (event, registration.id));
    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Pending, 0));
    assert_eq!(delivery.created_at, NOW + seconds(2));
    assert_eq!(delivery.next_attempt_at, Some(NOW + seconds(2)));
    assert_eq!((delivery.settled_at, delivery.dead_reason), (None, None));
    assert_eq!((delivery.last_status, delivery.last_cause), (None, None));
    Ok(())
}

pub async fn a_registration_matches_by_one_of_its_filters_or_by_the_wildcard(
    store: &dyn Store,
) -> CaseResult {
    let owner = given::administrator(store, "root").await?;
    let mut matching = Vec::new();
    for (filters, matches) in [
        (&["*"][..], true),
        (&["reports"], true),
        (&["tasks"], false),
        (&["tasks", "reports"], true),
        (&["*", "reports"], true),
        (&["*", "tasks"], true),
        (&["report"], false),
    ] {
        let registration = given::registration_for(store, owner, filters).await?;
        if matches {
            matching.push(registration.id);
        }
    }
    let event = given::event(store).await?;
    let mut expected: Vec<_> =
        matching.into_iter().map(|registration| DeliveryId::derive(event, registration)).collect();
    expected.sort_unstable();
    assert_eq!(given::dispatch(store, &[event]).await?, expected);
    Ok(())
}

pub async fn only_read_on_the_kind_or_on_the_resource_counts(store: &dyn Store) -> CaseResult {
    for (name, permission, told) in [
        ("no permission", None, false),
        ("any", Some(("reports", ResourceScope::Any, Access::READ)), true),
        ("this", Some(("reports", one("42"), Access::READ)), true),
        ("another", Some(("reports", one("43"), Access::READ)), false),
        ("other kind", Some(("tasks", ResourceScope::Any, Access::READ)), false),
        ("same id, other kind", Some(("tasks", one("42"), Access::READ)), false),
        ("create only", Some(("reports", ResourceScope::Any, Access::CREATE)), false),
        ("all", Some(("reports", ResourceScope::Any, Access::from_bits(15)?)), true),
    ] {
        let owner = given::user(store, name).await?;
        if let Some((kind, scope, access)) = permission {
            given::grant(store, owner, kind, scope, access).await?;
        }
        assert_eq!(is_told(store, owner, "reports", "42").await?, told, "{name}");
    }
    Ok(())
}

pub async fn two_permissions_make_one_delivery(store: &dyn Store) -> CaseResult {
    let owner = given::reader(store, "ada").await?;
    given::grant(store, owner, "reports", one("42"), Access::READ).await?;
    given::registration_for(store, owner, &["*", "reports"]).await?;
    let event = given::event(store).await?;
    assert_eq!(given::dispatch(store, &[event]).await?.len(), 1);
    Ok(())
}

pub async fn an_administrator_is_told_of_everything_once(store: &dyn Store) -> CaseResult {
    let root = given::administrator(store, "root").await?;
    given::grant(store, root, "reports", ResourceScope::Any, Access::READ).await?;
    given::registration(store, root).await?;
    for kind in ["reports", "a-kind-of-its-own"] {
        let events = given::accept(store, &[given::event_about(kind, "7")?]).await?;
        assert_eq!(given::dispatch(store, &events).await?.len(), 1, "{kind}");
    }
    Ok(())
}

pub async fn a_disabled_owner_is_told_of_nothing(store: &dyn Store) -> CaseResult {
    let ada = given::reader(store, "ada").await?;
    let root = given::administrator(store, "root").await?;
    given::administrator(store, "who remains").await?;
    for owner in [ada, root] {
        given::disable(store, owner).await?;
        assert!(!is_told(store, owner, "reports", "42").await?);
        given::enable(store, owner).await?;
        assert!(is_told(store, owner, "reports", "42").await?);
    }
    Ok(())
}

pub async fn permissions_count_as_they_are_when_the_event_is_dispatched(
    store: &dyn Store,
) -> CaseResult {
    let owner = given::user(store, "ada").await?;
    given::registration(store, owner).await?;
    let [early, late] = [given::event(store).await?, given::event(store).await?];
    let permission =
        given::grant(store, owner, "reports", ResourceScope::Any, Access::READ).await?;
    assert_eq!(given::dispatch(store, &[early]).await?.len(), 1);
    assert!(store.revoke_permission(Holder::User(owner), permission.id).await?);
    assert_eq!(given::dispatch(store, &[late]).await?, []);
    Ok(())
}

pub async fn a_paused_registration_gets_its_deliveries_too(store: &dyn Store) -> CaseResult {
    let owner = given::reader(store, "ada").await?;
    let registration = given::registration(store, owner).await?;
    given::pause(store, &registration).await?;
    let event = given::event(store).await?;
    assert_eq!(given::dispatch(store, &[event]).await?.len(), 1);
    Ok(())
}

pub async fn changed_filters_decide_of_what_is_dispatched_next(store: &dyn Store) -> CaseResult {
    let owner = given::reader(store, "ada").await?;
    let registration = given::registration_for(store, owner, &["tasks", "alerts"]).await?;
    let [early, late] = [given::event(store).await?, given::event(store).await?];
    assert_eq!(given::dispatch(store, &[early]).await?, []);

    let filters = postrider_domain::FilterSet::parse(["alerts", "reports"])?;
    given::change(store, &registration, |registration| registration.filters = filters).await?;
    assert_eq!(given::dispatch(store, &[late]).await?.len(), 1);
    Ok(())
}

pub async fn a_deleted_registration_gets_no_deliveries(store: &dyn Store) -> CaseResult {
    let owner = given::reader(store, "ada").await?;
    let registration = given::registration(store, owner).await?;
    let event = given::event(store).await?;
    store.delete_registration(Visibility::All, registration.id, None, NOW).await?;
    assert_eq!(given::dispatch(store, &[event]).await?, []);
    Ok(())
}

pub async fn dispatching_again_creates_nothing_again(store: &dyn Store) -> CaseResult {
    let owner = given::reader(store, "ada").await?;
    given::registration(store, owner).await?;
    let event = given::event(store).await?;
    assert_eq!(given::dispatch(store, &[event, event]).await?.len(), 1);

    // Not even for a registration that was not there the first time.
    given::registration(store, owner).await?;
    assert_eq!(given::dispatch(store, &[event]).await?, []);
    assert_eq!(given::all_deliveries(store).await?.len(), 1);
    Ok(())
}

pub async fn an_event_that_nobody_asked_for_is_done_with(store: &dyn Store) -> CaseResult {
    let event = given::event(store).await?;
    assert_eq!(given::dispatch(store, &[event, id()]).await?, []);
    assert_eq!(store.backlog(NOW).await?.undispatched, 0);
    let report = store.find_event(Visibility::All, event).await?;
    assert!(report.is_some_and(|report| report.dispatched && report.deliveries.is_empty()));
    assert_eq!(given::dispatch(store, &[]).await?, []);
    Ok(())
}

pub async fn dispatchers_at_once_create_each_delivery_once(store: &dyn Store) -> CaseResult {
    let owner = given::reader(store, "ada").await?;
    given::registration(store, owner).await?;
    given::registration(store, owner).await?;
    let events: Vec<_> = (0..40).map(|_| given::new_event()).collect::<Result<_, _>>()?;
    let events = given::accept(store, &events).await?;
    let created = try_join_all((0..6).map(|first| {
        let events = [&events[first * 5..], &events[..first * 5]].concat();
        given_dispatch(store, events)
    }))
    .await?;

    let mut created: Vec<_> = created.into_iter().flatten().collect();
    created.sort_unstable();
    let count = created.len();
    created.dedup();
    assert_eq!((count, created.len()), (80, 80));
    assert_eq!(store.backlog(NOW).await?.undispatched, 0);
    Ok(())
}

async fn given_dispatch(
    store: &dyn Store,
    events: Vec<postrider_domain::EventId>,
) -> anyhow::Result<Vec<DeliveryId>> {
    given::dispatch(store, &events).await
}

pub async fn five_hundred_events_are_dispatched_in_one_call(store: &dyn Store) -> CaseResult {
    let root = given::administrator(store, "root").await?;
    let owner = given::reader(store, "ada").await?;
    given::registration(store, owner).await?;
    given::registration_for(store, root, &["tasks"]).await?;
    let events: Vec<_> = (0..500)
        .map(|place| given::event_about(if place % 2 == 0 { "reports" } else { "tasks" }, "1"))
        .collect::<Result<_, _>>()?;
    let events = given::accept(store, &events).await?;
    assert_eq!(given::dispatch(store, &events).await?.len(), 500);
    Ok(())
}
