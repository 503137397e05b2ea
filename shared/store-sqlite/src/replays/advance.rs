//! Sending on what a replay is of, at its pace.
//!
//! What became pending, how far a replay came, and when, are committed together; a commit that is
//! lost is made again.

use postrider_domain::ports::StoreError;
use postrider_domain::replay::pace::{Pace, in_turn, share};
use postrider_domain::{Timestamp, causes};
use sqlx::{SqliteConnection, SqliteExecutor};
use tracing::error;
use uuid::Uuid;

use super::ReplayRow;
use super::matching::Wanted;
use super::rounds::{Bundles, begin_rounds};
use crate::SqliteStore;
use crate::errors::store_error;
use crate::json::id_list;
use crate::pools::Commit;

/// How many deliveries of a replay one call looks at: a long stretch that does not match takes
/// several calls, and holds nobody up.
const LOOKED: i64 = 10_000;

impl SqliteStore {
    /// Advances the running replays by `limit` deliveries at the most; how many became pending.
    pub(super) async fn advance_all(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let failed = store_error("advance_replays");
        let running = running(&self.readers).await.map_err(&failed)?;
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
        let mut transaction = self.write(Commit::Relaxed).await.map_err(&failed)?;
        let Some(row) = find_running(&mut transaction, replay).await.map_err(&failed)? else {
            return Ok(0);
        };
        let pace = Pace::of(row.pace, Timestamp::from_micros(row.advanced_at));
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
        connection: &mut SqliteConnection,
        wanted: &Wanted<'_>,
        due: u32,
        now: Timestamp,
    ) -> Result<Self, sqlx::Error> {
        if due == 0 {
            return Ok(Self { sent: 0, cursor: wanted.after.or(Some(Uuid::nil())) });
        }
        let end = wanted.end_of_look(&mut *connection, LOOKED).await?;
        // One more than is due tells whether anything is left.
        let limit = i64::from(due) + 1;
        let mut matching = wanted.find(&mut *connection, end, limit).await?;
        let more = matching.len() > due as usize;
        matching.truncate(due as usize);
        let cursor = matching.last().copied().filter(|_| more).or(end);
        let matching = id_list(matching);
        let sent = begin_rounds(connection, &matching, Bundles::Dissolved, now).await?;
        Ok(Self { sent: u32::try_from(sent).unwrap_or(u32::MAX).min(due), cursor })
    }
}

/// The replays that go on.
async fn running(executor: impl SqliteExecutor<'_>) -> Result<Vec<(Uuid, Pace)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        SELECT id AS "id!: Uuid", pace, advanced_at
        FROM replays
        WHERE state = 'running'
        "#,
    )
    .fetch_all(executor)
    .await?;
    let pace = |pace, kept_to| Pace::of(pace, Timestamp::from_micros(kept_to));
    Ok(rows.into_iter().map(|row| (row.id, pace(row.pace, row.advanced_at))).collect())
}

/// A replay that goes on; `None` when it has ended.
async fn find_running(
    connection: &mut SqliteConnection,
    replay: Uuid,
) -> Result<Option<ReplayRow>, sqlx::Error> {
    sqlx::query_as!(
        ReplayRow,
        r#"
        SELECT
            id AS "id!: Uuid", registration_id AS "registration_id!: Uuid",
            created_by AS "created_by!: Uuid", query, pace, state, matched,
            matched_more AS "matched_more: bool", replayed,
            cursor AS "cursor?: Uuid", created_at, advanced_at, finished_at
        FROM replays
        WHERE id = $1 AND state = 'running'
        "#,
        replay,
    )
    .fetch_optional(connection)
    .await
}

async fn note(
    connection: &mut SqliteConnection,
    replay: Uuid,
    step: &Step,
    kept_to: Timestamp,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let (kept_to, now) = (kept_to.as_micros(), now.as_micros());
    sqlx::query!(
        "
        UPDATE replays
        SET replayed = replayed + $2,
            cursor = coalesce($3, cursor),
            advanced_at = $4,
            state = CASE WHEN $3 IS NULL THEN 'done' ELSE state END,
            finished_at = CASE WHEN $3 IS NULL THEN $5 END
        WHERE id = $1
        ",
        replay,
        step.sent,
        step.cursor,
        kept_to,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn cancel(
    connection: &mut SqliteConnection,
    replay: Uuid,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = now.as_micros();
    sqlx::query!(
        "UPDATE replays SET state = 'cancelled', finished_at = $2 WHERE id = $1",
        replay,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}
