//! Roles and their members.

use futures_util::future::join_all;
use postrider_domain::ports::{AccountChange, Changed, Store, StoreError};
use postrider_domain::{Access, Holder, PageRequest, ResourceScope, Role, RoleId, Timestamp};

use super::CaseResult;
use super::given::{self, NOW, id, seconds};

async fn names(store: &dyn Store) -> anyhow::Result<Vec<String>> {
    Ok(store.list_roles().await?.iter().map(|role| role.name.to_string()).collect())
}

pub async fn the_built_in_roles_are_there_with_their_permissions(store: &dyn Store) -> CaseResult {
    let built_in =
        ["Data Administrator", "Report Creator", "Report Reader", "System Administrator"];
    assert_eq!(names(store).await?, built_in);
    let expected = [
        (RoleId::SYSTEM_ADMINISTRATOR, None),
        (RoleId::REPORT_CREATOR, Some((Access::ALL, Access::READ))),
        (RoleId::REPORT_READER, Some((Access::READ, Access::READ))),
        (RoleId::DATA_ADMINISTRATOR, Some((Access::ALL, Access::ALL))),
    ];
    for (role, accesses) in expected {
        let found = store.find_role(role).await?.expect("it is there");
        assert!(found.built_in && found.description.is_some(), "{role}");
        assert_eq!((found.created_at, found.updated_at), (Timestamp::EPOCH, Timestamp::EPOCH));
        let permissions = given::permissions(store, Holder::Role(role)).await?;
        let Some((to_most, to_connections)) = accesses else {
            assert_eq!(permissions, [], "{role}");
            continue;
        };
        let mut kinds: Vec<_> =
            permissions.iter().map(|permission| permission.kind.as_str()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["alerts", "categories", "connections", "reports", "tasks"], "{role}");
        for permission in permissions {
            let connections = permission.kind.as_str() == "connections";
            let access = if connections { to_connections } else { to_most };
            assert_eq!(permission.access, access, "{role}: {}", permission.kind);
            assert_eq!(permission.scope, ResourceScope::Any);
        }
    }
    Ok(())
}

pub async fn a_role_reads_back_as_it_was_stored(store: &dyn Store) -> CaseResult {
    let role = Role {
        description: Some("für 'alle' \"anderen\"".into()),
        created_at: NOW + seconds(1),
        updated_at: NOW + seconds(2),
        ..given::new_role("Größere Leute")?
    };
    store.add_role(&role).await?;
    let found = store.find_role(role.id).await?.expect("it is there");
    assert_eq!(found.name.as_str(), "Größere Leute");
    assert_eq!(found, role);
    assert!(store.list_roles().await?.contains(&role));
    assert_eq!(store.find_role(id()).await?, None);
    Ok(())
}

pub async fn roles_are_listed_by_name(store: &dyn Store) -> CaseResult {
    for name in ["zebra", "Alpha", "_x", "Éli", "report aa"] {
        given::role(store, name).await?;
    }
    let expected = [
        "_x",
        "Alpha",
        "Data Administrator",
        "report aa",
        "Report Creator",
        "Report Reader",
        "System Administrator",
        "zebra",
        "Éli",
    ];
    assert_eq!(names(store).await?, expected);
    Ok(())
}

pub async fn the_name_of_a_role_is_taken_in_any_case(store: &dyn Store) -> CaseResult {
    given::role(store, "Ümsetzer").await?;
    for name in ["üMSETZER", "report READER"] {
        let refused = store.add_role(&given::new_role(name)?).await;
        assert!(matches!(refused, Err(StoreError::Conflict { entity: "role" })), "{refused:?}");
    }
    assert_eq!(store.list_roles().await?.len(), 5);
    Ok(())
}

