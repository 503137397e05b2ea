//! Holding what was claimed and cannot go.

use std::collections::BTreeSet;

use postrider_domain::{DeliveryId, LeaseToken};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::json::json;

/// Holds deliveries that are still leased as they are said to be; their registrations.
pub(super) async fn hold(
    connection: &mut SqliteConnection,
    deliveries: &[(DeliveryId, LeaseToken)],
) -> Result<BTreeSet<Uuid>, sqlx::Error> {
    let deliveries: Vec<_> =
        deliveries.iter().map(|(delivery, token)| (delivery.0, token.0)).collect();
    let deliveries = json(&deliveries);
    let registrations = sqlx::query_scalar!(
        r#"
        UPDATE deliveries
        SET state = 'held', hold_reason = 'busy', due_at = NULL, released_at = NULL,
            leased_until = 0, lease_token = NULL
        FROM json_each($1) AS parked
        WHERE deliveries.id = unhex(parked.value ->> 0, '-')
            AND deliveries.state = 'pending'
            AND deliveries.lease_token = unhex(parked.value ->> 1, '-')
        RETURNING registration_id AS "registration_id!: Uuid"
        "#,
        deliveries,
    )
    .fetch_all(connection)
    .await?;
    Ok(registrations.into_iter().collect())
}
