//! New rounds of attempts, for what was settled.

use postrider_domain::Timestamp;
use sqlx::SqliteConnection;

/// What becomes of the bundles that replayed deliveries carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bundles {
    /// Each goes with all that it carries.
    Kept,
    /// Each goes alone, and what it carried stays as it is: it is replayed by itself, if at all.
    Dissolved,
}

/// Makes settled deliveries pending and due at `now`, in a new round of attempts; how many.
/// `deliveries` is a list of their ids. What went in a bundle leaves it, which then carries fewer
/// events.
pub(crate) async fn begin_rounds(
    connection: &mut SqliteConnection,
    deliveries: &str,
    bundles: Bundles,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    leave_bundles(connection, deliveries).await?;
    if bundles == Bundles::Dissolved {
        dissolve(connection, deliveries).await?;
    }
    let now = now.as_micros();
    let done = sqlx::query!(
        "
        UPDATE deliveries
        SET state = 'pending', hold_reason = NULL, earlier_rounds = attempts,
            replays = min(replays, 32766) + 1, bundle_id = NULL, wanted_at = $2, due_at = $2,
            released_at = NULL, leased_until = 0, lease_token = NULL, settled_at = NULL,
            dead_reason = NULL
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))
            AND state IN ('delivered', 'dead')
        ",
        deliveries,
        now,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Has those that carry `deliveries` carry fewer.
async fn leave_bundles(
    connection: &mut SqliteConnection,
    deliveries: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "
        UPDATE deliveries
        SET bundle_size = max(deliveries.bundle_size - leaving.events, 1)
        FROM (
            SELECT m.bundle_id, count(*) AS events
            FROM deliveries AS m
            WHERE m.id IN (SELECT unhex(value, '-') FROM json_each($1))
                AND m.state IN ('delivered', 'dead')
                AND m.bundle_id IS NOT NULL
            GROUP BY m.bundle_id
        ) AS leaving
        WHERE deliveries.id = leaving.bundle_id
        ",
        deliveries,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Has `deliveries` carry nothing but themselves.
async fn dissolve(connection: &mut SqliteConnection, deliveries: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "
        UPDATE deliveries
        SET bundle_id = NULL
        WHERE bundle_id IN (
            SELECT d.id
            FROM deliveries AS d
            WHERE d.id IN (SELECT unhex(value, '-') FROM json_each($1))
                AND d.state IN ('delivered', 'dead')
                AND d.bundle_size > 1
        )
        ",
        deliveries,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "
        UPDATE deliveries
        SET bundle_size = 1
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))
            AND state IN ('delivered', 'dead')
            AND bundle_size > 1
        ",
        deliveries,
    )
    .execute(connection)
    .await?;
    Ok(())
}
