//! What happened, minute by minute, and what is news. Losing some of it in a crash harms nobody.

use std::collections::BTreeMap;

use async_trait::async_trait;
use postrider_domain::activity::{AttemptNews, BacklogSample, EventNews, Minute, Series, Tally};
use postrider_domain::ports::{ActivityStore, StoreError};
use tracing::instrument;
use uuid::Uuid;

use crate::SqliteStore;
use crate::errors::{corrupt, store_error};
use crate::json::json;
use crate::pools::Commit;
use crate::rows::{AttemptNewsRow, EventNewsRow};

#[async_trait]
impl ActivityStore for SqliteStore {
    #[instrument(name = "store.activity.add", level = "debug", skip_all)]
    async fn add_activity(&self, counted: &BTreeMap<Minute, Tally>) -> Result<(), StoreError> {
        let failed = store_error("add_activity");
        let rows = counted.iter().flat_map(|(minute, tally)| {
            tally.iter().map(move |(series, number)| {
                let (name, bucket) = series.key();
                (minute.0, name, bucket, number)
            })
        });
        let rows = json(&rows.collect::<Vec<_>>());
        let mut transaction = self.write(Commit::Relaxed).await.map_err(&failed)?;
        sqlx::query!(
            "
            INSERT INTO activity (minute, series, bucket, number)
            SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3
            FROM json_each($1)
            WHERE true
            ON CONFLICT (minute, series, bucket)
                DO UPDATE SET number = activity.number + excluded.number
            ",
            rows,
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(failed)
    }

    #[instrument(name = "store.activity.read", level = "debug", skip_all)]
    async fn read_activity(
        &self,
        from: Minute,
        to: Minute,
        length: i32,
    ) -> Result<BTreeMap<Minute, Tally>, StoreError> {
        let rows = sqlx::query!(
            r#"
            SELECT
                minute / $3 * $3 AS "minute!: i32", series, bucket AS "bucket!: i64",
                sum(number) AS "number!: i64"
            FROM activity
            WHERE minute >= $1 AND minute < $2
            GROUP BY 1, series, bucket
            "#,
            from.0,
            to.0,
            length,
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error("read_activity"))?;
        let mut stretches = BTreeMap::<Minute, Tally>::new();
        for row in rows {
            let bucket = u8::try_from(row.bucket).map_err(corrupt("activity"))?;
            let number = u64::try_from(row.number).map_err(corrupt("activity"))?;
            if let Some(series) = Series::from_key(&row.series, bucket) {
                stretches.entry(Minute(row.minute)).or_default().count(series, number);
            }
        }
        Ok(stretches)
    }

    #[instrument(name = "store.activity.record_backlog", level = "debug", skip_all)]
    async fn record_backlog(&self, sample: &BacklogSample) -> Result<(), StoreError> {
        let failed = store_error("record_backlog");
        let (minute, sample) = (Minute::of(sample.at).0, json(sample));
        let mut transaction = self.write(Commit::Relaxed).await.map_err(&failed)?;
        sqlx::query!(
            "
            INSERT INTO backlog_samples (minute, sample)
            VALUES ($1, $2)
            ON CONFLICT (minute) DO UPDATE SET sample = excluded.sample
            ",
            minute,
            sample,
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(failed)
    }

    #[instrument(name = "store.activity.find_backlog", level = "debug", skip_all)]
    async fn find_backlog(&self) -> Result<Option<BacklogSample>, StoreError> {
        let newest =
            sqlx::query_scalar!("SELECT sample FROM backlog_samples ORDER BY minute DESC LIMIT 1")
                .fetch_optional(&self.readers)
                .await
                .map_err(store_error("find_backlog"))?;
        let sample = newest.map(|sample| serde_json::from_str(&sample)).transpose();
        sample.map_err(corrupt("backlog_samples"))
    }

    #[instrument(name = "store.activity.forget", level = "debug", skip_all)]
    async fn forget_activity(&self, before: Minute, limit: u32) -> Result<bool, StoreError> {
        let failed = store_error("forget_activity");
        let mut transaction = self.write(Commit::Relaxed).await.map_err(&failed)?;
        let counted = sqlx::query!(
            "
            DELETE FROM activity
            WHERE (minute, series, bucket) IN (
                SELECT minute, series, bucket FROM activity WHERE minute < $1
                ORDER BY minute LIMIT $2
            )
            ",
            before.0,
            limit,
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        let samples = sqlx::query!(
            "
            DELETE FROM backlog_samples
            WHERE minute IN (
                SELECT minute FROM backlog_samples WHERE minute < $1 ORDER BY minute LIMIT $2
            )
            ",
            before.0,
            limit,
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(counted.rows_affected().max(samples.rows_affected()) >= u64::from(limit))
    }

    #[instrument(name = "store.activity.attempts", level = "debug", skip_all)]
    async fn newest_attempts(
        &self,
        first: Uuid,
        limit: u32,
    ) -> Result<Vec<AttemptNews>, StoreError> {
        let rows = sqlx::query_as!(
            AttemptNewsRow,
            r#"
            SELECT
                a.id AS "id: Uuid", a.delivery_id AS "delivery_id: Uuid",
                d.registration_id AS "registration_id: Uuid", r.owner_id AS "owner_id?: Uuid",
                d.event_id AS "event_id: Uuid", d.state, a.started_at, a.duration_us, a.status,
                a.cause
            FROM (
                SELECT id, delivery_id, started_at, duration_us, status, cause
                FROM attempts
                WHERE id >= $1
                ORDER BY id DESC
                LIMIT $2
            ) AS a
            JOIN deliveries AS d ON d.id = a.delivery_id
            LEFT JOIN registrations AS r ON r.id = d.registration_id
            ORDER BY a.id DESC
            "#,
            first,
            limit,
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error("newest_attempts"))?;
        rows.into_iter().map(AttemptNews::try_from).collect()
    }

    #[instrument(name = "store.activity.events", level = "debug", skip_all)]
    async fn newest_events(&self, first: Uuid, limit: u32) -> Result<Vec<EventNews>, StoreError> {
        let rows = sqlx::query_as!(
            EventNewsRow,
            r#"
            SELECT id AS "id: Uuid", filter, event_type, accepted_at
            FROM events
            WHERE id >= $1
            ORDER BY id DESC
            LIMIT $2
            "#,
            first,
            limit,
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error("newest_events"))?;
        rows.into_iter().map(EventNews::try_from).collect()
    }
}
