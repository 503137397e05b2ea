//! Users themselves: adding, finding and listing them.

use postrider_domain::ports::{NewUser, PasswordHash, StoreError};
use postrider_domain::{PageRequest, Timestamp, User, UserId, UserName};
use sqlx::PgExecutor;

use super::credentials::delete_tokens;
use crate::PostgresStore;
use crate::errors::store_error;
use crate::rows::{UserRow, standing, storable};

impl PostgresStore {
    pub(super) async fn insert_first_user(&self, user: &NewUser) -> Result<bool, sqlx::Error> {
        let mut transaction = self.durable.begin().await?;
        // Two processes that start at once must not both find the table empty.
        sqlx::query!("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
            .execute(&mut *transaction)
            .await?;
        let first = sqlx::query_scalar!(r#"SELECT NOT EXISTS (SELECT FROM users) AS "first!""#)
            .fetch_one(&mut *transaction)
            .await?;
        if first {
            insert_user(&mut *transaction, user).await?;
        }
        transaction.commit().await?;
        Ok(first)
    }

    pub(super) async fn read_user_by_name(
        &self,
        name: &UserName,
    ) -> Result<Option<(User, PasswordHash)>, StoreError> {
        let row = sqlx::query!(
            r#"
            SELECT id, name, role, password_hash, disabled, created_at, updated_at
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
            updated_at: row.updated_at,
        };
        Ok(Some((user.try_into()?, PasswordHash(row.password_hash))))
    }

    pub(super) async fn read_users(
        &self,
        search: Option<&str>,
        page: PageRequest,
    ) -> Result<Vec<UserRow>, sqlx::Error> {
        sqlx::query_as!(
            UserRow,
            r#"
            SELECT id, name, role, disabled, created_at, updated_at
            FROM users
            WHERE ($1::uuid IS NULL OR id < $1)
                AND ($2::text IS NULL OR strpos(name_key, $2) > 0)
            ORDER BY id DESC
            LIMIT $3
            "#,
            page.before,
            search.map(|text| storable(text).to_lowercase()),
            i64::from(page.limit) + 1,
        )
        .fetch_all(&self.durable)
        .await
    }

    pub(super) async fn replace_password(
        &self,
        user: UserId,
        password: &PasswordHash,
        now: Timestamp,
    ) -> Result<bool, sqlx::Error> {
        let mut transaction = self.durable.begin().await?;
        let changed = sqlx::query!(
            "UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1",
            user.0,
            password.0,
            now.to_utc(),
        )
        .execute(&mut *transaction)
        .await?;
        // A statement of its own, which sees a token whose sign-in the first one had to wait for.
        delete_tokens(&mut *transaction, user).await?;
        transaction.commit().await?;
        Ok(changed.rows_affected() == 1)
    }
}

pub(super) async fn insert_user(
    executor: impl PgExecutor<'_>,
    new: &NewUser,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        INSERT INTO users (
            id, name, name_key, role, password_hash, disabled, created_at, updated_at
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        new.user.id.0,
        new.user.name.as_str(),
        new.user.name.key(),
        standing(new.user.administrator),
        new.password.0,
        new.user.disabled,
        new.user.created_at.to_utc(),
        new.user.updated_at.to_utc(),
    )
    .execute(executor)
    .await?;
    Ok(())
}
