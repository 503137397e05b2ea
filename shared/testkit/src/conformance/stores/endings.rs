//! The end of a resource, and of the permissions on it: at once for whoever asks, and for what happens
//! from then on.

use postrider_domain::ports::{Accessed, ResourceChange, ResourceFilter, Store};
use postrider_domain::{
    Access, CatalogueEntry, DeliveryId, Event, EventId, Holder, PageRequest, Permission,
    Registration, ResourceScope, Timestamp, UserId, Visibility,
};

use super::CaseResult;
use super::catalogue::{NEW, changed, update};
use super::given::{
    self, NOW, announcement, category, new_category, new_resource, one, permissions, seconds,
};

/// When resources are deleted.
pub(super) const END: Timestamp = Timestamp::from_micros(NOW.as_micros() + 10_000_000);

/// Deletes a resource at `at`, and returns the event that tells of it.
pub(super) async fn end_at(
    store: &dyn Store,
    entry: &CatalogueEntry,
    at: Timestamp,
) -> anyhow::Result<EventId> {
    let mut told = announcement(entry, "Deleted")?;
    told.event.accepted_at = at;
    let change = store.delete_resource(entry, entry.updated_at, &told).await?;
    anyhow::ensure!(change == ResourceChange::Done, "it is there: {change:?}");
    Ok(told.event.id)
}

async fn end(store: &dyn Store, entry: &CatalogueEntry) -> anyhow::Result<EventId> {
    end_at(store, entry, END).await
}

/// A resource of the catalogue, whose addition has been dispatched.
pub(super) async fn resource(
    store: &dyn Store,
    kind: &str,
    id: &str,
) -> anyhow::Result<CatalogueEntry> {
    let entry = new_resource(kind, id)?;
    let added = given::add_resource(store, &entry).await?;
    given::dispatch(store, &[added]).await?;
    Ok(entry)
}

/// Somebody who asks for everything, and who owns the report `id`.
pub(super) async fn owner_of(
    store: &dyn Store,
    name: &str,
    id: &str,
) -> anyhow::Result<Registration> {
    let user = given::user(store, name).await?;
    given::grant(store, user, "reports", one(id), Access::OWNER).await?;
    given::registration(store, user).await
}

/// Somebody who asks for everything, and who reads the report `id` through a role.
pub(super) async fn member_of(
    store: &dyn Store,
    name: &str,
    id: &str,
) -> anyhow::Result<(Registration, Holder)> {
    let user = given::user(store, name).await?;
    let role = given::role(store, &format!("role of {name}")).await?;
    given::join(store, role, user).await?;
    given::grant_to(store, Holder::Role(role), "reports", one(id), Access::READ).await?;
    Ok((given::registration(store, user).await?, Holder::Role(role)))
}

/// Accepts an event about a report at `at`; it is not dispatched yet.
pub(super) async fn event_at(
    store: &dyn Store,
    id: &str,
    filed_under: Option<&str>,
    at: Timestamp,
) -> anyhow::Result<EventId> {
    let mut event = Event { accepted_at: at, ..given::event_about("reports", id)? };
    event.resource.category = filed_under.map(Into::into);
    given::accept(store, std::slice::from_ref(&event)).await?;
    Ok(event.id)
}

/// The deliveries of events to these, sorted.
pub(super) fn told(events: &[EventId], whom: &[&Registration]) -> Vec<DeliveryId> {
    let to = |event: &EventId| {
        let event = *event;
        whom.iter().map(move |registration| DeliveryId::derive(event, registration.id))
    };
    let mut deliveries: Vec<_> = events.iter().flat_map(to).collect();
    deliveries.sort_unstable();
    deliveries
}

async fn access_to(
    store: &dyn Store,
    user: UserId,
    id: &str,
    category: Option<&str>,
) -> anyhow::Result<Option<Access>> {
    let resource = Accessed { id, category };
    Ok(store.access_of(user, &"reports".parse()?, Some(resource)).await?)
}

/// The ids of what a list shows to a user.
pub(super) async fn shown(store: &dyn Store, user: UserId) -> anyhow::Result<Vec<String>> {
    let (filter, page) = (ResourceFilter::default(), PageRequest::first(100));
    let listed = store.list_resources(Visibility::Own(user), &filter, page).await?;
    Ok(listed.items.into_iter().map(|entry| entry.id).collect())
}

