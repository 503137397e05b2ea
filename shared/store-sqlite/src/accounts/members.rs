//! Who is in a role. Who is an administrator stands with the user, and not among the members.

use postrider_domain::ports::AccountChange;
use postrider_domain::{RoleId, Timestamp, UserId};
use sqlx::SqliteConnection;

use super::users;

pub(super) async fn add(
    connection: &mut SqliteConnection,
    role: RoleId,
    user: UserId,
    now: Timestamp,
) -> Result<AccountChange, sqlx::Error> {
    let Some(standing) = users::find_standing(connection, user).await? else {
        return Ok(AccountChange::NotFound);
    };
    if role == RoleId::SYSTEM_ADMINISTRATOR {
        if !standing.administrator {
            set_role(connection, user, "administrator", now).await?;
        }
        return Ok(AccountChange::Done);
    }
    if !exists(connection, role).await? {
        return Ok(AccountChange::NotFound);
    }
    let added = sqlx::query!(
        "INSERT INTO role_members (role_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        role.0,
        user.0,
    )
    .execute(&mut *connection)
    .await?;
    if added.rows_affected() == 1 {
        users::touch(connection, user, now).await?;
    }
    Ok(AccountChange::Done)
}

pub(super) async fn remove(
    connection: &mut SqliteConnection,
    role: RoleId,
    user: UserId,
    now: Timestamp,
) -> Result<AccountChange, sqlx::Error> {
    if role == RoleId::SYSTEM_ADMINISTRATOR {
        return match users::find_standing(connection, user).await? {
            Some(standing) if standing.is_last_administrator => {
                Ok(AccountChange::LastAdministrator)
            }
            Some(standing) if standing.administrator => {
                set_role(connection, user, "user", now).await?;
                Ok(AccountChange::Done)
            }
            _ => Ok(AccountChange::NotFound),
        };
    }
    let removed = sqlx::query!(
        "DELETE FROM role_members WHERE role_id = $1 AND user_id = $2",
        role.0,
        user.0,
    )
    .execute(&mut *connection)
    .await?;
    if removed.rows_affected() == 0 {
        return Ok(AccountChange::NotFound);
    }
    users::touch(connection, user, now).await?;
    Ok(AccountChange::Done)
}

async fn exists(connection: &mut SqliteConnection, role: RoleId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM roles WHERE id = $1) AS "exists!: bool""#,
        role.0,
    )
    .fetch_one(connection)
    .await
}

async fn set_role(
    connection: &mut SqliteConnection,
    user: UserId,
    role: &'static str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = now.as_micros();
    sqlx::query!("UPDATE users SET role = $2, updated_at = $3 WHERE id = $1", user.0, role, now)
        .execute(connection)
        .await?;
    Ok(())
}
