//! Users, what they may do, and how requests prove who they are.

use futures_util::future::try_join_all;
use postrider_domain::ports::{PasswordHash, Store, StoreError, TokenHash};
use postrider_domain::{Access, ApiKey, Permission, ResourceScope, Role, Timestamp};

use super::CaseResult;
use super::given::{self, NOW, id, seconds};

pub async fn a_user_is_found_by_name_in_any_case(store: &dyn Store) -> CaseResult {
    let new = given::new_user("Ada Ünal", Role::User)?;
    store.add_user(&new).await?;
    let (user, password) =
        store.find_user_by_name(&"aDA üNAL".parse()?).await?.expect("the name is the same");
    assert_eq!((&user, &password), (&new.user, &new.password));
    assert_eq!(user.name.as_str(), "Ada Ünal");
    assert_eq!(password, PasswordHash("hash of Ada Ünal".into()));
    assert_eq!(store.find_user_by_name(&"ada".parse()?).await?, None);
    assert_eq!(store.find_user(new.user.id).await?, Some(new.user));
    assert_eq!(store.find_user(id()).await?, None);
    Ok(())
}

pub async fn a_name_that_is_taken_in_another_case_is_refused(store: &dyn Store) -> CaseResult {
    given::user(store, "ada").await?;
    let refused = store.add_user(&given::new_user("ADA", Role::User)?).await;
    assert!(matches!(refused, Err(StoreError::Conflict { entity: "user" })), "{refused:?}");
    assert_eq!(store.list_users().await?.len(), 1);
    Ok(())
}

pub async fn the_first_user_is_added_once(store: &dyn Store) -> CaseResult {
    let first = given::new_user("root", Role::Administrator)?;
    assert!(store.add_first_user(&first).await?);
    assert!(!store.add_first_user(&given::new_user("other", Role::Administrator)?).await?);
    assert_eq!(store.list_users().await?, [first.user]);
    Ok(())
}

pub async fn of_processes_that_start_at_once_one_adds_the_first_user(
    store: &dyn Store,
) -> CaseResult {
    let users: Vec<_> = (0..6)
        .map(|place| given::new_user(&format!("root {place}"), Role::Administrator))
        .collect::<Result<_, _>>()?;
    let added = try_join_all(users.iter().map(|user| store.add_first_user(user))).await?;
    assert_eq!(added.into_iter().filter(|added| *added).count(), 1);
    assert_eq!(store.list_users().await?.len(), 1);
    Ok(())
}

pub async fn users_are_listed_by_name(store: &dyn Store) -> CaseResult {
    for name in ["bob", "Ada", "_x", "eve", "Élise", "ada lovelace", "Zoe"] {
        given::user(store, name).await?;
    }
    let names: Vec<_> =
        store.list_users().await?.iter().map(|user| user.name.to_string()).collect();
    assert_eq!(names, ["_x", "Ada", "ada lovelace", "bob", "eve", "Zoe", "Élise"]);
    Ok(())
}

pub async fn a_user_is_switched_off_and_on(store: &dyn Store) -> CaseResult {
    let user = given::user(store, "ada").await?;
    for disabled in [true, true, false] {
        assert!(store.set_user_disabled(user, disabled).await?);
        assert!(store.find_user(user).await?.is_some_and(|user| user.disabled == disabled));
    }
    assert!(!store.set_user_disabled(id(), true).await?);
    Ok(())
}

pub async fn a_token_stands_for_its_user_until_it_expires(store: &dyn Store) -> CaseResult {
    let user = given::user(store, "ada").await?;
    let token = TokenHash([7; 32]);
    let end = NOW + seconds(60);
    store.add_token(token, user, NOW, end).await?;

    let last = Timestamp::from_micros(end.as_micros() - 1);
    let principal = store.find_principal(token, last).await?.expect("it is good until the end");
    assert_eq!((principal.user.id, principal.key), (user, None));
    assert_eq!(store.find_principal(token, end).await?, None);
    assert_eq!(store.find_principal(TokenHash([8; 32]), NOW).await?, None);
    Ok(())
}