pub async fn an_end_is_told_to_those_who_could_read_and_ends_their_permissions(
    store: &dyn Store,
) -> CaseResult {
    let entry = resource(store, "reports", "42").await?;
    let ada = owner_of(store, "ada", "42").await?;
    let (bob, role) = member_of(store, "bob", "42").await?;
    let ended = end(store, &entry).await?;
    for dispatched in [false, true] {
        for holder in [Holder::User(ada.owner), role] {
            assert_eq!(permissions(store, holder).await?, [], "dispatched: {dispatched}");
        }
        for user in [ada.owner, bob.owner] {
            assert_eq!(access_to(store, user, "42", None).await?, None);
        }
        let deliveries = given::dispatch(store, &[ended]).await?;
        let expected = if dispatched { Vec::new() } else { told(&[ended], &[&ada, &bob]) };
        assert_eq!(deliveries, expected);
    }
    Ok(())
}

pub async fn what_is_added_again_is_its_new_owners_alone(store: &dyn Store) -> CaseResult {
    for (id, dispatched_before) in [("1", true), ("2", false)] {
        let entry = resource(store, "reports", id).await?;
        let ada = owner_of(store, &format!("owner of {id}"), id).await?;
        let (bob, role) = member_of(store, &format!("reader of {id}"), id).await?;
        let ended = end(store, &entry).await?;
        if dispatched_before {
            let deliveries = given::dispatch(store, &[ended]).await?;
            assert_eq!(deliveries, told(&[ended], &[&ada, &bob]));
        }
        let eve = given::user(store, &format!("new owner of {id}")).await?;
        let eve = given::registration(store, eve).await?;
        let again = CatalogueEntry { owner: Some(eve.owner), ..new_resource("reports", id)? };
        let access =
            given::new_permission(Holder::User(eve.owner), "reports", one(id), Access::OWNER)?;
        let access = Permission { created_at: END + seconds(1), ..access };
        let mut announced = announcement(&again, "Added")?;
        announced.event.accepted_at = END + seconds(1);
        let addition = store.add_resource(&again, Some(&access), None, &announced).await?;
        assert_eq!(addition, NEW);
        let added = announced.event.id;

        for dispatched in [false, true] {
            for former in [&ada, &bob] {
                assert_eq!(access_to(store, former.owner, id, None).await?, None);
                assert_eq!(shown(store, former.owner).await?, [""; 0]);
            }
            assert_eq!(permissions(store, Holder::User(ada.owner)).await?, []);
            assert_eq!(permissions(store, role).await?, []);
            let hers = permissions(store, Holder::User(eve.owner)).await?;
            assert_eq!(hers, std::slice::from_ref(&access));
            assert_eq!(access_to(store, eve.owner, id, None).await?, Some(Access::OWNER));
            assert_eq!(shown(store, eve.owner).await?, [id]);
            if !dispatched {
                let mut expected = told(&[added], &[&eve]);
                if !dispatched_before {
                    // What she may read now she may also be told of from before.
                    expected.extend(told(&[ended], &[&ada, &bob, &eve]));
                }
                expected.sort_unstable();
                assert_eq!(given::dispatch(store, &[added, ended]).await?, expected);
            }
        }
    }
    Ok(())
}

pub async fn a_former_owner_who_adds_it_again_owns_it(store: &dyn Store) -> CaseResult {
    let entry = resource(store, "reports", "42").await?;
    let ada = owner_of(store, "ada", "42").await?;
    let had = permissions(store, Holder::User(ada.owner)).await?;
    let ended = end(store, &entry).await?;
    let again = CatalogueEntry { owner: Some(ada.owner), ..new_resource("reports", "42")? };
    let access =
        given::new_permission(Holder::User(ada.owner), "reports", one("42"), Access::OWNER)?;
    let announced = announcement(&again, "Added")?;
    assert_eq!(store.add_resource(&again, Some(&access), None, &announced).await?, NEW);
    let has = permissions(store, Holder::User(ada.owner)).await?;
    assert_eq!(has, std::slice::from_ref(&access));
    assert_ne!(has[0].id, had[0].id);
    // By the one that has ended and by the one that has not: one delivery.
    let deliveries = given::dispatch(store, &[ended]).await?;
    assert_eq!(deliveries, told(&[ended], &[&ada]));
    assert_eq!(permissions(store, Holder::User(ada.owner)).await?, [access]);
    Ok(())
}

