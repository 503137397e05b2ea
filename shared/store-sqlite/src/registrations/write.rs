//! The steps of a change to a registration, which are one transaction.

use postrider_domain::{Registration, RegistrationId, Timestamp, UserId, Visibility};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::rows::RegistrationTexts;

/// Adds a registration unless its owner has as many as one may have; whether it did.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    registration: &Registration,
    texts: &RegistrationTexts,
    max_per_owner: u32,
) -> Result<bool, sqlx::Error> {
    let uri = registration.uri.as_str();
    let (created_at, updated_at) =
        (registration.created_at.as_micros(), registration.updated_at.as_micros());
    let inserted = sqlx::query!(
        "
        INSERT INTO registrations (
            id, owner_id, uri, secret, previous_secret, previous_secret_ends_at, description,
            filters, headers, properties, paused, created_at, updated_at
        )
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
        WHERE (SELECT count(*) FROM registrations WHERE owner_id = $2) < $14
        ",
        registration.id.0,
        registration.owner.0,
        uri,
        texts.secret,
        texts.previous_secret,
        texts.previous_secret_ends_at,
        registration.description,
        texts.filters,
        texts.headers,
        texts.properties,
        registration.paused,
        created_at,
        updated_at,
        max_per_owner,
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

pub(super) async fn insert_filters(
    connection: &mut SqliteConnection,
    registration: &Registration,
) -> Result<(), sqlx::Error> {
    for filter in registration.filters.keys() {
        sqlx::query!(
            "
            INSERT INTO registration_filters (owner_id, filter, registration_id)
            SELECT owner_id, $2, id
            FROM registrations
            WHERE id = $1
            ",
            registration.id.0,
            filter,
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

pub(super) async fn delete_filters(
    connection: &mut SqliteConnection,
    registration: RegistrationId,
) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM registration_filters WHERE registration_id = $1", registration.0)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn update(
    connection: &mut SqliteConnection,
    visibility: Visibility,
    registration: &Registration,
    texts: &RegistrationTexts,
    expected: Timestamp,
) -> Result<bool, sqlx::Error> {
    let owner = visibility.owner().map(|owner| owner.0);
    let uri = registration.uri.as_str();
    let (expected, updated_at) = (expected.as_micros(), registration.updated_at.as_micros());
    let updated = sqlx::query!(
        "
        UPDATE registrations
        SET
            uri = $4, secret = $5, previous_secret = $6, previous_secret_ends_at = $7,
            description = $8, filters = $9, headers = $10, properties = $11, paused = $12,
            updated_at = $13,
            resumed_at = CASE WHEN $12 THEN NULL WHEN paused THEN $13 ELSE resumed_at END
        WHERE id = $1 AND ($2 IS NULL OR owner_id = $2) AND updated_at = $3
        ",
        registration.id.0,
        owner,
        expected,
        uri,
        texts.secret,
        texts.previous_secret,
        texts.previous_secret_ends_at,
        registration.description,
        texts.filters,
        texts.headers,
        texts.properties,
        registration.paused,
        updated_at,
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// What a deletion depends on. Nothing of it is sealed.
pub(super) struct Standing {
    pub(super) owner_id: Uuid,
    pub(super) updated_at: i64,
}

pub(super) async fn find_standing(
    connection: &mut SqliteConnection,
    visibility: Visibility,
    registration: RegistrationId,
) -> Result<Option<Standing>, sqlx::Error> {
    let owner = visibility.owner().map(|owner| owner.0);
    sqlx::query_as!(
        Standing,
        r#"
        SELECT owner_id AS "owner_id!: Uuid", updated_at
        FROM registrations
        WHERE id = $1 AND ($2 IS NULL OR owner_id = $2)
        "#,
        registration.0,
        owner,
    )
    .fetch_optional(connection)
    .await
}

pub(super) async fn delete(
    connection: &mut SqliteConnection,
    registration: RegistrationId,
) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM registrations WHERE id = $1", registration.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Gives up what is still on its way to a registration that is gone.
pub(super) async fn bury_deliveries(
    connection: &mut SqliteConnection,
    registration: RegistrationId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = now.as_micros();
    sqlx::query!(
        "
        UPDATE deliveries
        SET state = 'dead', dead_reason = 'registration_deleted', due_at = NULL, settled_at = $2
        WHERE registration_id = $1 AND state IN ('pending', 'held')
        ",
        registration.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives up what is still on its way to the registrations of `owner`, which are about to go.
pub(crate) async fn bury_deliveries_of(
    connection: &mut SqliteConnection,
    owner: UserId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = now.as_micros();
    sqlx::query!(
        "
        UPDATE deliveries
        SET state = 'dead', dead_reason = 'registration_deleted', due_at = NULL, settled_at = $2
        WHERE registration_id IN (SELECT id FROM registrations WHERE owner_id = $1)
            AND state IN ('pending', 'held')
        ",
        owner.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}
