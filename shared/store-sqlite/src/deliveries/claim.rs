//! The steps of a claim, which are one transaction.

use postrider_domain::Timestamp;
use postrider_domain::ports::Lease;
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::json::id_list;
use crate::rows::{ClaimRow, RegistrationRow};

fn ids(rows: &[ClaimRow]) -> String {
    id_list(rows.iter().map(|row| row.delivery_id))
}

/// Those of `deliveries` that may be attempted now as far as they themselves are concerned.
pub(super) async fn find_wanted(
    connection: &mut SqliteConnection,
    deliveries: &str,
    now: Timestamp,
) -> Result<Vec<ClaimRow>, sqlx::Error> {
    let now = now.as_micros();
    sqlx::query_as!(
        ClaimRow,
        r#"
        SELECT
            d.id AS "delivery_id!: Uuid", d.registration_id AS "registration_id!: Uuid",
            d.attempts, d.earlier_rounds, e.id AS "event_id!: Uuid", e.filter, e.event_type,
            e.resource_id, e.resource_name, e.resource_category, e.actor, e.occurred_at,
            e.accepted_at, e.data, e.publisher_id AS "publisher_id?: Uuid", e.audience
        FROM deliveries AS d
        JOIN events AS e ON e.id = d.event_id
        WHERE d.id IN (SELECT unhex(value, '-') FROM json_each($1))
            AND d.state = 'pending' AND d.wanted_at <= $2 AND d.leased_until <= $2
        "#,
        deliveries,
        now,
    )
    .fetch_all(connection)
    .await
}

/// The registrations of `deliveries`, as far as they are still there. One whose owner is disabled is
/// returned as if it were paused: both are held alike.
pub(super) async fn find_registrations(
    connection: &mut SqliteConnection,
    deliveries: &[ClaimRow],
) -> Result<Vec<RegistrationRow>, sqlx::Error> {
    let registrations = id_list(deliveries.iter().map(|row| row.registration_id));
    sqlx::query_as!(
        RegistrationRow,
        r#"
        SELECT
            r.id AS "id!: Uuid", r.owner_id AS "owner_id!: Uuid", r.uri, r.secret,
            r.previous_secret, r.previous_secret_ends_at, r.description, r.filters, r.headers,
            r.properties, (r.paused OR u.disabled) AS "paused!: bool", r.created_at, r.updated_at
        FROM registrations AS r
        JOIN users AS u ON u.id = r.owner_id
        WHERE r.id IN (SELECT unhex(value, '-') FROM json_each($1))
        "#,
        registrations,
    )
    .fetch_all(connection)
    .await
}

/// Gives the lease on `deliveries`.
pub(super) async fn lease(
    connection: &mut SqliteConnection,
    deliveries: &[ClaimRow],
    lease: Lease,
) -> Result<(), sqlx::Error> {
    let (deliveries, until) = (ids(deliveries), lease.until.as_micros());
    sqlx::query!(
        "
        UPDATE deliveries
        SET lease_token = $2, leased_until = $3
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))
        ",
        deliveries,
        lease.token.0,
        until,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Keeps `deliveries` until their registrations are resumed, or their owners enabled.
pub(super) async fn hold(
    connection: &mut SqliteConnection,
    deliveries: &[ClaimRow],
) -> Result<(), sqlx::Error> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let deliveries = ids(deliveries);
    sqlx::query!(
        "
        UPDATE deliveries
        SET state = 'held', due_at = NULL
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))
        ",
        deliveries,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives `deliveries` up, since their registrations are gone.
pub(super) async fn bury(
    connection: &mut SqliteConnection,
    deliveries: &[ClaimRow],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let (deliveries, now) = (ids(deliveries), now.as_micros());
    sqlx::query!(
        "
        UPDATE deliveries
        SET state = 'dead', dead_reason = 'registration_deleted', due_at = NULL, settled_at = $2
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))
        ",
        deliveries,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}
