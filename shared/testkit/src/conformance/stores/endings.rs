//! The end of a resource: judged by the permissions on it, and then the end of those.

use postrider_domain::ports::{ResourceAddition, ResourceChange, Store};
use postrider_domain::{
    Access, CatalogueEntry, Created, DeliveryId, Event, EventId, Holder, Permission, ResourceScope,
    UserId,
};

use super::CaseResult;
use super::given::{
    self, NOW, RESCUE_AT, announcement, category, new_category, new_resource, one, seconds,
};

/// When the resource is deleted.
const END: postrider_domain::Timestamp =
    postrider_domain::Timestamp::from_micros(NOW.as_micros() + 10_000_000);

/// Deletes a resource at [`END`], and returns the event that tells of it.
async fn end(store: &dyn Store, entry: &CatalogueEntry) -> anyhow::Result<EventId> {
    let mut told = announcement(entry, "Deleted")?;
    told.event.accepted_at = END;
    let change = store.delete_resource(entry, entry.updated_at, &told).await?;
    anyhow::ensure!(change == ResourceChange::Done, "it is there: {change:?}");
    Ok(told.event.id)
}

async fn permissions(store: &dyn Store, holder: Holder) -> anyhow::Result<Vec<Permission>> {
    Ok(store.list_permissions(holder).await?)
}

/// A report of the catalogue, whose addition has been dispatched.
async fn report(store: &dyn Store) -> anyhow::Result<CatalogueEntry> {
    let entry = new_resource("reports", "42")?;
    let added = given::add_resource(store, &entry).await?;
    given::dispatch(store, &[added]).await?;
    Ok(entry)
}

async fn owner_of(store: &dyn Store, name: &str) -> anyhow::Result<(UserId, Holder)> {
    let user = given::user(store, name).await?;
    given::grant(store, user, "reports", one("42"), Access::OWNER).await?;
    Ok((user, Holder::User(user)))
}

pub async fn an_end_is_told_to_those_who_could_read_and_ends_their_permissions(
    store: &dyn Store,
) -> CaseResult {
    let entry = report(store).await?;
    let (ada, hers) = owner_of(store, "ada").await?;
    let bob = given::user(store, "bob").await?;
    let role = given::role(store, "readers").await?;
    given::join(store, role, bob).await?;
    let roles = Holder::Role(role);
    given::grant_to(store, roles, "reports", one("42"), Access::READ).await?;
    let asking = [given::registration(store, ada).await?, given::registration(store, bob).await?];

    let event = end(store, &entry).await?;
    assert_eq!(permissions(store, hers).await?.len(), 1, "until it is dispatched");
    let mut expected = asking.map(|registration| DeliveryId::derive(event, registration.id));
    expected.sort_unstable();
    assert_eq!(given::dispatch(store, &[event]).await?, expected);
    assert_eq!(permissions(store, hers).await?, []);
    assert_eq!(permissions(store, roles).await?, []);
    Ok(())
}

pub async fn permissions_on_anything_else_stay(store: &dyn Store) -> CaseResult {
    let entry = report(store).await?;
    given::add_resource(store, &new_category("42")?).await?;
    let (ada, hers) = owner_of(store, "ada").await?;
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
    given::dispatch(store, &[end(store, &entry).await?]).await?;
    assert_eq!(permissions(store, hers).await?, others);
    Ok(())
}

pub async fn a_permission_that_was_granted_after_the_end_stays(store: &dyn Store) -> CaseResult {
    let entry = report(store).await?;
    let [ada, bob, eve] = [
        given::user(store, "ada").await?,
        given::user(store, "bob").await?,
        given::user(store, "eve").await?,
    ];
    let just_after = END + std::time::Duration::from_micros(1);
    for (user, at) in [(ada, END), (bob, just_after), (eve, NOW)] {
        let scope = one("42");
        let new = given::new_permission(Holder::User(user), "reports", scope, Access::READ)?;
        store.grant_permission(&Permission { created_at: at, ..new }).await?;
    }
    // Granted again, it counts from then on.
    let again = given::new_permission(Holder::User(eve), "reports", one("42"), Access::READ)?;
    store.grant_permission(&Permission { created_at: just_after, ..again }).await?;
    given::dispatch(store, &[end(store, &entry).await?]).await?;
    for (user, left) in [(ada, 0), (bob, 1), (eve, 1)] {
        assert_eq!(permissions(store, Holder::User(user)).await?.len(), left);
    }
    Ok(())
}