pub async fn what_is_granted_anew_after_an_end_counts(store: &dyn Store) -> CaseResult {
    let entry = resource(store, "reports", "42").await?;
    let ada = owner_of(store, "ada", "42").await?;
    let holder = Holder::User(ada.owner);
    let had = permissions(store, holder).await?;
    let ended = end(store, &entry).await?;
    assert!(!store.revoke_permission(holder, had[0].id).await?, "it is gone");
    let anew = Permission {
        created_at: END + seconds(1),
        ..given::new_permission(holder, "reports", one("42"), Access::READ)?
    };
    assert_eq!(store.grant_permission(&anew).await?.as_ref(), Some(&anew));
    let again = Permission { id: given::id(), ..anew.clone() };
    assert_eq!(store.grant_permission(&again).await?.as_ref(), Some(&anew), "it is there");
    assert_eq!(permissions(store, holder).await?, std::slice::from_ref(&anew));
    assert_eq!(access_to(store, ada.owner, "42", None).await?, Some(Access::READ));
    let late = event_at(store, "42", None, END + seconds(2)).await?;
    let deliveries = given::dispatch(store, &[late, ended]).await?;
    assert_eq!(deliveries, told(&[late, ended], &[&ada]));

    // It ends as well, with the next resource of this id, and can be granted once more.
    let entry = resource(store, "reports", "42").await?;
    let second = end_at(store, &entry, END + seconds(3)).await?;
    assert_eq!(permissions(store, holder).await?, []);
    let deliveries = given::dispatch(store, &[second]).await?;
    assert_eq!(deliveries, told(&[second], &[&ada]));
    given::grant(store, ada.owner, "reports", one("42"), Access::READ).await?;
    assert_eq!(permissions(store, holder).await?.len(), 1);
    Ok(())
}

pub async fn permissions_on_anything_else_stay(store: &dyn Store) -> CaseResult {
    let entry = resource(store, "reports", "42").await?;
    given::add_resource(store, &new_category("42")?).await?;
    let ada = owner_of(store, "ada", "42").await?.owner;
    let mut others = Vec::new();
    for (kind, scope) in [
        ("categories", one("42")),
        ("reports", ResourceScope::Any),
        ("reports", category("42")),
        ("reports", one("4")),
        ("reports", one("421")),
        ("tasks", one("42")),
    ] {
        others.push(given::grant(store, ada, kind, scope, Access::READ).await?);
    }
    others.reverse();
    given::dispatch(store, &[end(store, &entry).await?]).await?;
    assert_eq!(permissions(store, Holder::User(ada)).await?, others);
    Ok(())
}

pub async fn only_the_end_of_what_is_in_the_catalogue_ends_permissions(
    store: &dyn Store,
) -> CaseResult {
    let ada = owner_of(store, "ada", "42").await?;
    let event = given::event_about("reports", "42")?;
    let published = Event { event_type: "Deleted".parse()?, ..event };
    let entry = new_resource("reports", "42")?;
    let added = given::add_resource(store, &entry).await?;
    let edited = changed(&entry, |entry| entry.name = "new".into());
    assert_eq!(update(store, &entry, &edited).await?, ResourceChange::Done);
    // It was changed since, so it does not end.
    let late = announcement(&entry, "Deleted")?;
    let change = store.delete_resource(&entry, entry.updated_at, &late).await?;
    assert_eq!(change, ResourceChange::Stale);
    let mut events = given::accept(store, &[published]).await?;
    events.push(added);
    assert_eq!(given::dispatch(store, &events).await?, told(&events, &[&ada]));
    assert_eq!(permissions(store, Holder::User(ada.owner)).await?.len(), 1);
    assert_eq!(access_to(store, ada.owner, "42", None).await?, Some(Access::OWNER));
    Ok(())
}
