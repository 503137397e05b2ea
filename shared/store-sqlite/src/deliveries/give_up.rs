//! Giving deliveries up, with those that go with them.

use postrider_domain::Timestamp;
use postrider_domain::delivery::DeadReason;
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::json::id_list;

/// A delivery that is given up.
pub(crate) struct Given {
    pub(crate) id: Uuid,
    /// How many events it carries.
    pub(crate) bundle_size: i64,
}

/// Gives `deliveries` up for `reason`, and the members of their bundles that are still held; how many
/// they are together.
pub(crate) async fn give_up(
    connection: &mut SqliteConnection,
    deliveries: &[Given],
    reason: DeadReason,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    if deliveries.is_empty() {
        return Ok(0);
    }
    let ids = id_list(deliveries.iter().map(|given| given.id));
    let (reason, now) = (reason.as_str(), now.as_micros());
    let given = sqlx::query!(
        "
        UPDATE deliveries
        SET state = 'dead', dead_reason = $2, hold_reason = NULL, due_at = NULL,
            released_at = NULL, settled_at = $3
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))
        ",
        ids,
        reason,
        now,
    )
    .execute(&mut *connection)
    .await?
    .rows_affected();

    let carriers: Vec<_> =
        deliveries.iter().filter(|given| given.bundle_size > 1).map(|given| given.id).collect();
    if carriers.is_empty() {
        return Ok(given);
    }
    let carriers = id_list(carriers);
    let members = sqlx::query!(
        "
        UPDATE deliveries
        SET state = 'dead', dead_reason = $2, hold_reason = NULL, settled_at = $3
        WHERE bundle_id IN (SELECT unhex(value, '-') FROM json_each($1)) AND state = 'held'
        ",
        carriers,
        reason,
        now,
    )
    .execute(connection)
    .await?
    .rows_affected();
    Ok(given + members)
}
