//! Replays as jobs.

use async_trait::async_trait;
use postrider_domain::ports::{ReplayStore, StoreError};
use postrider_domain::{
    BoundedCount, Page, PageRequest, RegistrationId, Replay, ReplayId, ReplayQuery, ReplayState,
    Timestamp, Visibility,
};
use tracing::instrument;
use uuid::Uuid;

use crate::SqliteStore;
use crate::errors::{corrupt, store_error};
use crate::json::json;
use crate::pools::Commit;
use matching::Wanted;
use row::ReplayRow;

mod advance;
mod matching;
mod rounds;
mod row;

pub(crate) use rounds::{Bundles, begin_rounds};

#[async_trait]
impl ReplayStore for SqliteStore {
    #[instrument(name = "store.replays.count", level = "debug", skip_all)]
    async fn count_replay(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
        query: &ReplayQuery,
        now: Timestamp,
    ) -> Result<Option<BoundedCount>, StoreError> {
        let failed = store_error("count_replay");
        let owner = visibility.owner().map(|owner| owner.0);
        let visible = sqlx::query_scalar!(
            r#"
            SELECT EXISTS (
                SELECT 1 FROM registrations WHERE id = $1 AND ($2 IS NULL OR owner_id = $2)
            ) AS "visible!: bool"
            "#,
            registration.0,
            owner,
        )
        .fetch_one(&self.readers)
        .await
        .map_err(&failed)?;
        if !visible {
            return Ok(None);
        }
        let wanted = Wanted { registration, query, made_by: now, after: None };
        wanted.count(&self.readers).await.map(Some).map_err(failed)
    }

    #[instrument(name = "store.replays.add", level = "debug", skip_all)]
    async fn add_replay(
        &self,
        visibility: Visibility,
        replay: &Replay,
    ) -> Result<bool, StoreError> {
        let failed = store_error("add_replay");
        let owner = visibility.owner().map(|owner| owner.0);
        let matched = i64::try_from(replay.matched.count).unwrap_or(i64::MAX);
        let (query, created_at) = (json(&replay.query), replay.created_at.as_micros());
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let added = sqlx::query!(
            "
            INSERT INTO replays (
                id, registration_id, created_by, query, pace, state, matched, matched_more, replayed,
                created_at, advanced_at
            )
            SELECT $1, id, $3, $4, $5, 'running', $6, $9, 0, $7, $7
            FROM registrations
            WHERE id = $2 AND ($8 IS NULL OR owner_id = $8)
            ",
            replay.id.0,
            replay.registration.0,
            replay.created_by.0,
            query,
            replay.pace,
            matched,
            created_at,
            owner,
            replay.matched.more,
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(added.rows_affected() > 0)
    }

    #[instrument(name = "store.replays.find", level = "debug", skip_all)]
    async fn find_replay(
        &self,
        visibility: Visibility,
        replay: ReplayId,
    ) -> Result<Option<Replay>, StoreError> {
        let owner = visibility.owner().map(|owner| owner.0);
        let row = sqlx::query_as!(
            ReplayRow,
            r#"
            SELECT
                p.id AS "id!: Uuid", p.registration_id AS "registration_id!: Uuid",
                p.created_by AS "created_by!: Uuid", p.query, p.pace, p.state, p.matched,
                p.matched_more AS "matched_more: bool", p.replayed, p.cursor AS "cursor?: Uuid", p.created_at, p.advanced_at, p.finished_at
            FROM replays AS p
            JOIN registrations AS r ON r.id = p.registration_id
            WHERE p.id = $1 AND ($2 IS NULL OR r.owner_id = $2)
            "#,
            replay.0,
            owner,
        )
        .fetch_optional(&self.readers)
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
        let registration = registration.map(|registration| registration.0);
        let owner = visibility.owner().map(|owner| owner.0);
        let limit = i64::from(page.limit) + 1;
        let replays = sqlx::query_as!(
            ReplayRow,
            r#"
            SELECT
                p.id AS "id!: Uuid", p.registration_id AS "registration_id!: Uuid",
                p.created_by AS "created_by!: Uuid", p.query, p.pace, p.state, p.matched,
                p.matched_more AS "matched_more: bool", p.replayed, p.cursor AS "cursor?: Uuid", p.created_at, p.advanced_at, p.finished_at
            FROM replays AS p
            JOIN registrations AS r ON r.id = p.registration_id
            WHERE ($1 IS NULL OR p.registration_id = $1)
                AND ($2 IS NULL OR r.owner_id = $2)
                AND ($3 IS NULL OR p.id < $3)
            ORDER BY p.id DESC
            LIMIT $4
            "#,
            registration,
            owner,
            page.before,
            limit,
        )
        .fetch_all(&self.readers)
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
        let failed = store_error("cancel_replay");
        let (owner, now) = (visibility.owner().map(|owner| owner.0), now.as_micros());
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let state = sqlx::query_scalar!(
            "
            SELECT p.state
            FROM replays AS p
            JOIN registrations AS r ON r.id = p.registration_id
            WHERE p.id = $1 AND ($2 IS NULL OR r.owner_id = $2)
            ",
            replay.0,
            owner,
        )
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
        let Some(state) = state else { return Ok(None) };
        sqlx::query!(
            "
            UPDATE replays
            SET state = 'cancelled', finished_at = $2
            WHERE id = $1 AND state = 'running'
            ",
            replay.0,
            now,
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        state.parse().map(Some).map_err(corrupt("replays"))
    }

    #[instrument(name = "store.replays.advance", level = "debug", skip_all)]
    async fn advance_replays(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.advance_all(now, limit).await
    }
}
