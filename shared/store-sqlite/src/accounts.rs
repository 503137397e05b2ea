//! Users, what they may do, and how requests prove who they are.

use async_trait::async_trait;
use postrider_domain::ports::{AccountStore, NewUser, PasswordHash, StoreError, TokenHash};
use postrider_domain::{
    ApiKey, Permission, PermissionId, Principal, Timestamp, User, UserId, UserName,
};
use sqlx::SqliteConnection;
use tracing::instrument;
use uuid::Uuid;

use crate::SqliteStore;
use crate::errors::store_error;
use crate::pools::Commit;
use crate::rows::{PermissionRow, UserRow, role_text, scope_text};

mod credentials;

#[async_trait]
impl AccountStore for SqliteStore {
    #[instrument(name = "store.accounts.add_user", level = "debug", skip_all)]
    async fn add_user(&self, user: &NewUser) -> Result<(), StoreError> {
        let failed = store_error("add_user");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        insert_user(&mut transaction, user).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)
    }

    #[instrument(name = "store.accounts.add_first_user", level = "debug", skip_all)]
    async fn add_first_user(&self, user: &NewUser) -> Result<bool, StoreError> {
        let failed = store_error("add_first_user");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let first =
            sqlx::query_scalar!(r#"SELECT NOT EXISTS (SELECT 1 FROM users) AS "first!: bool""#)
                .fetch_one(&mut *transaction)
                .await
                .map_err(&failed)?;
        if first {
            insert_user(&mut transaction, user).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(first)
    }

    #[instrument(name = "store.accounts.find_user_by_name", level = "debug", skip_all)]
    async fn find_user_by_name(
        &self,
        name: &UserName,
    ) -> Result<Option<(User, PasswordHash)>, StoreError> {
        let name_key = name.key();
        let row = sqlx::query!(
            r#"
            SELECT
                id AS "id!: Uuid", name, role, password_hash, disabled AS "disabled!: bool",
                created_at
            FROM users
            WHERE name_key = $1
            "#,
            name_key,
        )
        .fetch_optional(&self.readers)
        .await
        .map_err(store_error("find_user_by_name"))?;
        let Some(row) = row else { return Ok(None) };
        let user = UserRow {
            id: row.id,
            name: row.name,
            role: row.role,
            disabled: row.disabled,
            created_at: row.created_at,
        };
        Ok(Some((user.try_into()?, PasswordHash(row.password_hash))))
    }

    #[instrument(name = "store.accounts.find_user", level = "debug", skip_all)]
    async fn find_user(&self, user: UserId) -> Result<Option<User>, StoreError> {
        sqlx::query_as!(
            UserRow,
            r#"
            SELECT id AS "id!: Uuid", name, role, disabled AS "disabled!: bool", created_at
            FROM users
            WHERE id = $1
            "#,
            user.0,
        )
        .fetch_optional(&self.readers)
        .await
        .map_err(store_error("find_user"))?
        .map(User::try_from)
        .transpose()
    }

    #[instrument(name = "store.accounts.list_users", level = "debug", skip_all)]
    async fn list_users(&self) -> Result<Vec<User>, StoreError> {
        sqlx::query_as!(
            UserRow,
            r#"
            SELECT id AS "id!: Uuid", name, role, disabled AS "disabled!: bool", created_at
            FROM users
            ORDER BY name_key
            "#,
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error("list_users"))?
        .into_iter()
        .map(User::try_from)
        .collect()
    }

    #[instrument(name = "store.accounts.set_user_disabled", level = "debug", skip_all)]
    async fn set_user_disabled(&self, user: UserId, disabled: bool) -> Result<bool, StoreError> {
        let failed = store_error("set_user_disabled");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let updated =
            sqlx::query!("UPDATE users SET disabled = $2 WHERE id = $1", user.0, disabled)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(updated.rows_affected() == 1)
    }

    #[instrument(name = "store.accounts.add_token", level = "debug", skip_all)]
    async fn add_token(
        &self,
        token: TokenHash,
        user: UserId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let failed = store_error("add_token");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        credentials::remove_expired(&mut transaction, now).await.map_err(&failed)?;
        credentials::insert_token(&mut transaction, token, user, now, expires_at)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(failed)
    }

    #[instrument(name = "store.accounts.add_api_key", level = "debug", skip_all)]
    async fn add_api_key(&self, key: &ApiKey, hash: TokenHash) -> Result<(), StoreError> {
        let failed = store_error("add_api_key");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        credentials::insert_api_key(&mut transaction, key, hash).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)
    }

    #[instrument(name = "store.accounts.find_principal", level = "debug", skip_all)]
    async fn find_principal(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> Result<Option<Principal>, StoreError> {
        let found = credentials::find_user(&self.readers, token, now)
            .await
            .map_err(store_error("find_principal"))?;
        let Some((user, key)) = found else { return Ok(None) };
        Ok(Some(Principal { user: user.try_into()?, key }))
    }

    #[instrument(name = "store.accounts.grant_permission", level = "debug", skip_all)]
    async fn grant_permission(&self, permission: &Permission) -> Result<Permission, StoreError> {
        let failed = store_error("grant_permission");
        let (kind, scope) = (permission.kind.as_str(), scope_text(&permission.scope));
        let access = permission.access.bits();
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let row = sqlx::query_as!(
            PermissionRow,
            r#"
            INSERT INTO permissions (id, user_id, kind, resource_id, access)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (user_id, kind, resource_id) DO UPDATE
            SET access = excluded.access
            RETURNING
                id AS "id!: Uuid", user_id AS "user_id!: Uuid", kind, resource_id, access
            "#,
            permission.id.0,
            permission.user.0,
            kind,
            scope,
            access,
        )
        .fetch_one(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        row.try_into()
    }

    #[instrument(name = "store.accounts.list_permissions", level = "debug", skip_all)]
    async fn list_permissions(&self, user: UserId) -> Result<Vec<Permission>, StoreError> {
        sqlx::query_as!(
            PermissionRow,
            r#"
            SELECT id AS "id!: Uuid", user_id AS "user_id!: Uuid", kind, resource_id, access
            FROM permissions
            WHERE user_id = $1
            ORDER BY kind, resource_id
            "#,
            user.0,
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error("list_permissions"))?
        .into_iter()
        .map(Permission::try_from)
        .collect()
    }

    #[instrument(name = "store.accounts.revoke_permission", level = "debug", skip_all)]
    async fn revoke_permission(
        &self,
        user: UserId,
        permission: PermissionId,
    ) -> Result<bool, StoreError> {
        let failed = store_error("revoke_permission");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let removed = sqlx::query!(
            "DELETE FROM permissions WHERE id = $1 AND user_id = $2",
            permission.0,
            user.0,
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(removed.rows_affected() == 1)
    }
}

async fn insert_user(connection: &mut SqliteConnection, new: &NewUser) -> Result<(), sqlx::Error> {
    let (name, name_key) = (new.user.name.as_str(), new.user.name.key());
    let (role, created_at) = (role_text(new.user.role), new.user.created_at.as_micros());
    sqlx::query!(
        "
        INSERT INTO users (id, name, name_key, role, password_hash, disabled, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ",
        new.user.id.0,
        name,
        name_key,
        role,
        new.password.0,
        new.user.disabled,
        created_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}
