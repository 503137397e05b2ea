//! Looking at what was accepted and sent.

mod events;
mod list;
mod walk;

use async_trait::async_trait;
use postrider_domain::ports::{
    DeliveryFilter, DeliveryReport, EventFilter, EventReport, HistoryStore, ListedDelivery,
    ListedEvent, ReplayOutcome, StoreError,
};
use postrider_domain::{
    Attempt, Delivery, DeliveryId, DeliveryState, Event, EventId, Page, PageRequest, Timestamp,
    Visibility,
};
use sqlx::PgConnection;
use tracing::instrument;
use uuid::Uuid;

use crate::PostgresStore;
use crate::errors::{corrupt, store_error};
use crate::replays::{Bundles, begin_rounds};
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
        let standing = sqlx::query!(
            r#"
            SELECT
                NOT EXISTS (SELECT FROM event_outbox WHERE event_id = $1) AS "dispatched!",
                (SELECT expunged_at FROM events WHERE id = $1) AS expunged_at
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
        Ok(Some(EventReport {
            event: Event::try_from(row)?,
            dispatched: standing.dispatched,
            expunged_at: standing.expunged_at.map(Timestamp::from),
            deliveries,
            more,
        }))
    }

    #[instrument(name = "store.history.list_events", level = "debug", skip_all)]
    async fn list_events(
        &self,
        visibility: Visibility,
        filter: &EventFilter,
        page: PageRequest,
    ) -> Result<Page<ListedEvent>, StoreError> {
        self.read_events(visibility, filter, page).await
    }

    #[instrument(name = "store.history.list_deliveries", level = "debug", skip_all)]
    async fn list_deliveries(
        &self,
        visibility: Visibility,
        filter: &DeliveryFilter,
        page: PageRequest,
    ) -> Result<Page<ListedDelivery>, StoreError> {
        self.read_deliveries(visibility, filter, page).await
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
                d.id, d.event_id, d.registration_id, d.state, d.hold_reason, d.attempts, d.replays,
                d.bundle_id, d.bundle_size, d.created_at, d.wanted_at, d.settled_at, d.dead_reason,
                d.last_status, d.last_cause
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
                id, delivery_id, number, started_at, duration_us, dns_us, connect_us, tls_us,
                first_byte_us, replay, request_uri, request_headers, request_bytes, request_digest,
                status, cause, detail, response_headers, response_body, worker
            FROM attempts
            WHERE delivery_id = $1
            ORDER BY started_at DESC, id DESC
            LIMIT $2
            "#,
            delivery.0,
            i64::from(DeliveryReport::MAX_ATTEMPTS) + 1,
        )
        .fetch_all(&self.durable)
        .await
        .map_err(store_error("find_delivery"))?;
        report(row, attempts).map(Some)
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
        let found = sqlx::query!(
            r#"
            SELECT d.event_id, d.registration_id, d.state
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
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
        let Some(found) = found else { return Ok(None) };
        let state: DeliveryState = found.state.parse().map_err(corrupt("deliveries"))?;
        if !state.may_replay() {
            return Ok(Some(ReplayOutcome::NotSettled(state)));
        }
        if !hold_registration(&mut transaction, found.registration_id).await.map_err(&failed)? {
            return Ok(Some(ReplayOutcome::RegistrationDeleted));
        }
        if !hold_event(&mut transaction, found.event_id).await.map_err(&failed)? {
            return Ok(Some(ReplayOutcome::NothingToSend));
        }
        let again = begin_rounds(&mut *transaction, &[delivery.0], Bundles::Kept, now)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        // Somebody else was faster.
        let outcome = match again {
            0 => ReplayOutcome::NotSettled(DeliveryState::Pending),
            _ => ReplayOutcome::Replayed,
        };
        Ok(Some(outcome))
    }
}

/// Puts a report together, of the newest attempts and the one that tells whether there are more.
fn report(row: DeliveryRow, mut newest: Vec<AttemptRow>) -> Result<DeliveryReport, StoreError> {
    let most = DeliveryReport::MAX_ATTEMPTS as usize;
    let more_attempts = newest.len() > most;
    newest.truncate(most);
    let attempts = newest.into_iter().rev().map(Attempt::try_from).collect::<Result<_, _>>()?;
    Ok(DeliveryReport { delivery: Delivery::try_from(row)?, attempts, more_attempts })
}

/// Whether a registration is there, and if so, keeps it: until the end of the transaction nobody deletes
/// it, and gives up what is on its way to it. Locked before its deliveries, as everybody does who locks
/// both.
async fn hold_registration(
    connection: &mut PgConnection,
    registration: Uuid,
) -> Result<bool, sqlx::Error> {
    let found = sqlx::query_scalar!(
        r#"SELECT true AS "there!" FROM registrations WHERE id = $1 FOR KEY SHARE"#,
        registration,
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.is_some())
}

/// Whether an event can be sent, and if so, keeps it: until the end of the transaction nobody removes
/// it or its payload. Locked before its deliveries, as everybody does who locks both.
async fn hold_event(connection: &mut PgConnection, event: Uuid) -> Result<bool, sqlx::Error> {
    let found = sqlx::query_scalar!(
        r#"
        SELECT true AS "there!"
        FROM events
        WHERE id = $1 AND expunged_at IS NULL
        FOR SHARE
        "#,
        event,
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.is_some())
}
