//! Users, what they may do, and how requests prove who they are.

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
use crate::SqliteStore;
use crate::errors::store_error;
use crate::pools::Commit;
use crate::registrations::bury_deliveries_of;

mod credentials;
mod members;
mod permissions;
mod users;

pub(crate) use permissions::{end_permissions, grant_new};

#[async_trait]
impl AccountStore for SqliteStore {
    #[instrument(name = "store.accounts.add_user", level = "debug", skip_all)]
    async fn add_user(&self, user: &NewUser) -> Result<(), StoreError> {
        let failed = store_error("add_user");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        users::insert(&mut transaction, user).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)
    }

    #[instrument(name = "store.accounts.add_first_user", level = "debug", skip_all)]
    async fn add_first_user(&self, user: &NewUser) -> Result<bool, StoreError> {
        let failed = store_error("add_first_user");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let first = users::is_empty(&mut transaction).await.map_err(&failed)?;
        if first {
            users::insert(&mut transaction, user).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(first)
    }

    #[instrument(name = "store.accounts.find_user_by_name", level = "debug", skip_all)]
    async fn find_user_by_name(
        &self,
        name: &UserName,
    ) -> Result<Option<(User, PasswordHash)>, StoreError> {
        let found = users::find_by_name(&self.readers, name)
            .await
            .map_err(store_error("find_user_by_name"))?;
        let Some((user, password)) = found else { return Ok(None) };
        Ok(Some((user.try_into()?, password)))
    }

    #[instrument(name = "store.accounts.find_user", level = "debug", skip_all)]
    async fn find_user(&self, user: UserId) -> Result<Option<User>, StoreError> {
        let row = users::find(&self.readers, user).await.map_err(store_error("find_user"))?;
        row.map(User::try_from).transpose()
    }

    #[instrument(name = "store.accounts.list_users", level = "debug", skip_all)]
    async fn list_users(
        &self,
        search: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<User>, StoreError> {
        let rows =
            users::list(&self.readers, search, page).await.map_err(store_error("list_users"))?;
        let users = rows.into_iter().map(User::try_from).collect::<Result<_, _>>()?;
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
        let failed = store_error("set_user_disabled");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let standing = users::find_standing(&mut transaction, user).await.map_err(&failed)?;
        let Some(standing) = standing else { return Ok(AccountChange::NotFound) };
        if standing.was_changed_since(expected) {
            return Ok(AccountChange::Stale);
        }
        if standing.disabled == disabled {
            return Ok(AccountChange::Done);
        }
        if disabled && standing.is_last_administrator {
            return Ok(AccountChange::LastAdministrator);
        }
        users::set_disabled(&mut transaction, user, disabled, now).await.map_err(&failed)?;
        if disabled {
            credentials::remove_tokens(&mut transaction, user).await.map_err(&failed)?;
        } else {
            users::resume_registrations(&mut transaction, user, now).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(AccountChange::Done)
    }

    #[instrument(name = "store.accounts.set_password", level = "debug", skip_all)]
    async fn set_password(
        &self,
        user: UserId,
        password: &PasswordHash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let failed = store_error("set_password");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let found =
            users::set_password(&mut transaction, user, password, now).await.map_err(&failed)?;
        credentials::remove_tokens(&mut transaction, user).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(found)
    }

    #[instrument(name = "store.accounts.delete_user", level = "debug", skip_all)]
    async fn delete_user(
        &self,
        user: UserId,
        expected: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<AccountChange, StoreError> {
        let failed = store_error("delete_user");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let standing = users::find_standing(&mut transaction, user).await.map_err(&failed)?;
        let Some(standing) = standing else { return Ok(AccountChange::NotFound) };
        if standing.was_changed_since(expected) {
            return Ok(AccountChange::Stale);
        }
        if standing.is_last_administrator {
            return Ok(AccountChange::LastAdministrator);
        }
        // First, while it is still known which registrations are theirs.
        bury_deliveries_of(&mut transaction, user, now).await.map_err(&failed)?;
        users::delete(&mut transaction, user).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(AccountChange::Done)
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
        let failed = store_error("add_token");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        credentials::remove_expired(&mut transaction, now).await.map_err(&failed)?;
        let term = Term { now, expires_at, ends_at: None };
        let added = credentials::insert_token(&mut transaction, token, (user, password), term)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(added)
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
        let failed = store_error("add_session");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        credentials::remove_expired(&mut transaction, now).await.map_err(&failed)?;
        let term = Term { now, expires_at: session.expires_at, ends_at: Some(session.ends_at) };
        let added = credentials::insert_token(&mut transaction, token, (user, password), term)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(added)
    }

    #[instrument(name = "store.accounts.prolong_session", level = "debug", skip_all)]
    async fn prolong_session(
        &self,
        token: TokenHash,
        session: Session,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let failed = store_error("prolong_session");
        let mut transaction = self.write(Commit::Relaxed).await.map_err(&failed)?;
        let prolonged =
            credentials::prolong_session(&mut transaction, token, session, now, expires_at)
                .await
                .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(prolonged)
    }

    #[instrument(name = "store.accounts.remove_token", level = "debug", skip_all)]
    async fn remove_token(&self, token: TokenHash) -> Result<bool, StoreError> {
        let failed = store_error("remove_token");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let removed = credentials::remove_token(&mut transaction, token).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(removed)
    }

    #[instrument(name = "store.accounts.remove_tokens", level = "debug", skip_all)]
    async fn remove_tokens(&self, user: UserId) -> Result<u64, StoreError> {
        let failed = store_error("remove_tokens");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let removed = credentials::remove_tokens(&mut transaction, user).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(removed)
    }

    #[instrument(name = "store.accounts.add_api_key", level = "debug", skip_all)]
    async fn add_api_key(&self, key: &ApiKey, hash: TokenHash) -> Result<(), StoreError> {
        let failed = store_error("add_api_key");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        credentials::insert_api_key(&mut transaction, key, hash).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)
    }

    #[instrument(name = "store.accounts.list_api_keys", level = "debug", skip_all)]
    async fn list_api_keys(
        &self,
        user: Option<UserId>,
        page: PageRequest,
    ) -> Result<Page<ApiKey>, StoreError> {
        let rows = credentials::list_api_keys(&self.readers, user, page)
            .await
            .map_err(store_error("list_api_keys"))?;
        let keys = rows.into_iter().map(ApiKey::try_from).collect::<Result<_, _>>()?;
        Ok(Page::from_rows(keys, page.limit, |key| key.id.0))
    }

    #[instrument(name = "store.accounts.remove_api_key", level = "debug", skip_all)]
    async fn remove_api_key(
        &self,
        user: Option<UserId>,
        key: ApiKeyId,
    ) -> Result<bool, StoreError> {
        let failed = store_error("remove_api_key");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let removed =
            credentials::remove_api_key(&mut transaction, user, key).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(removed)
    }

    #[instrument(name = "store.accounts.find_principal", level = "debug", skip_all)]
    async fn find_principal(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> Result<Option<Principal>, StoreError> {
        credentials::find_principal(&self.readers, token, now)
            .await
            .map_err(store_error("find_principal"))?
            .map(Principal::try_from)
            .transpose()
    }

    #[instrument(name = "store.accounts.grant_permission", level = "debug", skip_all)]
    async fn grant_permission(
        &self,
        permission: &Permission,
    ) -> Result<Option<Permission>, StoreError> {
        let failed = store_error("grant_permission");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let row = permissions::grant(&mut transaction, permission).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        row.map(Permission::try_from).transpose()
    }

    #[instrument(name = "store.accounts.list_permissions", level = "debug", skip_all)]
    async fn list_permissions(
        &self,
        holders: &[Holder],
        page: PageRequest,
    ) -> Result<Page<Permission>, StoreError> {
        let rows = permissions::list(&self.readers, holders, page)
            .await
            .map_err(store_error("list_permissions"))?;
        let permissions = rows.into_iter().map(Permission::try_from).collect::<Result<_, _>>()?;
        Ok(Page::from_rows(permissions, page.limit, |permission| permission.id.0))
    }

    #[instrument(name = "store.accounts.revoke_permission", level = "debug", skip_all)]
    async fn revoke_permission(
        &self,
        holder: Holder,
        permission: PermissionId,
    ) -> Result<bool, StoreError> {
        let failed = store_error("revoke_permission");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let revoked =
            permissions::revoke(&mut transaction, holder, permission).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(revoked)
    }

    #[instrument(name = "store.accounts.access_of", level = "debug", skip_all)]
    async fn access_of(
        &self,
        user: UserId,
        kind: &FilterName,
        resource: Option<Accessed<'_>>,
    ) -> Result<Option<Access>, StoreError> {
        permissions::access_of(self, user, kind, resource).await
    }

    #[instrument(name = "store.accounts.add_role_member", level = "debug", skip_all)]
    async fn add_role_member(
        &self,
        role: RoleId,
        user: UserId,
        now: Timestamp,
    ) -> Result<AccountChange, StoreError> {
        let failed = store_error("add_role_member");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let change = members::add(&mut transaction, role, user, now).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(change)
    }

    #[instrument(name = "store.accounts.remove_role_member", level = "debug", skip_all)]
    async fn remove_role_member(
        &self,
        role: RoleId,
        user: UserId,
        now: Timestamp,
    ) -> Result<AccountChange, StoreError> {
        let failed = store_error("remove_role_member");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let change = members::remove(&mut transaction, role, user, now).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(change)
    }
}
