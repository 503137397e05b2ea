//! The scheduler's steps: what is due, and until when it is postponed.

use std::time::Duration;

use postrider_domain::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::json::id_list;
use crate::rows::EventRow;

/// What is wanted for long is published at least this often.
const MAX_RESCUE: Duration = Duration::from_hours(1);

pub(super) async fn find_events(
    connection: &mut SqliteConnection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<EventRow>, sqlx::Error> {
    let now = now.as_micros();
    sqlx::query_as!(
        EventRow,
        r#"
        SELECT
            e.id AS "id!: Uuid", e.filter, e.event_type, e.resource_id, e.resource_name,
            e.resource_category, e.actor, e.occurred_at, e.accepted_at, e.data,
            e.publisher_id AS "publisher_id?: Uuid", e.audience
        FROM event_outbox AS o
        JOIN events AS e ON e.id = o.event_id
        WHERE o.due_at <= $1
        ORDER BY o.due_at, o.event_id
        LIMIT $2
        "#,
        now,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// Makes events of the outbox due later, the later the longer they have waited.
pub(super) async fn postpone_events(
    connection: &mut SqliteConnection,
    events: &[EventRow],
    now: Timestamp,
    rescue_after: Duration,
) -> Result<(), sqlx::Error> {
    let events = id_list(events.iter().map(|row| row.id));
    let (rescue_at, latest) = ((now + rescue_after).as_micros(), (now + MAX_RESCUE).as_micros());
    let now = now.as_micros();
    sqlx::query!(
        "
        UPDATE event_outbox
        SET due_at = min(
            max($2, $3 + ($3 - (SELECT accepted_at FROM events WHERE id = event_outbox.event_id))),
            $4
        )
        WHERE event_id IN (SELECT unhex(value, '-') FROM json_each($1))
        ",
        events,
        rescue_at,
        now,
        latest,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn find_deliveries(
    connection: &mut SqliteConnection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Uuid>, sqlx::Error> {
    let now = now.as_micros();
    sqlx::query_scalar!(
        r#"
        SELECT id AS "id!: Uuid"
        FROM deliveries
        WHERE due_at <= $1 AND leased_until <= $1
        ORDER BY due_at, id
        LIMIT $2
        "#,
        now,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// Makes pending deliveries due later, the later the longer they have been wanted.
pub(super) async fn postpone(
    connection: &mut SqliteConnection,
    deliveries: &[Uuid],
    now: Timestamp,
    rescue_after: Duration,
) -> Result<(), sqlx::Error> {
    let deliveries = id_list(deliveries.iter().copied());
    let (rescue_at, latest) = ((now + rescue_after).as_micros(), (now + MAX_RESCUE).as_micros());
    let now = now.as_micros();
    sqlx::query!(
        "
        UPDATE deliveries
        SET due_at = min(max($2, $3 + ($3 - wanted_at)), $4)
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))
        ",
        deliveries,
        rescue_at,
        now,
        latest,
    )
    .execute(connection)
    .await?;
    Ok(())
}
