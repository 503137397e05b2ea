//! Sending on what a replay is of, at its pace.
//!
//! Each replay is advanced in a transaction of its own: it is locked, so that of several schedulers
//! one advances it, and what became pending, how far it came, and when, are committed together; a
//! commit that is lost is made again.

use postrider_domain::ports::StoreError;
use postrider_domain::replay::pace::{Pace, in_turn, share};
use postrider_domain::{Timestamp, causes};
use sqlx::{PgConnection, PgExecutor};
use tracing::error;
use uuid::Uuid;

use super::ReplayRow;
use super::matching::Wanted;
use super::rounds::{Bundles, begin_rounds};
use crate::PostgresStore;
use crate::errors::store_error;

/// How many deliveries of a replay one call looks at: a long stretch that does not match takes
/// several calls, and holds nobody up.
const LOOKED: i64 = 10_000;

impl PostgresStore {
    /// Advances the running replays by `limit` deliveries at the most; how many became pending.
    pub(super) async fn advance_all(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let failed = store_error("advance_replays");
        let running = running(&self.relaxed).await.map_err(&failed)?;
        // Looked at without a lock: most have nothing due at most moments.
        let turns = in_turn(running, now, limit);
        let mut left = limit;
        for (served, replay) in turns.iter().enumerate() {
            let share = share(left, turns.len() - served);
            left = left.saturating_sub(self.advance(*replay, now, share).await?);
        }
        Ok(u64::from(limit - left))
    }

    async fn advance(&self, replay: Uuid, now: Timestamp, most: u32) -> Result<u32, StoreError> {
        let failed = store_error("advance_replays");
        let mut transaction = self.relaxed.begin().await.map_err(&failed)?;
        let Some(row) = lock(&mut transaction, replay).await.map_err(&failed)? else {
            return Ok(0);
        };
        let pace = Pace::of(row.pace, row.advanced_at.into());
        let after = row.cursor;
        let id = row.id;
        let replay = match row.into_replay() {
            Ok(replay) => replay,
            Err(error) => {
                // Nobody can mend it, and it must not be met again at every turn.
                cancel(&mut transaction, id, now).await.map_err(&failed)?;
                transaction.commit().await.map_err(failed)?;
                error!(replay.id = %id, error = %causes(&error), "a replay was cancelled");
                return Ok(0);
            }
        };
        let due = pace.due(now).min(most);
        let wanted = Wanted {
            registration: replay.registration,
            query: &replay.query,
            made_by: replay.created_at,
            after,
        };
        let step = Step::take(&mut transaction, &wanted, due, now).await.map_err(&failed)?;
        note(&mut transaction, replay.id.0, &step, pace.kept_after(step.sent, now), now)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(step.sent)
    }
}

/// What was done for a replay.
struct Step {
    /// How many deliveries are pending again.
    sent: u32,
    /// The last delivery that was looked at; `None` when nothing is left to look at.
    cursor: Option<Uuid>,
}

impl Step {
    /// Sends up to `due` deliveries on.
    async fn take(
        connection: &mut PgConnection,
        wanted: &Wanted<'_>,
        due: u32,
        now: Timestamp,
    ) -> Result<Self, sqlx::Error> {
        if due == 0 {
            return Ok(Self { sent: 0, cursor: wanted.after.or(Some(Uuid::nil())) });
        }
        // Before anything changes: what is pending again is not dead any more, and would not be looked
        // at in the index of the dead.
        let end = wanted.end_of_look(&mut *connection, LOOKED).await?;
        // One more than is due tells whether anything is left.
        let limit = i64::from(due) + 1;
        // With room for those that died since the look's end was determined.
        let mut matching = wanted.find(&mut *connection, 2 * LOOKED, end, limit).await?;
        let more = matching.len() > due as usize;
        matching.truncate(due as usize);
        let cursor = matching.last().copied().filter(|_| more).or(end);
        let sent = begin_rounds(connection, &matching, Bundles::Dissolved, now).await?;
        Ok(Self { sent: u32::try_from(sent).unwrap_or(u32::MAX).min(due), cursor })
    }
}

/// The replays that go on.
async fn running(executor: impl PgExecutor<'_>) -> Result<Vec<(Uuid, Pace)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        SELECT id, pace, advanced_at
        FROM replays
        WHERE state = 'running'
        "#,
    )
    .fetch_all(executor)
    .await?;
    let paces = rows.into_iter().map(|row| (row.id, Pace::of(row.pace, row.advanced_at.into())));
    Ok(paces.collect())
}

/// A replay that goes on, locked; `None` when somebody else has it, or it has ended.
async fn lock(
    connection: &mut PgConnection,
    replay: Uuid,
) -> Result<Option<ReplayRow>, sqlx::Error> {
    sqlx::query_as!(
        ReplayRow,
        r#"
        SELECT
            id, registration_id, created_by, query, pace, state, matched, matched_more,
            replayed, cursor, created_at, advanced_at, finished_at
        FROM replays
        WHERE id = $1 AND state = 'running'
        FOR NO KEY UPDATE SKIP LOCKED
        "#,
        replay,
    )
    .fetch_optional(connection)
    .await
}

async fn note(
    connection: &mut PgConnection,
    replay: Uuid,
    step: &Step,
    kept_to: Timestamp,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        UPDATE replays
        SET replayed = replayed + $2,
            cursor = COALESCE($3, cursor),
            advanced_at = $4,
            state = CASE WHEN $3::uuid IS NULL THEN 'done' ELSE state END,
            finished_at = CASE WHEN $3::uuid IS NULL THEN $5::timestamptz END
        WHERE id = $1
        "#,
        replay,
        i64::from(step.sent),
        step.cursor,
        kept_to.to_utc(),
        now.to_utc(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn cancel(
    connection: &mut PgConnection,
    replay: Uuid,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE replays SET state = 'cancelled', finished_at = $2 WHERE id = $1",
        replay,
        now.to_utc(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
