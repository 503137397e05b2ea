//! Users and roles, and what they may do.

use anyhow::Context;
use futures_util::stream::{StreamExt, TryStreamExt, iter};
use postrider_domain::ports::{AccountChange, NewUser, PasswordHash, Store, TokenHash};
use postrider_domain::{
    Access, ApiKey, Holder, KeyScopes, PageRequest, Permission, PermissionId, ResourceScope, Role,
    RoleId, Timestamp, User, UserId,
};

use super::{NOW, every_page, id};

/// How many calls the making of a crowd has under way.
const AT_ONCE: usize = 8;

/// A user who may read nothing; not stored yet.
pub fn new_user(name: &str) -> anyhow::Result<NewUser> {
    let user = User {
        id: id(),
        name: name.parse()?,
        administrator: false,
        disabled: false,
        created_at: NOW,
        updated_at: NOW,
    };
    Ok(NewUser { user, password: PasswordHash(format!("hash of {name}")) })
}

/// An administrator who is not stored yet.
pub fn new_administrator(name: &str) -> anyhow::Result<NewUser> {
    let mut new = new_user(name)?;
    new.user.administrator = true;
    Ok(new)
}

/// A user who may read nothing.
pub async fn user(store: &dyn Store, name: &str) -> anyhow::Result<UserId> {
    let new = new_user(name)?;
    store.add_user(&new).await?;
    Ok(new.user.id)
}

/// A user who may read every report.
pub async fn reader(store: &dyn Store, name: &str) -> anyhow::Result<UserId> {
    let reader = user(store, name).await?;
    grant(store, reader, "reports", ResourceScope::Any, Access::READ).await?;
    Ok(reader)
}

/// A user who may read everything.
pub async fn administrator(store: &dyn Store, name: &str) -> anyhow::Result<UserId> {
    let new = new_administrator(name)?;
    store.add_user(&new).await?;
    Ok(new.user.id)
}

/// Switches a user off at [`NOW`]; there is another administrator if they are one.
pub async fn disable(store: &dyn Store, user: UserId) -> anyhow::Result<()> {
    let change = store.set_user_disabled(user, true, None, NOW).await?;
    anyhow::ensure!(change == AccountChange::Done, "it can be done: {change:?}");
    Ok(())
}

/// Switches a user on at [`NOW`].
pub async fn enable(store: &dyn Store, user: UserId) -> anyhow::Result<()> {
    let change = store.set_user_disabled(user, false, None, NOW).await?;
    anyhow::ensure!(change == AccountChange::Done, "it can be done: {change:?}");
    Ok(())
}

/// A role that is not stored yet.
pub fn new_role(name: &str) -> anyhow::Result<Role> {
    Ok(Role {
        id: id(),
        name: name.parse()?,
        description: None,
        built_in: false,
        created_at: NOW,
        updated_at: NOW,
    })
}

/// A role without permissions and members.
pub async fn role(store: &dyn Store, name: &str) -> anyhow::Result<RoleId> {
    let role = new_role(name)?;
    store.add_role(&role).await?;
    Ok(role.id)
}

/// Puts a user into a role.
pub async fn join(store: &dyn Store, role: RoleId, user: UserId) -> anyhow::Result<()> {
    let change = store.add_role_member(role, user, NOW).await?;
    anyhow::ensure!(change == AccountChange::Done, "both are there: {change:?}");
    Ok(())
}

/// Puts `count` people who ask for nothing into a role.
pub async fn members(store: &dyn Store, role: RoleId, count: usize) -> anyhow::Result<()> {
    let add = async |place| {
        let user = user(store, &format!("one of many {place}")).await?;
        join(store, role, user).await
    };
    iter(0..count).map(add).buffer_unordered(AT_ONCE).try_collect().await
}

/// The one resource with this id.
pub fn one(resource: &str) -> ResourceScope {
    ResourceScope::One(resource.into())
}

/// The resources in the category with this id.
pub fn category(category: &str) -> ResourceScope {
    ResourceScope::Category(category.into())
}

/// A permission that is not granted yet.
pub fn new_permission(
    holder: Holder,
    kind: &str,
    scope: ResourceScope,
    access: Access,
) -> anyhow::Result<Permission> {
    Ok(Permission { id: id(), holder, kind: kind.parse()?, scope, access, created_at: NOW })
}

/// Grants a permission to a user.
pub async fn grant(
    store: &dyn Store,
    user: UserId,
    kind: &str,
    scope: ResourceScope,
    access: Access,
) -> anyhow::Result<Permission> {
    grant_to(store, Holder::User(user), kind, scope, access).await
}

/// Grants a permission to a user or a role.
pub async fn grant_to(
    store: &dyn Store,
    holder: Holder,
    kind: &str,
    scope: ResourceScope,
    access: Access,
) -> anyhow::Result<Permission> {
    let permission = new_permission(holder, kind, scope, access)?;
    store.grant_permission(&permission).await?.context("the holder is there")
}

/// All that a user or a role has been granted and still has, newest first.
pub async fn permissions(store: &dyn Store, holder: Holder) -> anyhow::Result<Vec<Permission>> {
    let holders = [holder];
    every_page(PageRequest::MAX_LIMIT, |page| store.list_permissions(&holders, page)).await
}

/// A key without an end that is not stored yet.
pub fn new_key(user: UserId, scopes: KeyScopes) -> ApiKey {
    ApiKey {
        id: id(),
        name: "report server".into(),
        user,
        scopes,
        created_at: NOW,
        expires_at: None,
    }
}

/// The hash of a token or key, told from others by a number.
pub fn token(number: u8) -> TokenHash {
    TokenHash([number; 32])
}

/// Stores a token of a user who has just proved that they know their password.
pub async fn add_token(
    store: &dyn Store,
    token: TokenHash,
    user: UserId,
    now: Timestamp,
    expires_at: Timestamp,
) -> anyhow::Result<()> {
    let found = store.find_user(user).await?.context("they are there")?;
    let found = store.find_user_by_name(&found.name).await?;
    let (_, password) = found.context("they have a name")?;
    let added = store.add_token(token, user, &password, now, expires_at).await?;
    anyhow::ensure!(added, "they may have one");
    Ok(())
}

/// The id of a permission that nobody has.
pub fn no_permission() -> PermissionId {
    id()
}