pub async fn of_roles_that_are_added_at_once_one_gets_the_name(store: &dyn Store) -> CaseResult {
    let roles: Vec<_> = (0..6).map(|_| given::new_role("readers")).collect::<Result<_, _>>()?;
    let added = join_all(roles.iter().map(|role| store.add_role(role))).await;
    assert_eq!(added.iter().filter(|added| added.is_ok()).count(), 1);
    assert_eq!(store.list_roles().await?.len(), 5);
    Ok(())
}

pub async fn an_update_replaces_name_description_and_time(store: &dyn Store) -> CaseResult {
    let role = given::new_role("readers")?;
    store.add_role(&role).await?;
    let changed = Role {
        name: "READERS of all".parse()?,
        description: Some("new".into()),
        built_in: true,
        created_at: NOW + seconds(7),
        updated_at: NOW + seconds(8),
        ..role.clone()
    };
    assert_eq!(store.update_role(&changed, NOW).await?, Changed::Done);
    let expected = Role { built_in: false, created_at: NOW, ..changed.clone() };
    assert_eq!(store.find_role(role.id).await?, Some(expected.clone()));

    // Another spelling of its own name is not taken.
    let respelt = Role { name: "readers OF ALL".parse()?, updated_at: NOW + seconds(9), ..changed };
    assert_eq!(store.update_role(&respelt, NOW + seconds(8)).await?, Changed::Done);
    let found = store.find_role(role.id).await?.expect("it is there");
    assert_eq!(found.name.as_str(), "readers OF ALL");
    Ok(())
}

pub async fn an_update_of_a_role_that_cannot_be_changes_nothing(store: &dyn Store) -> CaseResult {
    let role = given::new_role("readers")?;
    store.add_role(&role).await?;
    given::role(store, "Writers").await?;
    let taken = Role { name: "wRITERS".parse()?, updated_at: NOW + seconds(1), ..role.clone() };
    assert_eq!(store.update_role(&taken, NOW).await?, Changed::NameTaken);
    let late = Role { name: "late".parse()?, updated_at: NOW + seconds(1), ..role.clone() };
    assert_eq!(store.update_role(&late, NOW + seconds(3)).await?, Changed::Stale);
    assert_eq!(store.find_role(role.id).await?, Some(role.clone()));
    let unknown = Role { id: id(), ..late };
    assert_eq!(store.update_role(&unknown, NOW).await?, Changed::Stale);

    let built_in = store.find_role(RoleId::REPORT_READER).await?.expect("it is there");
    let renamed = Role { name: "mine".parse()?, updated_at: NOW, ..built_in.clone() };
    assert_eq!(store.update_role(&renamed, built_in.updated_at).await?, Changed::Stale);
    assert_eq!(store.find_role(RoleId::REPORT_READER).await?, Some(built_in));
    Ok(())
}

pub async fn a_deleted_role_takes_permissions_and_memberships_along(
    store: &dyn Store,
) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    let role = given::role(store, "readers").await?;
    given::join(store, role, ada).await?;
    let holder = Holder::Role(role);
    given::grant_to(store, holder, "reports", ResourceScope::Any, Access::READ).await?;
    given::registration(store, ada).await?;
    let [early, late] = [given::event(store).await?, given::event(store).await?];
    assert_eq!(given::dispatch(store, &[early]).await?.len(), 1);

    assert!(store.delete_role(role, None).await?);
    assert!(!store.delete_role(role, None).await?);
    assert_eq!(store.find_role(role).await?, None);
    assert_eq!(given::permissions(store, holder).await?, []);
    assert_eq!(store.list_roles_of(ada).await?, []);
    assert_eq!(given::dispatch(store, &[late]).await?, []);
    Ok(())
}

