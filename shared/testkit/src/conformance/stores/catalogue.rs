//! The catalogue of resources: every outcome of every change, and what is told of it.

use futures_util::future::try_join_all;
use postrider_domain::ports::{Announcement, ResourceAddition, ResourceChange, Store};
use postrider_domain::{Access, CatalogueEntry, Created, Holder, Visibility};

use super::CaseResult;
use super::given::{self, NOW, RESCUE_AT, announcement, new_category, new_resource, one, seconds};

/// It was added for the first time.
pub(super) const NEW: ResourceAddition = ResourceAddition::Created(Created::New);

/// Adds a resource, and tells of it.
pub(super) async fn add(
    store: &dyn Store,
    entry: &CatalogueEntry,
) -> anyhow::Result<ResourceAddition> {
    let told = announcement(entry, "Added")?;
    Ok(store.add_resource(entry, None, None, &told).await?)
}

async fn found(
    store: &dyn Store,
    entry: &CatalogueEntry,
) -> anyhow::Result<Option<CatalogueEntry>> {
    Ok(store.find_resource(&entry.kind, &entry.id).await?)
}

/// How it is after a change that was made a second after the last one.
pub(super) fn changed(
    entry: &CatalogueEntry,
    change: impl FnOnce(&mut CatalogueEntry),
) -> CatalogueEntry {
    let mut changed = entry.clone();
    change(&mut changed);
    changed.updated_at = entry.updated_at + seconds(1);
    changed
}

/// Changes a resource, and tells of it.
pub(super) async fn update(
    store: &dyn Store,
    before: &CatalogueEntry,
    after: &CatalogueEntry,
) -> anyhow::Result<ResourceChange> {
    let told = announcement(after, "Edited")?;
    Ok(store.update_resource(after, before.updated_at, &told).await?)
}

/// Deletes a resource, and tells of it.
pub(super) async fn delete(
    store: &dyn Store,
    entry: &CatalogueEntry,
) -> anyhow::Result<ResourceChange> {
    let told = announcement(entry, "Deleted")?;
    Ok(store.delete_resource(entry, entry.updated_at, &told).await?)
}

/// Whether the event of an announcement is stored, and on its way.
pub(super) async fn is_told(store: &dyn Store, told: &Announcement) -> anyhow::Result<bool> {
    let report = store.find_event(Visibility::All, told.event.id).await?;
    let due = store.take_due_events(RESCUE_AT, seconds(0), 100).await?;
    let due = due.contains(&told.event);
    if let Some(report) = &report {
        assert_eq!((&report.event, report.dispatched, due), (&told.event, false, true));
    }
    assert_eq!(report.is_some(), due);
    Ok(due)
}

pub async fn a_resource_reads_back_as_it_was_added(store: &dyn Store) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    assert_eq!(add(store, &new_category("c/1 ü")?).await?, NEW);
    let full = CatalogueEntry {
        name: "Ümsätze 'quoted' \"twice\" \\".into(),
        category: Some("c/1 ü".into()),
        owner: Some(ada),
        created_at: NOW + seconds(1),
        updated_at: NOW + seconds(2),
        ..new_resource("Reports", "a/b c?ü")?
    };
    let bare = new_resource("tasks", "a/b c?ü")?;
    assert_eq!(add(store, &full).await?, NEW);
    assert_eq!(add(store, &bare).await?, NEW);
    assert_eq!(store.find_resource(&"REPORTS".parse()?, "a/b c?ü").await?, Some(full));
    assert_eq!(found(store, &bare).await?, Some(bare));
    assert_eq!(store.find_resource(&"reports".parse()?, "A/b c?ü").await?, None);
    assert_eq!(store.find_resource(&"alerts".parse()?, "a/b c?ü").await?, None);
    Ok(())
}

pub async fn every_change_is_told_of(store: &dyn Store) -> CaseResult {
    let entry = new_resource("reports", "42")?;
    let renamed = changed(&entry, |entry| entry.name = "Sales".into());
    let [added, edited, deleted] = [
        announcement(&entry, "Added")?,
        announcement(&renamed, "Edited")?,
        announcement(&renamed, "Deleted")?,
    ];
    assert_eq!(store.add_resource(&entry, None, None, &added).await?, NEW);
    assert!(is_told(store, &added).await?);
    let change = store.update_resource(&renamed, entry.updated_at, &edited).await?;
    assert_eq!(change, ResourceChange::Done);
    assert!(is_told(store, &edited).await?);
    let change = store.delete_resource(&renamed, renamed.updated_at, &deleted).await?;
    assert_eq!(change, ResourceChange::Done);
    assert!(is_told(store, &deleted).await?);
    assert_eq!(store.backlog(NOW).await?.undispatched, 3);
    Ok(())
}

