//! One registration at a time, each change a single statement.

use postrider_domain::ports::RegistrationRemoval;
use postrider_domain::{
    Condition, Registration, RegistrationId, Timestamp, UserId, Visibility, WhilePaused,
};
use postrider_vault::Keyring;
use sqlx::{PgConnection, PgExecutor, PgPool};

use super::burial;
use crate::rows::{RegistrationRow, SealedTexts, json};

/// Whether it was added; otherwise its owner has as many as one may have.
pub(super) async fn insert(
    executor: impl PgExecutor<'_>,
    keyring: &Keyring,
    registration: &Registration,
    max_per_owner: u32,
) -> Result<bool, sqlx::Error> {
    let sealed = SealedTexts::of(registration, keyring);
    sqlx::query_scalar!(
        r#"
        WITH added AS (
            INSERT INTO registrations (
                id, owner_id, uri, secret, previous_secret, previous_secret_ends_at, description,
                filters, headers, properties, paused, secret_expires_at, disabled_at,
                disabled_reason, condition, options, paced, discards, credentials, created_at,
                updated_at
            )
            SELECT $1::uuid, $2::uuid, $3, $4, $5, $6::timestamptz, $7, $8, $9, $10, $11::boolean,
                $12::timestamptz, $13::timestamptz, $14, $15, $16, $17::boolean, $18::boolean, $19,
                $20::timestamptz, $21::timestamptz
            WHERE (SELECT count(*) FROM registrations WHERE owner_id = $2) < $22
            RETURNING id, owner_id
        ),
        filters AS (
            INSERT INTO registration_filters (owner_id, filter, registration_id)
            SELECT added.owner_id, filter, added.id
            FROM added
            CROSS JOIN unnest($23::text[]) AS filter
        )
        SELECT EXISTS (SELECT FROM added) AS "added!"
        "#,
        registration.id.0,
        registration.owner.0,
        registration.uri.as_str(),
        sealed.secret,
        sealed.previous_secret,
        previous_secret_ends_at(registration),
        registration.description.as_deref(),
        filter_spellings(registration),
        sealed.headers,
        json(&registration.properties),
        registration.paused,
        registration.secret_expires_at.map(Timestamp::to_utc),
        registration.disabled.map(|disabled| disabled.at.to_utc()),
        registration.disabled.map(|disabled| disabled.reason.as_str()),
        registration.condition.as_ref().map(Condition::as_str),
        json(&registration.options),
        registration.options.is_paced(),
        discards(registration),
        sealed.credentials,
        registration.created_at.to_utc(),
        registration.updated_at.to_utc(),
        i64::from(max_per_owner),
        &filter_keys(registration) as &[&str],
    )
    .fetch_one(executor)
    .await
}

pub(super) async fn find(
    executor: impl PgExecutor<'_>,
    visibility: Visibility,
    registration: RegistrationId,
) -> Result<Option<RegistrationRow>, sqlx::Error> {
    sqlx::query_as!(
        RegistrationRow,
        r#"
        SELECT
            id, owner_id, uri, secret, previous_secret, previous_secret_ends_at, description,
            filters, headers, properties, paused, secret_expires_at, disabled_at, disabled_reason,
            condition, options, credentials, created_at, updated_at
        FROM registrations
        WHERE id = $1 AND ($2::uuid IS NULL OR owner_id = $2)
        "#,
        registration.0,
        visibility.owner().map(|owner| owner.0),
    )
    .fetch_optional(executor)
    .await
}

