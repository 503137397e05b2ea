use std::fmt;

use async_trait::async_trait;

use super::StoreError;
use crate::{ApiKey, Permission, PermissionId, Principal, Timestamp, User, UserId, UserName};

/// A password's hash in PHC string form. Printing it shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// SHA-256 of an access token or API key: the store never has the token itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

/// A user to add.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The user.
    pub user: User,
    /// How they sign in.
    pub password: PasswordHash,
}

/// Users, what they may do, and how requests prove who they are (api).
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Adds a user.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the name is taken, in any case.
    async fn add_user(&self, user: &NewUser) -> Result<(), StoreError>;

    /// Adds `user` only if there is no user at all yet; whether it did.
    async fn add_first_user(&self, user: &NewUser) -> Result<bool, StoreError>;

    /// The user of this name, in any case, with the hash of their password.
    async fn find_user_by_name(
        &self,
        name: &UserName,
    ) -> Result<Option<(User, PasswordHash)>, StoreError>;

    /// The user with this id.
    async fn find_user(&self, user: UserId) -> Result<Option<User>, StoreError>;

    /// Every user, by name.
    async fn list_users(&self) -> Result<Vec<User>, StoreError>;

    /// Switches a user on or off; `false` when there is none.
    async fn set_user_disabled(&self, user: UserId, disabled: bool) -> Result<bool, StoreError>;

    /// Stores an access token of `user` that is good until `expires_at`, and removes those that
    /// expired before `now`.
    async fn add_token(
        &self,
        token: TokenHash,
        user: UserId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Stores an API key.
    async fn add_api_key(&self, key: &ApiKey, hash: TokenHash) -> Result<(), StoreError>;

    /// Whom a token or API key stands for at `now`; `None` when it is unknown, expired, or its user
    /// is disabled.
    async fn find_principal(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> Result<Option<Principal>, StoreError>;

    /// Grants a permission; granting the same kind and scope again replaces the access, and returns
    /// the permission as it is now stored (with the id it has had).
    async fn grant_permission(&self, permission: &Permission) -> Result<Permission, StoreError>;

    /// The permissions of a user.
    async fn list_permissions(&self, user: UserId) -> Result<Vec<Permission>, StoreError>;

    /// Takes a permission of `user` away; `false` when there is no such.
    async fn revoke_permission(
        &self,
        user: UserId,
        permission: PermissionId,
    ) -> Result<bool, StoreError>;
}
