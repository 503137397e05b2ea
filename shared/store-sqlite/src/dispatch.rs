//! Turning events into deliveries, and finding due work.
//!
//! Every transaction here is relaxed: what a loss of power undoes is found due again.

use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::ports::{DispatchStore, StoreError};
use postrider_domain::{DeliveryId, Event, EventId, RegistrationId, Timestamp};
use sqlx::SqliteConnection;
use tracing::instrument;
use uuid::Uuid;

use crate::SqliteStore;
use crate::errors::store_error;
use crate::json::{id_list, json};
use crate::pools::Commit;
use crate::rows::readable;

mod due;
mod matches;

/// How long after a resume its registration is still looked at: a claim that raced with the resume
/// may hold a delivery a moment later.
const RESUME_SETTLES: Duration = Duration::from_mins(1);

#[async_trait]
impl DispatchStore for SqliteStore {
    #[instrument(name = "store.dispatch.events", level = "debug", skip_all)]
    async fn dispatch_events(
        &self,
        events: &[EventId],
        now: Timestamp,
        rescue_at: Timestamp,
    ) -> Result<Vec<DeliveryId>, StoreError> {
        let failed = store_error("dispatch_events");
        let events = id_list(events.iter().map(|event| event.0));

        // SQLite cannot compute the ids, which are digests, so that the matches come out and go in
        // again. Nobody else can write in between: it is as good as one statement.
        let mut transaction = self.write(Commit::Relaxed).await.map_err(&failed)?;
        let routes = matches::find_routes(&mut transaction, &events).await.map_err(&failed)?;
        let matches = matches::find_matches(&mut transaction, &routes).await.map_err(&failed)?;
        let deliveries =
            insert_deliveries(&mut transaction, &matches, now, rescue_at).await.map_err(&failed)?;
        sqlx::query!(
            "
            DELETE FROM event_outbox
            WHERE event_id IN (SELECT unhex(value, '-') FROM json_each($1))
            ",
            events,
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(deliveries)
    }

    #[instrument(name = "store.dispatch.take_due_events", level = "debug", skip_all)]
    async fn take_due_events(
        &self,
        now: Timestamp,
        rescue_after: Duration,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let failed = store_error("take_due_events");
        let mut transaction = self.write(Commit::Relaxed).await.map_err(&failed)?;
        let due = due::find_events(&mut transaction, now, limit).await.map_err(&failed)?;
        due::postpone_events(&mut transaction, &due, now, rescue_after).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(readable(due.into_iter().map(Event::try_from)))
    }

    #[instrument(name = "store.dispatch.take_due_deliveries", level = "debug", skip_all)]
    async fn take_due_deliveries(
        &self,
        now: Timestamp,
        rescue_after: Duration,
        limit: u32,
    ) -> Result<Vec<DeliveryId>, StoreError> {
        let failed = store_error("take_due_deliveries");
        let mut transaction = self.write(Commit::Relaxed).await.map_err(&failed)?;
        let due = due::find_deliveries(&mut transaction, now, limit).await.map_err(&failed)?;
        due::postpone(&mut transaction, &due, now, rescue_after).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(due.into_iter().map(DeliveryId).collect())
    }

    #[instrument(name = "store.dispatch.release_held", level = "debug", skip_all)]
    async fn release_held(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let failed = store_error("release_held");
        let mut transaction = self.write(Commit::Relaxed).await.map_err(&failed)?;
        // First, so that a registration is let go of one call after its last delivery is released.
        due::forget_resumed(&mut transaction, now - RESUME_SETTLES).await.map_err(&failed)?;
        let released = due::release(&mut transaction, now, limit).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(released)
    }
}

/// Creates the deliveries that are not there yet, and returns them.
async fn insert_deliveries(
    connection: &mut SqliteConnection,
    matches: &[(EventId, RegistrationId)],
    now: Timestamp,
    rescue_at: Timestamp,
) -> Result<Vec<DeliveryId>, sqlx::Error> {
    let mut rows: Vec<_> = matches
        .iter()
        .map(|&(event, registration)| {
            [DeliveryId::derive(event, registration).0, event.0, registration.0]
        })
        .collect();
    // In the order of the table, whose pages are then visited once.
    rows.sort_unstable();
    let (rows, now, rescue_at) = (json(&rows), now.as_micros(), rescue_at.as_micros());
    let deliveries = sqlx::query_scalar!(
        r#"
        INSERT INTO deliveries (
            id, event_id, registration_id, state, attempts, earlier_rounds, created_at, wanted_at,
            due_at, leased_until
        )
        SELECT
            unhex(value ->> 0, '-'), unhex(value ->> 1, '-'), unhex(value ->> 2, '-'), 'pending',
            0, 0, $2, $2, $3, 0
        FROM json_each($1)
        WHERE true
        ON CONFLICT (id) DO NOTHING
        RETURNING id AS "id!: Uuid"
        "#,
        rows,
        now,
        rescue_at,
    )
    .fetch_all(connection)
    .await?;
    Ok(deliveries.into_iter().map(DeliveryId).collect())
}

#[cfg(test)]
mod tests;