pub async fn an_end_that_was_rescued_ends_permissions_too(store: &dyn Store) -> CaseResult {
    let entry = report(store).await?;
    let (_, hers) = owner_of(store, "ada").await?;
    let event = end(store, &entry).await?;
    let due = store.take_due_events(RESCUE_AT, seconds(60), 10).await?;
    assert_eq!(due.iter().map(|event| event.id).collect::<Vec<_>>(), [event]);
    assert_eq!(permissions(store, hers).await?.len(), 1);
    given::dispatch(store, &[event]).await?;
    assert_eq!(permissions(store, hers).await?, []);
    // A second message about it does not touch what was granted since.
    let renewed = Permission {
        created_at: END,
        ..given::new_permission(hers, "reports", one("42"), Access::READ)?
    };
    store.grant_permission(&renewed).await?;
    assert_eq!(given::dispatch(store, &[event]).await?, []);
    assert_eq!(permissions(store, hers).await?.len(), 1);
    Ok(())
}

pub async fn only_the_end_of_what_is_in_the_catalogue_ends_permissions(
    store: &dyn Store,
) -> CaseResult {
    let (ada, hers) = owner_of(store, "ada").await?;
    given::registration(store, ada).await?;
    let published =
        Event { event_type: "Deleted".parse()?, ..given::event_about("reports", "42")? };
    let entry = new_resource("reports", "42")?;
    let added = given::add_resource(store, &entry).await?;
    let mut edited = announcement(&entry, "Edited")?;
    edited.event.accepted_at = END;
    store.update_resource(&entry, entry.updated_at, &edited).await?;
    let mut events = given::accept(store, &[published]).await?;
    events.extend([added, edited.event.id]);
    assert_eq!(given::dispatch(store, &events).await?.len(), 3);
    assert_eq!(permissions(store, hers).await?.len(), 1);
    Ok(())
}

pub async fn what_happened_before_the_end_is_told_with_it(store: &dyn Store) -> CaseResult {
    let entry = new_resource("reports", "42")?;
    let added = given::add_resource(store, &entry).await?;
    let (ada, hers) = owner_of(store, "ada").await?;
    given::registration(store, ada).await?;
    let ended = end(store, &entry).await?;
    assert_eq!(given::dispatch(store, &[ended, added]).await?.len(), 2);
    assert_eq!(permissions(store, hers).await?, []);
    Ok(())
}

pub async fn what_is_added_again_before_its_end_was_told_of_stays_its_owners(
    store: &dyn Store,
) -> CaseResult {
    let entry = report(store).await?;
    let holders = [Access::OWNER, Access::READ].map(|access| (access, given::id()));
    for (access, user) in holders {
        let mut new = given::new_user(&format!("owner with {}", access.bits()))?;
        new.user.id = user;
        store.add_user(&new).await?;
        given::grant(store, user, "reports", one("42"), access).await?;
    }
    let ended = end(store, &entry).await?;
    for (had, user) in holders {
        let entry = new_resource("reports", "42")?;
        let again = CatalogueEntry { owner: Some(user), ..entry };
        let holder = Holder::User(user);
        let access = Permission {
            created_at: END + seconds(1),
            ..given::new_permission(holder, "reports", one("42"), Access::OWNER)?
        };
        let told = announcement(&again, "Added")?;
        let addition = store.add_resource(&again, Some(&access), None, &told).await?;
        assert_eq!(addition, ResourceAddition::Created(Created::New), "{had:?}");
        // What they had was about the one before, and so says nothing of this one.
        let now = permissions(store, holder).await?;
        assert_eq!(now.iter().map(|now| now.access).collect::<Vec<_>>(), [Access::OWNER]);
        if had == Access::OWNER {
            let gone = announcement(&again, "Deleted")?;
            store.delete_resource(&again, again.updated_at, &gone).await?;
        }
    }
    given::dispatch(store, &[ended]).await?;
    for (_, user) in holders {
        assert_eq!(permissions(store, Holder::User(user)).await?.len(), 1);
    }
    Ok(())
}
