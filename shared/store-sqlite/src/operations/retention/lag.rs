//! How far behind retention is.
//!
//! What should be gone is looked for where it can be: at the very beginning of each table, and from
//! where its last sweep ended. Between the two is what was kept on purpose.

use std::time::Duration;

use postrider_domain::{RetentionPolicy, Timestamp, first_id, time_of};
use sqlx::SqlitePool;
use uuid::Uuid;

use crate::SqliteStore;

/// How many rows are looked at in one place.
const LOOKED: i64 = 1_000;

/// How long ago the oldest of what should be gone should have gone.
pub(in crate::operations) async fn lag(
    store: &SqliteStore,
    policy: &RetentionPolicy,
    now: Timestamp,
) -> Result<Duration, sqlx::Error> {
    let cutoff = now - policy.history;
    let end = first_id(cutoff);
    let oldest =
        [oldest_event(&store.readers, end).await?, oldest_attempt(&store.readers, end).await?];
    let settled_at = oldest_delivery(&store.readers, end, cutoff).await?;
    let oldest = oldest.into_iter().flatten().map(time_of).chain(settled_at).min();
    Ok(oldest.map_or(Duration::ZERO, |oldest| cutoff.since(oldest)))
}

/// When the first of the deliveries that may go was delivered.
async fn oldest_delivery(
    pool: &SqlitePool,
    end: Uuid,
    cutoff: Timestamp,
) -> Result<Option<Timestamp>, sqlx::Error> {
    let settled_before = cutoff.as_micros();
    let oldest = sqlx::query_scalar!(
        r#"
        SELECT min(looked.settled_at) AS "settled_at?: i64"
        FROM (
            SELECT * FROM (
                SELECT id, state, bundle_id, settled_at
                FROM deliveries
                WHERE id < $1
                ORDER BY id
                LIMIT $2
            )
            UNION ALL
            SELECT * FROM (
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
                SELECT 1
                FROM deliveries AS c
                WHERE c.id = looked.bundle_id AND c.state <> 'delivered'
            )
        "#,
        end,
        LOOKED,
        settled_before,
    )
    .fetch_one(pool)
    .await?;
    Ok(oldest.map(Timestamp::from_micros))
}

/// The oldest event that may go: those with deliveries are as old as these.
async fn oldest_event(pool: &SqlitePool, end: Uuid) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT looked.id AS "id!: Uuid"
        FROM (
            SELECT * FROM (
                SELECT id, hex(substr(id, 1, 6)) AS time
                FROM events
                WHERE id < $1
                ORDER BY id
                LIMIT $2
            )
            UNION ALL
            SELECT * FROM (
                SELECT id, hex(substr(id, 1, 6)) AS time
                FROM events
                WHERE id < $1
                    AND id >= (SELECT swept_to FROM retention_sweeps WHERE kind = 'events')
                ORDER BY id
                LIMIT $2
            )
        ) AS looked
        WHERE NOT EXISTS (SELECT 1 FROM event_outbox AS o WHERE o.event_id = looked.id)
            AND NOT EXISTS (
                SELECT 1
                FROM deliveries AS d
                WHERE d.id >= unhex(looked.time || '00000000000000000000')
                    AND d.id <= unhex(looked.time || 'ffffffffffffffffffff')
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

/// The oldest attempt that may go.
async fn oldest_attempt(pool: &SqlitePool, end: Uuid) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT looked.id AS "id!: Uuid"
        FROM (
            SELECT * FROM (
                SELECT id, delivery_id
                FROM attempts
                WHERE id < $1
                ORDER BY id
                LIMIT $2
            )
            UNION ALL
            SELECT * FROM (
                SELECT id, delivery_id
                FROM attempts
                WHERE id < $1
                    AND id >= (SELECT swept_to FROM retention_sweeps WHERE kind = 'attempts')
                ORDER BY id
                LIMIT $2
            )
        ) AS looked
        WHERE NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.id = looked.delivery_id)
        ORDER BY looked.id
        LIMIT 1
        "#,
        end,
        LOOKED,
    )
    .fetch_optional(pool)
    .await
}
