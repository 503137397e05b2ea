//! What is over: having it run again, and removing it.

use postrider_domain::inbox::InboxState;
use postrider_domain::ports::{InboxFilter, StoreError};
use postrider_domain::{InboxId, Timestamp};
use sqlx::{QueryBuilder, SqliteConnection};
use uuid::Uuid;

use super::SqliteInbox;
use super::list::push_conditions;
use crate::errors::{corrupt, store_error};
use crate::json::id_list;
use crate::pools::Commit;

/// How many bytes of bodies are removed in one call, or a little more: the last one is not cut in two.
const REMOVED_BYTES: i64 = 64 * 1024 * 1024;

/// Has a settled item run again; the state it was in.
pub(super) async fn replay(
    inbox: &SqliteInbox,
    item: InboxId,
    now: Timestamp,
) -> Result<Option<InboxState>, StoreError> {
    let failed = store_error("replay_inbox");
    let mut transaction = inbox.write(Commit::Durable).await.map_err(&failed)?;
    let state = sqlx::query_scalar!("SELECT state FROM inbox_items WHERE id = $1", item.0)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
    let Some(state) = state else { return Ok(None) };
    let state = state.parse().map_err(corrupt("inbox_items"))?;
    if state != InboxState::Pending {
        begin_again(&mut transaction, &[item.0], now).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
    }
    Ok(Some(state))
}

/// Has those of the dead run again that `filter` describes, the oldest first; how many.
pub(super) async fn replay_dead(
    inbox: &SqliteInbox,
    filter: &InboxFilter,
    now: Timestamp,
    limit: u32,
) -> Result<u64, sqlx::Error> {
    if filter.state.is_some_and(|state| state != InboxState::Dead) {
        return Ok(0);
    }
    let filter = InboxFilter { state: Some(InboxState::Dead), ..filter.clone() };
    let mut sql = QueryBuilder::new(
        "SELECT p.id FROM inbox_items AS p INDEXED BY inbox_items_dead WHERE true",
    );
    push_conditions(&mut sql, &filter);
    sql.push(" ORDER BY p.id LIMIT ").push_bind(i64::from(limit));

    let mut transaction = inbox.write(Commit::Durable).await?;
    let dead: Vec<Uuid> = sql.build_query_scalar().fetch_all(&mut *transaction).await?;
    let replayed = begin_again(&mut transaction, &dead, now).await?;
    transaction.commit().await?;
    Ok(replayed)
}

/// Makes settled items what they were when they came in; how many.
async fn begin_again(
    connection: &mut SqliteConnection,
    items: &[Uuid],
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    let (items, now) = (id_list(items.iter().copied()), now.as_micros());
    let again = sqlx::query!(
        "
        UPDATE inbox_items
        SET
            state = 'pending', done = '[]', failures = 0, failed_handler = NULL,
            replays = replays + 1, wanted_at = $2, due_at = $2, settled_at = NULL
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))
        ",
        items,
        now,
    )
    .execute(connection)
    .await?;
    Ok(again.rows_affected())
}

/// Removes what was settled before `before`, with its runs, as much as one call may; how many.
pub(super) async fn remove(
    inbox: &SqliteInbox,
    state: InboxState,
    before: Timestamp,
    limit: u32,
) -> Result<u64, sqlx::Error> {
    let (state, before) = (state.as_str(), before.as_micros());
    // Relaxed: what a loss of power undoes is removed again.
    let mut transaction = inbox.write(Commit::Relaxed).await?;
    let expired = sqlx::query!(
        r#"
        SELECT id AS "id!: Uuid", length(body) AS "body_bytes!: i64"
        FROM inbox_items
        WHERE state = $1 AND settled_at < $2
        ORDER BY settled_at
        LIMIT $3
        "#,
        state,
        before,
        limit,
    )
    .fetch_all(&mut *transaction)
    .await?;
    let mut bytes = 0;
    let removed = expired.into_iter().take_while(|row| {
        let goes = bytes < REMOVED_BYTES;
        bytes += row.body_bytes;
        goes
    });
    let expired = id_list(removed.map(|row| row.id));
    sqlx::query!(
        "DELETE FROM inbox_runs WHERE item_id IN (SELECT unhex(value, '-') FROM json_each($1))",
        expired,
    )
    .execute(&mut *transaction)
    .await?;
    let removed = sqlx::query!(
        "DELETE FROM inbox_items WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))",
        expired,
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(removed.rows_affected())
}
