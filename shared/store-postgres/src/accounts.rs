//! Users, what they may do, and how requests prove who they are.

use async_trait::async_trait;
use postrider_domain::ports::{AccountStore, NewUser, PasswordHash, StoreError, TokenHash};
use postrider_domain::{
    ApiKey, ApiKeyId, Permission, PermissionId, Principal, Timestamp, User, UserId, UserName,
};
use sqlx::PgExecutor;
use tracing::instrument;

use crate::PostgresStore;
use crate::errors::store_error;
use crate::rows::{PermissionRow, UserRow, role_text, scope_text};

#[async_trait]
impl AccountStore for PostgresStore {
    #[instrument(name = "store.accounts.add_user", level = "debug", skip_all)]
    async fn add_user(&self, user: &NewUser) -> Result<(), StoreError> {
        insert_user(&self.durable, user).await.map_err(store_error("add_user"))
    }

    #[instrument(name = "store.accounts.add_first_user", level = "debug", skip_all)]
    async fn add_first_user(&self, user: &NewUser) -> Result<bool, StoreError> {
        let failed = store_error("add_first_user");
        let mut transaction = self.durable.begin().await.map_err(&failed)?;
        // Two processes that start at once must not both find the table empty.
        sqlx::query!("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        let first = sqlx::query_scalar!(r#"SELECT NOT EXISTS (SELECT FROM users) AS "first!""#)
            .fetch_one(&mut *transaction)
            .await
            .map_err(&failed)?;
        if first {
            insert_user(&mut *transaction, user).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(first)
    }

    #[instrument(name = "store.accounts.find_user_by_name", level = "debug", skip_all)]
    async fn find_user_by_name(
        &self,
        name: &UserName,
    ) -> Result<Option<(User, PasswordHash)>, StoreError> {
        let row = sqlx::query!(
            r#"
            SELECT id, name, role, password_hash, disabled, created_at
            FROM users
            WHERE name_key = $1
            "#,
            name.key(),
        )
        .fetch_optional(&self.durable)
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
            "SELECT id, name, role, disabled, created_at FROM users WHERE id = $1",
            user.0,
        )
        .fetch_optional(&self.durable)
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
            SELECT id, name, role, disabled, created_at
            FROM users
            ORDER BY name_key COLLATE "C"
            "#,
        )
        .fetch_all(&self.durable)
        .await
        .map_err(store_error("list_users"))?
        .into_iter()
        .map(User::try_from)
        .collect()
    }

    #[instrument(name = "store.accounts.set_user_disabled", level = "debug", skip_all)]
    async fn set_user_disabled(&self, user: UserId, disabled: bool) -> Result<bool, StoreError> {
        let updated =
            sqlx::query!("UPDATE users SET disabled = $2 WHERE id = $1", user.0, disabled)
                .execute(&self.durable)
                .await
                .map_err(store_error("set_user_disabled"))?;
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
        sqlx::query!(
            r#"
            WITH expired AS (
                DELETE FROM tokens
                WHERE hash IN (
                    SELECT hash FROM tokens WHERE expires_at < $3 FOR UPDATE SKIP LOCKED
                )
            )
            INSERT INTO tokens (hash, user_id, created_at, expires_at)
            VALUES ($1, $2, $3, $4)
            "#,
            &token.0[..],
            user.0,
            now.to_utc(),
            expires_at.to_utc(),
        )
        .execute(&self.durable)
        .await
        .map_err(store_error("add_token"))?;
        Ok(())
    }

    #[instrument(name = "store.accounts.add_api_key", level = "debug", skip_all)]
    async fn add_api_key(&self, key: &ApiKey, hash: TokenHash) -> Result<(), StoreError> {
        sqlx::query!(
            r#"
            INSERT INTO api_keys (id, hash, name, user_id, created_at)
            VALUES ($1, $2, $3, $4, $5)
            "#,
            key.id.0,
            &hash.0[..],
            key.name,
            key.user.0,
            key.created_at.to_utc(),
        )
        .execute(&self.durable)
        .await
        .map_err(store_error("add_api_key"))?;
        Ok(())
    }

    #[instrument(name = "store.accounts.find_principal", level = "debug", skip_all)]
    async fn find_principal(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> Result<Option<Principal>, StoreError> {
        let row = sqlx::query!(
            r#"
            SELECT
                u.id, u.name, u.role, u.disabled, u.created_at, proof.key_id AS "key_id?"
            FROM (
                SELECT user_id, NULL::uuid AS key_id
                FROM tokens
                WHERE hash = $1 AND expires_at > $2
                UNION ALL
                SELECT user_id, id
                FROM api_keys
                WHERE hash = $1
            ) AS proof
            JOIN users AS u ON u.id = proof.user_id AND NOT u.disabled
            LIMIT 1
            "#,
            &token.0[..],
            now.to_utc(),
        )
        .fetch_optional(&self.durable)
        .await
        .map_err(store_error("find_principal"))?;
        let Some(row) = row else { return Ok(None) };
        let user = UserRow {
            id: row.id,
            name: row.name,
            role: row.role,
            disabled: row.disabled,
            created_at: row.created_at,
        };
        Ok(Some(Principal { user: user.try_into()?, key: row.key_id.map(ApiKeyId) }))
    }

    #[instrument(name = "store.accounts.grant_permission", level = "debug", skip_all)]
    async fn grant_permission(&self, permission: &Permission) -> Result<Permission, StoreError> {
        sqlx::query_as!(
            PermissionRow,
            r#"
            INSERT INTO permissions (id, user_id, kind, resource_id, access)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (user_id, kind, resource_id) DO UPDATE
            SET access = EXCLUDED.access
            RETURNING id, user_id, kind, resource_id, access
            "#,
            permission.id.0,
            permission.user.0,
            permission.kind.as_str(),
            scope_text(&permission.scope),
            i16::from(permission.access.bits()),
        )
        .fetch_one(&self.durable)
        .await
        .map_err(store_error("grant_permission"))?
        .try_into()
    }

    #[instrument(name = "store.accounts.list_permissions", level = "debug", skip_all)]
    async fn list_permissions(&self, user: UserId) -> Result<Vec<Permission>, StoreError> {
        sqlx::query_as!(
            PermissionRow,
            r#"
            SELECT id, user_id, kind, resource_id, access
            FROM permissions
            WHERE user_id = $1
            ORDER BY kind COLLATE "C", resource_id COLLATE "C"
            "#,
            user.0,
        )
        .fetch_all(&self.durable)
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
        let removed = sqlx::query!(
            "DELETE FROM permissions WHERE id = $1 AND user_id = $2",
            permission.0,
            user.0,
        )
        .execute(&self.durable)
        .await
        .map_err(store_error("revoke_permission"))?;
        Ok(removed.rows_affected() == 1)
    }
}

async fn insert_user(executor: impl PgExecutor<'_>, new: &NewUser) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        INSERT INTO users (id, name, name_key, role, password_hash, disabled, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        "#,
        new.user.id.0,
        new.user.name.as_str(),
        new.user.name.key(),
        role_text(new.user.role),
        new.password.0,
        new.user.disabled,
        new.user.created_at.to_utc(),
    )
    .execute(executor)
    .await?;
    Ok(())
}
