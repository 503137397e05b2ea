//! Lists of the catalogue: what they show, and to whom.

use std::collections::BTreeSet;

use postrider_domain::ports::{ResourceFilter, Store};
use postrider_domain::{Access, CatalogueEntry, Holder, ResourceScope, UserId, Visibility};

use super::CaseResult;
use super::given::{self, category, id, new_category, new_resource, one};

fn filter(kind: Option<&str>, category: Option<&str>, search: Option<&str>) -> ResourceFilter {
    ResourceFilter {
        kind: kind.and_then(|kind| kind.parse().ok()),
        category: category.map(Into::into),
        search: search.map(Into::into),
    }
}

async fn list(
    store: &dyn Store,
    visibility: Visibility,
    filter: &ResourceFilter,
    limit: u32,
) -> anyhow::Result<Vec<CatalogueEntry>> {
    given::every_page(limit, |page| store.list_resources(visibility, filter, page)).await
}

/// Adds two categories, and a resource in each and one in none of every other kind, newest first.
async fn everything(store: &dyn Store) -> anyhow::Result<Vec<CatalogueEntry>> {
    let mut all = vec![new_category("sales")?, new_category("purchase")?];
    for kind in ["reports", "tasks", "connections", "alerts", "Orders"] {
        for (id, filed_under) in [("1", None), ("2", Some("sales")), ("3", Some("purchase"))] {
            let category = filed_under.map(Into::into);
            all.push(CatalogueEntry { category, ..new_resource(kind, id)? });
        }
    }
    for entry in &all {
        given::add_resource(store, entry).await?;
    }
    all.reverse();
    Ok(all)
}

pub async fn resources_are_listed_newest_first_and_page_by_page(store: &dyn Store) -> CaseResult {
    let all = everything(store).await?;
    for limit in [1, 4, 17, 100] {
        let listed = list(store, Visibility::All, &ResourceFilter::default(), limit).await?;
        assert_eq!(listed, all, "{limit}");
    }
    Ok(())
}

pub async fn a_list_of_resources_shows_only_what_its_filter_asks_for(
    store: &dyn Store,
) -> CaseResult {
    let all = everything(store).await?;
    let root = given::administrator(store, "root").await?;
    given::grant(store, root, "reports", ResourceScope::Any, Access::READ).await?;
    for kind in [None, Some("reports"), Some("ORDERS"), Some("nothing")] {
        for category in [None, Some("sales"), Some("SALES")] {
            let expected: Vec<_> = all
                .iter()
                .filter(|entry| {
                    kind.is_none_or(|kind| entry.kind.as_str().eq_ignore_ascii_case(kind))
                })
                .filter(|entry| {
                    category.is_none_or(|category| entry.category.as_deref() == Some(category))
                })
                .cloned()
                .collect();
            let filter = filter(kind, category, None);
            for limit in [2, 100] {
                let listed = list(store, Visibility::All, &filter, limit).await?;
                assert_eq!(listed, expected, "{filter:?} by {limit}");
            }
        }
    }
    Ok(())
}

pub async fn resources_are_found_by_a_part_of_name_or_id_in_any_case(
    store: &dyn Store,
) -> CaseResult {
    for (id, name) in [
        ("r-ABC", "Übersicht"),
        ("100%", "under_score"),
        ("x", "abcdef"),
        ("it's", "back\\slash"),
        ("ÄRGER/ñandú", "Ж"),
    ] {
        let entry = CatalogueEntry { name: name.into(), ..new_resource("reports", id)? };
        given::add_resource(store, &entry).await?;
    }
    for (search, expected) in [
        ("abc", &["x", "r-ABC"][..]),
        ("üBER", &["r-ABC"]),
        ("%", &["100%"]),
        ("R_S", &["100%"]),
        ("_", &["100%"]),
        ("T'S", &["it's"]),
        ("\\", &["it's"]),
        ("ärger/Ñ", &["ÄRGER/ñandú"]),
        ("NANDÚ", &[]),
        ("ж", &["ÄRGER/ñandú"]),
        ("nothing", &[]),
    ] {
        let filter = filter(Some("reports"), None, Some(search));
        let listed = list(store, Visibility::All, &filter, 1).await?;
        let listed: Vec<_> = listed.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(listed, expected, "`{search}`");
    }
    Ok(())
}

/// Grants, and says which resources that makes readable: those for which `readable` is true.
async fn check(
    store: &dyn Store,
    user: UserId,
    all: &[CatalogueEntry],
    what: &str,
    readable: impl Fn(&CatalogueEntry) -> bool,
) -> CaseResult {
    let expected: Vec<_> = all.iter().filter(|entry| readable(entry)).cloned().collect();
    for limit in [1, 3, 100] {
        let listed = list(store, Visibility::Own(user), &ResourceFilter::default(), limit).await?;
        assert_eq!(listed, expected, "{what} by {limit}");
    }
    let ids = |entries: &[CatalogueEntry]| -> BTreeSet<_> {
        entries.iter().map(|entry| entry.entry).collect()
    };
    let sales = filter(None, Some("sales"), None);
    let listed = list(store, Visibility::Own(user), &sales, 2).await?;
    let filed: Vec<_> =
        expected.into_iter().filter(|entry| entry.category.as_deref() == Some("sales")).collect();
    assert_eq!(ids(&listed), ids(&filed), "{what} in sales");
    Ok(())
}

pub async fn a_list_shows_what_its_reader_may_read(store: &dyn Store) -> CaseResult {
    let all = everything(store).await?;
    let ada = given::user(store, "ada").await?;
    let [role, other] = [given::role(store, "mine").await?, given::role(store, "other").await?];
    given::join(store, role, ada).await?;
    let (mine, others) = (Holder::Role(role), Holder::Role(other));
    check(store, ada, &all, "nothing", |_| false).await?;

    given::grant_to(store, others, "reports", ResourceScope::Any, Access::ALL).await?;
    given::grant(store, ada, "reports", ResourceScope::Any, Access::CREATE).await?;
    given::grant(store, ada, "reports", one("404"), Access::OWNER).await?;
    check(store, ada, &all, "nothing that is there", |_| false).await?;

    let is = |entry: &CatalogueEntry, kind: &str| entry.kind.as_str() == kind;
    given::grant(store, ada, "tasks", one("2"), Access::READ).await?;
    check(store, ada, &all, "one task", |entry| is(entry, "tasks") && entry.id == "2").await?;
    given::grant_to(store, mine, "alerts", category("purchase"), Access::READ).await?;
    let alert = |entry: &CatalogueEntry| is(entry, "alerts") && entry.id == "3";
    check(store, ada, &all, "an alert by category", |entry| {
        is(entry, "tasks") && entry.id == "2" || alert(entry)
    })
    .await?;
    given::grant_to(store, mine, "orders", ResourceScope::Any, Access::READ).await?;
    given::grant(store, ada, "orders", one("1"), Access::OWNER).await?;
    given::grant(store, ada, "categories", one("sales"), Access::READ).await?;
    check(store, ada, &all, "all of it", |entry| {
        is(entry, "tasks") && entry.id == "2"
            || alert(entry)
            || is(entry, "Orders")
            || is(entry, "categories") && entry.id == "sales"
    })
    .await?;

    let (found, strangers) = (filter(Some("tasks"), None, Some("2")), Visibility::Own(id()));
    assert_eq!(list(store, Visibility::Own(ada), &found, 10).await?.len(), 1);
    assert_eq!(list(store, strangers, &ResourceFilter::default(), 10).await?, []);
    Ok(())
}
