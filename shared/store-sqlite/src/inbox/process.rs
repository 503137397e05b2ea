//! What workers and the scheduler do with what is pending.
//!
//! What only says who works on what is relaxed: what a loss of power undoes is found due again. Whatever
//! changes an item reads its row to the end, so that a large body takes its time, if none of its bytes
//! leaves the database.

use postrider_domain::inbox::{AfterRun, Ended, InboxState, RunOutcome};
use postrider_domain::ports::{ClaimedInbox, InboxClaim, Lease, RecordedRun};
use postrider_domain::{InboxId, LeaseToken, Timestamp};
use sqlx::{SqliteConnection, SqlitePool};
use uuid::Uuid;

use super::SqliteInbox;
use crate::json::{id_list, storable};
use crate::pools::Commit;
use crate::rows::{ClaimedInboxRow, inbox_claim};

/// Leases those of `items`, a list of ids as JSON, that are wanted by `wanted_by`.
pub(super) async fn claim(
    inbox: &SqliteInbox,
    items: &str,
    lease: Lease,
    now: Timestamp,
    wanted_by: Timestamp,
) -> Result<InboxClaim, sqlx::Error> {
    let body_limit = i64::try_from(ClaimedInbox::BODY_LIMIT).unwrap_or(i64::MAX);
    let (until, now, wanted_by) = (lease.until.as_micros(), now.as_micros(), wanted_by.as_micros());
    let mut transaction = inbox.write(Commit::Relaxed).await?;
    let rows = sqlx::query_as!(
        ClaimedInboxRow,
        r#"
        UPDATE inbox_items
        SET lease_token = $4, leased_until = $5
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))
            AND state = 'pending' AND wanted_at <= $3 AND leased_until <= $2
        RETURNING
            id AS "id!: Uuid", receiver, address_id, actions, dedupe_key, received_at, method,
            query, headers, iif(length(body) <= $6, body, x'') AS "body!: Vec<u8>",
            length(body) AS "body_bytes!: i64", done, runs, failures, failed_handler
        "#,
        items,
        now,
        wanted_by,
        lease.token.0,
        until,
        body_limit,
    )
    .fetch_all(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(inbox_claim(rows))
}

/// The body of an item.
pub(super) async fn load_body(
    pool: &SqlitePool,
    item: InboxId,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!("SELECT body FROM inbox_items WHERE id = $1", item.0)
        .fetch_optional(pool)
        .await
}

