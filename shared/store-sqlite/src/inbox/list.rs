//! Looking at what came in. Nothing is counted beyond its limit.

use std::time::Duration;

use postrider_domain::inbox::{HandlerRun, InboxState};
use postrider_domain::ports::{Backlog, InboxBacklog, InboxFilter, InboxReport, StoreError};
use postrider_domain::{IdRange, InboxId, Page, PageRequest, Timestamp};
use sqlx::{QueryBuilder, Sqlite, SqlitePool};
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
    pool: &SqlitePool,
    filter: &InboxFilter,
    page: PageRequest,
) -> Result<Page<InboxReport>, sqlx::Error> {
    let floor = floor(pool, filter, page.before).await?;
    let mut sql = QueryBuilder::new(
        "SELECT p.id, p.receiver, p.address_id, p.actions, p.dedupe_key, p.received_at, p.method, \
         p.query, NULL AS headers, NULL AS body, length(p.body) AS body_bytes, p.state, p.due_at, \
         p.settled_at, p.duplicates, p.replays FROM inbox_items AS p",
    );
    push_walk(&mut sql, filter, page.before);
    push_conditions(&mut sql, filter);
    if let Some(floor) = floor {
        sql.push(" AND p.id >= ").push_bind(floor);
    }
    sql.push(" ORDER BY p.id DESC LIMIT ").push_bind(i64::from(page.limit) + 1);
    let rows = sql.build_query_as::<InboxRow>().fetch_all(pool).await?;
    let page = Page::from_rows(rows, page.limit, |row| row.id);
    let items = readable(page.items.into_iter().map(|row| row.into_report(Vec::new())));
    Ok(Page { items, next: page.next.or(floor) })
}

/// The last that a page looks at, if there are more than it may look at.
async fn floor(
    pool: &SqlitePool,
    filter: &InboxFilter,
    before: Option<Uuid>,
) -> Result<Option<Uuid>, sqlx::Error> {
    let indexed = filter.indexed();
    if indexed == *filter {
        // No more is looked at than shown.
        return Ok(None);
    }
    let mut sql = QueryBuilder::new("SELECT p.id FROM inbox_items AS p");
    push_walk(&mut sql, filter, before);
    push_indexed(&mut sql, &indexed);
    sql.push(" ORDER BY p.id DESC LIMIT 1 OFFSET ")
        .push_bind(i64::from(InboxFilter::WALK_LIMIT) - 1);
    sql.build_query_scalar().fetch_optional(pool).await
}

/// Has items `p` be gone through by the index of a filter, from where a page begins.
fn push_walk(sql: &mut QueryBuilder<Sqlite>, filter: &InboxFilter, before: Option<Uuid>) {
    if let Some(index) = index(filter) {
        sql.push(" INDEXED BY ").push(index);
    }
    sql.push(" WHERE true");
    if let Some(before) = before {
        sql.push(" AND p.id < ").push_bind(before);
    }
}

/// The index of what is asked for, which the planner cannot know: few are in any state but `processed`.
fn index(filter: &InboxFilter) -> Option<&'static str> {
    match (filter.state, &filter.receiver, &filter.id) {
        (Some(InboxState::Pending), ..) => Some("inbox_items_pending"),
        (Some(InboxState::Dead), ..) => Some("inbox_items_dead"),
        (_, Some(_), Some(_)) => Some("inbox_items_address"),
        (_, Some(_), None) => Some("inbox_items_receiver"),
        (_, None, _) => None,
    }
}

/// Adds what a filter asks for of the items `p`.
pub(super) fn push_conditions(sql: &mut QueryBuilder<Sqlite>, filter: &InboxFilter) {
    push_indexed(sql, filter);
    if let Some(action) = &filter.action {
        // What is no JSON would be an error.
        sql.push(" AND CASE WHEN json_valid(p.actions) THEN ").push_bind(action.clone());
        sql.push(" IN (SELECT value FROM json_each(p.actions)) END");
    }
    if let Some(from) = filter.from {
        sql.push(" AND p.received_at >= ").push_bind(from.as_micros());
    }
    if let Some(to) = filter.to {
        sql.push(" AND p.received_at < ").push_bind(to.as_micros());
    }
}

