//! Giving up what an owner does not want any more.

use postrider_domain::delivery::DeadReason;
use postrider_domain::{RegistrationId, Timestamp, Visibility};
use sqlx::SqliteConnection;

use super::waiting;
use crate::deliveries::{Given, give_up};

pub(super) async fn is_visible(
    connection: &mut SqliteConnection,
    visibility: Visibility,
    registration: RegistrationId,
) -> Result<bool, sqlx::Error> {
    let owner = visibility.owner().map(|owner| owner.0);
    sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
            SELECT 1 FROM registrations WHERE id = $1 AND ($2 IS NULL OR owner_id = $2)
        ) AS "visible!: bool"
        "#,
        registration.0,
        owner,
    )
    .fetch_one(connection)
    .await
}

/// Gives up to `limit` held deliveries up, the oldest first, and those that go with them; how many
/// they are together. What goes with one that is on its way is left to that one.
pub(super) async fn discard(
    connection: &mut SqliteConnection,
    registration: RegistrationId,
    reason: DeadReason,
    now: Timestamp,
    limit: u32,
) -> Result<u64, sqlx::Error> {
    let oldest: Vec<_> = waiting::find(connection, registration, limit)
        .await?
        .into_iter()
        .map(|waiting| Given { id: waiting.id, bundle_size: waiting.bundle_size })
        .collect();
    give_up(connection, &oldest, reason, now).await
}