pub async fn what_is_announced_is_due_at_its_rescue_time(store: &dyn Store) -> CaseResult {
    let entry = new_resource("reports", "42")?;
    let rescue_at = NOW + seconds(17);
    let told = Announcement { rescue_at, ..announcement(&entry, "Added")? };
    store.add_resource(&entry, None, None, &told).await?;
    assert_eq!(store.take_due_events(NOW + seconds(16), seconds(60), 10).await?, []);
    assert_eq!(store.take_due_events(rescue_at, seconds(60), 10).await?, [told.event]);
    Ok(())
}

pub async fn an_id_is_taken_within_its_kind_only(store: &dyn Store) -> CaseResult {
    let first = new_resource("reports", "42")?;
    assert_eq!(add(store, &first).await?, NEW);
    let ada = given::user(store, "ada").await?;
    let again = new_resource("REPORTS", "42")?;
    let told = announcement(&again, "Added")?;
    let access = given::new_permission(Holder::User(ada), "reports", one("42"), Access::OWNER)?;
    let taken = store.add_resource(&again, Some(&access), None, &told).await?;
    assert_eq!(taken, ResourceAddition::IdTaken);
    assert!(!is_told(store, &told).await?);
    assert_eq!(given::permissions(store, Holder::User(ada)).await?, []);
    assert_eq!(found(store, &first).await?, Some(first));
    assert_eq!(add(store, &new_resource("tasks", "42")?).await?, NEW);
    Ok(())
}

pub async fn tasks_alerts_and_connections_have_names_of_their_own(store: &dyn Store) -> CaseResult {
    for kind in ["tasks", "alerts", "connections", "reports", "categories", "orders"] {
        let unique = CatalogueEntry::UNIQUELY_NAMED.contains(&kind);
        let named = |id: &str, name: &str| {
            anyhow::Ok(CatalogueEntry { name: name.into(), ..new_resource(kind, id)? })
        };
        let first = named("1", "Übersicht")?;
        assert_eq!(add(store, &first).await?, NEW, "{kind}");
        let second = named("2", "üBERSICHT")?;
        let expected = if unique { ResourceAddition::NameTaken } else { NEW };
        assert_eq!(add(store, &second).await?, expected, "{kind}");

        let third = named("3", "another")?;
        assert_eq!(add(store, &third).await?, NEW, "{kind}");
        let renamed = changed(&third, |entry| entry.name = "ÜBERsicht".into());
        let told = announcement(&renamed, "Edited")?;
        let change = store.update_resource(&renamed, third.updated_at, &told).await?;
        let expected = if unique { ResourceChange::NameTaken } else { ResourceChange::Done };
        assert_eq!(change, expected, "{kind}");
        assert_eq!(is_told(store, &told).await?, !unique, "{kind}");
        let now = if unique { third } else { renamed };
        assert_eq!(found(store, &now).await?, Some(now), "{kind}");
        // Another spelling of its own name is not taken.
        let respelt = changed(&first, |entry| entry.name = "ÜBERSICHT".into());
        assert_eq!(update(store, &first, &respelt).await?, ResourceChange::Done, "{kind}");
        assert_eq!(found(store, &first).await?, Some(respelt), "{kind}");
    }
    Ok(())
}

pub async fn of_additions_at_once_one_gets_the_id_or_the_name(store: &dyn Store) -> CaseResult {
    let same_id: Vec<_> =
        (0..6).map(|_| new_resource("reports", "42")).collect::<Result<_, _>>()?;
    let same_name: Vec<_> = (0..6)
        .map(|place| {
            let entry = new_resource("tasks", &place.to_string())?;
            anyhow::Ok(CatalogueEntry { name: "nightly".into(), ..entry })
        })
        .collect::<Result<_, _>>()?;
    for (entries, refusal) in
        [(same_id, ResourceAddition::IdTaken), (same_name, ResourceAddition::NameTaken)]
    {
        let added = try_join_all(entries.iter().map(|entry| add(store, entry))).await?;
        assert_eq!(added.iter().filter(|added| **added == NEW).count(), 1, "{added:?}");
        assert_eq!(added.iter().filter(|added| **added == refusal).count(), 5, "{added:?}");
    }
    assert_eq!(store.backlog(NOW).await?.undispatched, 2);
    Ok(())
}

pub async fn a_category_must_be_in_the_catalogue(store: &dyn Store) -> CaseResult {
    // A resource of another kind with this id is no category.
    let report = new_resource("reports", "sales")?;
    add(store, &report).await?;
    let filed = |id: &str| {
        anyhow::Ok(CatalogueEntry { category: Some("sales".into()), ..new_resource("tasks", id)? })
    };
    let entry = filed("1")?;
    let told = announcement(&entry, "Added")?;
    let addition = store.add_resource(&entry, None, None, &told).await?;
    assert_eq!(addition, ResourceAddition::NoSuchCategory);
    assert!(!is_told(store, &told).await?);
    let after = changed(&report, |report| report.category = Some("sales".into()));
    assert_eq!(update(store, &report, &after).await?, ResourceChange::NoSuchCategory);
    assert_eq!(found(store, &report).await?, Some(report.clone()));

    add(store, &new_category("sales")?).await?;
    assert_eq!(add(store, &entry).await?, NEW);
    assert_eq!(update(store, &report, &after).await?, ResourceChange::Done);
    assert_eq!(found(store, &report).await?, Some(after));
    Ok(())
}

