//! Turning events into deliveries, and finding due work.

use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::ports::{DispatchStore, StoreError};
use postrider_domain::{DeliveryId, Event, EventId, Timestamp};
use tracing::instrument;

use crate::PostgresStore;
use crate::errors::store_error;
use crate::rows::{EventRow, readable};

/// How long after a resume its registration is still looked at: a claim that raced with the resume
/// may hold a delivery a moment later.
const RESUME_SETTLES: Duration = Duration::from_mins(1);

#[async_trait]
impl DispatchStore for PostgresStore {
    #[instrument(name = "store.dispatch.events", level = "debug", skip_all)]
    async fn dispatch_events(
        &self,
        events: &[EventId],
        now: Timestamp,
        rescue_at: Timestamp,
    ) -> Result<Vec<DeliveryId>, StoreError> {
        let events: Vec<_> = events.iter().map(|event| event.0).collect();
        let deliveries = sqlx::query_file_scalar!(
            "queries/dispatch_events.sql",
            &events,
            now.to_utc(),
            rescue_at.to_utc(),
        )
        .fetch_all(&self.relaxed)
        .await
        .map_err(store_error("dispatch_events"))?;
        Ok(deliveries.into_iter().map(DeliveryId).collect())
    }

    #[instrument(name = "store.dispatch.take_due_events", level = "debug", skip_all)]
    async fn take_due_events(
        &self,
        now: Timestamp,
        rescue_after: Duration,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let rows = sqlx::query_as!(
            EventRow,
            r#"
            -- take_due_events
            WITH due AS MATERIALIZED (
                SELECT event_id, due_at
                FROM event_outbox
                WHERE due_at <= $1
                ORDER BY due_at, event_id
                LIMIT $3
                FOR UPDATE SKIP LOCKED
            ),
            taken AS (
                UPDATE event_outbox AS o
                SET due_at = LEAST(
                    GREATEST($2, $1 + ($1 - e.accepted_at)),
                    $1 + interval '1 hour'
                )
                FROM due
                JOIN events AS e ON e.id = due.event_id
                WHERE o.event_id = due.event_id
            )
            SELECT
                e.id, e.filter, e.event_type, e.resource_id, e.resource_name, e.resource_category,
                e.actor, e.occurred_at, e.accepted_at, e.data, e.publisher_id, e.audience
            FROM due
            JOIN events AS e ON e.id = due.event_id
            ORDER BY due.due_at, due.event_id
            "#,
            now.to_utc(),
            (now + rescue_after).to_utc(),
            i64::from(limit),
        )
        .fetch_all(&self.relaxed)
        .await
        .map_err(store_error("take_due_events"))?;
        Ok(readable(rows.into_iter().map(Event::try_from)))
    }

    #[instrument(name = "store.dispatch.take_due_deliveries", level = "debug", skip_all)]
    async fn take_due_deliveries(
        &self,
        now: Timestamp,
        rescue_after: Duration,
        limit: u32,
    ) -> Result<Vec<DeliveryId>, StoreError> {
        let deliveries = sqlx::query_scalar!(
            r#"
            -- take_due_deliveries
            WITH due AS MATERIALIZED (
                SELECT id, due_at
                FROM deliveries
                WHERE due_at <= $1 AND leased_until <= $1
                ORDER BY due_at
                LIMIT $3
                FOR UPDATE SKIP LOCKED
            ),
            taken AS (
                UPDATE deliveries AS d
                SET due_at = LEAST(
                    GREATEST($2, $1 + ($1 - d.wanted_at)),
                    $1 + interval '1 hour'
                )
                FROM due
                WHERE d.id = due.id
                RETURNING d.id, due.due_at
            )
            SELECT id
            FROM taken
            ORDER BY due_at, id
            "#,
            now.to_utc(),
            (now + rescue_after).to_utc(),
            i64::from(limit),
        )
        .fetch_all(&self.relaxed)
        .await
        .map_err(store_error("take_due_deliveries"))?;
        Ok(deliveries.into_iter().map(DeliveryId).collect())
    }

    #[instrument(name = "store.dispatch.release_held", level = "debug", skip_all)]
    async fn release_held(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let released = sqlx::query_file_scalar!(
            "queries/release_held.sql",
            now.to_utc(),
            i64::from(limit),
            (now - RESUME_SETTLES).to_utc(),
        )
        .fetch_one(&self.relaxed)
        .await
        .map_err(store_error("release_held"))?;
        Ok(u64::try_from(released).unwrap_or(0))
    }
}
