//! Looking at what was accepted and sent.
//!
//! Every list is read in the order of an index and stops at its limit; nothing is counted.

use async_trait::async_trait;
use postrider_domain::ports::{
    DeliveryFilter, DeliveryReport, EventFilter, EventReport, HistoryStore, ListedDelivery,
    ListedEvent, ReplayOutcome, StoreError,
};
use postrider_domain::{
    Attempt, Delivery, DeliveryId, DeliveryState, Event, EventId, Page, PageRequest, Timestamp,
    Visibility,
};
use sqlx::SqliteConnection;
use tracing::instrument;
use uuid::Uuid;

use crate::SqliteStore;
use crate::errors::{corrupt, store_error};
use crate::json::id_list;
use crate::pools::Commit;
use crate::replays::{Bundles, begin_rounds};
use crate::rows::{AttemptRow, DeliveryRow, EventRow};

mod events;
mod list;

#[async_trait]
impl HistoryStore for SqliteStore {
    #[instrument(name = "store.history.find_event", level = "debug", skip_all)]
    async fn find_event(
        &self,
        visibility: Visibility,
        event: EventId,
    ) -> Result<Option<EventReport>, StoreError> {
        let failed = store_error("find_event");
        // One snapshot: an event is never seen as dispatched without its deliveries.
        let mut snapshot = self.readers.begin().await.map_err(&failed)?;
        let row = find_event(&mut snapshot, event).await.map_err(&failed)?;
        let Some(row) = row else { return Ok(None) };
        let deliveries =
            find_deliveries(&mut snapshot, visibility, event).await.map_err(&failed)?;
        let owner = visibility.owner().map(|owner| owner.0);
        if deliveries.is_empty() && owner.is_some() && row.publisher_id != owner {
            return Ok(None);
        }
        let waiting = is_in_outbox(&mut snapshot, event).await.map_err(&failed)?;
        let expunged_at = expunged_at(&mut snapshot, event).await.map_err(&failed)?;
        let deliveries =
            deliveries.into_iter().map(Delivery::try_from).collect::<Result<_, _>>()?;
        let page =
            Page::from_rows(deliveries, EventReport::MAX_DELIVERIES, |delivery| delivery.id.0);
        Ok(Some(EventReport {
            event: Event::try_from(row)?,
            dispatched: !waiting,
            expunged_at,
            more: page.next.is_some(),
            deliveries: page.items,
        }))
    }

    #[instrument(name = "store.history.list_events", level = "debug", skip_all)]
    async fn list_events(
        &self,
        visibility: Visibility,
        filter: &EventFilter,
        page: PageRequest,
    ) -> Result<Page<ListedEvent>, StoreError> {
        events::page(&self.readers, visibility, filter, page).await
    }

    #[instrument(name = "store.history.list_deliveries", level = "debug", skip_all)]
    async fn list_deliveries(
        &self,
        visibility: Visibility,
        filter: &DeliveryFilter,
        page: PageRequest,
    ) -> Result<Page<ListedDelivery>, StoreError> {
        list::page(&self.readers, visibility, filter, page).await
    }

    #[instrument(name = "store.history.find_delivery", level = "debug", skip_all)]
    async fn find_delivery(
        &self,
        visibility: Visibility,
        delivery: DeliveryId,
    ) -> Result<Option<DeliveryReport>, StoreError> {
        let failed = store_error("find_delivery");
        let mut snapshot = self.readers.begin().await.map_err(&failed)?;
        let row = find_delivery(&mut snapshot, visibility, delivery).await.map_err(&failed)?;
        let Some(row) = row else { return Ok(None) };
        let attempts = find_attempts(&mut snapshot, delivery).await.map_err(&failed)?;
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
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let row = find_delivery(&mut transaction, visibility, delivery).await.map_err(&failed)?;
        let Some(row) = row else { return Ok(None) };
        let state: DeliveryState = row.state.parse().map_err(corrupt("deliveries"))?;
        if !state.may_replay() {
            return Ok(Some(ReplayOutcome::NotSettled(state)));
        }
        if !is_registered(&mut transaction, row.registration_id).await.map_err(&failed)? {
            return Ok(Some(ReplayOutcome::RegistrationDeleted));
        }
        let event = EventId(row.event_id);
        if !can_be_sent(&mut transaction, event).await.map_err(&failed)? {
            return Ok(Some(ReplayOutcome::NothingToSend));
        }
        begin_rounds(&mut transaction, &id_list([delivery.0]), Bundles::Kept, now)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(Some(ReplayOutcome::Replayed))
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

async fn find_event(
    connection: &mut SqliteConnection,
    event: EventId,
) -> Result<Option<EventRow>, sqlx::Error> {
    sqlx::query_as!(
        EventRow,
        r#"
        SELECT
            id AS "id!: Uuid", filter, event_type, resource_id, resource_name, resource_category,
            actor, occurred_at, accepted_at, data, publisher_id AS "publisher_id?: Uuid", audience
        FROM events
        WHERE id = $1
        "#,
        event.0,
    )
    .fetch_optional(connection)
    .await
}

async fn is_in_outbox(
    connection: &mut SqliteConnection,
    event: EventId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM event_outbox WHERE event_id = $1) AS "waiting!: bool""#,
        event.0,
    )
    .fetch_one(connection)
    .await
}

