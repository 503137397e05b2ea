//! Users and roles, and what they may do.

use anyhow::Context;
use postrider_domain::ports::{AccountChange, NewUser, PasswordHash, Store, TokenHash};
use postrider_domain::{
    Access, ApiKey, Holder, KeyScopes, Permission, PermissionId, ResourceScope, Role, RoleId, User,
    UserId,
};

use super::{NOW, id};

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
    let change = store.set_user_disabled(user, true, NOW).await?;
    anyhow::ensure!(change == AccountChange::Done, "it can be done: {change:?}");
    Ok(())
}

/// Switches a user on at [`NOW`].
pub async fn enable(store: &dyn Store, user: UserId) -> anyhow::Result<()> {
    let change = store.set_user_disabled(user, false, NOW).await?;
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

/// The id of a permission that nobody has.
pub fn no_permission() -> PermissionId {
    id()
}
