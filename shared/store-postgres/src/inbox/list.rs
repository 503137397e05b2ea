//! Looking at what came in. Nothing is counted beyond its limit.

use std::time::Duration;

use postrider_domain::inbox::{HandlerRun, InboxState};
use postrider_domain::ports::{Backlog, InboxBacklog, InboxFilter, InboxReport, StoreError};
use postrider_domain::{IdRange, InboxId, Page, PageRequest, Timestamp};
use sqlx::PgPool;
use uuid::Uuid;

use crate::errors::store_error;
use crate::rows::{InboxRow, RunRow, readable};

/// How many runs are shown at the most.
const MOST_RUNS: i64 = 100;

/// How far the time in an id may be from that at which its item was received: both are read from one
/// clock, one right after the other.
const SKEW: Duration = Duration::from_mins(1);

/// A page of the list. What cannot be read is left out, so that a page may be shorter than it could be.
pub(super) async fn page(
    pool: &PgPool,
    filter: &InboxFilter,
    page: PageRequest,
) -> Result<Page<InboxReport>, sqlx::Error> {
    let range = range(filter);
    let floor = floor(pool, filter, range, page.before).await?;
    let rows = sqlx::query_file_as!(
        InboxRow,
        "queries/list_inbox.sql",
        filter.receiver,
        filter.id,
        filter.action,
        filter.state.map(InboxState::as_str),
        filter.from.map(Timestamp::to_utc),
        filter.to.map(Timestamp::to_utc),
        floor.unwrap_or(range.first),
        range.last,
        page.before,
        i64::from(page.limit) + 1,
    )
    .fetch_all(pool)
    .await?;
    let page = Page::from_rows(rows, page.limit, |row| row.id);
    let items = readable(page.items.into_iter().map(|row| row.into_report(Vec::new())));
    Ok(Page { items, next: page.next.or(floor) })
}

/// The last that a page looks at, if there are more than it may look at.
async fn floor(
    pool: &PgPool,
    filter: &InboxFilter,
    range: IdRange,
    before: Option<Uuid>,
) -> Result<Option<Uuid>, sqlx::Error> {
    let indexed = filter.indexed();
    if indexed == *filter {
        // No more is looked at than shown.
        return Ok(None);
    }
    sqlx::query_file_scalar!(
        "queries/find_inbox_floor.sql",
        indexed.receiver,
        indexed.id,
        indexed.state.map(InboxState::as_str),
        range.first,
        range.last,
        before,
        i64::from(InboxFilter::WALK_LIMIT) - 1,
    )
    .fetch_optional(pool)
    .await
}

/// The ids that what was received in the times of a filter can have, so that the rest is not looked at.
pub(super) fn range(filter: &InboxFilter) -> IdRange {
    IdRange::between(filter.from.map(|from| from - SKEW), filter.to.map(|to| to + SKEW))
}

/// One item with its newest runs.
pub(super) async fn find(pool: &PgPool, item: InboxId) -> Result<Option<InboxReport>, StoreError> {
    let failed = store_error("find_inbox");
    let row = sqlx::query_as!(
        InboxRow,
        r#"
        SELECT
            id, receiver, address_id, actions, dedupe_key, received_at, method, query, state,
            due_at, settled_at, duplicates, replays, headers AS "headers?", body AS "body?",
            octet_length(body) AS "body_bytes!"
        FROM inbox.items
        WHERE id = $1
        "#,
        item.0,
    )
    .fetch_optional(pool)
    .await
    .map_err(&failed)?;
    let Some(row) = row else { return Ok(None) };
    let runs = sqlx::query_as!(
        RunRow,
        "
        SELECT number, handler, started_at, ended_at, outcome, error
        FROM inbox.runs
        WHERE item_id = $1
        ORDER BY number DESC, started_at DESC
        LIMIT $2
        ",
        item.0,
        MOST_RUNS,
    )
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    let runs = runs.into_iter().rev().map(HandlerRun::try_from).collect::<Result<_, _>>()?;
    row.into_report(runs).map(Some)
}

/// What waits. The oldest is looked for among those that are counted: the longest wanted.
pub(super) async fn backlog(pool: &PgPool, now: Timestamp) -> Result<InboxBacklog, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        SELECT
            wanted.count AS "wanted!",
            wanted.oldest,
            (SELECT count(*) FROM (
                SELECT FROM inbox.items WHERE state = 'pending' AND wanted_at > $1 LIMIT $2
            ) AS bounded) AS "waiting!",
            (SELECT count(*) FROM (
                SELECT FROM inbox.items WHERE state = 'dead' LIMIT $2
            ) AS bounded) AS "dead!"
        FROM (
            SELECT count(*) AS count, min(received_at) AS oldest
            FROM (
                SELECT received_at
                FROM inbox.items
                WHERE state = 'pending' AND wanted_at <= $1
                ORDER BY wanted_at
                LIMIT $2
            ) AS bounded
        ) AS wanted
        "#,
        now.to_utc(),
        Backlog::COUNT_LIMIT,
    )
    .fetch_one(pool)
    .await?;
    Ok(InboxBacklog {
        wanted: row.wanted,
        waiting: row.waiting,
        dead: row.dead,
        oldest: row.oldest.map(Timestamp::from),
    })
}
