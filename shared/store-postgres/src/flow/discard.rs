//! Giving up what is held.

use postrider_domain::delivery::DeadReason;
use postrider_domain::{RegistrationId, Timestamp, Visibility};
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

/// Gives up to `limit` held deliveries of a registration up; how many with those that go with them.
pub(super) async fn discard(
    pool: &PgPool,
    visibility: Visibility,
    registration: RegistrationId,
    reason: DeadReason,
    now: Timestamp,
    limit: u32,
) -> Result<Option<u64>, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let visible = sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
            SELECT FROM registrations WHERE id = $1 AND ($2::uuid IS NULL OR owner_id = $2)
        ) AS "visible!"
        "#,
        registration.0,
        visibility.owner().map(|owner| owner.0),
    )
    .fetch_one(&mut *transaction)
    .await?;
    if !visible {
        return Ok(None);
    }
    // Waits for who is working on one of them: nothing given up means that nothing is left.
    let oldest = sqlx::query_scalar!(
        r#"
        SELECT id
        FROM deliveries
        WHERE registration_id = $1 AND state = 'held' AND bundle_id IS NULL
        ORDER BY id
        LIMIT $2
        FOR UPDATE
        "#,
        registration.0,
        i64::from(limit),
    )
    .fetch_all(&mut *transaction)
    .await?;
    let given_up = give_up(&mut *transaction, &oldest, reason, now).await?;
    transaction.commit().await?;
    Ok(Some(given_up.iter().map(|(_, deliveries)| deliveries).sum()))
}

/// Gives deliveries up that are held and locked, with those that go with them; how many of each
/// registration.
pub(super) async fn give_up(
    executor: impl PgExecutor<'_>,
    deliveries: &[Uuid],
    reason: DeadReason,
    now: Timestamp,
) -> Result<Vec<(RegistrationId, u64)>, sqlx::Error> {
    if deliveries.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        r#"
        -- give_up: by an array, and by the reason and not the state, since a plan that was made while
        -- little was held would go through an index of all that is.
        WITH dead AS (
            UPDATE deliveries
            SET state = 'dead', hold_reason = NULL, dead_reason = $2, settled_at = $3
            WHERE id = ANY ($1) AND hold_reason IS NOT NULL
            RETURNING id, registration_id, bundle_size
        ),
        members AS (
            UPDATE deliveries AS d
            SET state = 'dead', hold_reason = NULL, dead_reason = $2, settled_at = $3
            WHERE d.bundle_id = ANY (ARRAY (SELECT dead.id FROM dead WHERE dead.bundle_size > 1))
                AND d.bundle_id IS NOT NULL
                AND d.hold_reason = 'bundled'
            RETURNING d.registration_id
        )
        SELECT registration_id AS "registration_id!", count(*) AS "deliveries!"
        FROM (
            SELECT registration_id FROM dead
            UNION ALL
            SELECT registration_id FROM members
        ) AS given_up
        GROUP BY registration_id
        ORDER BY registration_id
        "#,
        deliveries,
        reason.as_str(),
        now.to_utc(),
    )
    .fetch_all(executor)
    .await?;
    let given_up = rows.into_iter().map(|row| {
        (RegistrationId(row.registration_id), u64::try_from(row.deliveries).unwrap_or(0))
    });
    Ok(given_up.collect())
}
