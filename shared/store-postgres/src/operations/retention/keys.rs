//! What is deleted by an index of its time: keys of requests, tokens, ended permissions, replays that
//! are over, and the audit log.

use postrider_domain::ports::PERMISSIONS_KEPT;
use postrider_domain::{Removed, RetentionPolicy, Timestamp, first_id};
use sqlx::PgPool;

/// Removes up to `limit` of each.
pub(super) async fn remove(
    pool: &PgPool,
    policy: &RetentionPolicy,
    now: Timestamp,
    limit: u32,
) -> Result<Removed, sqlx::Error> {
    let forgotten = now - policy.keys;
    let keys = [
        event_keys(pool, forgotten, limit).await?,
        creation_keys(pool, forgotten, limit).await?,
        replays(pool, forgotten, limit).await?,
        tokens(pool, now, limit).await?,
        permissions(pool, now - PERMISSIONS_KEPT, limit).await?,
    ];
    let audit = audit(pool, now - policy.audit, limit).await?;
    Ok(Removed {
        keys: keys.iter().sum(),
        audit,
        more: keys.iter().chain([&audit]).any(|removed| *removed >= u64::from(limit)),
        ..Removed::default()
    })
}

async fn event_keys(pool: &PgPool, before: Timestamp, limit: u32) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        DELETE FROM event_keys
        WHERE (scope, key) IN (
            SELECT scope, key
            FROM event_keys
            WHERE created_at < $1
            ORDER BY created_at
            LIMIT $2
            FOR UPDATE SKIP LOCKED
        )
        "#,
        before.to_utc(),
        i64::from(limit),
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

async fn creation_keys(pool: &PgPool, before: Timestamp, limit: u32) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        DELETE FROM creation_keys
        WHERE (owner_id, key) IN (
            SELECT owner_id, key
            FROM creation_keys
            WHERE created_at < $1
            ORDER BY created_at
            LIMIT $2
            FOR UPDATE SKIP LOCKED
        )
        "#,
        before.to_utc(),
        i64::from(limit),
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

async fn replays(pool: &PgPool, before: Timestamp, limit: u32) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        DELETE FROM replays
        WHERE id IN (
            SELECT id
            FROM replays
            WHERE finished_at < $1
            ORDER BY finished_at
            LIMIT $2
            FOR UPDATE SKIP LOCKED
        )
        "#,
        before.to_utc(),
        i64::from(limit),
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

async fn tokens(pool: &PgPool, now: Timestamp, limit: u32) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        DELETE FROM tokens
        WHERE hash IN (
            SELECT hash
            FROM tokens
            WHERE expires_at <= $1
            ORDER BY expires_at
            LIMIT $2
            FOR UPDATE SKIP LOCKED
        )
        "#,
        now.to_utc(),
        i64::from(limit),
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

async fn permissions(pool: &PgPool, before: Timestamp, limit: u32) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        DELETE FROM permissions
        WHERE id IN (
            SELECT id
            FROM permissions
            WHERE ended_at < $1
            ORDER BY ended_at
            LIMIT $2
            FOR UPDATE SKIP LOCKED
        )
        "#,
        before.to_utc(),
        i64::from(limit),
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

async fn audit(pool: &PgPool, before: Timestamp, limit: u32) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        DELETE FROM audit
        WHERE id IN (
            SELECT id
            FROM audit
            WHERE id < $1
            ORDER BY id
            LIMIT $2
            FOR UPDATE SKIP LOCKED
        )
        "#,
        first_id(before),
        i64::from(limit),
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}
