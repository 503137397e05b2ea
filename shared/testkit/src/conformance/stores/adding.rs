//! Resources that are added once, however often they are asked for, and whose they are.

use futures_util::future::try_join_all;
use postrider_domain::ports::{ResourceAddition, Store};
use postrider_domain::{Access, CatalogueEntry, Created, Holder};

use super::CaseResult;
use super::catalogue::{NEW, add, changed, delete, is_told, update};
use super::given::{self, NOW, announcement, creation_key, new_resource, one};

pub async fn a_new_resource_belongs_to_whoever_added_it(store: &dyn Store) -> CaseResult {
    let [ada, bob] = [given::user(store, "ada").await?, given::user(store, "bob").await?];
    let owned = |user, id: &str| {
        given::new_permission(Holder::User(user), "reports", one(id), Access::OWNER)
    };
    let [hers, his] = [owned(ada, "1")?, owned(bob, "2")?];
    let had = given::grant(store, bob, "reports", one("2"), Access::READ).await?;
    for (id, permission) in [("1", &hers), ("2", &his)] {
        let entry = new_resource("reports", id)?;
        let told = announcement(&entry, "Added")?;
        assert_eq!(store.add_resource(&entry, Some(permission), None, &told).await?, NEW);
    }
    assert_eq!(given::permissions(store, Holder::User(ada)).await?, [hers]);
    let his = given::permissions(store, Holder::User(bob)).await?;
    assert_eq!(his, [had], "what somebody decided before stays");
    Ok(())
}

pub async fn a_repeated_request_names_the_resource_as_it_is_now(store: &dyn Store) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    let [key, other] = [creation_key("a", 1), creation_key("a", 2)];
    let new =
        |id: &str| anyhow::Ok(CatalogueEntry { owner: Some(ada), ..new_resource("tasks", id)? });
    let ask = async |entry: &CatalogueEntry, key| {
        let told = announcement(entry, "Added")?;
        let addition = store.add_resource(entry, None, Some(key), &told).await?;
        assert_eq!(is_told(store, &told).await?, addition == NEW);
        anyhow::Ok(addition)
    };
    let first = new("1")?;
    assert_eq!(ask(&first, &key).await?, NEW);
    let repeated =
        |entry: &CatalogueEntry| ResourceAddition::Created(Created::Repeated(entry.clone()));
    // With the same id and name, which are taken by what the first request created, and with others.
    assert_eq!(ask(&new("1")?, &key).await?, repeated(&first));
    assert_eq!(ask(&new("2")?, &key).await?, repeated(&first));
    let renamed = changed(&first, |entry| entry.name = "renamed".into());
    update(store, &first, &renamed).await?;
    assert_eq!(ask(&new("1")?, &key).await?, repeated(&renamed));
    let reused = ask(&new("3")?, &other).await?;
    assert_eq!(reused, ResourceAddition::Created(Created::KeyReused));

    delete(store, &renamed).await?;
    assert_eq!(ask(&new("1")?, &key).await?, ResourceAddition::Created(Created::Gone));
    Ok(())
}

pub async fn a_refused_addition_uses_up_no_key(store: &dyn Store) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    let key = creation_key("a", 1);
    let entry = CatalogueEntry { owner: Some(ada), ..new_resource("tasks", "1")? };
    let first = new_resource("tasks", "1")?;
    add(store, &first).await?;
    let told = announcement(&entry, "Added")?;
    let taken = store.add_resource(&entry, None, Some(&key), &told).await?;
    assert_eq!(taken, ResourceAddition::IdTaken);
    delete(store, &first).await?;
    assert_eq!(store.add_resource(&entry, None, Some(&key), &told).await?, NEW);
    Ok(())
}

pub async fn of_the_same_requests_at_once_one_adds_something(store: &dyn Store) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    let key = creation_key("a", 1);
    let ask = async || {
        let entry = CatalogueEntry { owner: Some(ada), ..new_resource("tasks", "1")? };
        let told = announcement(&entry, "Added")?;
        anyhow::Ok(store.add_resource(&entry, None, Some(&key), &told).await?)
    };
    let added = try_join_all((0..6).map(|_| ask())).await?;
    assert_eq!(added.iter().filter(|added| **added == NEW).count(), 1, "{added:?}");
    let repeated = |added: &&ResourceAddition| {
        matches!(added, ResourceAddition::Created(Created::Repeated(_)))
    };
    assert_eq!(added.iter().filter(repeated).count(), 5, "{added:?}");
    assert_eq!(store.backlog(NOW).await?.undispatched, 1);
    Ok(())
}
