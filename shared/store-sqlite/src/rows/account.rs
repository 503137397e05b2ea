//! Rows of `users`, `roles`, `permissions` and `api_keys`.

use postrider_domain::ports::{BoxError, StoreError};
use postrider_domain::{
    Access, ApiKey, ApiKeyId, Holder, KeyScopes, Permission, PermissionId, ResourceScope, Role,
    RoleId, Timestamp, User, UserId,
};
use uuid::Uuid;

use crate::errors::corrupt;

/// A user.
pub(crate) struct UserRow {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) disabled: bool,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        user(&row).map_err(corrupt("users"))
    }
}

fn user(row: &UserRow) -> Result<User, BoxError> {
    Ok(User {
        id: UserId(row.id),
        name: row.name.parse()?,
        administrator: match row.role.as_str() {
            "administrator" => true,
            "user" => false,
            other => return Err(format!("`{other}` is not a standing").into()),
        },
        disabled: row.disabled,
        created_at: Timestamp::from_micros(row.created_at),
        updated_at: Timestamp::from_micros(row.updated_at),
    })
}

/// The standing of a user as it is stored.
pub(crate) fn role_text(user: &User) -> &'static str {
    if user.administrator { "administrator" } else { "user" }
}

/// A role.
pub(crate) struct RoleRow {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) built_in: bool,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl TryFrom<RoleRow> for Role {
    type Error = StoreError;

    fn try_from(row: RoleRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: RoleId(row.id),
            name: row.name.parse().map_err(corrupt("roles"))?,
            description: row.description,
            built_in: row.built_in,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        })
    }
}

/// A permission.
pub(crate) struct PermissionRow {
    pub(crate) id: Uuid,
    pub(crate) user_id: Option<Uuid>,
    pub(crate) role_id: Option<Uuid>,
    pub(crate) kind: String,
    pub(crate) scope: String,
    pub(crate) target: String,
    pub(crate) access: i64,
    pub(crate) created_at: i64,
}

impl TryFrom<PermissionRow> for Permission {
    type Error = StoreError;

    fn try_from(row: PermissionRow) -> Result<Self, StoreError> {
        permission(row).map_err(corrupt("permissions"))
    }
}

fn permission(row: PermissionRow) -> Result<Permission, BoxError> {
    Ok(Permission {
        id: PermissionId(row.id),
        holder: match (row.user_id, row.role_id) {
            (Some(user), None) => Holder::User(UserId(user)),
            (None, Some(role)) => Holder::Role(RoleId(role)),
            _ => return Err("neither a user's nor a role's".into()),
        },
        kind: row.kind.parse()?,
        scope: match row.scope.as_str() {
            "any" => ResourceScope::Any,
            "one" => ResourceScope::One(row.target),
            "category" => ResourceScope::Category(row.target),
            other => return Err(format!("`{other}` is not a scope").into()),
        },
        access: Access::from_bits(row.access.try_into()?)?,
        created_at: Timestamp::from_micros(row.created_at),
    })
}

/// A scope as it is stored: its name and its target.
pub(crate) fn scope_texts(scope: &ResourceScope) -> (&'static str, &str) {
    match scope {
        ResourceScope::Any => ("any", ""),
        ResourceScope::One(id) => ("one", id),
        ResourceScope::Category(id) => ("category", id),
    }
}

/// An API key.
pub(crate) struct ApiKeyRow {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) user_id: Uuid,
    pub(crate) scopes: i64,
    pub(crate) created_at: i64,
    pub(crate) expires_at: Option<i64>,
}

impl TryFrom<ApiKeyRow> for ApiKey {
    type Error = StoreError;

    fn try_from(row: ApiKeyRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: ApiKeyId(row.id),
            name: row.name,
            user: UserId(row.user_id),
            scopes: key_scopes(row.scopes)?,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: row.expires_at.map(Timestamp::from_micros),
        })
    }
}

/// The scopes of a key as they are stored.
pub(crate) fn key_scopes(bits: i64) -> Result<KeyScopes, StoreError> {
    let bits = bits.try_into().map_err(corrupt("api_keys"))?;
    KeyScopes::from_bits(bits).map_err(corrupt("api_keys"))
}
