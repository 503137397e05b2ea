//! What happened, minute by minute, and what is news. Losing some of it in a crash harms nobody, and what
//! is news is looked up by key: all but the charts have the connections for that.

use std::collections::BTreeMap;

use async_trait::async_trait;
use postrider_domain::activity::{AttemptNews, BacklogSample, EventNews, Minute, Series, Tally};
use postrider_domain::ports::{ActivityStore, StoreError};
use tracing::instrument;
use uuid::Uuid;

use crate::PostgresStore;
use crate::errors::{corrupt, store_error};
use crate::rows::{AttemptNewsRow, EventNewsRow, json};

#[async_trait]
impl ActivityStore for PostgresStore {
    #[instrument(name = "store.activity.add", level = "debug", skip_all)]
    async fn add_activity(&self, counted: &BTreeMap<Minute, Tally>) -> Result<(), StoreError> {
        let (mut minutes, mut series) = (Vec::new(), Vec::new());
        let (mut buckets, mut numbers) = (Vec::new(), Vec::new());
        for (minute, (of, number)) in
            counted.iter().flat_map(|(minute, tally)| tally.iter().map(move |row| (minute, row)))
        {
            let (name, bucket) = of.key();
            minutes.push(minute.0);
            series.push(name.to_owned());
            buckets.push(i16::from(bucket));
            numbers.push(i64::try_from(number).unwrap_or(i64::MAX));
        }
        // In one order, so that processes that add at once wait for each other and do not block.
        sqlx::query!(
            r#"
            INSERT INTO activity (minute, series, bucket, number)
            SELECT minute, series, bucket, number
            FROM UNNEST($1::integer[], $2::text[], $3::smallint[], $4::bigint[])
                AS counted (minute, series, bucket, number)
            ORDER BY minute, series, bucket
            ON CONFLICT ON CONSTRAINT activity_pkey
                DO UPDATE SET number = activity.number + EXCLUDED.number
            "#,
            &minutes,
            &series,
            &buckets,
            &numbers,
        )
        .execute(&self.relaxed)
        .await
        .map_err(store_error("add_activity"))?;
        Ok(())
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
                minute / $3 * $3 AS "minute!", series, bucket, sum(number)::bigint AS "number!"
            FROM activity
            WHERE minute >= $1 AND minute < $2
            GROUP BY 1, series, bucket
            "#,
            from.0,
            to.0,
            length,
        )
        .fetch_all(&self.durable)
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
        sqlx::query!(
            r#"
            INSERT INTO backlog_samples (minute, sample)
            VALUES ($1, $2)
            ON CONFLICT ON CONSTRAINT backlog_samples_pkey DO UPDATE SET sample = EXCLUDED.sample
            "#,
            Minute::of(sample.at).0,
            json(sample),
        )
        .execute(&self.relaxed)
        .await
        .map_err(store_error("record_backlog"))?;
        Ok(())
    }

    #[instrument(name = "store.activity.find_backlog", level = "debug", skip_all)]
    async fn find_backlog(&self) -> Result<Option<BacklogSample>, StoreError> {
        let newest =
            sqlx::query_scalar!("SELECT sample FROM backlog_samples ORDER BY minute DESC LIMIT 1")
                .fetch_optional(&self.relaxed)
                .await
                .map_err(store_error("find_backlog"))?;
        let sample = newest.map(|sample| serde_json::from_str(&sample)).transpose();
        sample.map_err(corrupt("backlog_samples"))
    }

    #[instrument(name = "store.activity.forget", level = "debug", skip_all)]
    async fn forget_activity(&self, before: Minute, limit: u32) -> Result<bool, StoreError> {
        let failed = store_error("forget_activity");
        let counted = sqlx::query!(
            r#"
            DELETE FROM activity
            WHERE (minute, series, bucket) IN (
                SELECT minute, series, bucket
                FROM activity
                WHERE minute < $1
                ORDER BY minute
                LIMIT $2
                FOR UPDATE SKIP LOCKED
            )
            "#,
            before.0,
            i64::from(limit),
        )
        .execute(&self.relaxed)
        .await
        .map_err(&failed)?;
        let samples = sqlx::query!(
            r#"
            DELETE FROM backlog_samples
            WHERE minute IN (
                SELECT minute
                FROM backlog_samples
                WHERE minute < $1
                ORDER BY minute
                LIMIT $2
                FOR UPDATE SKIP LOCKED
            )
            "#,
            before.0,
            i64::from(limit),
        )
        .execute(&self.relaxed)
        .await
        .map_err(failed)?;
        Ok(counted.rows_affected().max(samples.rows_affected()) >= u64::from(limit))
    }

    #[instrument(name = "store.activity.attempts", level = "debug", skip_all)]
    async fn newest_attempts(
        &self,
        first: Uuid,
        limit: u32,
    ) -> Result<Vec<AttemptNews>, StoreError> {
        let rows = sqlx::query_file_as!(
            AttemptNewsRow,
            "queries/newest_attempts.sql",
            first,
            i64::from(limit)
        )
        .fetch_all(&self.relaxed)
        .await
        .map_err(store_error("newest_attempts"))?;
        rows.into_iter().map(AttemptNews::try_from).collect()
    }

    #[instrument(name = "store.activity.events", level = "debug", skip_all)]
    async fn newest_events(&self, first: Uuid, limit: u32) -> Result<Vec<EventNews>, StoreError> {
        let rows = sqlx::query_file_as!(
            EventNewsRow,
            "queries/newest_events.sql",
            first,
            i64::from(limit)
        )
        .fetch_all(&self.relaxed)
        .await
        .map_err(store_error("newest_events"))?;
        rows.into_iter().map(EventNews::try_from).collect()
    }
}