pub async fn a_category_is_not_deleted_while_something_is_filed_under_it(
    store: &dyn Store,
) -> CaseResult {
    let category = new_category("sales")?;
    add(store, &category).await?;
    let task = CatalogueEntry { category: Some("sales".into()), ..new_resource("tasks", "1")? };
    add(store, &task).await?;
    let told = announcement(&category, "Deleted")?;
    let change = store.delete_resource(&category, category.updated_at, &told).await?;
    assert_eq!(change, ResourceChange::CategoryInUse);
    assert!(!is_told(store, &told).await?);
    assert_eq!(found(store, &category).await?, Some(category.clone()));
    // It can be changed all the same.
    let renamed = changed(&category, |category| category.name = "Sales of all".into());
    assert_eq!(update(store, &category, &renamed).await?, ResourceChange::Done);

    let moved = changed(&task, |task| task.category = None);
    assert_eq!(update(store, &task, &moved).await?, ResourceChange::Done);
    assert_eq!(delete(store, &renamed).await?, ResourceChange::Done);
    assert_eq!(found(store, &category).await?, None);
    Ok(())
}

pub async fn nothing_is_ever_filed_under_a_category_that_is_gone(store: &dyn Store) -> CaseResult {
    for round in 0..12 {
        let name = format!("category {round}");
        let category = new_category(&name)?;
        add(store, &category).await?;
        let id = round.to_string();
        let new = CatalogueEntry { category: Some(name), ..new_resource("tasks", &id)? };
        let old = new_resource("reports", &id)?;
        add(store, &old).await?;
        let moved = changed(&old, |old| old.category.clone_from(&new.category));
        let (deleted, filed) = if round % 2 == 0 {
            let (deleted, added) =
                futures_util::future::try_join(delete(store, &category), add(store, &new)).await?;
            assert!([NEW, ResourceAddition::NoSuchCategory].contains(&added), "{added:?}");
            (deleted, added == NEW)
        } else {
            let (deleted, change) = futures_util::future::try_join(
                delete(store, &category),
                update(store, &old, &moved),
            )
            .await?;
            assert!([ResourceChange::Done, ResourceChange::NoSuchCategory].contains(&change));
            (deleted, change == ResourceChange::Done)
        };
        let expected = if filed { ResourceChange::CategoryInUse } else { ResourceChange::Done };
        assert_eq!(deleted, expected, "filed: {filed}");
    }
    Ok(())
}

pub async fn what_has_changed_meanwhile_is_left_alone(store: &dyn Store) -> CaseResult {
    let entry = new_resource("reports", "42")?;
    add(store, &entry).await?;
    let current = changed(&entry, |entry| entry.name = "current".into());
    assert_eq!(update(store, &entry, &current).await?, ResourceChange::Done);
    let late = changed(&entry, |entry| entry.name = "late".into());
    let unknown = new_resource("reports", "43")?;
    let other_kind = new_resource("tasks", "42")?;
    for (before, after) in [(&entry, &late), (&unknown, &unknown), (&other_kind, &other_kind)] {
        assert_eq!(update(store, before, after).await?, ResourceChange::Stale);
        assert_eq!(delete(store, before).await?, ResourceChange::Stale);
    }
    assert_eq!(found(store, &entry).await?, Some(current));
    assert_eq!(store.backlog(NOW).await?.undispatched, 2, "nothing else was told");
    Ok(())
}

pub async fn an_update_replaces_name_category_and_time_only(store: &dyn Store) -> CaseResult {
    let [ada, bob] = [given::user(store, "ada").await?, given::user(store, "bob").await?];
    add(store, &new_category("sales")?).await?;
    let entry = CatalogueEntry { owner: Some(ada), ..new_resource("reports", "42")? };
    add(store, &entry).await?;
    let after = CatalogueEntry {
        entry: given::id(),
        name: "Sales".into(),
        category: Some("sales".into()),
        owner: Some(bob),
        created_at: NOW + seconds(7),
        updated_at: NOW + seconds(8),
        ..entry.clone()
    };
    assert_eq!(update(store, &entry, &after).await?, ResourceChange::Done);
    let expected = CatalogueEntry {
        entry: entry.entry,
        owner: entry.owner,
        created_at: entry.created_at,
        ..after
    };
    assert_eq!(found(store, &entry).await?, Some(expected));
    Ok(())
}

pub async fn what_a_deleted_user_created_stays_without_an_owner(store: &dyn Store) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    let entry = CatalogueEntry { owner: Some(ada), ..new_resource("reports", "42")? };
    add(store, &entry).await?;
    store.delete_user(ada, None, NOW).await?;
    assert_eq!(found(store, &entry).await?, Some(CatalogueEntry { owner: None, ..entry }));
    Ok(())
}
