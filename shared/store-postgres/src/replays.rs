//! Replays as jobs.

mod advance;
mod matching;
mod rounds;
mod row;

use async_trait::async_trait;
use postrider_domain::ports::{ReplayStore, StoreError};
use postrider_domain::{
    BoundedCount, Page, PageRequest, RegistrationId, Replay, ReplayId, ReplayQuery, ReplayState,
    Timestamp, Visibility,
};
use tracing::instrument;

use crate::PostgresStore;
use crate::errors::{corrupt, store_error};
use crate::rows::json;
use matching::Wanted;
use row::ReplayRow;

pub(crate) use rounds::{Bundles, begin_rounds};

#[async_trait]
impl ReplayStore for PostgresStore {
    #[instrument(name = "store.replays.count", level = "debug", skip_all)]
    async fn count_replay(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
        query: &ReplayQuery,
        now: Timestamp,
    ) -> Result<Option<BoundedCount>, StoreError> {
        let failed = store_error("count_replay");
        let visible = sqlx::query_scalar!(
            r#"
            SELECT EXISTS (
                SELECT FROM registrations WHERE id = $1 AND ($2::uuid IS NULL OR owner_id = $2)
            ) AS "visible!"
            "#,
            registration.0,
            visibility.owner().map(|owner| owner.0),
        )
        .fetch_one(&self.durable)
        .await
        .map_err(&failed)?;
        if !visible {
            return Ok(None);
        }
        let wanted = Wanted { registration, query, made_by: now, after: None };
        wanted.count(&self.durable_keyed).await.map(Some).map_err(failed)
    }

    #[instrument(name = "store.replays.add", level = "debug", skip_all)]
    async fn add_replay(
        &self,
        visibility: Visibility,
        replay: &Replay,
    ) -> Result<bool, StoreError> {
        let added = sqlx::query!(
            r#"
            INSERT INTO replays (
                id, registration_id, created_by, query, pace, state, matched, matched_more, replayed,
                created_at, advanced_at
            )
            SELECT $1, r.id, $3, $4, $5, 'running', $6, $9, 0, $7, $7
            FROM registrations AS r
            WHERE r.id = $2 AND ($8::uuid IS NULL OR r.owner_id = $8)
            "#,
            replay.id.0,
            replay.registration.0,
            replay.created_by.0,
            json(&replay.query),
            i32::try_from(replay.pace).unwrap_or(i32::MAX),
            i64::try_from(replay.matched.count).unwrap_or(i64::MAX),
            replay.created_at.to_utc(),
            visibility.owner().map(|owner| owner.0),
            replay.matched.more,
        )
        .execute(&self.durable)
        .await
        .map_err(store_error("add_replay"))?;
        Ok(added.rows_affected() > 0)
    }

    #[instrument(name = "store.replays.find", level = "debug", skip_all)]
    async fn find_replay(
        &self,
        visibility: Visibility,
        replay: ReplayId,
    ) -> Result<Option<Replay>, StoreError> {
        let row = sqlx::query_as!(
            ReplayRow,
            r#"
            SELECT
                p.id, p.registration_id, p.created_by, p.query, p.pace, p.state, p.matched,
                p.matched_more, p.replayed, p.cursor, p.created_at, p.advanced_at, p.finished_at
            FROM replays AS p
            JOIN registrations AS r ON r.id = p.registration_id
            WHERE p.id = $1 AND ($2::uuid IS NULL OR r.owner_id = $2)
            "#,
            replay.0,
            visibility.owner().map(|owner| owner.0),
        )
        .fetch_optional(&self.durable)
        .await
        .map_err(store_error("find_replay"))?;
        row.map(ReplayRow::into_replay).transpose()
    }

    #[instrument(name = "store.replays.list", level = "debug", skip_all)]
    async fn list_replays(
        &self,
        visibility: Visibility,
        registration: Option<RegistrationId>,
        page: PageRequest,
    ) -> Result<Page<Replay>, StoreError> {
        let replays = sqlx::query_as!(
            ReplayRow,
            r#"
            SELECT
                p.id, p.registration_id, p.created_by, p.query, p.pace, p.state, p.matched,
                p.matched_more, p.replayed, p.cursor, p.created_at, p.advanced_at, p.finished_at
            FROM replays AS p
            WHERE ($1::uuid IS NULL OR p.registration_id = $1)
                AND (
                    $2::uuid IS NULL
                    OR p.registration_id = ANY (
                        ARRAY (SELECT r.id FROM registrations AS r WHERE r.owner_id = $2)
                    )
                )
                AND ($3::uuid IS NULL OR p.id < $3)
            ORDER BY p.id DESC
            LIMIT $4
            "#,
            registration.map(|registration| registration.0),
            visibility.owner().map(|owner| owner.0),
            page.before,
            i64::from(page.limit) + 1,
        )
        .fetch_all(&self.durable)
        .await
        .map_err(store_error("list_replays"))?
        .into_iter()
        .map(ReplayRow::into_replay)
        .collect::<Result<_, _>>()?;
        Ok(Page::from_rows(replays, page.limit, |replay| replay.id.0))
    }

    #[instrument(name = "store.replays.cancel", level = "debug", skip_all)]
    async fn cancel_replay(
        &self,
        visibility: Visibility,
        replay: ReplayId,
        now: Timestamp,
    ) -> Result<Option<ReplayState>, StoreError> {
        // Waits for whoever is advancing it at this moment.
        let state = sqlx::query_scalar!(
            r#"
            WITH found AS MATERIALIZED (
                SELECT p.id, p.state
                FROM replays AS p
                JOIN registrations AS r ON r.id = p.registration_id
                WHERE p.id = $1 AND ($2::uuid IS NULL OR r.owner_id = $2)
                FOR NO KEY UPDATE OF p
            ),
            stopped AS (
                UPDATE replays AS p
                SET state = 'cancelled', finished_at = $3
                FROM found
                WHERE p.id = found.id AND found.state = 'running'
            )
            SELECT state FROM found
            "#,
            replay.0,
            visibility.owner().map(|owner| owner.0),
            now.to_utc(),
        )
        .fetch_optional(&self.durable)
        .await
        .map_err(store_error("cancel_replay"))?;
        state.map(|state| state.parse().map_err(corrupt("replays"))).transpose()
    }

    #[instrument(name = "store.replays.advance", level = "debug", skip_all)]
    async fn advance_replays(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.advance_all(now, limit).await
    }
}
