//! One registration at a time, each change a single statement.

use postrider_domain::ports::RegistrationRemoval;
use postrider_domain::{Registration, RegistrationId, Timestamp, UserId, Visibility};
use postrider_vault::Keyring;
use sqlx::PgExecutor;

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
                filters, headers, properties, paused, created_at, updated_at
            )
            SELECT $1::uuid, $2::uuid, $3, $4, $5, $6::timestamptz, $7, $8, $9, $10, $11::boolean,
                $12::timestamptz, $13::timestamptz
            WHERE (SELECT count(*) FROM registrations WHERE owner_id = $2) < $14
            RETURNING id, owner_id
        ),
        filters AS (
            INSERT INTO registration_filters (owner_id, filter, registration_id)
            SELECT added.owner_id, filter, added.id
            FROM added
            CROSS JOIN unnest($15::text[]) AS filter
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
            filters, headers, properties, paused, created_at, updated_at
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
                updated_at = $13,
                resumed_at = CASE
                    WHEN $12 THEN NULL
                    WHEN paused THEN $13
                    ELSE resumed_at
                END
            WHERE id = $1 AND ($2::uuid IS NULL OR owner_id = $2) AND updated_at = $3
            RETURNING id, owner_id
        ),
        removed AS (
            DELETE FROM registration_filters AS f
            USING updated
            WHERE f.registration_id = updated.id AND f.filter <> ALL ($14::text[])
        ),
        added AS (
            INSERT INTO registration_filters (owner_id, filter, registration_id)
            SELECT updated.owner_id, filter, updated.id
            FROM updated
            CROSS JOIN unnest($14::text[]) AS filter
            ON CONFLICT DO NOTHING
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
        registration.updated_at.to_utc(),
        &filter_keys(registration) as &[&str],
    )
    .fetch_one(executor)
    .await
}

/// A delivery that a dispatch creates at this very moment is found by its first claim.
pub(super) async fn delete(
    executor: impl PgExecutor<'_>,
    visibility: Visibility,
    registration: RegistrationId,
    expected: Option<Timestamp>,
    now: Timestamp,
) -> Result<RegistrationRemoval, sqlx::Error> {
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
            WHERE r.id = found.id AND ($4::timestamptz IS NULL OR r.updated_at = $4)
            RETURNING r.id
        ),
        dead AS (
            UPDATE deliveries AS d
            SET state = 'dead', dead_reason = 'registration_deleted', due_at = NULL,
                settled_at = $3
            WHERE d.registration_id = $1
                AND (d.state = 'pending' OR d.state = 'held')
                AND EXISTS (SELECT FROM deleted)
        )
        SELECT owner_id, EXISTS (SELECT FROM deleted) AS "deleted!"
        FROM found
        "#,
        registration.0,
        visibility.owner().map(|owner| owner.0),
        now.to_utc(),
        expected.map(Timestamp::to_utc),
    )
    .fetch_optional(executor)
    .await?;
    Ok(match row {
        Some(row) if row.deleted => RegistrationRemoval::Done { owner: UserId(row.owner_id) },
        Some(_) if expected.is_some() => RegistrationRemoval::Stale,
        // Or somebody else has deleted it at this very moment.
        _ => RegistrationRemoval::NotFound,
    })
}

/// Deletes every registration of `owner` as [`delete`] does one; how many there were.
pub(crate) async fn delete_all_of(
    executor: impl PgExecutor<'_>,
    owner: UserId,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query_scalar!(
        r#"
        WITH deleted AS (
            DELETE FROM registrations
            WHERE owner_id = $1
            RETURNING id
        ),
        dead AS (
            UPDATE deliveries AS d
            SET state = 'dead', dead_reason = 'registration_deleted', due_at = NULL,
                settled_at = $2
            FROM deleted
            WHERE d.registration_id = deleted.id AND (d.state = 'pending' OR d.state = 'held')
        )
        SELECT count(*) AS "deleted!"
        FROM deleted
        "#,
        owner.0,
        now.to_utc(),
    )
    .fetch_one(executor)
    .await?;
    Ok(u64::try_from(deleted).unwrap_or(0))
}

fn previous_secret_ends_at(registration: &Registration) -> Option<chrono::DateTime<chrono::Utc>> {
    registration.previous_secret.as_ref().map(|previous| previous.ends_at.to_utc())
}

/// As they were written, for those who read the registration.
fn filter_spellings(registration: &Registration) -> String {
    json(&registration.filters.iter().collect::<Vec<_>>())
}

/// As dispatch compares them.
fn filter_keys(registration: &Registration) -> Vec<&str> {
    registration.filters.keys().collect()
}
