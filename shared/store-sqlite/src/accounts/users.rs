//! Users, their passwords, and whether they are switched off.

use postrider_domain::ports::{NewUser, PasswordHash};
use postrider_domain::{PageRequest, RegistrationId, Timestamp, UserId, UserName};
use sqlx::{SqliteConnection, SqlitePool};
use uuid::Uuid;

use crate::flow;
use crate::rows::{UserRow, role_text};

/// What a change to an account depends on.
pub(super) struct Standing {
    pub(super) administrator: bool,
    pub(super) disabled: bool,
    /// Nobody else is an administrator who is not switched off.
    pub(super) is_last_administrator: bool,
    updated_at: i64,
}

impl Standing {
    /// Whether the user was changed since they were read, if that is asked.
    pub(super) fn was_changed_since(&self, expected: Option<Timestamp>) -> bool {
        expected.is_some_and(|expected| expected.as_micros() != self.updated_at)
    }
}

pub(super) async fn find_standing(
    connection: &mut SqliteConnection,
    user: UserId,
) -> Result<Option<Standing>, sqlx::Error> {
    sqlx::query_as!(
        Standing,
        r#"
        SELECT
            role = 'administrator' AS "administrator!: bool",
            disabled AS "disabled!: bool",
            (
                role = 'administrator'
                AND NOT disabled
                AND NOT EXISTS (
                    SELECT 1
                    FROM users AS other
                    WHERE other.role = 'administrator' AND NOT other.disabled AND other.id <> $1
                )
            ) AS "is_last_administrator!: bool",
            updated_at
        FROM users
        WHERE id = $1
        "#,
        user.0,
    )
    .fetch_optional(connection)
    .await
}

pub(super) async fn is_empty(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT NOT EXISTS (SELECT 1 FROM users) AS "empty!: bool""#)
        .fetch_one(connection)
        .await
}

pub(super) async fn insert(
    connection: &mut SqliteConnection,
    new: &NewUser,
) -> Result<(), sqlx::Error> {
    let (name, name_key) = (new.user.name.as_str(), new.user.name.key());
    let role = role_text(&new.user);
    let (created_at, updated_at) =
        (new.user.created_at.as_micros(), new.user.updated_at.as_micros());
    sqlx::query!(
        "
        INSERT INTO users (
            id, name, name_key, role, password_hash, disabled, created_at, updated_at
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ",
        new.user.id.0,
        name,
        name_key,
        role,
        new.password.0,
        new.user.disabled,
        created_at,
        updated_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn find_by_name(
    readers: &SqlitePool,
    name: &UserName,
) -> Result<Option<(UserRow, PasswordHash)>, sqlx::Error> {
    let name_key = name.key();
    let row = sqlx::query!(
        r#"
        SELECT
            id AS "id!: Uuid", name, role, password_hash, disabled AS "disabled!: bool",
            created_at, updated_at
        FROM users
        WHERE name_key = $1
        "#,
        name_key,
    )
    .fetch_optional(readers)
    .await?;
    Ok(row.map(|row| {
        let user = UserRow {
            id: row.id,
            name: row.name,
            role: row.role,
            disabled: row.disabled,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        (user, PasswordHash(row.password_hash))
    }))
}

pub(super) async fn find(
    readers: &SqlitePool,
    user: UserId,
) -> Result<Option<UserRow>, sqlx::Error> {
    sqlx::query_as!(
        UserRow,
        r#"
        SELECT
            id AS "id!: Uuid", name, role, disabled AS "disabled!: bool", created_at, updated_at
        FROM users
        WHERE id = $1
        "#,
        user.0,
    )
    .fetch_optional(readers)
    .await
}

pub(super) async fn list(
    readers: &SqlitePool,
    search: Option<&str>,
    page: PageRequest,
) -> Result<Vec<UserRow>, sqlx::Error> {
    let search = search.map(str::to_lowercase);
    let (before, limit) = (page.before.unwrap_or(Uuid::max()), i64::from(page.limit) + 1);
    sqlx::query_as!(
        UserRow,
        r#"
        SELECT
            id AS "id!: Uuid", name, role, disabled AS "disabled!: bool", created_at, updated_at
        FROM users
        WHERE id < $1 AND ($2 IS NULL OR instr(name_key, $2) > 0)
        ORDER BY id DESC
        LIMIT $3
        "#,
        before,
        search,
        limit,
    )
    .fetch_all(readers)
    .await
}

pub(super) async fn set_disabled(
    connection: &mut SqliteConnection,
    user: UserId,
    disabled: bool,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = now.as_micros();
    sqlx::query!(
        "UPDATE users SET disabled = $2, updated_at = $3 WHERE id = $1",
        user.0,
        disabled,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets what is held for the registrations of `user` go, as far as it may.
pub(super) async fn resume_registrations(
    connection: &mut SqliteConnection,
    user: UserId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let registrations = sqlx::query_scalar!(
        r#"SELECT id AS "id!: Uuid" FROM registrations WHERE owner_id = $1"#,
        user.0,
    )
    .fetch_all(&mut *connection)
    .await?;
    flow::begin_anew(connection, registrations.into_iter().map(RegistrationId), now).await
}

pub(super) async fn set_password(
    connection: &mut SqliteConnection,
    user: UserId,
    password: &PasswordHash,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let now = now.as_micros();
    let updated = sqlx::query!(
        "UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1",
        user.0,
        password.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Notes that something about `user` was changed.
pub(super) async fn touch(
    connection: &mut SqliteConnection,
    user: UserId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = now.as_micros();
    sqlx::query!("UPDATE users SET updated_at = $2 WHERE id = $1", user.0, now)
        .execute(connection)
        .await?;
    Ok(())
}

/// Deletes a user; what is theirs goes with them.
pub(super) async fn delete(
    connection: &mut SqliteConnection,
    user: UserId,
) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM users WHERE id = $1", user.0).execute(connection).await?;
    Ok(())
}
