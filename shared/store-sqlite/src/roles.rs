//! Roles, and who is in them.

use async_trait::async_trait;
use postrider_domain::ports::{Changed, RoleStore, StoreError};
use postrider_domain::{Page, PageRequest, Role, RoleId, Timestamp, User, UserId};
use sqlx::SqlitePool;
use tracing::instrument;
use uuid::Uuid;

use crate::SqliteStore;
use crate::errors::store_error;
use crate::pools::Commit;
use crate::rows::{RoleRow, UserRow};

#[async_trait]
impl RoleStore for SqliteStore {
    #[instrument(name = "store.roles.add", level = "debug", skip_all)]
    async fn add_role(&self, role: &Role) -> Result<(), StoreError> {
        let failed = store_error("add_role");
        let (name, name_key) = (role.name.as_str(), role.name.key());
        let (created_at, updated_at) = (role.created_at.as_micros(), role.updated_at.as_micros());
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        sqlx::query!(
            "
            INSERT INTO roles (
                id, name, name_key, description, built_in, created_at, updated_at
            )
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ",
            role.id.0,
            name,
            name_key,
            role.description,
            role.built_in,
            created_at,
            updated_at,
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(failed)
    }

    #[instrument(name = "store.roles.list", level = "debug", skip_all)]
    async fn list_roles(&self) -> Result<Vec<Role>, StoreError> {
        sqlx::query_as!(
            RoleRow,
            r#"
            SELECT
                id AS "id!: Uuid", name, description, built_in AS "built_in!: bool", created_at,
                updated_at
            FROM roles
            ORDER BY name_key
            "#,
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error("list_roles"))?
        .into_iter()
        .map(Role::try_from)
        .collect()
    }

    #[instrument(name = "store.roles.find", level = "debug", skip_all)]
    async fn find_role(&self, role: RoleId) -> Result<Option<Role>, StoreError> {
        sqlx::query_as!(
            RoleRow,
            r#"
            SELECT
                id AS "id!: Uuid", name, description, built_in AS "built_in!: bool", created_at,
                updated_at
            FROM roles
            WHERE id = $1
            "#,
            role.0,
        )
        .fetch_optional(&self.readers)
        .await
        .map_err(store_error("find_role"))?
        .map(Role::try_from)
        .transpose()
    }

    #[instrument(name = "store.roles.update", level = "debug", skip_all)]
    async fn update_role(&self, role: &Role, expected: Timestamp) -> Result<Changed, StoreError> {
        let failed = store_error("update_role");
        let (name, name_key) = (role.name.as_str(), role.name.key());
        let (expected, updated_at) = (expected.as_micros(), role.updated_at.as_micros());
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let updated = sqlx::query!(
            "
            UPDATE roles
            SET name = $3, name_key = $4, description = $5, updated_at = $6
            WHERE id = $1 AND updated_at = $2 AND NOT built_in
            ",
            role.id.0,
            expected,
            name,
            name_key,
            role.description,
            updated_at,
        )
        .execute(&mut *transaction)
        .await;
        match updated.map_err(&failed) {
            Ok(updated) if updated.rows_affected() == 0 => return Ok(Changed::Stale),
            Ok(_) => {}
            Err(StoreError::Conflict { .. }) => return Ok(Changed::NameTaken),
            Err(error) => return Err(error),
        }
        transaction.commit().await.map_err(failed)?;
        Ok(Changed::Done)
    }

    #[instrument(name = "store.roles.delete", level = "debug", skip_all)]
    async fn delete_role(
        &self,
        role: RoleId,
        expected: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let failed = store_error("delete_role");
        let expected = expected.map(Timestamp::as_micros);
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let deleted = sqlx::query!(
            "
            DELETE FROM roles
            WHERE id = $1 AND ($2 IS NULL OR updated_at = $2) AND NOT built_in
            ",
            role.0,
            expected,
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(deleted.rows_affected() == 1)
    }

    #[instrument(name = "store.roles.list_members", level = "debug", skip_all)]
    async fn list_role_members(
        &self,
        role: RoleId,
        page: PageRequest,
    ) -> Result<Page<User>, StoreError> {
        let rows = if role == RoleId::SYSTEM_ADMINISTRATOR {
            administrators(&self.readers, page).await
        } else {
            members(&self.readers, role, page).await
        }
        .map_err(store_error("list_role_members"))?;
        let users = rows.into_iter().map(User::try_from).collect::<Result<_, _>>()?;
        Ok(Page::from_rows(users, page.limit, |user| user.id.0))
    }

    #[instrument(name = "store.roles.list_of_user", level = "debug", skip_all)]
    async fn list_roles_of(&self, user: UserId) -> Result<Vec<Role>, StoreError> {
        sqlx::query_as!(
            RoleRow,
            r#"
            SELECT
                id AS "id!: Uuid", name, description, built_in AS "built_in!: bool", created_at,
                updated_at
            FROM roles
            WHERE id IN (
                SELECT role_id FROM role_members WHERE user_id = $1
                UNION
                SELECT $2 FROM users WHERE id = $1 AND role = 'administrator'
            )
            ORDER BY name_key
            "#,
            user.0,
            RoleId::SYSTEM_ADMINISTRATOR.0,
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error("list_roles_of"))?
        .into_iter()
        .map(Role::try_from)
        .collect()
    }
}

async fn administrators(
    readers: &SqlitePool,
    page: PageRequest,
) -> Result<Vec<UserRow>, sqlx::Error> {
    let (before, limit) = (page.before.unwrap_or(Uuid::max()), i64::from(page.limit) + 1);
    sqlx::query_as!(
        UserRow,
        r#"
        SELECT
            id AS "id!: Uuid", name, role, disabled AS "disabled!: bool", created_at, updated_at
        FROM users
        WHERE role = 'administrator' AND id < $1
        ORDER BY id DESC
        LIMIT $2
        "#,
        before,
        limit,
    )
    .fetch_all(readers)
    .await
}

async fn members(
    readers: &SqlitePool,
    role: RoleId,
    page: PageRequest,
) -> Result<Vec<UserRow>, sqlx::Error> {
    let (before, limit) = (page.before.unwrap_or(Uuid::max()), i64::from(page.limit) + 1);
    sqlx::query_as!(
        UserRow,
        r#"
        SELECT
            u.id AS "id!: Uuid", u.name, u.role, u.disabled AS "disabled!: bool", u.created_at,
            u.updated_at
        FROM role_members AS m
        JOIN users AS u ON u.id = m.user_id
        WHERE m.role_id = $1 AND m.user_id < $2
        ORDER BY m.user_id DESC
        LIMIT $3
        "#,
        role.0,
        before,
        limit,
    )
    .fetch_all(readers)
    .await
}
