//! Removing the payload of an event.
//!
//! An event that was not dispatched yet never is, since nothing is left to send.
//!
//! Deliveries that were sent with its payload are marked: a request that is under way is recorded
//! without its answer, which may repeat what was sent.
//!
//! What becomes of bundles: a delivery that goes in one leaves it, so that the others go without its
//! event, now and when the bundle is sent again. When the one that carries a bundle is given up, those
//! that wait to go with it are freed: they are held by themselves, as they were before, until the
//! scheduler makes another bundle of them.

use postrider_domain::{DeliveryId, EventId, Timestamp};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::SqliteStore;
use crate::json::id_list;
use crate::pools::Commit;

impl SqliteStore {
    /// Removes the payload of an event; `None` when there is none of this id, `false` when it was
    /// done before.
    pub(super) async fn expunge(
        &self,
        event: EventId,
        now: Timestamp,
    ) -> Result<Option<bool>, sqlx::Error> {
        let mut transaction = self.write(Commit::Durable).await?;
        let expunged = sqlx::query_scalar!("SELECT expunged_at FROM events WHERE id = $1", event.0)
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(expunged) = expunged else { return Ok(None) };
        // Also when it was done before: who asks again wants to be sure.
        empty(&mut transaction, event, now).await?;
        let own = find_deliveries(&mut transaction, event).await?;
        let open = id_list(own.iter().filter(|delivery| delivery.is_open).map(|own| own.id));
        let all = id_list(own.iter().map(|delivery| delivery.id));
        let carriers = id_list(own.iter().filter_map(|delivery| delivery.bundle));
        leave_bundles(&mut transaction, &all, &carriers).await?;
        for deliveries in [&all, &carriers] {
            mark(&mut transaction, deliveries, now).await?;
        }
        free_members(&mut transaction, &open, now).await?;
        give_up(&mut transaction, &open, now).await?;
        for deliveries in [all, carriers] {
            forget_answers(&mut transaction, &deliveries).await?;
        }
        transaction.commit().await?;
        Ok(Some(expunged.is_none()))
    }
}

/// A delivery of the event.
struct Own {
    id: Uuid,
    /// The one that carries it.
    bundle: Option<Uuid>,
    /// Whether it is pending or held.
    is_open: bool,
}

/// Removes what the event itself holds, and its outbox row.
async fn empty(
    connection: &mut SqliteConnection,
    event: EventId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = now.as_micros();
    sqlx::query!("DELETE FROM event_outbox WHERE event_id = $1", event.0)
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "
        UPDATE events
        SET data = NULL, resource_name = NULL, expunged_at = coalesce(expunged_at, $2)
        WHERE id = $1
        ",
        event.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn find_deliveries(
    connection: &mut SqliteConnection,
    event: EventId,
) -> Result<Vec<Own>, sqlx::Error> {
    let (first, last) = DeliveryId::range_of(event);
    sqlx::query_as!(
        Own,
        r#"
        SELECT
            id AS "id!: Uuid", bundle_id AS "bundle?: Uuid",
            state IN ('pending', 'held') AS "is_open!: bool"
        FROM deliveries
        WHERE id BETWEEN $1 AND $2 AND event_id = $3
        "#,
        first.0,
        last.0,
        event.0,
    )
    .fetch_all(connection)
    .await
}

/// Takes `deliveries` out of the bundles that `carriers` carry. No two of them are in one: they are
/// of different registrations.
async fn leave_bundles(
    connection: &mut SqliteConnection,
    deliveries: &str,
    carriers: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "
        UPDATE deliveries
        SET bundle_size = max(bundle_size - 1, 1)
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))
        ",
        carriers,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "
        UPDATE deliveries
        SET bundle_id = NULL
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1)) AND bundle_id IS NOT NULL
        ",
        deliveries,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that `deliveries` carried the payload.
async fn mark(
    connection: &mut SqliteConnection,
    deliveries: &str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = now.as_micros();
    sqlx::query!(
        "
        UPDATE deliveries
        SET expunged_at = $2
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))
        ",
        deliveries,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Has the scheduler look after those that wait to go with one of `carriers`.
async fn free_members(
    connection: &mut SqliteConnection,
    carriers: &str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let freed = sqlx::query_scalar!(
        r#"
        UPDATE deliveries
        SET bundle_id = NULL, hold_reason = 'paced'
        WHERE bundle_id IN (SELECT unhex(value, '-') FROM json_each($1)) AND state = 'held'
        RETURNING registration_id AS "registration_id!: Uuid"
        "#,
        carriers,
    )
    .fetch_all(&mut *connection)
    .await?;
    let (freed, now) = (id_list(freed), now.as_micros());
    sqlx::query!(
        "
        INSERT INTO registration_flow (registration_id, release_at)
        SELECT id, $2
        FROM registrations
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))
        ON CONFLICT (registration_id) DO UPDATE
        SET release_at = min(coalesce(release_at, excluded.release_at), excluded.release_at)
        ",
        freed,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn give_up(
    connection: &mut SqliteConnection,
    deliveries: &str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = now.as_micros();
    sqlx::query!(
        "
        UPDATE deliveries
        SET state = 'dead', dead_reason = 'expunged', settled_at = $2, hold_reason = NULL,
            due_at = NULL, released_at = NULL, leased_until = 0, lease_token = NULL, bundle_size = 1
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))
        ",
        deliveries,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes what receivers answered to `deliveries`.
async fn forget_answers(
    connection: &mut SqliteConnection,
    deliveries: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "
        UPDATE attempts
        SET response_headers = NULL, response_body = NULL
        WHERE delivery_id IN (SELECT unhex(value, '-') FROM json_each($1))
        ",
        deliveries,
    )
    .execute(connection)
    .await?;
    Ok(())
}
