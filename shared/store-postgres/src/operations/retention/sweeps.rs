//! Going through a table in the order of its key, and removing what is not kept on purpose.
//!
//! A sweep looks at a stretch of rows in each call and notes where it stopped, so that what is kept,
//! however much of it there is, is looked at once in a sweep, and not again in every call. Of several
//! processes one goes on with it at a time.

use postrider_domain::{Timestamp, first_id};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// What one call did.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Swept {
    /// Rows that are gone.
    pub(super) removed: u64,
    /// Whether it is to be called again.
    pub(super) more: bool,
}

/// What a stretch came to, as a statement returns it.
struct Stretch {
    looked: i64,
    removed: i64,
    last: Option<Uuid>,
}

/// Deliveries that were delivered before `cutoff`, none of which is of a later event; those that a
/// bundle is sent with which is not delivered, stay.
pub(super) async fn deliveries(
    pool: &PgPool,
    cutoff: Timestamp,
    limit: u32,
) -> Result<Swept, sqlx::Error> {
    let end = first_id(cutoff);
    let mut transaction = pool.begin().await?;
    let Some(after) = begin(&mut transaction, "deliveries").await? else {
        return Ok(Swept::default());
    };
    let stretch = sqlx::query_as!(
        Stretch,
        r#"
        WITH looked AS MATERIALIZED (
            SELECT id, state
            FROM deliveries
            WHERE id > $1 AND id < $2
            ORDER BY id
            LIMIT $3
        ),
        expired AS MATERIALIZED (
            SELECT d.id
            FROM looked
            JOIN deliveries AS d ON d.id = looked.id
            WHERE looked.state = 'delivered'
                AND d.state = 'delivered'
                AND d.settled_at < $4
                AND NOT EXISTS (
                    SELECT FROM deliveries AS c WHERE c.id = d.bundle_id AND c.state <> 'delivered'
                )
            FOR UPDATE OF d SKIP LOCKED
        ),
        removed AS (
            DELETE FROM deliveries AS d
            USING expired
            WHERE d.id = expired.id
            RETURNING d.id
        )
        SELECT
            (SELECT count(*) FROM looked) AS "looked!",
            (SELECT count(*) FROM removed) AS "removed!",
            (SELECT id FROM looked ORDER BY id DESC LIMIT 1) AS last
        "#,
        after,
        end,
        i64::from(limit),
        cutoff.to_utc(),
    )
    .fetch_one(&mut *transaction)
    .await?;
    let swept = finish(&mut transaction, "deliveries", &stretch, end, limit).await?;
    transaction.commit().await?;
    Ok(swept)
}

/// Deliveries that were given up before `cutoff`, which an index finds by themselves; those stay that
/// a bundle is sent with which is on its way.
pub(super) async fn dead_deliveries(
    pool: &PgPool,
    cutoff: Timestamp,
    limit: u32,
) -> Result<Swept, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        DELETE FROM deliveries
        WHERE id IN (
            SELECT d.id
            FROM deliveries AS d
            WHERE d.state = 'dead'
                AND d.settled_at < $1
                AND NOT EXISTS (
                    SELECT
                    FROM deliveries AS c
                    WHERE c.id = d.bundle_id AND c.state IN ('pending', 'held')
                )
            ORDER BY d.settled_at
            LIMIT $2
            FOR UPDATE OF d SKIP LOCKED
        )
        "#,
        cutoff.to_utc(),
        i64::from(limit),
    )
    .execute(pool)
    .await?;
    let removed = done.rows_affected();
    Ok(Swept { removed, more: removed >= u64::from(limit) })
}

