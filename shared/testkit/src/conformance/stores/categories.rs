//! The end of a category, and of the permissions on what was filed under it.

use postrider_domain::ports::{Accessed, ResourceChange, Store};
use postrider_domain::{Access, CatalogueEntry, Holder, Permission, UserId};

use super::CaseResult;
use super::catalogue::{NEW, add, changed, delete, update};
use super::endings::{END, end_at, event_at, resource, shown, told};
use super::given::{self, category, new_resource, one, permissions, seconds};

/// Grants on a category by every scope and kind that means it, and on what only looks like it; the
/// latter are returned.
async fn grants(store: &dyn Store, user: UserId, role: Holder) -> anyhow::Result<[Permission; 3]> {
    given::grant(store, user, "reports", category("sales"), Access::READ).await?;
    given::grant(store, user, "tasks", category("sales"), Access::ALL).await?;
    given::grant(store, user, "Orders", category("sales"), Access::ALL).await?;
    given::grant(store, user, "categories", one("sales"), Access::OWNER).await?;
    given::grant_to(store, role, "reports", category("sales"), Access::READ).await?;
    Ok([
        given::grant(store, user, "reports", category("purchase"), Access::READ).await?,
        given::grant(store, user, "reports", category("Sales"), Access::READ).await?,
        given::grant(store, user, "reports", one("sales"), Access::READ).await?,
    ])
}

/// A resource in the category that ends.
fn filed(kind: &str, id: &str) -> anyhow::Result<CatalogueEntry> {
    Ok(CatalogueEntry { category: Some("sales".into()), ..new_resource(kind, id)? })
}

pub async fn permissions_on_a_category_end_with_it_for_every_kind(store: &dyn Store) -> CaseResult {
    let entry = resource(store, "categories", "sales").await?;
    let ada = given::user(store, "ada").await?;
    let bob = given::user(store, "bob").await?;
    let role = given::role(store, "readers").await?;
    given::join(store, role, bob).await?;
    let mut others = grants(store, ada, Holder::Role(role)).await?;
    others.reverse();
    let asking = [given::registration(store, ada).await?, given::registration(store, bob).await?];
    let before = event_at(store, "1", Some("sales"), END).await?;
    let after = event_at(store, "1", Some("sales"), END + seconds(1)).await?;

    let ended = end_at(store, &entry, END).await?;
    assert_eq!(permissions(store, Holder::User(ada)).await?, others);
    assert_eq!(permissions(store, Holder::Role(role)).await?, []);
    let mut expected = told(&[ended], &[&asking[0]]);
    expected.extend(told(&[before], &[&asking[0], &asking[1]]));
    expected.sort_unstable();
    assert_eq!(given::dispatch(store, &[ended, before, after]).await?, expected);
    Ok(())
}

pub async fn a_later_category_of_the_same_id_gives_nobody_anything(
    store: &dyn Store,
) -> CaseResult {
    let entry = resource(store, "categories", "sales").await?;
    let ada = given::user(store, "ada").await?;
    let role = given::role(store, "readers").await?;
    given::join(store, role, ada).await?;
    grants(store, ada, Holder::Role(role)).await?;
    given::registration(store, ada).await?;
    let ended = end_at(store, &entry, END).await?;
    assert_eq!(given::dispatch(store, &[ended]).await?.len(), 1);

    resource(store, "categories", "sales").await?;
    for kind in ["reports", "tasks", "orders"] {
        let entry = filed(kind, "1")?;
        assert_eq!(add(store, &entry).await?, NEW);
        let resource = Accessed { id: "1", category: Some("sales") };
        assert_eq!(store.access_of(ada, &entry.kind, Some(resource)).await?, None, "{kind}");
    }
    assert_eq!(shown(store, ada).await?, [""; 0]);
    let late = event_at(store, "1", Some("sales"), END + seconds(1)).await?;
    assert_eq!(given::dispatch(store, &[late]).await?, []);

    // Granted anew, it counts.
    given::grant(store, ada, "tasks", category("sales"), Access::READ).await?;
    assert_eq!(shown(store, ada).await?, ["1"]);
    Ok(())
}

pub async fn a_category_that_is_in_use_ends_no_permission(store: &dyn Store) -> CaseResult {
    let entry = resource(store, "categories", "sales").await?;
    let task = filed("tasks", "1")?;
    assert_eq!(add(store, &task).await?, NEW);
    let ada = given::user(store, "ada").await?;
    given::grant(store, ada, "tasks", category("sales"), Access::READ).await?;
    given::grant(store, ada, "categories", one("sales"), Access::READ).await?;
    assert_eq!(delete(store, &entry).await?, ResourceChange::CategoryInUse);
    assert_eq!(permissions(store, Holder::User(ada)).await?.len(), 2);
    assert_eq!(shown(store, ada).await?, ["1", "sales"]);

    let moved = changed(&task, |task| task.category = None);
    assert_eq!(update(store, &task, &moved).await?, ResourceChange::Done);
    assert_eq!(delete(store, &entry).await?, ResourceChange::Done);
    assert_eq!(permissions(store, Holder::User(ada)).await?, []);
    Ok(())
}
