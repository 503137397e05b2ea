//! Turning events into deliveries, and finding due work.
//!
//! Every transaction here is relaxed: what a loss of power undoes is found due again.

use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::ports::{DispatchStore, Dispatched, Judged, StoreError};
use postrider_domain::{DeliveryId, Event, EventId, Timestamp};
use sqlx::SqliteConnection;
use tracing::instrument;

use crate::SqliteStore;
use crate::errors::store_error;
use crate::json::id_list;
use crate::pools::Commit;
use crate::rows::readable;

mod conditional;
mod due;
mod insert;
mod matches;

#[async_trait]
impl DispatchStore for SqliteStore {
    #[instrument(name = "store.dispatch.events", level = "debug", skip_all)]
    async fn dispatch_events(
        &self,
        events: &[EventId],
        now: Timestamp,
        rescue_at: Timestamp,
    ) -> Result<Dispatched, StoreError> {
        let failed = store_error("dispatch_events");
        let events = id_list(events.iter().map(|event| event.0));

        // SQLite cannot compute the ids, which are digests, so that the matches come out and go in
        // again. Nobody else can write in between: it is as good as one statement.
        let mut transaction = self.write(Commit::Relaxed).await.map_err(&failed)?;
        let routes = matches::find_routes(&mut transaction, &events).await.map_err(&failed)?;
        let matches = matches::find_matches(&mut transaction, &routes).await.map_err(&failed)?;
        let conditions =
            conditional::find_conditions(&mut transaction, &matches).await.map_err(&failed)?;
        let (matches, candidates) = conditional::split(matches, &conditions);
        let matches = matches.into_iter().map(|(event, registration)| Judged {
            event,
            registration,
            holds: true,
        });
        let created =
            insert::insert(&mut transaction, matches, now, rescue_at).await.map_err(&failed)?;
        let waiting = id_list(candidates.keys().map(|event| event.0));
        remove_from_outbox(&mut transaction, &events, &waiting).await.map_err(&failed)?;
        let conditional = conditional::postpone(&mut transaction, candidates, rescue_at)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
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
        let failed = store_error("dispatch_conditional");
        let events = id_list(events.iter().map(|event| event.0));
        let mut transaction = self.write(Commit::Relaxed).await.map_err(&failed)?;
        let standing =
            conditional::find_standing(&mut transaction, judged).await.map_err(&failed)?;
        let created =
            insert::insert(&mut transaction, standing, now, rescue_at).await.map_err(&failed)?;
        remove_from_outbox(&mut transaction, &events, "[]").await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(created)
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
}

/// Takes `events` out of the outbox, but for those that are `waiting`.
async fn remove_from_outbox(
    connection: &mut SqliteConnection,
    events: &str,
    waiting: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "
        DELETE FROM event_outbox
        WHERE event_id IN (SELECT unhex(value, '-') FROM json_each($1))
            AND event_id NOT IN (SELECT unhex(value, '-') FROM json_each($2))
        ",
        events,
        waiting,
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
