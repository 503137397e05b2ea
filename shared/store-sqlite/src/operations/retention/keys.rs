//! What is deleted by an index of its time: keys of requests, tokens, ended permissions, replays that
//! are over, and the audit log.

use postrider_domain::ports::PERMISSIONS_KEPT;
use postrider_domain::{Removed, RetentionPolicy, Timestamp, first_id};
use sqlx::SqliteConnection;

use crate::SqliteStore;
use crate::pools::Commit;

/// Removes up to `limit` of each.
pub(super) async fn remove(
    store: &SqliteStore,
    policy: &RetentionPolicy,
    now: Timestamp,
    limit: u32,
) -> Result<Removed, sqlx::Error> {
    let forgotten = now - policy.keys;
    let mut transaction = store.write(Commit::Relaxed).await?;
    let connection = &mut *transaction;
    let keys = [
        event_keys(connection, forgotten, limit).await?,
        creation_keys(connection, forgotten, limit).await?,
        replays(connection, forgotten, limit).await?,
        tokens(connection, now, limit).await?,
        permissions(connection, now - PERMISSIONS_KEPT, limit).await?,
    ];
    let audit = audit(connection, now - policy.audit, limit).await?;
    transaction.commit().await?;
    Ok(Removed {
        keys: keys.iter().sum(),
        audit,
        more: keys.iter().chain([&audit]).any(|removed| *removed >= u64::from(limit)),
        ..Removed::default()
    })
}

async fn event_keys(
    connection: &mut SqliteConnection,
    before: Timestamp,
    limit: u32,
) -> Result<u64, sqlx::Error> {
    let before = before.as_micros();
    let done = sqlx::query!(
        "
        DELETE FROM event_keys
        WHERE (scope, key) IN (
            SELECT scope, key FROM event_keys WHERE created_at < $1 ORDER BY created_at LIMIT $2
        )
        ",
        before,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

async fn creation_keys(
    connection: &mut SqliteConnection,
    before: Timestamp,
    limit: u32,
) -> Result<u64, sqlx::Error> {
    let before = before.as_micros();
    let done = sqlx::query!(
        "
        DELETE FROM creation_keys
        WHERE (owner_id, key) IN (
            SELECT owner_id, key
            FROM creation_keys
            WHERE created_at < $1
            ORDER BY created_at
            LIMIT $2
        )
        ",
        before,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

async fn replays(
    connection: &mut SqliteConnection,
    before: Timestamp,
    limit: u32,
) -> Result<u64, sqlx::Error> {
    let before = before.as_micros();
    let done = sqlx::query!(
        "
        DELETE FROM replays
        WHERE id IN (
            SELECT id FROM replays WHERE finished_at < $1 ORDER BY finished_at LIMIT $2
        )
        ",
        before,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

async fn tokens(
    connection: &mut SqliteConnection,
    now: Timestamp,
    limit: u32,
) -> Result<u64, sqlx::Error> {
    let now = now.as_micros();
    let done = sqlx::query!(
        "
        DELETE FROM tokens
        WHERE hash IN (
            SELECT hash FROM tokens WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2
        )
        ",
        now,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

async fn permissions(
    connection: &mut SqliteConnection,
    before: Timestamp,
    limit: u32,
) -> Result<u64, sqlx::Error> {
    let before = before.as_micros();
    let done = sqlx::query!(
        "
        DELETE FROM permissions
        WHERE id IN (
            SELECT id FROM permissions WHERE ended_at < $1 ORDER BY ended_at LIMIT $2
        )
        ",
        before,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

async fn audit(
    connection: &mut SqliteConnection,
    before: Timestamp,
    limit: u32,
) -> Result<u64, sqlx::Error> {
    let before = first_id(before);
    let done = sqlx::query!(
        "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id < $1 ORDER BY id LIMIT $2)",
        before,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}