async fn expunged_at(
    connection: &mut SqliteConnection,
    event: EventId,
) -> Result<Option<Timestamp>, sqlx::Error> {
    let at = sqlx::query_scalar!("SELECT expunged_at FROM events WHERE id = $1", event.0)
        .fetch_optional(connection)
        .await?;
    Ok(at.flatten().map(Timestamp::from_micros))
}

/// Whether a registration is there.
async fn is_registered(
    connection: &mut SqliteConnection,
    registration: Uuid,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM registrations WHERE id = $1) AS "there!: bool""#,
        registration,
    )
    .fetch_one(connection)
    .await
}

/// Whether an event is there, with its payload.
async fn can_be_sent(
    connection: &mut SqliteConnection,
    event: EventId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT EXISTS (SELECT 1 FROM events WHERE id = $1 AND expunged_at IS NULL) AS "there!: bool"
        "#,
        event.0,
    )
    .fetch_one(connection)
    .await
}

/// The newest deliveries of an event, with the one that tells whether there are more: neighbours in
/// the primary key, since their ids share its time.
async fn find_deliveries(
    connection: &mut SqliteConnection,
    visibility: Visibility,
    event: EventId,
) -> Result<Vec<DeliveryRow>, sqlx::Error> {
    let (first, last) = DeliveryId::range_of(event);
    let owner = visibility.owner().map(|owner| owner.0);
    let limit = i64::from(EventReport::MAX_DELIVERIES) + 1;
    sqlx::query_as!(
        DeliveryRow,
        r#"
        SELECT
            d.id AS "id!: Uuid", d.event_id AS "event_id!: Uuid",
            d.registration_id AS "registration_id!: Uuid", d.state, d.hold_reason, d.attempts,
            d.replays, d.bundle_id AS "bundle_id?: Uuid", d.bundle_size, d.created_at, d.wanted_at,
            d.settled_at, d.dead_reason, d.last_status, d.last_cause
        FROM deliveries AS d
        WHERE d.id BETWEEN $1 AND $2
            AND d.event_id = $3
            AND (
                $4 IS NULL
                OR EXISTS (
                    SELECT 1 FROM registrations AS r
                    WHERE r.id = d.registration_id AND r.owner_id = $4
                )
            )
        ORDER BY d.id DESC
        LIMIT $5
        "#,
        first.0,
        last.0,
        event.0,
        owner,
        limit,
    )
    .fetch_all(connection)
    .await
}

async fn find_delivery(
    connection: &mut SqliteConnection,
    visibility: Visibility,
    delivery: DeliveryId,
) -> Result<Option<DeliveryRow>, sqlx::Error> {
    let owner = visibility.owner().map(|owner| owner.0);
    sqlx::query_as!(
        DeliveryRow,
        r#"
        SELECT
            d.id AS "id!: Uuid", d.event_id AS "event_id!: Uuid",
            d.registration_id AS "registration_id!: Uuid", d.state, d.hold_reason, d.attempts,
            d.replays, d.bundle_id AS "bundle_id?: Uuid", d.bundle_size, d.created_at, d.wanted_at,
            d.settled_at, d.dead_reason, d.last_status, d.last_cause
        FROM deliveries AS d
        WHERE d.id = $1
            AND (
                $2 IS NULL
                OR EXISTS (
                    SELECT 1 FROM registrations AS r
                    WHERE r.id = d.registration_id AND r.owner_id = $2
                )
            )
        "#,
        delivery.0,
        owner,
    )
    .fetch_optional(connection)
    .await
}

/// The newest attempts, with the one that tells whether there are more.
async fn find_attempts(
    connection: &mut SqliteConnection,
    delivery: DeliveryId,
) -> Result<Vec<AttemptRow>, sqlx::Error> {
    let limit = i64::from(DeliveryReport::MAX_ATTEMPTS) + 1;
    sqlx::query_as!(
        AttemptRow,
        r#"
        SELECT
            id AS "id!: Uuid", delivery_id AS "delivery_id!: Uuid", number, started_at, duration_us,
            dns_us, connect_us, tls_us, first_byte_us, replay, request_uri, request_headers,
            request_bytes, request_digest, status, cause, detail, response_headers, response_body,
            worker
        FROM attempts
        WHERE delivery_id = $1
        ORDER BY started_at DESC, id DESC
        LIMIT $2
        "#,
        delivery.0,
        limit,
    )
    .fetch_all(connection)
    .await
}
