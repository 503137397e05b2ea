//! Searching without regard to case, of which SQLite by itself knows that of ASCII alone.

use std::sync::Arc;

use postrider_domain::ports::{
    Announcement, CatalogueStore, RegistrationQuery, RegistrationStore, ResourceFilter,
};
use postrider_domain::{CatalogueEntry, Ids, PageRequest, Registration, Visibility};

use super::{Fixed, NOW, new_event, new_registration, store_with_user};

#[tokio::test]
async fn a_description_is_found_by_a_part_of_it_in_any_case_and_by_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (store, owner) = store_with_user(&folder.path().join("postrider.db")).await.unwrap();
    let registration = Registration {
        description: Some("Für die Übersicht (a.b) \\d".into()),
        ..new_registration(owner).unwrap()
    };
    store.add_registration(&registration, None, 10).await.unwrap();
    for (search, found) in [
        ("FÜR DIE ü", true),
        ("(A.B)", true),
        ("\\D", true),
        ("aXb", false),
        ("fur", false),
        (".*", false),
    ] {
        let query = RegistrationQuery {
            search: Some(search.into()),
            ..RegistrationQuery::of(Visibility::All)
        };
        let page = store.list_registrations(&query).await.unwrap();
        assert_eq!(page.items.len(), usize::from(found), "{search}");
    }
}

#[tokio::test]
async fn a_resource_is_found_by_a_part_of_its_name_or_id_in_any_case_and_by_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = store_with_user(&folder.path().join("postrider.db")).await.unwrap();
    let entry = CatalogueEntry {
        entry: Ids::new(Arc::new(Fixed)).next(),
        kind: "reports".parse().unwrap(),
        id: "Übersicht/(a.b)".into(),
        name: "Ärger".into(),
        category: None,
        owner: None,
        created_at: NOW,
        updated_at: NOW,
    };
    let announcement = Announcement { event: new_event(&entry.id), rescue_at: NOW };
    store.add_resource(&entry, None, None, &announcement).await.unwrap();
    for (search, found) in [
        ("übersicht", true),
        ("ÜBERSICHT/(A", true),
        ("ÄRG", true),
        ("ubersicht", false),
        ("aXb", false),
        (".*", false),
    ] {
        let filter = ResourceFilter { search: Some(search.into()), ..ResourceFilter::default() };
        let page =
            store.list_resources(Visibility::All, &filter, PageRequest::first(10)).await.unwrap();
        assert_eq!(page.items.len(), usize::from(found), "{search}");
    }
}
