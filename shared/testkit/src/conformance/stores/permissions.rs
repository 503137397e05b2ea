//! What users and roles may do.

use futures_util::future::try_join_all;
use postrider_domain::ports::{Accessed, Store};
use postrider_domain::{Access, Holder, Permission, ResourceScope, UserId};

use super::CaseResult;
use super::given::{self, NOW, category, id, one, seconds};

/// What a user may do with every report.
async fn access_to_all(store: &dyn Store, user: UserId) -> anyhow::Result<Option<Access>> {
    Ok(store.access_of(user, &"reports".parse()?, None).await?)
}

/// What a user may do with one report.
async fn access_to(
    store: &dyn Store,
    user: UserId,
    id: &str,
    category: Option<&str>,
) -> anyhow::Result<Option<Access>> {
    let resource = Accessed { id, category };
    Ok(store.access_of(user, &"reports".parse()?, Some(resource)).await?)
}

pub async fn granting_again_replaces_access_and_time_and_keeps_the_id(
    store: &dyn Store,
) -> CaseResult {
    let user = given::user(store, "ada").await?;
    let role = given::role(store, "readers").await?;
    for holder in [Holder::User(user), Holder::Role(role)] {
        for scope in [ResourceScope::Any, one("42"), category("42")] {
            let first =
                given::grant_to(store, holder, "reports", scope.clone(), Access::READ).await?;
            let again = Permission {
                id: id(),
                kind: "REPORTS".parse()?,
                access: Access::READ.and(Access::MODIFY),
                created_at: NOW + seconds(5),
                ..first.clone()
            };
            let second = store.grant_permission(&again).await?;
            assert_eq!(second, Some(Permission { id: first.id, ..again }), "{scope:?}");
        }
        let listed = given::permissions(store, holder).await?;
        assert_eq!(listed.len(), 3);
        assert!(listed.iter().all(|permission| permission.access.allows(Access::MODIFY)));
        assert!(listed.iter().all(|permission| permission.created_at == NOW + seconds(5)));
    }
    Ok(())
}

pub async fn nothing_is_granted_to_somebody_who_is_not_there(store: &dyn Store) -> CaseResult {
    let user = given::user(store, "ada").await?;
    for holder in [Holder::User(id()), Holder::Role(id()), Holder::Role(user.0.into())] {
        let permission =
            given::new_permission(holder, "reports", ResourceScope::Any, Access::READ)?;
        assert_eq!(store.grant_permission(&permission).await?, None, "{holder:?}");
        assert_eq!(given::permissions(store, holder).await?, []);
    }
    Ok(())
}

pub async fn of_those_who_grant_the_same_at_once_all_get_the_same(store: &dyn Store) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    let granted =
        try_join_all((0..6).map(|_| given::grant(store, ada, "reports", one("42"), Access::READ)))
            .await?;
    let listed = given::permissions(store, Holder::User(ada)).await?;
    assert_eq!(listed.len(), 1);
    assert!(granted.iter().all(|permission| *permission == listed[0]));
    Ok(())
}

pub async fn permissions_are_of_one_holder_kind_and_scope(store: &dyn Store) -> CaseResult {
    let [ada, bob] = [given::user(store, "ada").await?, given::user(store, "bob").await?];
    let role = given::role(store, "readers").await?;
    given::join(store, role, ada).await?;
    let granted = [
        given::grant(store, ada, "reports", ResourceScope::Any, Access::ALL).await?,
        given::grant(store, ada, "reports", category("43"), Access::READ).await?,
        given::grant(store, ada, "reports", one("42"), Access::OWNER).await?,
        given::grant(store, ada, "reports", one("43"), Access::READ).await?,
        given::grant(store, ada, "tasks", one("42"), Access::READ).await?,
    ];
    given::grant(store, bob, "reports", one("42"), Access::READ).await?;
    let roles =
        given::grant_to(store, Holder::Role(role), "reports", one("44"), Access::READ).await?;
    let newest_first: Vec<_> = granted.into_iter().rev().collect();
    assert_eq!(given::permissions(store, Holder::User(ada)).await?, newest_first);
    assert_eq!(given::permissions(store, Holder::Role(role)).await?, [roles]);
    assert_eq!(given::permissions(store, Holder::User(id())).await?, []);
    Ok(())
}

