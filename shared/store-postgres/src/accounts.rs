//! Users, what they may do, and how requests prove who they are.

mod changes;
mod credentials;
mod members;
mod permissions;
mod users;

use async_trait::async_trait;
use postrider_domain::ports::{
    Accessed, AccountChange, AccountStore, NewUser, PasswordHash, StoreError, TokenHash,
};
use postrider_domain::{
    Access, ApiKey, ApiKeyId, FilterName, Holder, Page, PageRequest, Permission, PermissionId,
    Principal, RoleId, Session, Timestamp, User, UserId, UserName,
};
use tracing::instrument;

use self::credentials::Term;
use crate::PostgresStore;
use crate::errors::store_error;
use crate::rows::UserRow;

#[async_trait]
impl AccountStore for PostgresStore {
    #[instrument(name = "store.accounts.add_user", level = "debug", skip_all)]
    async fn add_user(&self, user: &NewUser) -> Result<(), StoreError> {
        users::insert_user(&self.durable, user).await.map_err(store_error("add_user"))
    }

    #[instrument(name = "store.accounts.add_first_user", level = "debug", skip_all)]
    async fn add_first_user(&self, user: &NewUser) -> Result<bool, StoreError> {
        self.insert_first_user(user).await.map_err(store_error("add_first_user"))
    }

    #[instrument(name = "store.accounts.find_user_by_name", level = "debug", skip_all)]
    async fn find_user_by_name(
        &self,
        name: &UserName,
    ) -> Result<Option<(User, PasswordHash)>, StoreError> {
        self.read_user_by_name(name).await
    }

    #[instrument(name = "store.accounts.find_user", level = "debug", skip_all)]
    async fn find_user(&self, user: UserId) -> Result<Option<User>, StoreError> {
        sqlx::query_as!(
            UserRow,
            "SELECT id, name, role, disabled, created_at, updated_at FROM users WHERE id = $1",
            user.0,
        )
        .fetch_optional(&self.durable)
        .await
        .map_err(store_error("find_user"))?
        .map(User::try_from)
        .transpose()
    }

