//! Going through a table in the order of its key, and removing what is not kept on purpose.
//!
//! A sweep looks at a stretch of rows in each call and notes where it stopped, so that what is kept,
//! however much of it there is, is looked at once in a sweep, and not again in every call.

use postrider_domain::{Timestamp, first_id};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::SqliteStore;
use crate::pools::Commit;

/// What one call did.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Swept {
    /// Rows that are gone.
    pub(super) removed: u64,
    /// Whether it is to be called again.
    pub(super) more: bool,
}

/// The rows that a call looks at: those after the first id, up to the last.
struct Stretch {
    after: Uuid,
    last: Option<Uuid>,
    is_full: bool,
}

impl Stretch {
    /// What `looked` came to: the last of the rows, and how many there are.
    fn new(after: Uuid, last: Option<Uuid>, looked: i64, limit: u32) -> Self {
        Self { after, last, is_full: looked >= i64::from(limit) }
    }
}

/// Deliveries that were delivered before `cutoff`, none of which is of a later event; those that a
/// bundle is sent with which is not delivered, stay.
pub(super) async fn deliveries(
    store: &SqliteStore,
    cutoff: Timestamp,
    limit: u32,
) -> Result<Swept, sqlx::Error> {
    let (end, settled_before) = (first_id(cutoff), cutoff.as_micros());
    let mut transaction = store.write(Commit::Relaxed).await?;
    let after = begin(&mut transaction, "deliveries").await?;
    let looked = sqlx::query!(
        r#"
        SELECT count(*) AS "rows!: i64", max(id) AS "last?: Uuid"
        FROM (SELECT id FROM deliveries WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3)
        "#,
        after,
        end,
        limit,
    )
    .fetch_one(&mut *transaction)
    .await?;
    let stretch = Stretch::new(after, looked.last, looked.rows, limit);
    let done = sqlx::query!(
        "
        DELETE FROM deliveries
        WHERE id > $1 AND id <= $2
            AND state = 'delivered'
            AND settled_at < $3
            AND NOT EXISTS (
                SELECT 1
                FROM deliveries AS c
                WHERE c.id = deliveries.bundle_id AND c.state <> 'delivered'
            )
        ",
        stretch.after,
        stretch.last,
        settled_before,
    )
    .execute(&mut *transaction)
    .await?;
    finish(&mut transaction, "deliveries", &stretch, end).await?;
    transaction.commit().await?;
    Ok(Swept { removed: done.rows_affected(), more: stretch.is_full })
}

/// Deliveries that were given up before `cutoff`, which an index finds by themselves; those stay that
/// a bundle is sent with which is on its way.
pub(super) async fn dead_deliveries(
    store: &SqliteStore,
    cutoff: Timestamp,
    limit: u32,
) -> Result<Swept, sqlx::Error> {
    let settled_before = cutoff.as_micros();
    let mut transaction = store.write(Commit::Relaxed).await?;
    let done = sqlx::query!(
        "
        DELETE FROM deliveries
        WHERE id IN (
            SELECT d.id
            FROM deliveries AS d INDEXED BY deliveries_dead_settled
            WHERE d.state = 'dead'
                AND d.settled_at < $1
                AND NOT EXISTS (
                    SELECT 1
                    FROM deliveries AS c
                    WHERE c.id = d.bundle_id AND c.state IN ('pending', 'held')
                )
            ORDER BY d.settled_at
            LIMIT $2
        )
        ",
        settled_before,
        limit,
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    let removed = done.rows_affected();
    Ok(Swept { removed, more: removed >= u64::from(limit) })
}

/// Events before `end` that have been dispatched and have no delivery left. An event's deliveries are
/// neighbours: their ids share its first 6 bytes.
pub(super) async fn events(
    store: &SqliteStore,
    end: Uuid,
    limit: u32,
) -> Result<Swept, sqlx::Error> {
    let mut transaction = store.write(Commit::Relaxed).await?;
    let after = begin(&mut transaction, "events").await?;
    let looked = sqlx::query!(
        r#"
        SELECT count(*) AS "rows!: i64", max(id) AS "last?: Uuid"
        FROM (SELECT id FROM events WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3)
        "#,
        after,
        end,
        limit,
    )
    .fetch_one(&mut *transaction)
    .await?;
    let stretch = Stretch::new(after, looked.last, looked.rows, limit);
    let done = sqlx::query!(
        "
        DELETE FROM events
        WHERE id > $1 AND id <= $2
            AND NOT EXISTS (SELECT 1 FROM event_outbox AS o WHERE o.event_id = events.id)
            AND NOT EXISTS (
                SELECT 1
                FROM deliveries AS d
                WHERE d.id >= unhex(hex(substr(events.id, 1, 6)) || '00000000000000000000')
                    AND d.id <= unhex(hex(substr(events.id, 1, 6)) || 'ffffffffffffffffffff')
                    AND d.event_id = events.id
            )
        ",
        stretch.after,
        stretch.last,
    )
    .execute(&mut *transaction)
    .await?;
    finish(&mut transaction, "events", &stretch, end).await?;
    transaction.commit().await?;
    Ok(Swept { removed: done.rows_affected(), more: stretch.is_full })
}

/// Attempts before `end` whose delivery is gone.
pub(super) async fn attempts(
    store: &SqliteStore,
    end: Uuid,
    limit: u32,
) -> Result<Swept, sqlx::Error> {
    let mut transaction = store.write(Commit::Relaxed).await?;
    let after = begin(&mut transaction, "attempts").await?;
    let looked = sqlx::query!(
        r#"
        SELECT count(*) AS "rows!: i64", max(id) AS "last?: Uuid"
        FROM (SELECT id FROM attempts WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3)
        "#,
        after,
        end,
        limit,
    )
    .fetch_one(&mut *transaction)
    .await?;
    let stretch = Stretch::new(after, looked.last, looked.rows, limit);
    let done = sqlx::query!(
        "
        DELETE FROM attempts
        WHERE id > $1 AND id <= $2
            AND NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.id = attempts.delivery_id)
        ",
        stretch.after,
        stretch.last,
    )
    .execute(&mut *transaction)
    .await?;
    finish(&mut transaction, "attempts", &stretch, end).await?;
    transaction.commit().await?;
    Ok(Swept { removed: done.rows_affected(), more: stretch.is_full })
}

/// Where a sweep goes on.
async fn begin(connection: &mut SqliteConnection, kind: &str) -> Result<Uuid, sqlx::Error> {
    let position = sqlx::query_scalar!(
        r#"SELECT position AS "position?: Uuid" FROM retention_sweeps WHERE kind = $1"#,
        kind,
    )
    .fetch_one(connection)
    .await?;
    Ok(position.unwrap_or(Uuid::nil()))
}

/// Notes where the sweep stopped: at the end, the next one begins with the first row again.
async fn finish(
    connection: &mut SqliteConnection,
    kind: &str,
    stretch: &Stretch,
    end: Uuid,
) -> Result<(), sqlx::Error> {
    let position = stretch.last.filter(|_| stretch.is_full);
    sqlx::query!(
        "
        UPDATE retention_sweeps
        SET position = $2,
            swept_to = CASE
                WHEN $2 IS NULL THEN max(coalesce(swept_to, $3), $3)
                ELSE swept_to
            END
        WHERE kind = $1
        ",
        kind,
        position,
        end,
    )
    .execute(connection)
    .await?;
    Ok(())
}