/// Prolongs a lease, if it is still that of its token.
pub(super) async fn extend(
    inbox: &SqliteInbox,
    item: InboxId,
    lease: Lease,
) -> Result<bool, sqlx::Error> {
    let until = lease.until.as_micros();
    let mut transaction = inbox.write(Commit::Relaxed).await?;
    let extended = sqlx::query!(
        "
        UPDATE inbox_items
        SET leased_until = $3
        WHERE id = $1 AND lease_token = $2 AND state = 'pending'
        ",
        item.0,
        lease.token.0,
        until,
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(extended.rows_affected() > 0)
}

/// Ends a lease, if it is still that of its token.
pub(super) async fn release(
    inbox: &SqliteInbox,
    item: InboxId,
    token: LeaseToken,
    due_at: Timestamp,
) -> Result<(), sqlx::Error> {
    let due_at = due_at.as_micros();
    let mut transaction = inbox.write(Commit::Relaxed).await?;
    sqlx::query!(
        "
        UPDATE inbox_items
        SET due_at = $3, leased_until = 0, lease_token = NULL
        WHERE id = $1 AND lease_token = $2 AND state = 'pending'
        ",
        item.0,
        token.0,
        due_at,
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

/// Records a run, and applies what follows from it if the lease is still that of its token; whether
/// it is, or was when the same run was recorded before.
pub(super) async fn record(
    inbox: &SqliteInbox,
    recorded: &RecordedRun,
) -> Result<bool, sqlx::Error> {
    let mut transaction = inbox.write(Commit::Durable).await?;
    let Some(applied) = insert_run(&mut transaction, recorded).await? else {
        return was_applied(&mut transaction, recorded).await;
    };
    if applied {
        apply(&mut transaction, recorded).await?;
    } else {
        sqlx::query!("UPDATE inbox_items SET runs = runs + 1 WHERE id = $1", recorded.item.0)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(applied)
}

/// Stores a run, and says whether what follows from it applies; `None` when it is there already, or
/// its item is not there.
async fn insert_run(
    connection: &mut SqliteConnection,
    recorded: &RecordedRun,
) -> Result<Option<bool>, sqlx::Error> {
    let RecordedRun { item, run, token, .. } = recorded;
    let (started_at, ended_at) = (run.started_at.as_micros(), run.ended_at.as_micros());
    let (outcome, error) = (run.outcome.as_str(), run.outcome.error().map(storable));
    let handler = storable(&run.handler);
    sqlx::query_scalar!(
        r#"
        INSERT INTO inbox_runs (
            item_id, number, lease_token, handler, started_at, ended_at, outcome, error, applied
        )
        SELECT id, $2, $3, $4, $5, $6, $7, $8, state = 'pending' AND lease_token IS $3
        FROM inbox_items
        WHERE id = $1
        ON CONFLICT (item_id, number, lease_token) DO NOTHING
        RETURNING applied AS "applied!: bool"
        "#,
        item.0,
        run.number,
        token.0,
        handler,
        started_at,
        ended_at,
        outcome,
        error,
    )
    .fetch_optional(connection)
    .await
}

/// What came of the same run when it was recorded before.
async fn was_applied(
    connection: &mut SqliteConnection,
    recorded: &RecordedRun,
) -> Result<bool, sqlx::Error> {
    let applied = sqlx::query_scalar!(
        r#"
        SELECT applied AS "applied!: bool"
        FROM inbox_runs
        WHERE item_id = $1 AND number = $2 AND lease_token = $3
        "#,
        recorded.item.0,
        recorded.run.number,
        recorded.token.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(applied.unwrap_or(false))
}

/// Does with an item what follows from its run. A new state settles it, and a time makes it wait.
async fn apply(
    connection: &mut SqliteConnection,
    recorded: &RecordedRun,
) -> Result<(), sqlx::Error> {
    let RecordedRun { item, run, after, .. } = recorded;
    let (state, retry_at) = match after {
        AfterRun::GoOn => (InboxState::Pending, None),
        AfterRun::Retry { at } => (InboxState::Pending, Some(at.as_micros())),
        AfterRun::End(Ended::Processed) => (InboxState::Processed, None),
        AfterRun::End(Ended::Dead) => (InboxState::Dead, None),
    };
    let (state, ended_at) = (state.as_str(), run.ended_at.as_micros());
    let (failed, keeps) =
        (matches!(run.outcome, RunOutcome::Failed(_)), matches!(after, AfterRun::GoOn));
    let handler = storable(&run.handler);
    sqlx::query!(
        "
        UPDATE inbox_items
        SET
            runs = runs + 1,
            state = $2,
            done = iif($3, done, json_insert(done, '$[#]', $4)),
            failures = CASE
                WHEN NOT $3 THEN 0
                WHEN failed_handler = $4 THEN min(failures, 32766) + 1
                ELSE 1
            END,
            failed_handler = iif($3, $4, NULL),
            wanted_at = COALESCE($5, wanted_at),
            due_at = iif($2 = 'pending', COALESCE($5, due_at), NULL),
            lease_token = iif($6, lease_token, NULL),
            leased_until = iif($6, leased_until, 0),
            settled_at = iif($2 = 'pending', NULL, $7)
        WHERE id = $1
        ",
        item.0,
        state,
        failed,
        handler,
        retry_at,
        keeps,
        ended_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes what the scheduler is to announce.
pub(super) async fn take_due(
    inbox: &SqliteInbox,
    now: Timestamp,
    next: Timestamp,
    limit: u32,
) -> Result<Vec<InboxId>, sqlx::Error> {
    let (now, next) = (now.as_micros(), next.as_micros());
    let mut transaction = inbox.write(Commit::Relaxed).await?;
    let due = sqlx::query_scalar!(
        r#"
        SELECT id AS "id!: Uuid"
        FROM inbox_items
        WHERE state = 'pending' AND due_at <= $1 AND leased_until <= $1
        ORDER BY due_at, id
        LIMIT $2
        "#,
        now,
        limit,
    )
    .fetch_all(&mut *transaction)
    .await?;
    let items = id_list(due.iter().copied());
    sqlx::query!(
        "
        UPDATE inbox_items
        SET due_at = $2
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))
        ",
        items,
        next,
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(due.into_iter().map(InboxId).collect())
}