pub(super) async fn update(
    executor: impl PgExecutor<'_>,
    keyring: &Keyring,
    visibility: Visibility,
    registration: &Registration,
    expected: Timestamp,
) -> Result<bool, sqlx::Error> {
    let sealed = SealedTexts::of(registration, keyring);
    sqlx::query_scalar!(
        r#"
        WITH updated AS (
            UPDATE registrations
            SET
                uri = $4, secret = $5, previous_secret = $6, previous_secret_ends_at = $7,
                description = $8, filters = $9, headers = $10, properties = $11, paused = $12,
                secret_expires_at = $13, disabled_at = $14, disabled_reason = $15, condition = $16,
                options = $17, paced = $18, discards = $19, credentials = $20, updated_at = $21
            WHERE id = $1 AND ($2::uuid IS NULL OR owner_id = $2) AND updated_at = $3
            RETURNING id, owner_id
        ),
        removed AS (
            DELETE FROM registration_filters AS f
            USING updated
            WHERE f.registration_id = updated.id AND f.filter <> ALL ($22::text[])
        ),
        added AS (
            INSERT INTO registration_filters (owner_id, filter, registration_id)
            SELECT updated.owner_id, filter, updated.id
            FROM updated
            CROSS JOIN unnest($22::text[]) AS filter
            ON CONFLICT DO NOTHING
        ),
        -- FlowState::fresh.
        begun AS (
            INSERT INTO registration_flow (registration_id, release_at, ramp_from)
            SELECT id, $21, $21
            FROM updated
            ON CONFLICT (registration_id) DO UPDATE
            SET failing_since = excluded.failing_since, breaker = excluded.breaker,
                breaker_until = excluded.breaker_until, probe_id = excluded.probe_id,
                trips = excluded.trips, opened_at = excluded.opened_at,
                release_at = excluded.release_at, ramp_from = excluded.ramp_from,
                rate_at = excluded.rate_at, died_told_at = excluded.died_told_at
        )
        SELECT EXISTS (SELECT FROM updated) AS "updated!"
        "#,
        registration.id.0,
        visibility.owner().map(|owner| owner.0),
        expected.to_utc(),
        registration.uri.as_str(),
        sealed.secret,
        sealed.previous_secret,
        previous_secret_ends_at(registration),
        registration.description.as_deref(),
        filter_spellings(registration),
        sealed.headers,
        json(&registration.properties),
        registration.paused,
        registration.secret_expires_at.map(Timestamp::to_utc),
        registration.disabled.map(|disabled| disabled.at.to_utc()),
        registration.disabled.map(|disabled| disabled.reason.as_str()),
        registration.condition.as_ref().map(Condition::as_str),
        json(&registration.options),
        registration.options.is_paced(),
        discards(registration),
        sealed.credentials,
        registration.updated_at.to_utc(),
        &filter_keys(registration) as &[&str],
    )
    .fetch_one(executor)
    .await
}

pub(super) async fn delete(
    pool: &PgPool,
    visibility: Visibility,
    registration: RegistrationId,
    expected: Option<Timestamp>,
    now: Timestamp,
) -> Result<RegistrationRemoval, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let row = sqlx::query!(
        r#"
        WITH found AS (
            SELECT id, owner_id
            FROM registrations
            WHERE id = $1 AND ($2::uuid IS NULL OR owner_id = $2)
        ),
        deleted AS (
            DELETE FROM registrations AS r
            USING found
            WHERE r.id = found.id AND ($3::timestamptz IS NULL OR r.updated_at = $3)
            RETURNING r.id
        )
        SELECT owner_id, EXISTS (SELECT FROM deleted) AS "deleted!"
        FROM found
        "#,
        registration.0,
        visibility.owner().map(|owner| owner.0),
        expected.map(Timestamp::to_utc),
    )
    .fetch_optional(&mut *transaction)
    .await?;
    Ok(match row {
        Some(row) if row.deleted => {
            burial::begin(&mut transaction, &[registration.0], now).await?;
            transaction.commit().await?;
            RegistrationRemoval::Done { owner: UserId(row.owner_id) }
        }
        Some(_) if expected.is_some() => RegistrationRemoval::Stale,
        // Or somebody else has deleted it at this very moment.
        _ => RegistrationRemoval::NotFound,
    })
}

/// Deletes every registration of `owner` as [`delete`] does one; how many there were.
pub(crate) async fn delete_all_of(
    connection: &mut PgConnection,
    owner: UserId,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    let deleted =
        sqlx::query_scalar!("DELETE FROM registrations WHERE owner_id = $1 RETURNING id", owner.0)
            .fetch_all(&mut *connection)
            .await?;
    burial::begin(connection, &deleted, now).await?;
    Ok(deleted.len() as u64)
}

fn previous_secret_ends_at(registration: &Registration) -> Option<chrono::DateTime<chrono::Utc>> {
    registration.previous_secret.as_ref().map(|previous| previous.ends_at.to_utc())
}

fn discards(registration: &Registration) -> bool {
    registration.options.while_paused == WhilePaused::Discard
}

/// As they were written, for those who read the registration.
fn filter_spellings(registration: &Registration) -> String {
    json(&registration.filters.iter().collect::<Vec<_>>())
}

/// As dispatch compares them.
fn filter_keys(registration: &Registration) -> Vec<&str> {
    registration.filters.keys().collect()
}