pub async fn a_role_that_has_changed_meanwhile_is_not_deleted(store: &dyn Store) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    let role = given::new_role("readers")?;
    store.add_role(&role).await?;
    given::join(store, role.id, ada).await?;
    let holder = Holder::Role(role.id);
    given::grant_to(store, holder, "reports", ResourceScope::Any, Access::READ).await?;
    let current = Role { name: "current".parse()?, updated_at: NOW + seconds(1), ..role.clone() };
    assert_eq!(store.update_role(&current, NOW).await?, Changed::Done);

    assert!(!store.delete_role(role.id, Some(NOW)).await?);
    assert_eq!(store.find_role(role.id).await?, Some(current.clone()));
    assert_eq!(store.list_roles_of(ada).await?, std::slice::from_ref(&current));
    assert_eq!(given::permissions(store, holder).await?.len(), 1);
    assert!(store.delete_role(role.id, Some(current.updated_at)).await?);
    assert_eq!(store.find_role(role.id).await?, None);
    Ok(())
}

pub async fn a_built_in_role_cannot_be_deleted(store: &dyn Store) -> CaseResult {
    let roles = store.list_roles().await?;
    for role in &roles {
        for expected in [None, Some(role.updated_at)] {
            assert!(!store.delete_role(role.id, expected).await?, "{}", role.name);
        }
    }
    assert_eq!(store.list_roles().await?, roles);
    assert_eq!(given::permissions(store, Holder::Role(RoleId::REPORT_READER)).await?.len(), 5);
    Ok(())
}

pub async fn members_are_listed_newest_first_and_page_by_page(store: &dyn Store) -> CaseResult {
    let [role, other] = [given::role(store, "readers").await?, given::role(store, "b").await?];
    let mut members = Vec::new();
    for place in 0..7 {
        let user = given::user(store, &format!("user {place}")).await?;
        given::join(store, if place == 3 { other } else { role }, user).await?;
        if place != 3 {
            members.push(user);
        }
    }
    members.reverse();
    for limit in [1, 2, 6, 100] {
        let listed = given::every_page(limit, |page| store.list_role_members(role, page)).await?;
        assert_eq!(listed.iter().map(|user| user.id).collect::<Vec<_>>(), members, "{limit}");
    }
    assert_eq!(store.list_role_members(id(), PageRequest::first(10)).await?.items, []);
    Ok(())
}

pub async fn a_user_joins_and_leaves_a_role(store: &dyn Store) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    let role = given::role(store, "readers").await?;
    let [in_at, out_at] = [NOW + seconds(1), NOW + seconds(2)];
    for _ in 0..2 {
        assert_eq!(store.add_role_member(role, ada, in_at).await?, AccountChange::Done);
    }
    assert!(store.find_user(ada).await?.is_some_and(|user| user.updated_at == in_at));
    assert_eq!(store.list_role_members(role, PageRequest::first(10)).await?.items.len(), 1);
    for (role, user) in [(role, id()), (id(), ada)] {
        assert_eq!(store.add_role_member(role, user, NOW).await?, AccountChange::NotFound);
        assert_eq!(store.remove_role_member(role, user, NOW).await?, AccountChange::NotFound);
    }

    assert_eq!(store.remove_role_member(role, ada, out_at).await?, AccountChange::Done);
    assert_eq!(store.remove_role_member(role, ada, out_at).await?, AccountChange::NotFound);
    let user = store.find_user(ada).await?.expect("she is there");
    assert_eq!((user.updated_at, user.administrator), (out_at, false));
    assert_eq!(store.list_roles_of(ada).await?, []);
    Ok(())
}

pub async fn the_roles_of_a_user_are_listed_by_name(store: &dyn Store) -> CaseResult {
    let root = given::administrator(store, "root").await?;
    for name in ["zebra", "Alpha"] {
        let role = given::role(store, name).await?;
        given::join(store, role, root).await?;
    }
    given::join(store, RoleId::REPORT_READER, root).await?;
    given::role(store, "another").await?;
    let roles = store.list_roles_of(root).await?;
    let names: Vec<_> = roles.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(names, ["Alpha", "Report Reader", "System Administrator", "zebra"]);
    assert_eq!(store.list_roles_of(id()).await?, []);
    Ok(())
}
