//! Removing the payload of an event.
//!
//! Everything is locked in the order in which dispatching and replaying lock it: the outbox row, the
//! event, its deliveries. An event that is being dispatched is waited for, and its new deliveries are
//! found; one that was not dispatched yet never is, since nothing is left to send.
//!
//! Deliveries that were sent with its payload are marked: a request that is under way is recorded
//! without its answer, which may repeat what was sent.
//!
//! What becomes of bundles: a delivery that goes in one leaves it, so that the others go without its
//! event, now and when the bundle is sent again. When the one that carries a bundle is given up, those
//! that wait to go with it are freed: they are held by themselves, as they were before, until the
//! scheduler makes another bundle of them.

use postrider_domain::{DeliveryId, EventId, Timestamp};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::PostgresStore;

impl PostgresStore {
    /// Removes the payload of an event; `None` when there is none of this id, `false` when it was
    /// done before.
    pub(super) async fn expunge(
        &self,
        event: EventId,
        now: Timestamp,
    ) -> Result<Option<bool>, sqlx::Error> {
        let mut transaction = self.durable.begin().await?;
        sqlx::query!("DELETE FROM event_outbox WHERE event_id = $1", event.0)
            .execute(&mut *transaction)
            .await?;
        let emptied = empty(&mut transaction, event, now).await?;
        if !emptied && !is_there(&mut transaction, event).await? {
            return Ok(None);
        }
        // Also when it was done before: who asks again wants to be sure.
        let deliveries = give_up(&mut transaction, event, now).await?;
        forget_answers(&mut transaction, &deliveries).await?;
        transaction.commit().await?;
        Ok(Some(emptied))
    }
}

async fn is_there(connection: &mut PgConnection, event: EventId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM events WHERE id = $1) AS "there!""#, event.0,)
        .fetch_one(connection)
        .await
}

/// Removes what the event itself holds; `false` when it is not there, or nothing is left of it.
async fn empty(
    connection: &mut PgConnection,
    event: EventId,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        UPDATE events
        SET data = NULL, resource_name = NULL, expunged_at = $2
        WHERE id = $1 AND expunged_at IS NULL
        "#,
        event.0,
        now.to_utc(),
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Gives up the deliveries of the event that are not settled, and returns all that were sent with its
/// payload: its own, and those that carried it.
async fn give_up(
    connection: &mut PgConnection,
    event: EventId,
    now: Timestamp,
) -> Result<Vec<Uuid>, sqlx::Error> {
    let (first, last) = DeliveryId::range_of(event);
    let rows = sqlx::query_file!(
        "queries/expunge_deliveries.sql",
        event.0,
        first.0,
        last.0,
        now.to_utc(),
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().flat_map(|row| [Some(row.id), row.bundle_id]).flatten().collect())
}

/// Removes what receivers answered to `deliveries`.
async fn forget_answers(
    connection: &mut PgConnection,
    deliveries: &[Uuid],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        UPDATE attempts
        SET response_headers = NULL, response_body = NULL
        WHERE delivery_id = ANY ($1)
            AND (response_headers IS NOT NULL OR response_body IS NOT NULL)
        "#,
        deliveries,
    )
    .execute(connection)
    .await?;
    Ok(())
}
