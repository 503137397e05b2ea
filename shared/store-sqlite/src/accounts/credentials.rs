//! Access tokens and API keys. Only their digests are stored.

use postrider_domain::ports::TokenHash;
use postrider_domain::{ApiKey, ApiKeyId, Timestamp, UserId};
use sqlx::{SqliteConnection, SqlitePool};
use uuid::Uuid;

use crate::rows::UserRow;

pub(super) async fn remove_expired(
    connection: &mut SqliteConnection,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = now.as_micros();
    sqlx::query!("DELETE FROM tokens WHERE expires_at < $1", now).execute(connection).await?;
    Ok(())
}

pub(super) async fn insert_token(
    connection: &mut SqliteConnection,
    token: TokenHash,
    user: UserId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), sqlx::Error> {
    let hash = token.0.as_slice();
    let (now, expires_at) = (now.as_micros(), expires_at.as_micros());
    sqlx::query!(
        "INSERT INTO tokens (hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        hash,
        user.0,
        now,
        expires_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn insert_api_key(
    connection: &mut SqliteConnection,
    key: &ApiKey,
    hash: TokenHash,
) -> Result<(), sqlx::Error> {
    let (hash, created_at) = (hash.0.as_slice(), key.created_at.as_micros());
    sqlx::query!(
        "
        INSERT INTO api_keys (id, hash, name, user_id, created_at)
        VALUES ($1, $2, $3, $4, $5)
        ",
        key.id.0,
        hash,
        key.name,
        key.user.0,
        created_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The user whom a token or key stands for, and the key's id if it is one.
pub(super) async fn find_user(
    readers: &SqlitePool,
    token: TokenHash,
    now: Timestamp,
) -> Result<Option<(UserRow, Option<ApiKeyId>)>, sqlx::Error> {
    let (hash, now) = (token.0.as_slice(), now.as_micros());
    let row = sqlx::query!(
        r#"
        SELECT
            u.id AS "id!: Uuid", u.name AS "name!", u.role AS "role!",
            u.disabled AS "disabled!: bool", u.created_at AS "created_at!: i64",
            proof.key_id AS "key_id?: Uuid"
        FROM (
            SELECT user_id, NULL AS key_id
            FROM tokens
            WHERE hash = $1 AND expires_at > $2
            UNION ALL
            SELECT user_id, id
            FROM api_keys
            WHERE hash = $1
        ) AS proof
        JOIN users AS u ON u.id = proof.user_id AND NOT u.disabled
        LIMIT 1
        "#,
        hash,
        now,
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
        };
        (user, row.key_id.map(ApiKeyId))
    }))
}
