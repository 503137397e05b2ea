//! Looking at what was accepted and sent.

mod list;

use async_trait::async_trait;
use postrider_domain::ports::{
    DeliveryFilter, DeliveryReport, EventReport, HistoryStore, ReplayOutcome, StoreError,
};
use postrider_domain::{
    Attempt, Delivery, DeliveryId, DeliveryState, Event, EventId, Page, PageRequest, Timestamp,
    Visibility,
};
use tracing::instrument;

use crate::PostgresStore;
use crate::errors::{corrupt, store_error};
use crate::rows::{AttemptRow, DeliveryRow, EventRow};

/// How many deliveries of an event are shown with it.
const MOST: usize = EventReport::MAX_DELIVERIES as usize;

#[async_trait]
impl HistoryStore for PostgresStore {
    #[instrument(name = "store.history.find_event", level = "debug", skip_all)]
    async fn find_event(
        &self,
        visibility: Visibility,
        event: EventId,
    ) -> Result<Option<EventReport>, StoreError> {
        let row = sqlx::query_as!(
            EventRow,
            r#"
            SELECT
                id, filter, event_type, resource_id, resource_name, resource_category, actor,
                occurred_at, accepted_at, data, publisher_id, audience
            FROM events
            WHERE id = $1
            "#,
            event.0,
        )
        .fetch_optional(&self.durable)
        .await
        .map_err(store_error("find_event"))?;
        let Some(row) = row else { return Ok(None) };
        // Asked before the deliveries are read, so that a dispatched event has all of them.
        let dispatched = sqlx::query_scalar!(
            r#"
            SELECT NOT EXISTS (SELECT FROM event_outbox WHERE event_id = $1) AS "dispatched!"
            "#,
            event.0,
        )
        .fetch_one(&self.durable)
        .await
        .map_err(store_error("find_event"))?;
        let mut deliveries = self.deliveries_of(visibility, event).await?;
        let published = visibility.owner().is_none_or(|owner| row.publisher_id == Some(owner.0));
        if deliveries.is_empty() && !published {
            return Ok(None);
        }
        let more = deliveries.len() > MOST;
        deliveries.truncate(MOST);
        Ok(Some(EventReport { event: Event::try_from(row)?, dispatched, deliveries, more }))
    }

    #[instrument(name = "store.history.list_deliveries", level = "debug", skip_all)]
    async fn list_deliveries(
        &self,
        visibility: Visibility,
        filter: DeliveryFilter,
        page: PageRequest,
    ) -> Result<Page<Delivery>, StoreError> {
        let rows = match visibility {
            Visibility::All => self.all_deliveries(filter, page).await,
            Visibility::Own(owner) => self.own_deliveries(owner, filter, page).await,
        }
        .map_err(store_error("list_deliveries"))?;
        let deliveries = rows.into_iter().map(Delivery::try_from).collect::<Result<_, _>>()?;
        Ok(Page::from_rows(deliveries, page.limit, |delivery| delivery.id.0))
    }

    #[instrument(name = "store.history.find_delivery", level = "debug", skip_all)]
    async fn find_delivery(
        &self,
        visibility: Visibility,
        delivery: DeliveryId,
    ) -> Result<Option<DeliveryReport>, StoreError> {
        let row = sqlx::query_as!(
            DeliveryRow,
            r#"
            SELECT
                d.id, d.event_id, d.registration_id, d.state, d.attempts, d.created_at, d.wanted_at,
                d.settled_at, d.dead_reason, d.last_status, d.last_cause
            FROM deliveries AS d
            WHERE d.id = $1
                AND (
                    $2::uuid IS NULL
                    OR EXISTS (
                        SELECT FROM registrations AS r
                        WHERE r.id = d.registration_id AND r.owner_id = $2
                    )
                )
            "#,
            delivery.0,
            visibility.owner().map(|owner| owner.0),
        )
        .fetch_optional(&self.durable)
        .await
        .map_err(store_error("find_delivery"))?;
        let Some(row) = row else { return Ok(None) };
        let attempts = sqlx::query_as!(
            AttemptRow,
            r#"
            SELECT
                id, delivery_id, number, started_at, duration_us, status, cause, detail,
                response_headers, response_body, worker
            FROM attempts
            WHERE delivery_id = $1
            ORDER BY started_at, id
            "#,
            delivery.0,
        )
        .fetch_all(&self.durable)
        .await
        .map_err(store_error("find_delivery"))?;
        let attempts = attempts.into_iter().map(Attempt::try_from).collect::<Result<_, _>>()?;
        Ok(Some(DeliveryReport { delivery: Delivery::try_from(row)?, attempts }))
    }

    #[instrument(name = "store.history.replay", level = "debug", skip_all)]
    async fn replay_delivery(
        &self,
        visibility: Visibility,
        delivery: DeliveryId,
        now: Timestamp,
    ) -> Result<Option<ReplayOutcome>, StoreError> {
        let failed = store_error("replay_delivery");
        let mut transaction = self.durable.begin().await.map_err(&failed)?;
        let state = sqlx::query_scalar!(
            r#"
            SELECT d.state
            FROM deliveries AS d
            WHERE d.id = $1
                AND (
                    $2::uuid IS NULL
                    OR EXISTS (
                        SELECT FROM registrations AS r
                        WHERE r.id = d.registration_id AND r.owner_id = $2
                    )
                )
            FOR UPDATE OF d
            "#,
            delivery.0,
            visibility.owner().map(|owner| owner.0),
        )
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
        let Some(state) = state else { return Ok(None) };
        let state: DeliveryState = state.parse().map_err(corrupt("deliveries"))?;
        if !state.may_replay() {
            return Ok(Some(ReplayOutcome::NotSettled(state)));
        }
        sqlx::query!(
            r#"
            UPDATE deliveries
            SET state = 'pending', earlier_rounds = attempts, wanted_at = $2, due_at = $2,
                leased_until = 'epoch', lease_token = NULL, settled_at = NULL, dead_reason = NULL
            WHERE id = $1
            "#,
            delivery.0,
            now.to_utc(),
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(Some(ReplayOutcome::Replayed))
    }
}
