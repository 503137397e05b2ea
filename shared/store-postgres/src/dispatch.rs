//! Turning events into deliveries, and finding due work.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::ports::{Conditional, DispatchStore, Dispatched, Judged, StoreError};
use postrider_domain::{DeliveryId, Event, EventId, RegistrationId, Timestamp};
use tracing::instrument;
use uuid::Uuid;

use crate::PostgresStore;
use crate::errors::store_error;
use crate::rows::{EventRow, readable};

#[async_trait]
impl DispatchStore for PostgresStore {
    #[instrument(name = "store.dispatch.events", level = "debug", skip_all)]
    async fn dispatch_events(
        &self,
        events: &[EventId],
        now: Timestamp,
        rescue_at: Timestamp,
    ) -> Result<Dispatched, StoreError> {
        let failed = store_error("dispatch_events");
        let events: Vec<_> = events.iter().map(|event| event.0).collect();
        let rows = sqlx::query_file!(
            "queries/dispatch_events.sql",
            &events,
            now.to_utc(),
            rescue_at.to_utc(),
        )
        .fetch_all(&self.relaxed)
        .await
        .map_err(&failed)?;
        let mut created = Vec::with_capacity(rows.len());
        let mut asking: HashMap<Uuid, Vec<(RegistrationId, String)>> = HashMap::new();
        for row in rows {
            created.extend(row.delivery_id.map(DeliveryId));
            if let (Some(event), Some(registration), Some(condition)) =
                (row.event_id, row.registration_id, row.condition)
            {
                let registrations = asking.entry(event).or_default();
                registrations.push((RegistrationId(registration), condition));
            }
        }
        let conditional = self.with_events(asking).await.map_err(failed)?;
        Ok(Dispatched { created, conditional })
    }

    #[instrument(name = "store.dispatch.conditional", level = "debug", skip_all)]
    async fn dispatch_conditional(
        &self,
        events: &[EventId],
        judged: &[Judged],
        now: Timestamp,
        rescue_at: Timestamp,
    ) -> Result<Vec<DeliveryId>, StoreError> {
        let ids: Vec<_> = judged
            .iter()
            .map(|judged| DeliveryId::derive(judged.event, judged.registration).0)
            .collect();
        let of: Vec<_> = judged.iter().map(|judged| judged.event.0).collect();
        let registrations: Vec<_> = judged.iter().map(|judged| judged.registration.0).collect();
        let holds: Vec<_> = judged.iter().map(|judged| judged.holds).collect();
        let events: Vec<_> = events.iter().map(|event| event.0).collect();
        let pending = sqlx::query_scalar!(
            r#"
            -- dispatch_conditional
            WITH removed AS (
                DELETE FROM event_outbox
                WHERE event_id IN (
                    SELECT event_id
                    FROM event_outbox
                    WHERE event_id = ANY ($1)
                    FOR UPDATE SKIP LOCKED
                )
                RETURNING event_id
            ),
            created AS (
                INSERT INTO deliveries (
                    id, event_id, registration_id, state, attempts, earlier_rounds, created_at,
                    wanted_at, due_at, leased_until, settled_at, dead_reason
                )
                SELECT
                    j.id, j.event_id, j.registration_id,
                    CASE WHEN j.holds THEN 'pending' ELSE 'dead' END, 0, 0, $6, $6,
                    CASE WHEN j.holds THEN $7::timestamptz END, 'epoch',
                    CASE WHEN NOT j.holds THEN $6::timestamptz END,
                    CASE WHEN NOT j.holds THEN 'condition_failed' END
                FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::boolean[])
                    AS j (id, event_id, registration_id, holds)
                -- An event that is not there any more was dispatched by another, or its payload was
                -- removed.
                JOIN removed ON removed.event_id = j.event_id
                JOIN registrations AS r ON r.id = j.registration_id
                ON CONFLICT (id) DO NOTHING
                RETURNING id, state
            )
            SELECT id
            FROM created
            WHERE state = 'pending'
            "#,
            &events,
            &ids,
            &of,
            &registrations,
            &holds,
            now.to_utc(),
            rescue_at.to_utc(),
        )
        .fetch_all(&self.relaxed)
        .await
        .map_err(store_error("dispatch_conditional"))?;
        Ok(pending.into_iter().map(DeliveryId).collect())
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
}

impl PostgresStore {
    /// The matches that are still to be judged, with their events. Asks nothing when there are none.
    async fn with_events(
        &self,
        mut asking: HashMap<Uuid, Vec<(RegistrationId, String)>>,
    ) -> Result<Vec<Conditional>, sqlx::Error> {
        if asking.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = asking.keys().copied().collect();
        let rows = sqlx::query_as!(
            EventRow,
            r#"
            -- with_events
            SELECT
                id, filter, event_type, resource_id, resource_name, resource_category, actor,
                occurred_at, accepted_at, data, publisher_id, audience
            FROM events
            WHERE id = ANY ($1)
            ORDER BY id
            "#,
            &ids,
        )
        .fetch_all(&self.relaxed)
        .await?;
        let events = readable(rows.into_iter().map(Event::try_from));
        let conditional = events.into_iter().map(|event| {
            let registrations = asking.remove(&event.id.0).unwrap_or_default();
            Conditional { event, registrations }
        });
        Ok(conditional.collect())
    }
}