/// Events before `end` in the default partition that have been dispatched and have no delivery left.
/// An event's deliveries are neighbours: their ids share its first 12 digits.
pub(super) async fn events(pool: &PgPool, end: Uuid, limit: u32) -> Result<Swept, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let Some(after) = begin(&mut transaction, "events").await? else {
        return Ok(Swept::default());
    };
    let stretch = sqlx::query_as!(
        Stretch,
        r#"
        WITH looked AS MATERIALIZED (
            SELECT id, left(encode(uuid_send(id), 'hex'), 12) AS time
            FROM events_default
            WHERE id > $1 AND id < $2
            ORDER BY id
            LIMIT $3
        ),
        expired AS MATERIALIZED (
            SELECT e.id
            FROM looked
            JOIN events_default AS e ON e.id = looked.id
            WHERE NOT EXISTS (SELECT FROM event_outbox AS o WHERE o.event_id = looked.id)
                AND NOT EXISTS (
                    SELECT
                    FROM deliveries AS d
                    WHERE d.id >= (looked.time || '00000000000000000000')::uuid
                        AND d.id <= (looked.time || 'ffffffffffffffffffff')::uuid
                        AND d.event_id = looked.id
                )
            FOR UPDATE OF e SKIP LOCKED
        ),
        removed AS (
            DELETE FROM events_default AS e
            USING expired
            WHERE e.id = expired.id
            RETURNING e.id
        )
        SELECT
            (SELECT count(*) FROM looked) AS "looked!",
            (SELECT count(*) FROM removed) AS "removed!",
            (SELECT id FROM looked ORDER BY id DESC LIMIT 1) AS last
        "#,
        after,
        end,
        i64::from(limit),
    )
    .fetch_one(&mut *transaction)
    .await?;
    let swept = finish(&mut transaction, "events", &stretch, end, limit).await?;
    transaction.commit().await?;
    Ok(swept)
}

/// Attempts before `end` in the default partition whose delivery is gone.
pub(super) async fn attempts(pool: &PgPool, end: Uuid, limit: u32) -> Result<Swept, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let Some(after) = begin(&mut transaction, "attempts").await? else {
        return Ok(Swept::default());
    };
    let stretch = sqlx::query_as!(
        Stretch,
        r#"
        WITH looked AS MATERIALIZED (
            SELECT id, delivery_id
            FROM attempts_default
            WHERE id > $1 AND id < $2
            ORDER BY id
            LIMIT $3
        ),
        expired AS MATERIALIZED (
            SELECT a.id
            FROM looked
            JOIN attempts_default AS a ON a.id = looked.id
            WHERE NOT EXISTS (SELECT FROM deliveries AS d WHERE d.id = looked.delivery_id)
            FOR UPDATE OF a SKIP LOCKED
        ),
        removed AS (
            DELETE FROM attempts_default AS a
            USING expired
            WHERE a.id = expired.id
            RETURNING a.id
        )
        SELECT
            (SELECT count(*) FROM looked) AS "looked!",
            (SELECT count(*) FROM removed) AS "removed!",
            (SELECT id FROM looked ORDER BY id DESC LIMIT 1) AS last
        "#,
        after,
        end,
        i64::from(limit),
    )
    .fetch_one(&mut *transaction)
    .await?;
    let swept = finish(&mut transaction, "attempts", &stretch, end, limit).await?;
    transaction.commit().await?;
    Ok(swept)
}

/// Where a sweep goes on; `None` when another process is at it.
async fn begin(connection: &mut PgConnection, kind: &str) -> Result<Option<Uuid>, sqlx::Error> {
    let position = sqlx::query_scalar!(
        r#"
        SELECT position
        FROM retention_sweeps
        WHERE kind = $1
        FOR UPDATE SKIP LOCKED
        "#,
        kind,
    )
    .fetch_optional(connection)
    .await?;
    Ok(position.map(|position| position.unwrap_or(Uuid::nil())))
}

/// Notes where the sweep stopped: at the end, the next one begins with the first row again.
async fn finish(
    connection: &mut PgConnection,
    kind: &str,
    stretch: &Stretch,
    end: Uuid,
    limit: u32,
) -> Result<Swept, sqlx::Error> {
    let position = stretch.last.filter(|_| stretch.looked >= i64::from(limit));
    sqlx::query!(
        r#"
        UPDATE retention_sweeps
        SET position = $2,
            swept_to = CASE WHEN $2::uuid IS NULL THEN GREATEST(swept_to, $3) ELSE swept_to END
        WHERE kind = $1
        "#,
        kind,
        position,
        end,
    )
    .execute(connection)
    .await?;
    let removed = u64::try_from(stretch.removed).unwrap_or(0);
    Ok(Swept { removed, more: position.is_some() })
}