/// Adds what an index can know of it.
fn push_indexed(sql: &mut QueryBuilder<Sqlite>, filter: &InboxFilter) {
    if let Some(receiver) = &filter.receiver {
        sql.push(" AND p.receiver = ").push_bind(receiver.clone());
    }
    if let Some(id) = &filter.id {
        sql.push(" AND p.address_id = ").push_bind(id.clone());
    }
    if let Some(state) = filter.state {
        // Not a parameter: only the text itself tells that the index of a state will do.
        sql.push(" AND p.state = '").push(state.as_str()).push("'");
    }
    if filter.from.is_some() || filter.to.is_some() {
        // The ids that these can have, so that the rest is not looked at.
        let range =
            IdRange::between(filter.from.map(|from| from - SKEW), filter.to.map(|to| to + SKEW));
        sql.push(" AND p.id BETWEEN ").push_bind(range.first).push(" AND ").push_bind(range.last);
    }
}

/// One item with its newest runs.
pub(super) async fn find(
    pool: &SqlitePool,
    item: InboxId,
) -> Result<Option<InboxReport>, StoreError> {
    let failed = store_error("find_inbox");
    // One snapshot: an item is never seen without the runs that it is over for.
    let mut snapshot = pool.begin().await.map_err(&failed)?;
    let row = sqlx::query_as!(
        InboxRow,
        r#"
        SELECT
            id AS "id!: Uuid", receiver, address_id, actions, dedupe_key, received_at, method,
            query, headers AS "headers?", body AS "body?", length(body) AS "body_bytes!: i64",
            state, due_at, settled_at, duplicates, replays
        FROM inbox_items
        WHERE id = $1
        "#,
        item.0,
    )
    .fetch_optional(&mut *snapshot)
    .await
    .map_err(&failed)?;
    let Some(row) = row else { return Ok(None) };
    let runs = sqlx::query_as!(
        RunRow,
        "
        SELECT number, handler, started_at, ended_at, outcome, error
        FROM inbox_runs
        WHERE item_id = $1
        ORDER BY number DESC, started_at DESC
        LIMIT $2
        ",
        item.0,
        MOST_RUNS,
    )
    .fetch_all(&mut *snapshot)
    .await
    .map_err(&failed)?;
    let runs = runs.into_iter().rev().map(HandlerRun::try_from).collect::<Result<_, _>>()?;
    row.into_report(runs).map(Some)
}

/// What waits. The oldest is looked for among those that are counted: the longest wanted.
pub(super) async fn backlog(
    pool: &SqlitePool,
    now: Timestamp,
) -> Result<InboxBacklog, sqlx::Error> {
    let now = now.as_micros();
    let row = sqlx::query!(
        r#"
        SELECT
            wanted.count AS "wanted!: i64",
            wanted.oldest AS "oldest?: i64",
            (SELECT count(*) FROM (
                SELECT 1 FROM inbox_items WHERE state = 'pending' AND wanted_at > $1 LIMIT $2
            )) AS "waiting!: i64",
            (SELECT count(*) FROM (SELECT 1 FROM inbox_items WHERE state = 'dead' LIMIT $2))
                AS "dead!: i64"
        FROM (
            SELECT count(*) AS count, min(received_at) AS oldest
            FROM (
                SELECT received_at
                FROM inbox_items
                WHERE state = 'pending' AND wanted_at <= $1
                ORDER BY wanted_at
                LIMIT $2
            )
        ) AS wanted
        "#,
        now,
        Backlog::COUNT_LIMIT,
    )
    .fetch_one(pool)
    .await?;
    Ok(InboxBacklog {
        wanted: row.wanted,
        waiting: row.waiting,
        dead: row.dead,
        oldest: row.oldest.map(Timestamp::from_micros),
    })
}
