//! How far behind retention is.
//!
//! What should be gone is looked for where it can be: at the very beginning of each table, and from
//! where its last sweep ended. Between the two is what was kept on purpose.

use std::time::Duration;

use postrider_domain::{RetentionPolicy, Timestamp, first_id, time_of};
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

use super::days;
use crate::PostgresStore;

/// How many rows are looked at in one place.
const LOOKED: i64 = 1_000;

/// How long ago the oldest of what should be gone should have gone.
pub(in crate::operations) async fn lag(
    store: &PostgresStore,
    policy: &RetentionPolicy,
    now: Timestamp,
) -> Result<Duration, sqlx::Error> {
    let cutoff = now - policy.history;
    let end = first_id(cutoff);
    let oldest = [
        oldest_event(&store.relaxed, end).await?,
        oldest_attempt(&store.relaxed, end).await?,
        oldest_of_days(&store.durable, cutoff).await?,
    ];
    let settled_at = oldest_delivery(&store.relaxed, end, cutoff).await?;
    let oldest = oldest.into_iter().flatten().map(time_of).chain(settled_at).min();
    Ok(oldest.map_or(Duration::ZERO, |oldest| cutoff.since(oldest)))
}

/// When the first of the deliveries that may go was delivered.
async fn oldest_delivery(
    pool: &PgPool,
    end: Uuid,
    cutoff: Timestamp,
) -> Result<Option<Timestamp>, sqlx::Error> {
    let oldest = sqlx::query_scalar!(
        r#"
        SELECT min(looked.settled_at)
        FROM (
            (
                SELECT id, state, bundle_id, settled_at
                FROM deliveries
                WHERE id < $1
                ORDER BY id
                LIMIT $2
            )
            UNION ALL
            (
                SELECT id, state, bundle_id, settled_at
                FROM deliveries
                WHERE id < $1
                    AND id >= (SELECT swept_to FROM retention_sweeps WHERE kind = 'deliveries')
                ORDER BY id
                LIMIT $2
            )
        ) AS looked
        WHERE looked.state = 'delivered'
            AND looked.settled_at < $3
            AND NOT EXISTS (
                SELECT
                FROM deliveries AS c
                WHERE c.id = looked.bundle_id AND c.state <> 'delivered'
            )
        "#,
        end,
        LOOKED,
        cutoff.to_utc(),
    )
    .fetch_one(pool)
    .await?;
    Ok(oldest.map(Timestamp::from))
}

/// The oldest event in the default partition that may go: those with deliveries are as old as these.
async fn oldest_event(pool: &PgPool, end: Uuid) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT looked.id AS "id!"
        FROM (
            (
                SELECT id, left(encode(uuid_send(id), 'hex'), 12) AS time
                FROM events_default
                WHERE id < $1
                ORDER BY id
                LIMIT $2
            )
            UNION ALL
            (
                SELECT id, left(encode(uuid_send(id), 'hex'), 12) AS time
                FROM events_default
                WHERE id < $1
                    AND id >= (SELECT swept_to FROM retention_sweeps WHERE kind = 'events')
                ORDER BY id
                LIMIT $2
            )
        ) AS looked
        WHERE NOT EXISTS (SELECT FROM event_outbox AS o WHERE o.event_id = looked.id)
            AND NOT EXISTS (
                SELECT
                FROM deliveries AS d
                WHERE d.id >= (looked.time || '00000000000000000000')::uuid
                    AND d.id <= (looked.time || 'ffffffffffffffffffff')::uuid
                    AND d.event_id = looked.id
            )
        ORDER BY looked.id
        LIMIT 1
        "#,
        end,
        LOOKED,
    )
    .fetch_optional(pool)
    .await
}

/// The oldest attempt in the default partition that may go.
async fn oldest_attempt(pool: &PgPool, end: Uuid) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT looked.id AS "id!"
        FROM (
            (
                SELECT id, delivery_id
                FROM attempts_default
                WHERE id < $1
                ORDER BY id
                LIMIT $2
            )
            UNION ALL
            (
                SELECT id, delivery_id
                FROM attempts_default
                WHERE id < $1
                    AND id >= (SELECT swept_to FROM retention_sweeps WHERE kind = 'attempts')
                ORDER BY id
                LIMIT $2
            )
        ) AS looked
        WHERE NOT EXISTS (SELECT FROM deliveries AS d WHERE d.id = looked.delivery_id)
        ORDER BY looked.id
        LIMIT 1
        "#,
        end,
        LOOKED,
    )
    .fetch_optional(pool)
    .await
}

/// The oldest row of the days that should be gone: they could not be dropped yet.
async fn oldest_of_days(pool: &PgPool, cutoff: Timestamp) -> Result<Option<Uuid>, sqlx::Error> {
    let mut oldest: Option<Uuid> = None;
    for day in days::expired(pool, cutoff).await? {
        let statement = format!("SELECT id FROM {} ORDER BY id LIMIT 1", day.name);
        let first: Option<Uuid> =
            sqlx::query_scalar(AssertSqlSafe(statement)).fetch_optional(pool).await?;
        oldest = [oldest, first].into_iter().flatten().min();
    }
    Ok(oldest)
}
