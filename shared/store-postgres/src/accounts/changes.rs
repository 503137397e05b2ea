//! Switching users off and on, and deleting them. Whatever takes an administrator away looks first
//! whether another one is left.

use postrider_domain::ports::AccountChange;
use postrider_domain::{Timestamp, UserId};
use sqlx::PgConnection;

use super::credentials::delete_tokens;
use crate::PostgresStore;
use crate::registrations::delete_all_of;

impl PostgresStore {
    /// Switches a user off. What is pending for them is held by the next claim.
    pub(super) async fn switch_user_off(
        &self,
        user: UserId,
        expected: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<AccountChange, sqlx::Error> {
        let mut transaction = self.durable.begin().await?;
        let last = is_last_administrator(&mut transaction, user).await?;
        if let Some(refused) = lock(&mut transaction, user, expected).await? {
            return Ok(refused);
        }
        if last {
            return Ok(AccountChange::LastAdministrator);
        }
        if !set_disabled(&mut transaction, user, true, now).await? {
            return Ok(AccountChange::Done);
        }
        delete_tokens(&mut *transaction, user).await?;
        transaction.commit().await?;
        Ok(AccountChange::Done)
    }

    /// Switches a user on, which is a new beginning for the flow of what is theirs.
    pub(super) async fn switch_user_on(
        &self,
        user: UserId,
        expected: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<AccountChange, sqlx::Error> {
        let mut transaction = self.durable.begin().await?;
        if let Some(refused) = lock(&mut transaction, user, expected).await? {
            return Ok(refused);
        }
        if !set_disabled(&mut transaction, user, false, now).await? {
            return Ok(AccountChange::Done);
        }
        sqlx::query!(
            r#"
            -- FlowState::fresh.
            INSERT INTO registration_flow (registration_id, release_at, ramp_from)
            SELECT own.id, $2, $2
            FROM (
                SELECT id
                FROM registrations
                WHERE owner_id = $1
                ORDER BY id
                FOR KEY SHARE
            ) AS own
            ON CONFLICT (registration_id) DO UPDATE
            SET failing_since = excluded.failing_since, breaker = excluded.breaker,
                breaker_until = excluded.breaker_until, probe_id = excluded.probe_id,
                trips = excluded.trips, opened_at = excluded.opened_at,
                release_at = excluded.release_at, ramp_from = excluded.ramp_from,
                rate_at = excluded.rate_at, died_told_at = excluded.died_told_at
            "#,
            user.0,
            now.to_utc(),
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(AccountChange::Done)
    }

    pub(super) async fn delete_user_and_theirs(
        &self,
        user: UserId,
        expected: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<AccountChange, sqlx::Error> {
        let mut transaction = self.durable.begin().await?;
        let last = is_last_administrator(&mut transaction, user).await?;
        // From here on nobody can give them another registration.
        if let Some(refused) = lock(&mut transaction, user, expected).await? {
            return Ok(refused);
        }
        if last {
            return Ok(AccountChange::LastAdministrator);
        }
        delete_all_of(&mut transaction, user, now).await?;
        // What else is theirs goes with the row.
        sqlx::query!("DELETE FROM users WHERE id = $1", user.0).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(AccountChange::Done)
    }
}

/// Whether without `user` no administrator would be left who is not switched off. Locks them all, in
/// order, until the transaction ends: of two calls at once the second sees what the first has done.
pub(super) async fn is_last_administrator(
    connection: &mut PgConnection,
    user: UserId,
) -> Result<bool, sqlx::Error> {
    let enabled = sqlx::query_scalar!(
        r#"
        SELECT id
        FROM users
        WHERE role = 'administrator' AND NOT disabled
        ORDER BY id
        FOR NO KEY UPDATE
        "#,
    )
    .fetch_all(connection)
    .await?;
    Ok(enabled == [user.0])
}

/// Locks a user until the transaction ends. Says what became of the change when there is no such
/// user, or one who was changed since `expected`.
async fn lock(
    connection: &mut PgConnection,
    user: UserId,
    expected: Option<Timestamp>,
) -> Result<Option<AccountChange>, sqlx::Error> {
    let changed =
        sqlx::query_scalar!("SELECT updated_at FROM users WHERE id = $1 FOR UPDATE", user.0)
            .fetch_optional(connection)
            .await?;
    Ok(match (changed, expected) {
        (None, _) => Some(AccountChange::NotFound),
        (Some(changed), Some(expected)) if expected != changed.into() => Some(AccountChange::Stale),
        _ => None,
    })
}

/// Whether it was otherwise before.
async fn set_disabled(
    connection: &mut PgConnection,
    user: UserId,
    disabled: bool,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "UPDATE users SET disabled = $2, updated_at = $3 WHERE id = $1 AND disabled <> $2",
        user.0,
        disabled,
        now.to_utc(),
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// What a change comes to that had nothing to change.
pub(super) async fn found(
    connection: &mut PgConnection,
    user: UserId,
) -> Result<AccountChange, sqlx::Error> {
    let there = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM users WHERE id = $1) AS "there!""#,
        user.0,
    )
    .fetch_one(connection)
    .await?;
    Ok(if there { AccountChange::Done } else { AccountChange::NotFound })
}