pub async fn permissions_of_several_holders_are_listed_newest_first_and_page_by_page(
    store: &dyn Store,
) -> CaseResult {
    let [ada, bob] = [given::user(store, "ada").await?, given::user(store, "bob").await?];
    let [mine, other] = [given::role(store, "mine").await?, given::role(store, "other").await?];
    given::join(store, mine, ada).await?;
    let all = [Holder::User(ada), Holder::Role(mine), Holder::User(bob), Holder::Role(other)];
    let mut granted = Vec::new();
    for number in 0..13 {
        let scope = one(&number.to_string());
        let holder = all[number % 4];
        granted.push(given::grant_to(store, holder, "reports", scope, Access::READ).await?);
    }
    granted.reverse();
    for holders in [
        &all[..],
        &all[..2],
        &[all[1], all[3]],
        &[all[2], all[0]],
        &all[2..3],
        // Named twice, they have it once.
        &[all[0], all[1], all[0]],
        &[Holder::User(id()), all[3]],
        &[],
    ] {
        let of_them: Vec<_> =
            granted.iter().filter(|one| holders.contains(&one.holder)).cloned().collect();
        for limit in [1, 3, 13, 100] {
            let listed =
                given::every_page(limit, |page| store.list_permissions(holders, page)).await?;
            assert_eq!(listed, of_them, "of {holders:?} by {limit}");
        }
    }
    Ok(())
}

pub async fn a_permission_is_revoked_from_its_holder_only(store: &dyn Store) -> CaseResult {
    let [ada, bob] = [given::user(store, "ada").await?, given::user(store, "bob").await?];
    let role = given::role(store, "readers").await?;
    given::join(store, role, ada).await?;
    let any = || ResourceScope::Any;
    let hers = given::grant(store, ada, "reports", any(), Access::READ).await?;
    let holder = Holder::Role(role);
    let roles = given::grant_to(store, holder, "reports", any(), Access::READ).await?;
    for (holder, permission) in [
        (Holder::User(bob), hers.id),
        (Holder::Role(role), hers.id),
        (Holder::User(ada), roles.id),
        (Holder::User(ada), given::no_permission()),
    ] {
        assert!(!store.revoke_permission(holder, permission).await?, "{holder:?}");
    }
    for permission in [hers, roles] {
        let holder = permission.holder;
        assert_eq!(given::permissions(store, holder).await?, std::slice::from_ref(&permission));
        assert!(store.revoke_permission(holder, permission.id).await?);
        assert!(!store.revoke_permission(holder, permission.id).await?);
        assert_eq!(given::permissions(store, holder).await?, []);
    }
    Ok(())
}

pub async fn access_is_all_that_own_permissions_and_roles_allow(store: &dyn Store) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    let [mine, other] = [given::role(store, "mine").await?, given::role(store, "other").await?];
    given::join(store, mine, ada).await?;
    assert_eq!(access_to(store, ada, "42", Some("c")).await?, None);
    assert_eq!(access_to_all(store, ada).await?, None);

    let modify = Access::READ.and(Access::MODIFY);
    let delete = Access::READ.and(Access::DELETE);
    given::grant_to(store, Holder::Role(other), "reports", ResourceScope::Any, Access::ALL).await?;
    given::grant(store, ada, "tasks", ResourceScope::Any, Access::ALL).await?;
    assert_eq!(access_to(store, ada, "42", Some("c")).await?, None, "neither is about it");

    given::grant(store, ada, "reports", one("42"), Access::READ).await?;
    given::grant_to(store, Holder::Role(mine), "reports", one("42"), modify).await?;
    given::grant(store, ada, "Reports", category("c"), delete).await?;
    given::grant_to(store, Holder::Role(mine), "reports", category("d"), modify).await?;
    for (resource, filed_under, access) in [
        ("42", None, Some(modify)),
        ("42", Some("c"), Some(modify.and(delete))),
        ("42", Some("d"), Some(modify)),
        ("43", Some("c"), Some(delete)),
        ("43", Some("d"), Some(modify)),
        ("43", Some("e"), None),
        ("43", None, None),
        ("c", None, None),
    ] {
        let found = access_to(store, ada, resource, filed_under).await?;
        assert_eq!(found, access, "{resource} in {filed_under:?}");
    }
    assert_eq!(access_to_all(store, ada).await?, None, "none is about every report");

    given::grant_to(store, Holder::Role(mine), "reports", ResourceScope::Any, Access::CREATE)
        .await?;
    assert_eq!(access_to_all(store, ada).await?, Some(Access::CREATE));
    assert_eq!(access_to(store, ada, "43", None).await?, Some(Access::CREATE));
    assert_eq!(access_to(store, ada, "42", None).await?, Some(modify.and(Access::CREATE)));
    Ok(())
}

pub async fn an_administrator_may_do_everything(store: &dyn Store) -> CaseResult {
    let root = given::administrator(store, "root").await?;
    assert_eq!(access_to_all(store, root).await?, Some(Access::ALL));
    assert_eq!(access_to(store, root, "42", Some("c")).await?, Some(Access::ALL));
    assert_eq!(store.access_of(root, &"a-kind".parse()?, None).await?, Some(Access::ALL));
    assert_eq!(access_to_all(store, id()).await?, None, "nobody may do nothing");
    Ok(())
}
