//! What is over: having it run again, and removing it.

use postrider_domain::inbox::InboxState;
use postrider_domain::ports::{InboxFilter, StoreError};
use postrider_domain::{InboxId, Timestamp};
use sqlx::PgPool;

use super::list::range;
use crate::errors::{corrupt, store_error};

/// How many bytes of bodies are removed in one call, or a little more: the last one is not cut in two.
const REMOVED_BYTES: i64 = 64 * 1024 * 1024;

/// Has a settled item run again; the state it was in.
pub(super) async fn replay(
    pool: &PgPool,
    item: InboxId,
    now: Timestamp,
) -> Result<Option<InboxState>, StoreError> {
    let state = sqlx::query_scalar!(
        "
        WITH found AS MATERIALIZED (
            SELECT state
            FROM inbox.items
            WHERE id = $1
            FOR NO KEY UPDATE
        ),
        replayed AS (
            UPDATE inbox.items AS i
            SET
                state = 'pending', done = '{}', failures = 0, failed_handler = NULL,
                replays = i.replays + 1, wanted_at = $2, due_at = $2, settled_at = NULL
            WHERE i.id = $1 AND (SELECT found.state <> 'pending' FROM found)
        )
        SELECT state
        FROM found
        ",
        item.0,
        now.to_utc(),
    )
    .fetch_optional(pool)
    .await
    .map_err(store_error("replay_inbox"))?;
    state.map(|state| state.parse().map_err(corrupt("inbox.items"))).transpose()
}

/// Has those of the dead run again that `filter` describes, the oldest first; how many.
pub(super) async fn replay_dead(
    pool: &PgPool,
    filter: &InboxFilter,
    now: Timestamp,
    limit: u32,
) -> Result<u64, sqlx::Error> {
    if filter.state.is_some_and(|state| state != InboxState::Dead) {
        return Ok(0);
    }
    let range = range(filter);
    let replayed = sqlx::query!(
        "
        WITH found AS MATERIALIZED (
            SELECT id
            FROM inbox.items
            WHERE state = 'dead'
                AND ($1::text IS NULL OR receiver = $1)
                AND ($2::text IS NULL OR address_id = $2)
                AND ($3::text IS NULL OR $3 = ANY (actions))
                AND ($4::timestamptz IS NULL OR received_at >= $4)
                AND ($5::timestamptz IS NULL OR received_at < $5)
                AND id BETWEEN $6 AND $7
            ORDER BY id
            LIMIT $9
            FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE inbox.items AS i
        SET
            state = 'pending', done = '{}', failures = 0, failed_handler = NULL,
            replays = i.replays + 1, wanted_at = $8, due_at = $8, settled_at = NULL
        WHERE i.id = ANY (ARRAY (SELECT found.id FROM found))
        ",
        filter.receiver,
        filter.id,
        filter.action,
        filter.from.map(Timestamp::to_utc),
        filter.to.map(Timestamp::to_utc),
        range.first,
        range.last,
        now.to_utc(),
        i64::from(limit),
    )
    .execute(pool)
    .await?;
    Ok(replayed.rows_affected())
}

/// Removes what was settled before `before`, with its runs, as much as one call may; how many.
pub(super) async fn remove(
    pool: &PgPool,
    state: InboxState,
    before: Timestamp,
    limit: u32,
) -> Result<u64, sqlx::Error> {
    let removed = sqlx::query_file!(
        "queries/remove_inbox.sql",
        state.as_str(),
        before.to_utc(),
        i64::from(limit),
        REMOVED_BYTES,
    )
    .execute(pool)
    .await?;
    Ok(removed.rows_affected())
}