pub async fn expired_tokens_are_removed_when_one_is_added(store: &dyn Store) -> CaseResult {
    let user = given::user(store, "ada").await?;
    let [old, good, new] = [1, 2, 3].map(|byte| TokenHash([byte; 32]));
    store.add_token(old, user, NOW, NOW + seconds(1)).await?;
    store.add_token(good, user, NOW, NOW + seconds(100)).await?;
    let later = NOW + seconds(50);
    store.add_token(new, user, later, later + seconds(60)).await?;
    // Asked as of a time at which it was good, only its removal can be the reason.
    assert_eq!(store.find_principal(old, NOW).await?, None);
    assert!(store.find_principal(good, later).await?.is_some());
    assert!(store.find_principal(new, later).await?.is_some());
    Ok(())
}

pub async fn an_api_key_stands_for_its_user(store: &dyn Store) -> CaseResult {
    let user = given::user(store, "ada").await?;
    let key = ApiKey { id: id(), name: "report server".into(), user, created_at: NOW };
    let hash = TokenHash([9; 32]);
    store.add_api_key(&key, hash).await?;
    let principal = store.find_principal(hash, NOW + seconds(1_000_000)).await?;
    let principal = principal.expect("keys do not expire");
    assert_eq!((principal.user.id, principal.key), (user, Some(key.id)));
    Ok(())
}

pub async fn a_disabled_user_has_no_way_in(store: &dyn Store) -> CaseResult {
    let user = given::user(store, "ada").await?;
    let [token, hash] = [TokenHash([1; 32]), TokenHash([2; 32])];
    store.add_token(token, user, NOW, NOW + seconds(60)).await?;
    let key = ApiKey { id: id(), name: "k".into(), user, created_at: NOW };
    store.add_api_key(&key, hash).await?;
    for (disabled, found) in [(true, false), (false, true)] {
        store.set_user_disabled(user, disabled).await?;
        assert_eq!(store.find_principal(token, NOW).await?.is_some(), found);
        assert_eq!(store.find_principal(hash, NOW).await?.is_some(), found);
    }
    Ok(())
}

pub async fn granting_again_replaces_the_access_and_keeps_the_id(store: &dyn Store) -> CaseResult {
    let user = given::user(store, "ada").await?;
    let scope = ResourceScope::One("42".into());
    let first = given::grant(store, user, "reports", scope.clone(), Access::READ).await?;
    let access = Access::READ.and(Access::MODIFY);
    let second = given::grant(store, user, "reports", scope, access).await?;
    assert_eq!(second, Permission { access, ..first });
    assert_eq!(store.list_permissions(user).await?, [second]);
    Ok(())
}

pub async fn permissions_are_of_one_user_kind_and_scope(store: &dyn Store) -> CaseResult {
    let [ada, bob] = [given::user(store, "ada").await?, given::user(store, "bob").await?];
    let one = || ResourceScope::One("42".into());
    let all = Access::from_bits(15)?;
    let granted = [
        given::grant(store, ada, "reports", ResourceScope::Any, all).await?,
        given::grant(store, ada, "reports", one(), Access::READ).await?,
        given::grant(store, ada, "tasks", one(), Access::READ).await?,
    ];
    given::grant(store, bob, "reports", one(), Access::READ).await?;
    assert_eq!(store.list_permissions(ada).await?, granted);
    assert_eq!(store.list_permissions(id()).await?, []);
    Ok(())
}

pub async fn a_permission_is_revoked_from_its_user_only(store: &dyn Store) -> CaseResult {
    let [ada, bob] = [given::user(store, "ada").await?, given::user(store, "bob").await?];
    let granted = given::grant(store, ada, "reports", ResourceScope::Any, Access::READ).await?;
    assert!(!store.revoke_permission(bob, granted.id).await?);
    assert!(!store.revoke_permission(ada, given::no_permission()).await?);
    assert_eq!(store.list_permissions(ada).await?.len(), 1);
    assert!(store.revoke_permission(ada, granted.id).await?);
    assert!(!store.revoke_permission(ada, granted.id).await?);
    assert_eq!(store.list_permissions(ada).await?, []);
    Ok(())
}
