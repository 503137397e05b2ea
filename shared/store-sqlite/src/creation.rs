//! Keys that make a repeated creation harmless.

use postrider_domain::{CreationKey, Timestamp, UserId};
use sqlx::SqliteConnection;
use uuid::Uuid;

/// Whether a key was used before.
pub(crate) enum KeyUse {
    /// It was not.
    Free,
    /// It was, for the same content, of which this was made.
    Repeated(Uuid),
    /// It was, for other content.
    Reused,
}

pub(crate) async fn find(
    connection: &mut SqliteConnection,
    owner: UserId,
    key: &CreationKey,
) -> Result<KeyUse, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        SELECT content, created AS "created!: Uuid"
        FROM creation_keys
        WHERE owner_id = $1 AND key = $2
        "#,
        owner.0,
        key.key,
    )
    .fetch_optional(connection)
    .await?;
    Ok(match row {
        None => KeyUse::Free,
        Some(row) if row.content == key.content => KeyUse::Repeated(row.created),
        Some(_) => KeyUse::Reused,
    })
}

pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    owner: UserId,
    key: &CreationKey,
    created: Uuid,
    created_at: Timestamp,
) -> Result<(), sqlx::Error> {
    let (content, created_at) = (key.content.as_slice(), created_at.as_micros());
    sqlx::query!(
        "
        INSERT INTO creation_keys (owner_id, key, content, created, created_at)
        VALUES ($1, $2, $3, $4, $5)
        ",
        owner.0,
        key.key,
        content,
        created,
        created_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}
