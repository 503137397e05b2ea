//! Roles: named sets of permissions that users share.

use async_trait::async_trait;
use postrider_domain::ports::{Changed, RoleStore, StoreError};
use postrider_domain::{Page, PageRequest, Role, RoleId, Timestamp, User, UserId};
use tracing::instrument;

use crate::PostgresStore;
use crate::errors::{store_error, violated_key};
use crate::rows::{RoleRow, UserRow, storable};

#[async_trait]
impl RoleStore for PostgresStore {
    #[instrument(name = "store.roles.add", level = "debug", skip_all)]
    async fn add_role(&self, role: &Role) -> Result<(), StoreError> {
        sqlx::query!(
            r#"
            INSERT INTO roles (id, name, name_key, description, built_in, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            "#,
            role.id.0,
            role.name.as_str(),
            role.name.key(),
            role.description.as_deref().map(storable),
            role.built_in,
            role.created_at.to_utc(),
            role.updated_at.to_utc(),
        )
        .execute(&self.durable)
        .await
        .map_err(store_error("add_role"))?;
        Ok(())
    }

    #[instrument(name = "store.roles.list", level = "debug", skip_all)]
    async fn list_roles(&self) -> Result<Vec<Role>, StoreError> {
        sqlx::query_as!(
            RoleRow,
            r#"
            SELECT id, name, description, built_in, created_at, updated_at
            FROM roles
            ORDER BY name_key COLLATE "C"
            "#,
        )
        .fetch_all(&self.durable)
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
            SELECT id, name, description, built_in, created_at, updated_at
            FROM roles
            WHERE id = $1
            "#,
            role.0,
        )
        .fetch_optional(&self.durable)
        .await
        .map_err(store_error("find_role"))?
        .map(Role::try_from)
        .transpose()
    }

    #[instrument(name = "store.roles.update", level = "debug", skip_all)]
    async fn update_role(&self, role: &Role, expected: Timestamp) -> Result<Changed, StoreError> {
        let updated = sqlx::query!(
            r#"
            UPDATE roles
            SET name = $3, name_key = $4, description = $5, updated_at = $6
            WHERE id = $1 AND NOT built_in AND updated_at = $2
            "#,
            role.id.0,
            expected.to_utc(),
            role.name.as_str(),
            role.name.key(),
            role.description.as_deref().map(storable),
            role.updated_at.to_utc(),
        )
        .execute(&self.durable)
        .await;
        match updated {
            Ok(updated) if updated.rows_affected() == 1 => Ok(Changed::Done),
            Ok(_) => Ok(Changed::Stale),
            Err(error) if violated_key(&error) == Some("roles_name_key") => Ok(Changed::NameTaken),
            Err(error) => Err(store_error("update_role")(error)),
        }
    }

    #[instrument(name = "store.roles.delete", level = "debug", skip_all)]
    async fn delete_role(
        &self,
        role: RoleId,
        expected: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let deleted = sqlx::query!(
            r#"
            DELETE FROM roles
            WHERE id = $1 AND NOT built_in AND ($2::timestamptz IS NULL OR updated_at = $2)
            "#,
            role.0,
            expected.map(Timestamp::to_utc),
        )
        .execute(&self.durable)
        .await
        .map_err(store_error("delete_role"))?;
        Ok(deleted.rows_affected() == 1)
    }

    #[instrument(name = "store.roles.list_members", level = "debug", skip_all)]
    async fn list_role_members(
        &self,
        role: RoleId,
        page: PageRequest,
    ) -> Result<Page<User>, StoreError> {
        let rows = if role == RoleId::SYSTEM_ADMINISTRATOR {
            self.read_administrators(page).await
        } else {
            self.read_members(role, page).await
        };
        let rows = rows.map_err(store_error("list_role_members"))?.into_iter();
        let users = rows.map(User::try_from).collect::<Result<_, _>>()?;
        Ok(Page::from_rows(users, page.limit, |user| user.id.0))
    }

    #[instrument(name = "store.roles.list_of", level = "debug", skip_all)]
    async fn list_roles_of(&self, user: UserId) -> Result<Vec<Role>, StoreError> {
        sqlx::query_as!(
            RoleRow,
            r#"
            SELECT r.id, r.name, r.description, r.built_in, r.created_at, r.updated_at
            FROM roles AS r
            WHERE EXISTS (
                    SELECT FROM role_members AS m WHERE m.role_id = r.id AND m.user_id = $1
                )
                OR (
                    r.id = $2
                    AND EXISTS (
                        SELECT FROM users AS u WHERE u.id = $1 AND u.role = 'administrator'
                    )
                )
            ORDER BY r.name_key COLLATE "C"
            "#,
            user.0,
            RoleId::SYSTEM_ADMINISTRATOR.0,
        )
        .fetch_all(&self.durable)
        .await
        .map_err(store_error("list_roles_of"))?
        .into_iter()
        .map(Role::try_from)
        .collect()
    }
}

impl PostgresStore {
    async fn read_administrators(&self, page: PageRequest) -> Result<Vec<UserRow>, sqlx::Error> {
        sqlx::query_as!(
            UserRow,
            r#"
            SELECT id, name, role, disabled, created_at, updated_at
            FROM users
            WHERE role = 'administrator' AND ($1::uuid IS NULL OR id < $1)
            ORDER BY id DESC
            LIMIT $2
            "#,
            page.before,
            i64::from(page.limit) + 1,
        )
        .fetch_all(&self.durable)
        .await
    }

    async fn read_members(
        &self,
        role: RoleId,
        page: PageRequest,
    ) -> Result<Vec<UserRow>, sqlx::Error> {
        sqlx::query_as!(
            UserRow,
            r#"
            SELECT u.id, u.name, u.role, u.disabled, u.created_at, u.updated_at
            FROM role_members AS m
            JOIN users AS u ON u.id = m.user_id
            WHERE m.role_id = $1 AND ($2::uuid IS NULL OR m.user_id < $2)
            ORDER BY m.user_id DESC
            LIMIT $3
            "#,
            role.0,
            page.before,
            i64::from(page.limit) + 1,
        )
        .fetch_all(&self.durable)
        .await
    }
}
