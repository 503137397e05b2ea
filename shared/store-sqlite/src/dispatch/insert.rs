//! Creating deliveries.

use postrider_domain::ports::Judged;
use postrider_domain::{DeliveryId, Timestamp};
use serde::Serialize;
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::json::json;

/// A row of a batch.
#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct New {
    id: Uuid,
    event: Uuid,
    registration: Uuid,
    holds: bool,
}

impl From<Judged> for New {
    fn from(judged: Judged) -> Self {
        Self {
            id: DeliveryId::derive(judged.event, judged.registration).0,
            event: judged.event.0,
            registration: judged.registration.0,
            holds: judged.holds,
        }
    }
}

/// Creates the deliveries that are not there yet, and returns those that are pending.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    judged: impl IntoIterator<Item = Judged>,
    now: Timestamp,
    rescue_at: Timestamp,
) -> Result<Vec<DeliveryId>, sqlx::Error> {
    let mut rows: Vec<_> = judged.into_iter().map(New::from).collect();
    // In the order of the table, whose pages are then visited once.
    rows.sort_unstable();
    let (rows, now, rescue_at) = (json(&rows), now.as_micros(), rescue_at.as_micros());
    let created = sqlx::query!(
        r#"
        INSERT INTO deliveries (
            id, event_id, registration_id, state, attempts, earlier_rounds, created_at, wanted_at,
            due_at, leased_until, settled_at, dead_reason
        )
        SELECT
            unhex(value ->> 'id', '-'), unhex(value ->> 'event', '-'),
            unhex(value ->> 'registration', '-'), iif(value ->> 'holds', 'pending', 'dead'), 0, 0,
            $2, $2, iif(value ->> 'holds', $3, NULL), 0, iif(value ->> 'holds', NULL, $2),
            iif(value ->> 'holds', NULL, 'condition_failed')
        FROM json_each($1)
        WHERE true
        ON CONFLICT (id) DO NOTHING
        RETURNING id AS "id!: Uuid", state = 'pending' AS "pending!: bool"
        "#,
        rows,
        now,
        rescue_at,
    )
    .fetch_all(connection)
    .await?;
    let pending = created.into_iter().filter(|row| row.pending);
    Ok(pending.map(|row| DeliveryId(row.id)).collect())
}
