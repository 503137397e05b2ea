//! The steps of a change to a registration, which are one transaction.

use postrider_domain::{Condition, Registration, RegistrationId, Timestamp, Visibility};
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
    let condition = registration.condition.as_ref().map(Condition::as_str);
    let secret_expires_at = registration.secret_expires_at.map(Timestamp::as_micros);
    let inserted = sqlx::query!(
        "
        INSERT INTO registrations (
            id, owner_id, uri, secret, previous_secret, previous_secret_ends_at, description,
            filters, headers, properties, paused, created_at, updated_at, options, condition,
            credentials, paced, discards, disabled_at, disabled_reason, secret_expires_at
        )
        SELECT
            $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
            $20, $21
        WHERE (SELECT count(*) FROM registrations WHERE owner_id = $2) < $22
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
        texts.options,
        condition,
        texts.credentials,
        texts.paced,
        texts.discards,
        texts.disabled_at,
        texts.disabled_reason,
        secret_expires_at,
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
    let condition = registration.condition.as_ref().map(Condition::as_str);
    let secret_expires_at = registration.secret_expires_at.map(Timestamp::as_micros);
    let updated = sqlx::query!(
        "
        UPDATE registrations
        SET
            uri = $4, secret = $5, previous_secret = $6, previous_secret_ends_at = $7,
            description = $8, filters = $9, headers = $10, properties = $11, paused = $12,
            updated_at = $13, options = $14, condition = $15, credentials = $16, paced = $17,
            discards = $18, disabled_at = $19, disabled_reason = $20, secret_expires_at = $21
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
        texts.options,
        condition,
        texts.credentials,
        texts.paced,
        texts.discards,
        texts.disabled_at,
        texts.disabled_reason,
        secret_expires_at,
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
