use std::fmt;

use async_trait::async_trait;

use super::StoreError;
use crate::{
    Access, ApiKey, ApiKeyId, FilterName, Holder, Page, PageRequest, Permission, PermissionId,
    Principal, RoleId, Session, Timestamp, User, UserId, UserName,
};

/// A password's hash in PHC string form. Printing it shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// SHA-256 of an access token, a session's token or an API key: the store never has the token itself.
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

/// What became of a change to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountChange {
    /// It is done (or was so already).
    Done,
    /// There is no such user, or role.
    NotFound,
    /// The user was changed since they were read; nothing has changed.
    Stale,
    /// It would have left no administrator who is not switched off; nothing has changed.
    LastAdministrator,
}

/// A resource whose access is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accessed<'a> {
    /// Its id.
    pub id: &'a str,
    /// The category it is filed under.
    pub category: Option<&'a str>,
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

    /// A page of users, newest first; with `search`, those whose name contains it, in any case.
    async fn list_users(
        &self,
        search: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<User>, StoreError>;

    /// Switches a user on or off at `now`. Off: their tokens and sessions end, and what is pending for their
    /// registrations is held when its time comes. On: what was held is released, as by a resume.
    ///
    /// With `expected`, only if the user was last changed then.
    async fn set_user_disabled(
        &self,
        user: UserId,
        disabled: bool,
        expected: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<AccountChange, StoreError>;

    /// Replaces a user's password at `now`, and ends their tokens and sessions; `false` when there is
    /// no such user.
    async fn set_password(
        &self,
        user: UserId,
        password: &PasswordHash,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Deletes a user at `now` with everything that is theirs: registrations (as
    /// [`super::RegistrationStore::delete_registration`] does), permissions, memberships, tokens,
    /// sessions and keys. Resources they created stay, without an owner; so does history.
    ///
    /// With `expected`, only if the user was last changed then.
    async fn delete_user(
        &self,
        user: UserId,
        expected: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<AccountChange, StoreError>;

    /// Stores an access token of `user` that is good until `expires_at`, and removes those that
    /// expired before `now`. `false`, and nothing is stored, when the user is switched off or
    /// `password` is no longer theirs: it takes a while to verify one, and a token that was bought
    /// with the old password must not outlive its change.
    async fn add_token(
        &self,
        token: TokenHash,
        user: UserId,
        password: &PasswordHash,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Stores a session of `user` that begins at `now`, by the rules of [`Self::add_token`].
    async fn add_session(
        &self,
        token: TokenHash,
        user: UserId,
        password: &PasswordHash,
        now: Timestamp,
        session: Session,
    ) -> Result<bool, StoreError>;

    /// Lets a session go on that is good at `now`: it expires at `expires_at`, or at its end if that
    /// is sooner. `false`, and nothing is changed, when there is no such session (any more), or when
    /// it would expire at `session.expires_at` no more: somebody else has prolonged it meanwhile.
    async fn prolong_session(
        &self,
        token: TokenHash,
        session: Session,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Ends a token or a session; `false` when there is no such.
    async fn remove_token(&self, token: TokenHash) -> Result<bool, StoreError>;

    /// Ends every token and every session of `user`; how many there were.
    async fn remove_tokens(&self, user: UserId) -> Result<u64, StoreError>;

    /// Stores an API key.
    async fn add_api_key(&self, key: &ApiKey, hash: TokenHash) -> Result<(), StoreError>;

    /// A page of API keys, newest first: of one user, or of all.
    async fn list_api_keys(
        &self,
        user: Option<UserId>,
        page: PageRequest,
    ) -> Result<Page<ApiKey>, StoreError>;

    /// Ends an API key, of one user or of anybody; `false` when there is no such.
    async fn remove_api_key(&self, user: Option<UserId>, key: ApiKeyId)
    -> Result<bool, StoreError>;

    /// Whom a token, a session or an API key stands for at `now`; `None` when it is unknown, expired,
    /// or its user is disabled.
    async fn find_principal(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> Result<Option<Principal>, StoreError>;

    /// Grants a permission; granting the same kind and scope to the same holder again replaces
    /// access and time, and returns the permission as it is now stored (with the id it has had).
    /// `None` when there is no such user or role.
    async fn grant_permission(
        &self,
        permission: &Permission,
    ) -> Result<Option<Permission>, StoreError>;

    /// A page of the permissions of these holders, newest first: of a user without those of their
    /// roles, unless those are among the holders. What has ended is not among them.
    async fn list_permissions(
        &self,
        holders: &[Holder],
        page: PageRequest,
    ) -> Result<Page<Permission>, StoreError>;

    /// Takes a permission of `holder` away; `false` when there is no such.
    async fn revoke_permission(
        &self,
        holder: Holder,
        permission: PermissionId,
    ) -> Result<bool, StoreError>;

    /// What `user` may do by their own permissions and those of their roles: with `resource`, or
    /// else with every resource of the kind. `None` is nothing at all. An administrator, who needs
    /// no permission, may do everything.
    async fn access_of(
        &self,
        user: UserId,
        kind: &FilterName,
        resource: Option<Accessed<'_>>,
    ) -> Result<Option<Access>, StoreError>;

    /// Puts a user into a role at `now`; into [`RoleId::SYSTEM_ADMINISTRATOR`] makes them an
    /// administrator.
    async fn add_role_member(
        &self,
        role: RoleId,
        user: UserId,
        now: Timestamp,
    ) -> Result<AccountChange, StoreError>;

    /// Takes a user out of a role at `now`. Not found, too, is somebody who is no member.
    async fn remove_role_member(
        &self,
        role: RoleId,
        user: UserId,
        now: Timestamp,
    ) -> Result<AccountChange, StoreError>;
}
