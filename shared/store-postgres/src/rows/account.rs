//! Rows of `users` and `api_keys`.

use chrono::{DateTime, Utc};
use postrider_domain::ports::{BoxError, StoreError};
use postrider_domain::{ApiKey, ApiKeyId, KeyScopes, User, UserId};
use uuid::Uuid;

use crate::errors::corrupt;

const ADMINISTRATOR: &str = "administrator";
const USER: &str = "user";

/// A user.
pub(crate) struct UserRow {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) disabled: bool,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
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
            ADMINISTRATOR => true,
            USER => false,
            other => return Err(format!("`{other}` is not a standing").into()),
        },
        disabled: row.disabled,
        created_at: row.created_at.into(),
        updated_at: row.updated_at.into(),
    })
}

/// What `users.role` says of somebody.
pub(crate) fn standing(administrator: bool) -> &'static str {
    if administrator { ADMINISTRATOR } else { USER }
}

/// An API key.
pub(crate) struct ApiKeyRow {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) user_id: Uuid,
    pub(crate) scopes: i16,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

impl TryFrom<ApiKeyRow> for ApiKey {
    type Error = StoreError;

    fn try_from(row: ApiKeyRow) -> Result<Self, StoreError> {
        api_key(row).map_err(corrupt("api_keys"))
    }
}

fn api_key(row: ApiKeyRow) -> Result<ApiKey, BoxError> {
    Ok(ApiKey {
        id: ApiKeyId(row.id),
        name: row.name,
        user: UserId(row.user_id),
        scopes: KeyScopes::from_bits(row.scopes.try_into()?)?,
        created_at: row.created_at.into(),
        expires_at: row.expires_at.map(Into::into),
    })
}
