//! Searching without regard to case, of which SQLite by itself knows that of ASCII alone.

use postrider_domain::ports::{RegistrationQuery, RegistrationStore};
use postrider_domain::{Registration, Visibility};

use super::{new_registration, store_with_user};

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