    #[instrument(name = "store.accounts.list_users", level = "debug", skip_all)]
    async fn list_users(
        &self,
        search: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<User>, StoreError> {
        let rows =
            self.read_users(search, page).await.map_err(store_error("list_users"))?.into_iter();
        let users = rows.map(User::try_from).collect::<Result<_, _>>()?;
        Ok(Page::from_rows(users, page.limit, |user| user.id.0))
    }

    #[instrument(name = "store.accounts.set_user_disabled", level = "debug", skip_all)]
    async fn set_user_disabled(
        &self,
        user: UserId,
        disabled: bool,
        expected: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<AccountChange, StoreError> {
        let changed = if disabled {
            self.switch_user_off(user, expected, now).await
        } else {
            self.switch_user_on(user, expected, now).await
        };
        changed.map_err(store_error("set_user_disabled"))
    }

    #[instrument(name = "store.accounts.set_password", level = "debug", skip_all)]
    async fn set_password(
        &self,
        user: UserId,
        password: &PasswordHash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.replace_password(user, password, now).await.map_err(store_error("set_password"))
    }

    #[instrument(name = "store.accounts.delete_user", level = "debug", skip_all)]
    async fn delete_user(
        &self,
        user: UserId,
        expected: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<AccountChange, StoreError> {
        self.delete_user_and_theirs(user, expected, now).await.map_err(store_error("delete_user"))
    }

    #[instrument(name = "store.accounts.add_token", level = "debug", skip_all)]
    async fn add_token(
        &self,
        token: TokenHash,
        user: UserId,
        password: &PasswordHash,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let term = Term { now, expires_at, ends_at: None };
        let added = self
            .insert_token(token, user, password, term)
            .await
            .map_err(store_error("add_token"))?;
        Ok(added == 1)
    }

    #[instrument(name = "store.accounts.add_session", level = "debug", skip_all)]
    async fn add_session(
        &self,
        token: TokenHash,
        user: UserId,
        password: &PasswordHash,
        now: Timestamp,
        session: Session,
    ) -> Result<bool, StoreError> {
        let term = Term { now, expires_at: session.expires_at, ends_at: Some(session.ends_at) };
        let added = self
            .insert_token(token, user, password, term)
            .await
            .map_err(store_error("add_session"))?;
        Ok(added == 1)
    }

    #[instrument(name = "store.accounts.prolong_session", level = "debug", skip_all)]
    async fn prolong_session(
        &self,
        token: TokenHash,
        session: Session,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let prolonged = self
            .update_session(token, session, now, expires_at)
            .await
            .map_err(store_error("prolong_session"))?;
        Ok(prolonged == 1)
    }

    #[instrument(name = "store.accounts.remove_token", level = "debug", skip_all)]
    async fn remove_token(&self, token: TokenHash) -> Result<bool, StoreError> {
        let removed = self.delete_token(token).await.map_err(store_error("remove_token"))?;
        Ok(removed == 1)
    }

    #[instrument(name = "store.accounts.remove_tokens", level = "debug", skip_all)]
    async fn remove_tokens(&self, user: UserId) -> Result<u64, StoreError> {
        credentials::delete_tokens(&self.durable, user).await.map_err(store_error("remove_tokens"))
    }

    #[instrument(name = "store.accounts.add_api_key", level = "debug", skip_all)]
    async fn add_api_key(&self, key: &ApiKey, hash: TokenHash) -> Result<(), StoreError> {
        self.insert_api_key(key, hash).await.map_err(store_error("add_api_key"))
    }

    #[instrument(name = "store.accounts.list_api_keys", level = "debug", skip_all)]
    async fn list_api_keys(
        &self,
        user: Option<UserId>,
        page: PageRequest,
    ) -> Result<Page<ApiKey>, StoreError> {
        let rows =
            self.read_api_keys(user, page).await.map_err(store_error("list_api_keys"))?.into_iter();
        let keys = rows.map(ApiKey::try_from).collect::<Result<_, _>>()?;
        Ok(Page::from_rows(keys, page.limit, |key| key.id.0))
    }

    #[instrument(name = "store.accounts.remove_api_key", level = "debug", skip_all)]
    async fn remove_api_key(
        &self,
        user: Option<UserId>,
        key: ApiKeyId,
    ) -> Result<bool, StoreError> {
        let removed =
            self.delete_api_key(user, key).await.map_err(store_error("remove_api_key"))?;
        Ok(removed == 1)
    }

    #[instrument(name = "store.accounts.find_principal", level = "debug", skip_all)]
    async fn find_principal(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> Result<Option<Principal>, StoreError> {
        self.read_principal(token, now).await
    }

    #[instrument(name = "store.accounts.grant_permission", level = "debug", skip_all)]
    async fn grant_permission(
        &self,
        permission: &Permission,
    ) -> Result<Option<Permission>, StoreError> {
        let granted = match permission.holder {
            Holder::User(user) => self.grant_to_user(permission, user).await,
            Holder::Role(role) => self.grant_to_role(permission, role).await,
        };
        granted.map_err(store_error("grant_permission"))?.map(Permission::try_from).transpose()
    }

    #[instrument(name = "store.accounts.list_permissions", level = "debug", skip_all)]
    async fn list_permissions(
        &self,
        holders: &[Holder],
        page: PageRequest,
    ) -> Result<Page<Permission>, StoreError> {
        let permissions = self
            .read_permissions(holders, page)
            .await
            .map_err(store_error("list_permissions"))?
            .into_iter()
            .map(Permission::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Page::from_rows(permissions, page.limit, |permission| permission.id.0))
    }

    #[instrument(name = "store.accounts.revoke_permission", level = "debug", skip_all)]
    async fn revoke_permission(
        &self,
        holder: Holder,
        permission: PermissionId,
    ) -> Result<bool, StoreError> {
        let removed = self
            .delete_permission(holder, permission)
            .await
            .map_err(store_error("revoke_permission"))?;
        Ok(removed == 1)
    }

    #[instrument(name = "store.accounts.access_of", level = "debug", skip_all)]
    async fn access_of(
        &self,
        user: UserId,
        kind: &FilterName,
        resource: Option<Accessed<'_>>,
    ) -> Result<Option<Access>, StoreError> {
        self.read_access(user, kind, resource).await
    }

    #[instrument(name = "store.accounts.add_role_member", level = "debug", skip_all)]
    async fn add_role_member(
        &self,
        role: RoleId,
        user: UserId,
        now: Timestamp,
    ) -> Result<AccountChange, StoreError> {
        let added = if role == RoleId::SYSTEM_ADMINISTRATOR {
            self.make_administrator(user, now).await
        } else {
            self.insert_member(role, user, now).await
        };
        added.map_err(store_error("add_role_member"))
    }

    #[instrument(name = "store.accounts.remove_role_member", level = "debug", skip_all)]
    async fn remove_role_member(
        &self,
        role: RoleId,
        user: UserId,
        now: Timestamp,
    ) -> Result<AccountChange, StoreError> {
        let removed = if role == RoleId::SYSTEM_ADMINISTRATOR {
            self.unmake_administrator(user, now).await
        } else {
            self.delete_member(role, user, now).await
        };
        removed.map_err(store_error("remove_role_member"))
    }
}
