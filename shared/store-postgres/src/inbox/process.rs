//! What workers and the scheduler do with what is pending.

use postrider_domain::inbox::{AfterRun, Ended, InboxState};
use postrider_domain::ports::{ClaimedInbox, InboxClaim, Lease, RecordedRun};
use postrider_domain::{InboxId, LeaseToken, Timestamp};
use sqlx::PgPool;
use uuid::Uuid;

use crate::rows::{ClaimedInboxRow, inbox_claim, storable};

/// Leases those of `items` that are wanted by `wanted_by`.
pub(super) async fn claim(
    pool: &PgPool,
    items: &[Uuid],
    lease: Lease,
    now: Timestamp,
    wanted_by: Timestamp,
) -> Result<InboxClaim, sqlx::Error> {
    let body_limit = i32::try_from(ClaimedInbox::BODY_LIMIT).unwrap_or(i32::MAX);
    let rows = sqlx::query_file_as!(
        ClaimedInboxRow,
        "queries/claim_inbox.sql",
        items,
        now.to_utc(),
        wanted_by.to_utc(),
        lease.token.0,
        lease.until.to_utc(),
        body_limit,
    )
    .fetch_all(pool)
    .await?;
    Ok(inbox_claim(rows))
}

/// The body of an item.
pub(super) async fn load_body(
    pool: &PgPool,
    item: InboxId,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!("SELECT body FROM inbox.items WHERE id = $1", item.0)
        .fetch_optional(pool)
        .await
}

/// Prolongs a lease, if it is still that of its token.
pub(super) async fn extend(
    pool: &PgPool,
    item: InboxId,
    lease: Lease,
) -> Result<bool, sqlx::Error> {
    let extended = sqlx::query!(
        "
        UPDATE inbox.items
        SET leased_until = $3
        WHERE id = $1 AND lease_token = $2 AND state = 'pending'
        ",
        item.0,
        lease.token.0,
        lease.until.to_utc(),
    )
    .execute(pool)
    .await?;
    Ok(extended.rows_affected() > 0)
}

/// Ends a lease, if it is still that of its token.
pub(super) async fn release(
    pool: &PgPool,
    item: InboxId,
    token: LeaseToken,
    due_at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "
        UPDATE inbox.items
        SET due_at = $3, leased_until = 'epoch', lease_token = NULL
        WHERE id = $1 AND lease_token = $2 AND state = 'pending'
        ",
        item.0,
        token.0,
        due_at.to_utc(),
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Records a run, and applies what follows from it if the lease is still that of its token; whether
/// it is, or was when the same run was recorded before.
pub(super) async fn record(pool: &PgPool, recorded: &RecordedRun) -> Result<bool, sqlx::Error> {
    let RecordedRun { item, run, after, token } = recorded;
    let (state, retry_at) = match after {
        AfterRun::GoOn => (InboxState::Pending, None),
        AfterRun::Retry { at } => (InboxState::Pending, Some(at.to_utc())),
        AfterRun::End(Ended::Processed) => (InboxState::Processed, None),
        AfterRun::End(Ended::Dead) => (InboxState::Dead, None),
    };
    sqlx::query_file_scalar!(
        "queries/record_run.sql",
        item.0,
        i32::try_from(run.number).unwrap_or(i32::MAX),
        token.0,
        storable(&run.handler),
        run.started_at.to_utc(),
        run.ended_at.to_utc(),
        run.outcome.as_str(),
        run.outcome.error().map(storable),
        state.as_str(),
        retry_at,
        matches!(after, AfterRun::GoOn),
    )
    .fetch_one(pool)
    .await
}

/// Takes what the scheduler is to announce.
pub(super) async fn take_due(
    pool: &PgPool,
    now: Timestamp,
    next: Timestamp,
    limit: u32,
) -> Result<Vec<InboxId>, sqlx::Error> {
    let items = sqlx::query_file_scalar!(
        "queries/take_due_inbox.sql",
        now.to_utc(),
        next.to_utc(),
        i64::from(limit),
    )
    .fetch_all(pool)
    .await?;
    Ok(items.into_iter().map(InboxId).collect())
}
